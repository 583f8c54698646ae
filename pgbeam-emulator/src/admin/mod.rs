//! The admin routes, whose paths start with `/_emulator/`. With them, tests in any language control the emulator, and
//! add the data that only a live proxy produces.
//!
//! Requests to admin routes need no bearer token and are not recorded. Faults do not apply to them.

mod body;
mod clock;
mod fault;
mod received;
mod redact;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response as HttpResponse;
use axum::routing::any;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use self::routes::{Handler, find};
pub(crate) use self::routes::{ProjectHandler, project_handlers};
use crate::areas;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::HandlerResult;
use crate::server::SharedState;
use crate::server::body::{self as request_body, ReceivedBody};
use crate::server::response::into_http;
use crate::store::new_id;

/// The start of the path of each admin route.
const PREFIX: &str = "/_emulator";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns the admin routes.
pub(crate) fn router(shared: Arc<SharedState>) -> Router {
    let handler =
        any(async |State(shared): State<Arc<SharedState>>, request| handle(&shared, request).await);
    [
        PREFIX.to_owned(),
        format!("{PREFIX}/"),
        format!("{PREFIX}/{{*path}}"),
    ]
    .iter()
    .fold(Router::new(), |router, path| {
        router.route(path, handler.clone())
    })
    .with_state(shared)
}

async fn handle(shared: &SharedState, request: Request) -> HttpResponse {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let body = match request_body::read(body, path).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let request_id = new_id("req");
    let mut response = respond(shared, &head, &body)
        .unwrap_or_else(|problem| problem.into_response(path, &request_id));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.set_header(REQUEST_ID, value);
    }
    into_http(response)
}

fn respond(shared: &SharedState, head: &Parts, body: &ReceivedBody) -> HandlerResult {
    // hyper sends no body in response to HEAD.
    let method = match head.method {
        Method::HEAD => &Method::GET,
        ref method => method,
    };
    let path = head.uri.path();
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let (route, params) = find(method, path.trim_start_matches('/'))?;
    body.check_length()?;
    let fields = body::parse(&body.bytes)?;
    let params: Vec<&str> = params.iter().map(|(_, id)| id.as_str()).collect();
    let result = match (route.handler, params.as_slice()) {
        (Handler::Emulator(handler), _) => handler(shared, &fields),
        (Handler::Project(handler), [project_id]) => {
            check_project_id(shared, project_id)?;
            shared.change(project_id, |context| handler(context, project_id, &fields))
        }
        (Handler::Item(handler), [project_id, id]) => {
            check_project_id(shared, project_id)?;
            shared.change(project_id, |context| {
                handler(context, project_id, id, &fields)
            })
        }
        (Handler::Organization(handler), [org_id, id]) => handler(shared, org_id, id),
        _ => Err(Problem::internal("The path of the route lacks an id")),
    };
    Ok(Response::json(route.success, &result?))
}

/// Returns 400 if the API contract does not allow `id` as a project id.
fn check_project_id(shared: &SharedState, id: &str) -> Result<(), Problem> {
    let errors = shared.contract.validate_path_param("project_id", id);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(errors))
    }
}

fn health(shared: &SharedState, _body: &Map<String, Value>) -> Result<Value, Problem> {
    Ok(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "strict": shared.strict,
        "now": format_timestamp(shared.clock.now()),
    }))
}

fn webhook_deliveries(shared: &SharedState, _body: &Map<String, Value>) -> Result<Value, Problem> {
    Ok(json!({"deliveries": shared.deliverer.deliveries()}))
}

/// Accepts an invitation on behalf of the invited person. Returns the new member.
fn accept_invitation(shared: &SharedState, org_id: &str, id: &str) -> Result<Value, Problem> {
    let now = shared.clock.now();
    let member = areas::accept_invitation(&mut shared.store(), org_id, id, now);
    member
        .map(Value::Object)
        .ok_or_else(|| Problem::not_found("pending invitation", id))
}

fn reset(shared: &SharedState, body: &Map<String, Value>) -> Result<Value, Problem> {
    shared.reset();
    health(shared, body)
}
