//! Serves one connection, within limits on time and size.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::response::CloseConnection;

/// The maximum time from the end of a response, or from the start of the connection, to the end of the next request
/// head. It limits slow heads and idle connections. Common HTTP clients close idle connections after 90 seconds, so
/// the emulator does not close a connection that they are about to use.
const HEAD_TIMEOUT: Duration = Duration::from_secs(100);
/// The maximum size of a request head, in bytes. A longer head gets 431.
const MAX_HEAD: usize = 64 * 1024;

/// Serves the requests of a connection until the client closes it. If a response contains `CloseConnection`, the
/// connection is closed without a response.
pub(super) async fn serve(stream: TcpStream, router: Router) {
    // Reduces latency only, so a failure is ignored.
    let _ = stream.set_nodelay(true);
    let routed = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let routed = routed.call(request);
        async move {
            let response: Response = routed
                .await
                .unwrap_or_else(|never: Infallible| match never {});
            if response.extensions().get::<CloseConnection>().is_some() {
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

#[derive(Debug)]
struct ClosedByFault;

impl fmt::Display for ClosedByFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an injected fault closed the connection")
    }
}

impl std::error::Error for ClosedByFault {}
