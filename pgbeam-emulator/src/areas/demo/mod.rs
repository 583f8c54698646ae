//! The demo, which requires no account: its offer and its sessions.

mod offer;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};
use uuid::Uuid;

use super::agents::PROXY_HOST;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::{Response, short_hash};
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest, read_response};
use crate::store::{Resource, Store, new_id, str_field};

/// The path of the collection of sessions.
const SESSIONS: &str = "/v1/demo/credentials";
/// The value of `Retry-After` if no session can be started, in seconds.
const RETRY_SECONDS: &str = "60";
/// The period in which the number of started sessions is limited.
const RATE_PERIOD: TimeDelta = TimeDelta::hours(1);

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getDemo", get),
    ("createDemoCredential", create),
    ("releaseDemoCredential", release),
];

pub(super) const KINDS: &[&dyn Kind] = &[];

fn get(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut info = current_offer(request);
    let live = live_sessions(request.store, request.now);
    if live >= number(&info, "max_live_sessions") {
        info.insert("available".to_owned(), Value::Bool(false));
        let reason = Value::from("All sessions are in use.");
        info.insert("unavailable_reason".to_owned(), reason);
        let seconds = seconds_until_expiry(request.store, request.now);
        info.insert("retry_after_seconds".to_owned(), Value::from(seconds));
    }
    info.insert("live_sessions".to_owned(), Value::from(live));
    read_response(request, &info)
}

fn current_offer(request: &OperationRequest<'_>) -> Resource {
    let default = offer::offer(request.contract);
    request.store.object_or(offer::PATH, default)
}

/// Starts a session. All callers count as the same client.
fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let body = request.parse_body()?.finish()?;
    let info = current_offer(request);
    let name = str_field(&body, "tier");
    let tiers = info.get("tiers").and_then(Value::as_array);
    let mut tiers = tiers.into_iter().flatten().filter_map(Value::as_object);
    let Some(tier) = tiers.find(|tier| str_field(tier, "name") == name) else {
        return Err(Problem::invalid_field("tier", "is not a tier of the demo"));
    };
    remove_old_sessions(request.store, request.now);
    check_limits(request, &info)?;
    let price = number(tier, "price_usd_cents");
    if price > 0 && str_field(&body, "payment_proof").is_empty() {
        let challenge = payment_challenge(tier, price);
        return Ok(Response::json(StatusCode::PAYMENT_REQUIRED, &challenge));
    }
    let (id, token) = (new_id("demo"), new_id("pba"));
    let ttl = number(tier, "ttl_seconds");
    let expires_at = add_seconds(request.now, ttl);
    let session = object(json!({
        "created_at": format_timestamp(request.now), "expires_at": expires_at,
        "token_hash": short_hash(token.as_bytes()), "released": false,
    }));
    let sessions = request.store.collection_mut(SESSIONS);
    sessions.insert(id.clone(), session);
    let password = Uuid::new_v4().simple();
    let credential = json!({
        "session_id": id,
        "tier": name,
        "connection_string": format!("postgres://{id}:{password}@{PROXY_HOST}:5432/demo"),
        "mcp_url": format!("https://{PROXY_HOST}/mcp"),
        "mcp_token": token,
        "expires_at": expires_at,
        "ttl_seconds": ttl,
        "query_budget": number(tier, "query_budget"),
        "dataset": info.get("dataset"),
        "walkthrough": info.get("walkthrough"),
        "policy_template": offer::policy(tier),
        "upgrade": info.get("upgrade"),
    });
    Ok(Response::json(StatusCode::CREATED, &credential))
}

/// Ends a session. Returns 404 if the session is unknown, and 401 if the token is not that of the session.
fn release(request: &mut OperationRequest<'_>) -> HandlerResult {
    let body = request.parse_body()?.finish()?;
    let (id, now) = (request.id(), request.now);
    let session = request.store.get_mut(SESSIONS, id);
    let session = session.ok_or_else(|| Problem::not_found("demo session", id))?;
    let hash = short_hash(str_field(&body, "mcp_token").as_bytes());
    if str_field(session, "token_hash") != hash {
        return Err(Problem::unauthorized());
    }
    let released = is_live(session, now);
    session.insert("released".to_owned(), Value::Bool(true));
    let live = live_sessions(request.store, now);
    let result = json!({"session_id": id, "released": released, "live_sessions": live});
    Ok(Response::json(StatusCode::OK, &result))
}

/// Returns 503 if the demo is paused or all sessions are in use, and 429 if the client has started too many sessions
/// in the last hour.
fn check_limits(request: &OperationRequest<'_>, info: &Resource) -> Result<(), Problem> {
    let sessions = request.store.resources(SESSIONS);
    let recent = sessions.filter(|session| is_recent(session, request.now));
    let live = live_sessions(request.store, request.now);
    let (status, code, detail) = if info.get("available") == Some(&Value::Bool(false)) {
        let detail = "The demo is paused";
        (StatusCode::SERVICE_UNAVAILABLE, "DEMO_PAUSED", detail)
    } else if live >= number(info, "max_live_sessions") {
        let detail = "All sessions are in use; release one or wait until one expires";
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "DEMO_CAPACITY_FULL",
            detail,
        )
    } else if recent.count() as u64 >= number(info, "max_sessions_per_hour_per_client") {
        let detail = "The client has started too many sessions in the last hour";
        (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail)
    } else {
        return Ok(());
    };
    Err(Problem::new(status, code, detail).with_header(RETRY_AFTER, RETRY_SECONDS))
}

/// Returns the body of the response 402, with the schema `DemoPaymentChallenge`.
fn payment_challenge(tier: &Resource, price: u64) -> Value {
    json!({
        "resource": str_field(tier, "resource"),
        "tier": str_field(tier, "name"),
        "reason": "This tier must be paid for; send any payment_proof to the emulator.",
        "accepts": [{
            "scheme": "exact", "network": "emulator", "amount": price.to_string(), "currency": "usd",
            "pay_to": "emulator", "max_timeout_seconds": 300,
        }],
    })
}

/// Removes the sessions that are not live and were started more than one hour ago.
fn remove_old_sessions(store: &mut Store, now: DateTime<Utc>) {
    let sessions = store.collection_mut(SESSIONS);
    sessions.retain(|session| is_live(session, now) || is_recent(session, now));
}

/// Returns the number of sessions that are neither released nor expired.
fn live_sessions(store: &Store, now: DateTime<Utc>) -> u64 {
    let sessions = store.resources(SESSIONS);
    sessions.filter(|session| is_live(session, now)).count() as u64
}

/// Returns the time until the first live session expires, in seconds, rounded up. Returns 0 without live sessions.
fn seconds_until_expiry(store: &Store, now: DateTime<Utc>) -> i64 {
    let sessions = store.resources(SESSIONS);
    let live = sessions.filter(|session| is_live(session, now));
    let first = live.filter_map(|session| time(session, "expires_at")).min();
    let wait = first.map_or(TimeDelta::zero(), |first| first - now);
    let is_fraction = wait.subsec_nanos() > 0;
    wait.num_seconds().saturating_add(i64::from(is_fraction))
}

fn is_live(session: &Resource, now: DateTime<Utc>) -> bool {
    let is_released = session.get("released") == Some(&Value::Bool(true));
    !is_released && time(session, "expires_at").is_some_and(|time| time > now)
}

/// Returns `true` if the session was started in the last hour.
fn is_recent(session: &Resource, now: DateTime<Utc>) -> bool {
    let start = now.checked_sub_signed(RATE_PERIOD).unwrap_or(now);
    time(session, "created_at").is_some_and(|time| time > start)
}

fn time(session: &Resource, name: &str) -> Option<DateTime<Utc>> {
    str_field(session, name).parse().ok()
}

fn add_seconds(now: DateTime<Utc>, seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let duration = TimeDelta::try_seconds(seconds).unwrap_or_default();
    format_timestamp(now.checked_add_signed(duration).unwrap_or(now))
}

fn number(fields: &Resource, name: &str) -> u64 {
    let number = fields.get(name).and_then(Value::as_u64);
    number.unwrap_or_default()
}
