//! The table of admin routes, and the function that finds the route of a request.

use http::header::ALLOW;
use http::{Method, StatusCode};
use serde_json::{Map, Value};

use self::Handler::{Emulator, Item, Organization, Project};
use super::{accept_invitation, clock, fault, health, received, reset, webhook_deliveries};
use crate::activity::{edit_audit_entry, record};
use crate::areas::anomalies::alert;
use crate::areas::{approvals, branches};
use crate::http::path::match_template;
use crate::http::problem::Problem;
use crate::resource::Context;
use crate::server::SharedState;

/// An admin route.
pub(super) struct Route {
    method: Method,
    /// The path after `/_emulator/`, with its parameters in braces.
    path: &'static str,
    pub(super) success: StatusCode,
    pub(super) handler: Handler,
}

/// The function that handles the requests to a route. A `Map` argument has the fields of the request body. It is
/// empty if the request has no body.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// The route concerns the whole emulator.
    Emulator(fn(&SharedState, &Map<String, Value>) -> AdminResult),
    /// The route concerns a project. The string is the id of the project.
    Project(ProjectHandler),
    /// The route concerns a resource of a project. The strings are the ids of the project and of the resource.
    Item(fn(&mut Context<'_>, &str, &str, &Map<String, Value>) -> AdminResult),
    /// The route concerns a resource of an organization. The strings are the ids of the organization and of the
    /// resource.
    Organization(fn(&SharedState, &str, &str) -> AdminResult),
}

/// The body of the success response, or the problem.
pub(crate) type AdminResult = Result<Value, Problem>;

pub(crate) type ProjectHandler = fn(&mut Context<'_>, &str, &Map<String, Value>) -> AdminResult;

const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;

const ROUTES: &[Route] = &[
    route(Method::GET, "health", OK, Emulator(health)),
    route(Method::GET, "requests", OK, Emulator(received::list)),
    route(
        Method::GET,
        "webhook-deliveries",
        OK,
        Emulator(webhook_deliveries),
    ),
    route(Method::POST, "clock", OK, Emulator(clock::change)),
    route(Method::POST, "faults", CREATED, Emulator(fault::add)),
    route(Method::DELETE, "faults", OK, Emulator(fault::clear)),
    route(Method::POST, "reset", OK, Emulator(reset)),
    route(
        Method::POST,
        "projects/{project_id}/statements",
        CREATED,
        Project(record),
    ),
    route(
        Method::POST,
        "projects/{project_id}/approvals",
        CREATED,
        Project(approvals::lifecycle::hold),
    ),
    route(
        Method::PATCH,
        "projects/{project_id}/approvals/{id}",
        OK,
        Item(approvals::lifecycle::finish),
    ),
    route(
        Method::POST,
        "projects/{project_id}/anomalies",
        CREATED,
        Project(alert::report),
    ),
    route(
        Method::POST,
        "projects/{project_id}/branches",
        CREATED,
        Project(branches::lifecycle::create),
    ),
    route(
        Method::PATCH,
        "projects/{project_id}/branches/{id}",
        OK,
        Item(branches::lifecycle::update),
    ),
    route(
        Method::PATCH,
        "projects/{project_id}/audit-logs/{id}",
        OK,
        Item(edit_audit_entry),
    ),
    route(
        Method::POST,
        "organizations/{org_id}/invitations/{id}/accept",
        CREATED,
        Organization(accept_invitation),
    ),
];

const fn route(method: Method, path: &'static str, success: StatusCode, handler: Handler) -> Route {
    Route {
        method,
        path,
        success,
        handler,
    }
}

/// The percent-decoded ids in a path, with the names of their parameters.
pub(super) type Params = Vec<(String, String)>;

/// Returns the route with this method and path, and the ids in the path. `path` is the part after
/// `/_emulator/`.
///
/// # Errors
///
/// 404 if no route has the path. 405 if a route has the path, but none of these has the method.
pub(super) fn find(method: &Method, path: &str) -> Result<(&'static Route, Params), Problem> {
    let matching: Vec<_> = ROUTES
        .iter()
        .filter_map(|route| Some((route, match_template(route.path, path)?)))
        .collect();
    let methods: Vec<&str> = matching
        .iter()
        .map(|(route, _)| route.method.as_str())
        .collect();
    let methods = methods.join(", ");
    if methods.is_empty() {
        let routes: Vec<String> = ROUTES
            .iter()
            .map(|route| format!("{} /_emulator/{}", route.method, route.path))
            .collect();
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            format!(
                "The emulator has no such admin route. Its admin routes are: {}",
                routes.join(", ")
            ),
        ));
    }
    matching
        .into_iter()
        .find(|(route, _)| route.method == *method)
        .ok_or_else(|| {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                format!("The admin route supports {methods}, not {method}"),
            )
            .with_header(ALLOW, &methods)
        })
}

/// Returns the handlers of the routes `POST /_emulator/projects/{project_id}/…`, with the last segment of each path.
pub(crate) fn project_handlers() -> impl Iterator<Item = (&'static str, ProjectHandler)> {
    ROUTES.iter().filter_map(|route| {
        let last = route.path.strip_prefix("projects/{project_id}/")?;
        match route.handler {
            Handler::Project(handler) => Some((last, handler)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_paths_and_methods_are_errors() {
        let error = |method, path| match find(&method, path) {
            Err(problem) => problem,
            Ok((route, _)) => panic!("{}", route.path),
        };
        let unknown = error(Method::GET, "nothing");
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        assert!(unknown.detail.contains("GET /_emulator/health"));
        let unsupported = error(Method::PUT, "faults");
        assert_eq!(unsupported.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(unsupported.headers[0].1, "POST, DELETE");
    }
}
