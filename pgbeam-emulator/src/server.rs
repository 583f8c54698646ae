//! Connections: accepting them, routing what arrives, and cutting them when a fault
//! says so.

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
use tokio::task::JoinSet;

use crate::operation::Operation;
use crate::pipeline::{self, Cut, Shared, Target};

/// How long to wait when the system gives no more connections.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves until it is dropped, and with it every connection.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = router(shared);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                Err(_) => tokio::time::sleep(BREATHER).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection. hyper drops it without an answer when the service fails, which is
/// how a cut is made: the client sees the connection close, as when a server dies.
async fn connection(stream: TcpStream, router: Router) {
    // Answers are small and waited for; a failure costs a little time alone.
    let _ = stream.set_nodelay(true);
    let routed = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let routed = routed.call(request);
        async move {
            let response: HttpResponse = routed
                .await
                .unwrap_or_else(|never: Infallible| match never {});
            if response.extensions().get::<Cut>().is_some() {
                return Err(ConnectionCut);
            }
            Ok(response)
        }
    });
    // What goes wrong here is the client's to see: it left, or was cut off.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

#[derive(Debug)]
struct ConnectionCut;

impl fmt::Display for ConnectionCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scripted fault cut the connection")
    }
}

impl std::error::Error for ConnectionCut {}

fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for operation in Operation::ALL.iter().copied() {
        let handler = move |State(shared): State<Arc<Shared>>,
                            params: Result<RawPathParams, RawPathParamsRejection>,
                            request: Request| async move {
            let params = params.ok().map(|params| {
                params
                    .iter()
                    .map(|(name, id)| (name.to_owned(), id.to_owned()))
                    .collect()
            });
            pipeline::handle(&shared, Target::Operation(operation, params), request).await
        };
        if let Ok(method) = MethodFilter::try_from(operation.method()) {
            router = router.route(operation.path(), on(method, handler));
        }
    }
    router
        .fallback(
            |State(shared): State<Arc<Shared>>, request: Request| async move {
                pipeline::handle(&shared, Target::UnknownPath, request).await
            },
        )
        .method_not_allowed_fallback(
            |State(shared): State<Arc<Shared>>, request: Request| async move {
                pipeline::handle(&shared, Target::WrongMethod, request).await
            },
        )
        .with_state(shared)
}
