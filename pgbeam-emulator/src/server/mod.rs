//! The HTTP server: accepts connections and routes requests.

pub(crate) mod body;
mod connection;
pub(crate) mod fault;
mod log;
mod pipeline;
pub(crate) mod received;
mod request_log;
pub(crate) mod response;
mod shared;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::routing::{MethodFilter, on};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use self::fault::Fault;
pub(crate) use self::log::Log;
pub use self::log::LoggedRequest;
use self::pipeline::RouteMatch;
pub use self::received::{Received, ReceivedRequest};
pub(crate) use self::shared::SharedState;
use crate::operation::Operation;

/// The maximum number of connections that wait to be accepted. If it is exceeded, a client needs seconds to connect.
const BACKLOG: u32 = 4096;
/// The delay after a failed `accept`.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Listens on an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Windows, this would let another process take over the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves requests until `stop` is notified. When the function returns, all connections are closed and the port is
/// free. If the future is dropped instead, the connections and the port are closed some time later.
///
/// While `max_connections` connections are open, new ones are closed at once. Calls `log` for each request.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    max_connections: usize,
    log: Option<Log>,
    stop: Arc<Notify>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    while connections.try_join_next().is_some() {}
                    if connections.len() < max_connections {
                        connections.spawn(connection::serve(stream, router.clone(), log.clone()));
                    }
                }
                Err(_) => tokio::time::sleep(ACCEPT_RETRY_DELAY).await,
            },
            Some(_) = connections.join_next() => {}
            () = stop.notified() => break,
        }
    }
    connections.shutdown().await;
}

/// Returns the routes of the operations of the API contract.
pub(crate) fn router(shared: Arc<SharedState>) -> Router {
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
            let route = RouteMatch::Operation(operation, params);
            let mut response = pipeline::handle(&shared, route, request).await;
            response.extensions_mut().insert(operation);
            response
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
