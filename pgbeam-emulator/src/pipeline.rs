//! From a request to an answer: what all operations share, then the one that is meant.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response as HttpResponse;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::call::{Call, Outcome};
use crate::clock::Clock;
use crate::contract::{Contract, OperationContract};
use crate::fault::{Action, Fault, Faults};
use crate::idempotency::{self, Fingerprint};
use crate::operation::Operation;
use crate::policies::{self, PolicyProfiles};
use crate::problem::{FieldError, Problem, code_for};
use crate::rate_limit::{self, RateLimitHeaders};
use crate::received::{Received, ReceivedRequest, bearer, query_pairs};
use crate::response::Response;
use crate::store::{Store, new_id};
use crate::templates::QueryTemplates;
use crate::{evaluation, recommendation, replay, resource};

/// The longest body that is accepted: 2 MB, taken as 2 × 1024 × 1024 bytes.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// How much more of a body that is too long is read and thrown away, so that the client
/// gets to see the answer instead of a connection that breaks while it sends.
const MAX_DISCARDED: usize = 32 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What all connections and handles share.
pub(crate) struct Shared {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    /// Nothing when requests are not to be kept.
    received: Option<Mutex<Received>>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) contract: Arc<Contract>,
}

impl Shared {
    pub(crate) fn new(
        clock: Box<dyn Clock>,
        contract: Arc<Contract>,
        keeps_requests: bool,
    ) -> Self {
        Self {
            store: Mutex::default(),
            faults: Mutex::default(),
            received: keeps_requests.then(Mutex::default),
            clock,
            contract,
        }
    }

    // A poisoned lock means that a handler panicked; what it left is still the state.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn received(&self) -> Option<MutexGuard<'_, Received>> {
        let received = self.received.as_ref()?;
        Some(received.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the router made of a path and method.
#[derive(Debug)]
pub(crate) enum Target {
    /// An operation, with the decoded parameters of its path in their order; `None`
    /// when they are not UTF-8.
    Operation(Operation, Option<Vec<(String, String)>>),
    UnknownPath,
    /// A path that is served, with a method that is not.
    WrongMethod,
}

impl Target {
    fn operation(&self) -> Option<Operation> {
        match self {
            Self::Operation(operation, _) => Some(*operation),
            Self::UnknownPath | Self::WrongMethod => None,
        }
    }
}

/// The mark on a response that is not to be sent: its connection is closed instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

/// A request with its whole body.
struct Exchange {
    target: Target,
    head: Parts,
    body: Bytes,
    too_large: bool,
    request_id: String,
}

/// Answers a request, or says that its connection is to be cut.
pub(crate) async fn handle(shared: &Shared, target: Target, request: Request) -> HttpResponse {
    let (head, body) = request.into_parts();
    let Some((body, too_large)) = read_body(body).await else {
        return cut();
    };
    let exchange = Exchange {
        target,
        head,
        body,
        too_large,
        request_id: new_id("req"),
    };
    let operation = exchange.target.operation();
    if let Some(mut received) = shared.received() {
        received.push(ReceivedRequest {
            operation,
            method: exchange.head.method.clone(),
            path: exchange.head.uri.path().to_owned(),
            query: exchange.head.uri.query().map(str::to_owned),
            headers: exchange.head.headers.clone(),
            body: exchange.body.clone(),
            request_id: exchange.request_id.clone(),
        });
    }
    let fault = shared.faults().take(operation);
    match fault {
        None => respond(process(shared, &exchange)),
        Some(fault) => strike(shared, &exchange, fault).await,
    }
}

/// The body as far as it is accepted, and whether there was more. `None` when the
/// client broke off.
async fn read_body(body: Body) -> Option<(Bytes, bool)> {
    let mut chunks = body.into_data_stream();
    let mut kept = BytesMut::new();
    let mut discarded = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let mut chunk = chunk.ok()?;
        let rest = chunk.split_off(chunk.len().min(MAX_BODY.saturating_sub(kept.len())));
        kept.extend_from_slice(&chunk);
        discarded = discarded.saturating_add(rest.len());
        if discarded > MAX_DISCARDED {
            break;
        }
    }
    Some((kept.freeze(), discarded > 0))
}

async fn strike(shared: &Shared, exchange: &Exchange, fault: Fault) -> HttpResponse {
    let applied = fault.applies.then(|| process(shared, exchange));
    if let Some(delay) = fault.delay {
        tokio::time::sleep(delay).await;
    }
    let apply = || applied.unwrap_or_else(|| process(shared, exchange));
    let mut response = match &fault.action {
        Action::Cut => return cut(),
        Action::Pass | Action::Truncate => apply(),
        Action::Respond { status, body } => Response {
            body: body.clone(),
            ..Response::empty(*status)
        },
        Action::Problem { status } => {
            let mut limits = shared.store().window.count(shared.clock.now());
            if *status == StatusCode::TOO_MANY_REQUESTS {
                limits = exhausted(&fault.headers);
            }
            let problem = Problem::new(*status, code_for(*status), "A scripted fault");
            finished(
                problem_response(problem, exchange),
                &exchange.request_id,
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
        respond(response)
    }
}

/// What an answer announces that refuses for the limit's sake: nothing left, until the
/// time in `Retry-After`.
fn exhausted(headers: &HeaderMap) -> RateLimitHeaders {
    let seconds = headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    rate_limit::headers(0, seconds.unwrap_or(1))
}

/// The answer as if nothing were scripted. State is looked at and changed under one
/// lock: two requests with one idempotency key are one after the other.
fn process(shared: &Shared, exchange: &Exchange) -> Response {
    let now = shared.clock.now();
    let mut store = shared.store();
    let limits = store.window.count(now);
    let outcome = admit(shared, exchange).and_then(|admitted| {
        let Some(key) = admitted.idempotency_key.clone() else {
            return Ok(run(&mut store, exchange, &admitted, now));
        };
        let fingerprint =
            Fingerprint::of(&exchange.head.method, &exchange.head.uri, &exchange.body);
        if let Some(mut stored) = store.keys.find(&key, &fingerprint, now)? {
            stored.set(REPLAYED, HeaderValue::from_static("true"));
            return Ok(stored);
        }
        let response = run(&mut store, exchange, &admitted, now);
        store.keys.store(key, fingerprint, &response, now);
        Ok(response)
    });
    let response = outcome.unwrap_or_else(|problem| problem_response(problem, exchange));
    finished(response, &exchange.request_id, &limits)
}

/// A request that has passed what all operations check.
struct Admitted<'a> {
    operation: Operation,
    contract: &'a Contract,
    declared: &'a OperationContract,
    project_id: &'a str,
    /// The last identifier of the path.
    id: &'a str,
    idempotency_key: Option<String>,
}

fn admit<'a>(shared: &'a Shared, exchange: &'a Exchange) -> Result<Admitted<'a>, Problem> {
    let headers = &exchange.head.headers;
    let (operation, params) = match &exchange.target {
        Target::Operation(operation, params) => (*operation, params),
        Target::UnknownPath => {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "No such path",
            ));
        }
        Target::WrongMethod => {
            return Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                format!("The path does not take {}", exchange.head.method),
            ));
        }
    };
    if bearer(headers).is_none() {
        return Err(Problem::unauthorized());
    }
    let params = params
        .as_deref()
        .ok_or_else(|| Problem::malformed("The path holds percent-encoding that is no UTF-8"))?;
    let wrong: Vec<FieldError> = params
        .iter()
        .filter(|(_, id)| !is_identifier(id))
        .map(|(name, _)| {
            FieldError::new(
                name.clone(),
                "must be letters, digits, underscores, dots and hyphens, and neither . nor ..",
            )
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    if exchange.too_large {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            format!("The body is longer than {MAX_BODY} bytes"),
        ));
    }
    let declared = shared.contract.operation(operation)?;
    if declared.request_body.is_some() && !exchange.body.is_empty() && !is_json(headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "The body has to be announced as Content-Type: application/json",
        ));
    }
    let idempotency_key = if declared.takes_idempotency_key {
        idempotency::key(headers)?
    } else {
        None
    };
    // The first parameter of every path is the project, the last one what is meant.
    Ok(Admitted {
        operation,
        contract: &shared.contract,
        declared,
        project_id: params.first().map_or("", |(_, id)| id),
        id: params.last().map_or("", |(_, id)| id),
        idempotency_key,
    })
}

fn is_identifier(id: &str) -> bool {
    let well_formed = !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    well_formed && id != "." && id != ".."
}

/// Whether the media type is JSON, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

/// Runs the operation; a problem is an answer like any other.
fn run(
    store: &mut Store,
    exchange: &Exchange,
    admitted: &Admitted<'_>,
    now: chrono::DateTime<chrono::Utc>,
) -> Response {
    let query = query_pairs(exchange.head.uri.query().unwrap_or_default());
    let mut call = Call {
        contract: admitted.contract,
        operation: admitted.declared,
        project: store.project(admitted.project_id),
        project_id: admitted.project_id,
        id: admitted.id,
        query: &query,
        headers: &exchange.head.headers,
        body: &exchange.body,
        now,
    };
    let mut response = dispatch(admitted.operation, &mut call)
        .unwrap_or_else(|problem| problem_response(problem, exchange));
    // Part of what an idempotency key stores: a problem document names the id too, and
    // the two have to agree when both are replayed.
    set_request_id(&mut response, &exchange.request_id);
    response
}

fn dispatch(operation: Operation, call: &mut Call<'_>) -> Outcome {
    match operation {
        Operation::RecommendAgentPolicy => recommendation::recommend(call),
        Operation::CreatePolicyProfile => resource::create::<PolicyProfiles>(call),
        Operation::ListPolicyProfiles => resource::list::<PolicyProfiles>(call),
        Operation::GetPolicyProfile => resource::get::<PolicyProfiles>(call),
        Operation::UpdatePolicyProfile => resource::update::<PolicyProfiles>(call),
        Operation::DeletePolicyProfile => resource::delete::<PolicyProfiles>(call),
        Operation::GetPolicyStatementKinds => policies::statement_kinds(call),
        Operation::DryEvalPolicy => evaluation::evaluate(call),
        Operation::ReplayPolicy => replay::replay(call),
        Operation::CreateQueryTemplate => resource::create::<QueryTemplates>(call),
        Operation::ListQueryTemplates => resource::list::<QueryTemplates>(call),
        Operation::GetQueryTemplate => resource::get::<QueryTemplates>(call),
        Operation::UpdateQueryTemplate => resource::update::<QueryTemplates>(call),
        Operation::DeleteQueryTemplate => resource::delete::<QueryTemplates>(call),
    }
}

fn problem_response(problem: Problem, exchange: &Exchange) -> Response {
    problem.into_response(exchange.head.uri.path(), &exchange.request_id)
}

fn set_request_id(response: &mut Response, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers.entry(REQUEST_ID).or_insert(value);
    }
}

/// The answer with the headers that every answer carries.
fn finished(mut response: Response, request_id: &str, limits: &RateLimitHeaders) -> Response {
    set_request_id(&mut response, request_id);
    for (name, value) in [
        (RATE_LIMIT_POLICY, &limits.policy),
        (RATE_LIMIT, &limits.limit),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.set(name, value);
        }
    }
    response
}

fn respond(response: Response) -> HttpResponse {
    let mut sent = HttpResponse::new(Body::from(response.body));
    *sent.status_mut() = response.status;
    *sent.headers_mut() = response.headers;
    sent
}

fn cut() -> HttpResponse {
    let mut response = HttpResponse::new(Body::empty());
    response.extensions_mut().insert(Cut);
    response
}

/// The head and half of the body, under a `Content-Length` that promises all of it.
fn truncate(mut response: Response) -> HttpResponse {
    let length = response.body.len();
    if length == 0 {
        return cut();
    }
    let half = response.body.split_to(length.div_ceil(2));
    let broken = stream::once(async move { Ok(half) }).chain(stream::once(async {
        // Once around the loop of the connection, which sends what it has meanwhile.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("a scripted fault cut the body"))
    }));
    let mut sent = respond(response);
    sent.headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    *sent.body_mut() = Body::from_stream(broken);
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for id in ["a", "pol_1", "a.b", "-", "...", ".a"] {
            assert!(is_identifier(id), "{id}");
        }
        for id in ["", ".", "..", "a/b", "a b", "é", "a%"] {
            assert!(!is_identifier(id), "{id}");
        }
    }

    #[test]
    fn media_types() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&headers)
        };
        assert!(of("application/json") && of("Application/JSON; charset=utf-8"));
        assert!(!of("text/plain") && !of("application/jsonp") && !of(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
