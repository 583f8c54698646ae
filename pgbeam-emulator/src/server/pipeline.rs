//! Processes requests: the checks that all operations share, faults, idempotency keys, and dispatch.

use axum::extract::Request;
use axum::response::Response as HttpResponse;
use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use super::body::{self, ReceivedBody};
use super::fault::{Action, Fault};
use super::received::{ReceivedRequest, parse_query};
use super::response::{close_connection, into_http, truncate};
use super::shared::SharedState;
use crate::http::authorization::bearer_token;
use crate::http::idempotency::{self, Fingerprint};
use crate::http::problem::{Problem, error_code};
use crate::http::rate_limit::{self, RateLimitHeaders};
use crate::http::response::Response;
use crate::operation::Operation;
use crate::resource::OperationRequest;
use crate::store::{Store, new_id};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The operation of a request, or the reason why it has none.
#[derive(Debug)]
pub(crate) enum RouteMatch {
    /// An operation with its percent-decoded path parameters in the order of the path, or with `None` if a
    /// parameter is not UTF-8.
    Operation(Operation, Option<Vec<(String, String)>>),
    UnknownPath,
    /// The path belongs to an operation, but no operation of that path has the method.
    MethodNotAllowed,
}

impl RouteMatch {
    fn operation(&self) -> Option<Operation> {
        match self {
            Self::Operation(operation, _) => Some(*operation),
            Self::UnknownPath | Self::MethodNotAllowed => None,
        }
    }
}

/// A request whose body was read.
struct BufferedRequest {
    route: RouteMatch,
    head: Parts,
    body: ReceivedBody,
    request_id: String,
}

/// Handles a request: reads the body, records the request, and injects a fault if one applies. Returns the response,
/// which can be one that closes the connection.
pub(crate) async fn handle(
    shared: &SharedState,
    route: RouteMatch,
    request: Request,
) -> HttpResponse {
    let (head, body) = request.into_parts();
    let body = match body::read(body, head.uri.path()).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let request = BufferedRequest {
        route,
        head,
        body,
        request_id: new_id("req"),
    };
    let operation = request.route.operation();
    shared.received().push(ReceivedRequest {
        operation,
        method: request.head.method.clone(),
        path: request.head.uri.path().to_owned(),
        query: request.head.uri.query().map(str::to_owned),
        headers: request.head.headers.clone(),
        body: request.body.bytes.clone(),
        request_id: request.request_id.clone(),
    });
    let fault = shared.faults().take(operation);
    match fault {
        None => into_http(process(shared, &request)),
        Some(fault) => apply_fault(shared, &request, fault).await,
    }
}

async fn apply_fault(
    shared: &SharedState,
    request: &BufferedRequest,
    fault: Fault,
) -> HttpResponse {
    let early_response = fault.applies_first.then(|| process(shared, request));
    if let Some(delay) = fault.delay {
        tokio::time::sleep(delay).await;
    }
    let regular_response = || early_response.unwrap_or_else(|| process(shared, request));
    let mut response = match &fault.action {
        Action::Disconnect => return close_connection(),
        Action::PassThrough | Action::Truncate => regular_response(),
        Action::Respond { status, body } => Response {
            body: body.clone(),
            ..Response::empty(*status)
        },
        Action::Problem { status } => {
            let mut limits = shared
                .store()
                .rate_limit_window
                .count_request(shared.clock.now());
            if *status == StatusCode::TOO_MANY_REQUESTS {
                limits = exhausted_rate_limit(&fault.headers);
            }
            let problem = Problem::new(*status, error_code(*status), "An injected fault");
            add_common_headers(
                problem_response(problem, request),
                &request.request_id,
                &limits,
            )
        }
    };
    for name in fault.headers.keys() {
        response.headers.remove(name);
    }
    response.headers.extend(fault.headers);
    if matches!(fault.action, Action::Truncate) {
        truncate(response)
    } else {
        into_http(response)
    }
}

/// Returns the rate-limit headers of an injected 429: no requests remain for the number of seconds in `Retry-After`,
/// or for one second if `headers` has no `Retry-After` in seconds.
fn exhausted_rate_limit(headers: &HeaderMap) -> RateLimitHeaders {
    let seconds = headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    rate_limit::headers(0, seconds.unwrap_or(1))
}

/// Processes a request without faults and returns its regular response: validates it, replays the stored response for
/// its idempotency key, or runs its operation. Locks the store during all of this, so that requests with the same key
/// run one after the other.
fn process(shared: &SharedState, request: &BufferedRequest) -> Response {
    let now = shared.clock.now();
    let mut store = shared.store();
    let limits = store.rate_limit_window.count_request(now);
    let result = validate(shared, request).and_then(|validated| {
        let Some(key) = validated.idempotency_key.clone() else {
            return Ok(run_operation(shared, &mut store, request, &validated, now));
        };
        let fingerprint =
            Fingerprint::new(&request.head.method, &request.head.uri, &request.body.bytes);
        if let Some(mut stored) = store.idempotency_keys.find(&key, &fingerprint, now)? {
            stored.set_header(REPLAYED, HeaderValue::from_static("true"));
            return Ok(stored);
        }
        let response = run_operation(shared, &mut store, request, &validated, now);
        store
            .idempotency_keys
            .store(key, fingerprint, &response, now);
        Ok(response)
    });
    let response = result.unwrap_or_else(|problem| problem_response(problem, request));
    add_common_headers(response, &request.request_id, &limits)
}

/// A request that passed the checks that are the same for all operations.
struct ValidatedRequest<'a> {
    operation: Operation,
    path_params: &'a [(String, String)],
    query: Map<String, Value>,
    /// `None` if the request has no key or the operation ignores it.
    idempotency_key: Option<String>,
}

fn validate<'a>(
    shared: &SharedState,
    request: &'a BufferedRequest,
) -> Result<ValidatedRequest<'a>, Problem> {
    let headers = &request.head.headers;
    let (operation, params) = match &request.route {
        RouteMatch::Operation(operation, params) => (*operation, params),
        RouteMatch::UnknownPath => {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "The API contract has no such path",
            ));
        }
        RouteMatch::MethodNotAllowed => {
            return Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                format!("The path does not support {}", request.head.method),
            ));
        }
    };
    let contract = operation.contract();
    if contract.requires_bearer_token && bearer_token(headers).is_none() {
        return Err(Problem::unauthorized());
    }
    let path_params = params
        .as_deref()
        .ok_or_else(|| Problem::malformed("The path is not UTF-8 after percent-decoding"))?;
    let query = parse_query(request.head.uri.query().unwrap_or_default());
    let (query, errors) =
        shared
            .contract
            .validate_parameters(contract, path_params, &query, headers);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    request.body.check_length()?;
    if contract.request_body.is_some() && !request.body.bytes.is_empty() && !is_json(headers) {
        let detail = "A body requires Content-Type: application/json";
        // Not every operation declares 415.
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(if contract.declares(status) {
            Problem::new(status, "UNSUPPORTED_MEDIA_TYPE", detail)
        } else {
            Problem::malformed(detail)
        });
    }
    let idempotency_key = if contract.accepts_header("idempotency-key") {
        idempotency::parse_key(headers)?
    } else {
        None
    };
    Ok(ValidatedRequest {
        operation,
        path_params,
        query,
        idempotency_key,
    })
}

/// Returns `true` if `Content-Type` is `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

/// Runs the handler of the operation and returns its response. A problem that the handler returns becomes an error
/// response.
fn run_operation(
    shared: &SharedState,
    store: &mut Store,
    request: &BufferedRequest,
    validated: &ValidatedRequest<'_>,
    now: DateTime<Utc>,
) -> Response {
    let mut operation_request = OperationRequest {
        contract: shared.contract,
        operation: validated.operation.contract(),
        store,
        path_params: validated.path_params,
        query: &validated.query,
        headers: &request.head.headers,
        body: &request.body.bytes,
        now,
        deliverer: &shared.deliverer,
        seed_id: None,
    };
    let mut response = shared
        .run(&mut operation_request)
        .unwrap_or_else(|problem| problem_response(problem, request));
    // Set before an idempotency key stores the response: a replayed header must match the id in the replayed
    // problem document.
    set_request_id(&mut response, &request.request_id);
    response
}

fn problem_response(problem: Problem, request: &BufferedRequest) -> Response {
    problem.into_response(request.head.uri.path(), &request.request_id)
}

fn set_request_id(response: &mut Response, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers.entry(REQUEST_ID).or_insert(value);
    }
}

/// Adds the headers of every response: the request id and the rate limit.
fn add_common_headers(
    mut response: Response,
    request_id: &str,
    limits: &RateLimitHeaders,
) -> Response {
    set_request_id(&mut response, request_id);
    for (name, value) in [
        (RATE_LIMIT_POLICY, &limits.policy),
        (RATE_LIMIT, &limits.limit),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.set_header(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_json_media_types() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&headers)
        };
        assert!(check("application/json") && check("Application/JSON; charset=utf-8"));
        assert!(!check("text/plain") && !check("application/jsonp") && !check(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
