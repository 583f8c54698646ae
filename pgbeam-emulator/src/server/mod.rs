//! Accepts connections, routes requests, and closes connections for injected faults.

mod fault;
mod pipeline;
mod received;
mod request_log;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response as HttpResponse;
use axum::routing::{MethodFilter, on};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use self::fault::Fault;
pub(crate) use self::pipeline::SharedState;
use self::pipeline::{CloseConnection, RouteMatch};
pub use self::received::{Received, ReceivedRequest};
use crate::operation::Operation;

/// The delay after a failed `accept`.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Serves requests until `stop` is notified. When the function returns, all connections are closed and the port is
/// free. If the future is dropped instead, the connections and the port are closed some time later.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<SharedState>, stop: Arc<Notify>) {
    let router = router(shared);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_RETRY_DELAY).await,
            },
            Some(_) = connections.join_next() => {}
            () = stop.notified() => break,
        }
    }
    connections.shutdown().await;
}

/// Serves one connection. If a response contains `CloseConnection`, the service passes an error to hyper instead,
/// and hyper closes the connection without a response.
async fn serve_connection(stream: TcpStream, router: Router) {
    // Reduces latency only, so a failure is ignored.
    let _ = stream.set_nodelay(true);
    let routed = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let routed = routed.call(request);
        async move {
            let response: HttpResponse = routed
                .await
                .unwrap_or_else(|never: Infallible| match never {});
            if response.extensions().get::<CloseConnection>().is_some() {
                return Err(ClosedByFault);
            }
            Ok(response)
        }
    });
    // Fails if the client disconnects or a fault closes the connection.
    let _ = http1::Builder::new()
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

fn router(shared: Arc<SharedState>) -> Router {
    let mut router = Router::new();
    for operation in shared.contract.operations().iter().map(Operation::new) {
        let handler = move |State(shared): State<Arc<SharedState>>,
                            params: Result<RawPathParams, RawPathParamsRejection>,
                            request: Request| async move {
            let params = params.ok().map(|params| {
                params
                    .iter()
                    .map(|(name, id)| (name.to_owned(), id.to_owned()))
                    .collect()
            });
            pipeline::handle(&shared, RouteMatch::Operation(operation, params), request).await
        };
        if let Ok(method) = MethodFilter::try_from(operation.method()) {
            router = router.route(operation.path(), on(method, handler));
        }
    }
    router
        .fallback(
            |State(shared): State<Arc<SharedState>>, request: Request| async move {
                pipeline::handle(&shared, RouteMatch::UnknownPath, request).await
            },
        )
        .method_not_allowed_fallback(
            |State(shared): State<Arc<SharedState>>, request: Request| async move {
                pipeline::handle(&shared, RouteMatch::MethodNotAllowed, request).await
            },
        )
        .with_state(shared)
}
