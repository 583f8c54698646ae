//! Serves one connection, within limits on time and size.

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::Response;
use http::{Method, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::log::{Log, LoggedRequest};
use super::response::CloseConnection;

/// The maximum time from the end of a response, or from the start of the connection, to the end of the next request
/// head. It limits slow heads and idle connections. Common HTTP clients close idle connections after 90 seconds, so
/// the emulator does not close a connection that they are about to use.
const HEAD_TIMEOUT: Duration = Duration::from_secs(100);
/// The maximum size of a request head, in bytes. A longer head gets 431.
const MAX_HEAD: usize = 64 * 1024;

/// Serves the requests of a connection until the client closes it. If a response is marked with [`CloseConnection`],
/// closes the connection instead of sending the response.
pub(super) async fn serve(stream: TcpStream, router: Router, log: Option<Log>) {
    // Reduces latency only, so a failure is ignored.
    let _ = stream.set_nodelay(true);
    let routed = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let entry = log.clone().map(|log| LogEntry::new(log, &request));
        let routed = routed.call(request);
        async move {
            let response: Response = routed
                .await
                .unwrap_or_else(|never: Infallible| match never {});
            let is_closed = response.extensions().get::<CloseConnection>().is_some();
            if let Some(entry) = entry {
                entry.write(&response, is_closed);
            }
            if is_closed {
                return Err(ClosedByFault);
            }
            Ok(response)
        }
    });
    // Fails if the client disconnects, a fault closes the connection, or a limit is exceeded.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The data for the log about a request, before its response is ready.
struct LogEntry {
    log: Log,
    start: Instant,
    method: Method,
    path: String,
}

impl LogEntry {
    fn new(log: Log, request: &Request<Incoming>) -> Self {
        Self {
            log,
            start: Instant::now(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
        }
    }

    fn write(self, response: &Response, is_closed: bool) {
        (self.log)(&LoggedRequest {
            method: self.method,
            path: self.path,
            operation: response.extensions().get().copied(),
            status: (!is_closed).then_some(response.status()),
            duration: self.start.elapsed(),
        });
    }
}

#[derive(Debug)]
struct ClosedByFault;

impl fmt::Display for ClosedByFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an injected fault closed the connection")
    }
}

impl std::error::Error for ClosedByFault {}
