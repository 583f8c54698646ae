//! `scanText`: scans a text for content that may manipulate an agent, and limits the number of scans.

use chrono::{DateTime, Days, NaiveTime, Utc};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use super::text::{self, Confidence, Finding, Layer};
use crate::areas::payments::challenge;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{HandlerResult, OperationRequest};
use crate::store::{Resource, new_id, str_field};

/// The name of the scan engine.
const ENGINE: &str = "pgbeam-emulator";
/// The number of free scans per day.
const FREE_LIMIT: u64 = 100;

pub(super) fn scan(request: &mut OperationRequest<'_>) -> HandlerResult {
    if request.headers.contains_key("idempotency-key") {
        let detail = "The operation does not accept Idempotency-Key; send the request without it";
        return Err(Problem::invalid_field("Idempotency-Key", detail));
    }
    let mut body = request.parse_body()?;
    if body
        .get_str("text")
        .is_some_and(|text| text.len() > text::MAX_BYTES)
    {
        body.reject(
            "text",
            format!("must have at most {} bytes", text::MAX_BYTES),
        );
    }
    let body = body.finish()?;
    let quota = use_quota(request)?;
    let text = str_field(&body, "text");
    let findings = text::scan(text, &layers(&body));
    let has_evidence = body.get("include_evidence") != Some(&Value::Bool(false));
    let result = result(findings, text.len(), has_evidence, &quota);
    Ok(Response::json(StatusCode::OK, &result))
}

/// Returns the requested layers. If the field `layers` is omitted, returns all layers.
fn layers(body: &Resource) -> Vec<Layer> {
    let names = body.get("layers").and_then(Value::as_array);
    let has = |name: &str| names.is_none_or(|names| names.iter().any(|layer| layer == name));
    let layers = [
        ("structural", Layer::Structural),
        ("lexical", Layer::Lexical),
    ];
    let chosen = layers.into_iter().filter(|(name, _)| has(name));
    chosen.map(|(_, layer)| layer).collect()
}

/// Returns the body of the response, with the schema `ScanTextResult`.
fn result(
    mut findings: Vec<Finding>,
    scanned_bytes: usize,
    has_evidence: bool,
    quota: &Resource,
) -> Resource {
    let mut result = object(assess(&findings));
    if !has_evidence {
        for finding in &mut findings {
            finding.evidence = None;
        }
    }
    result.extend(object(json!({
        "has_structural": findings.iter().any(|finding| finding.layer == Layer::Structural),
        "findings": findings,
        "scanned_bytes": scanned_bytes,
        "truncated": false,
        "engine": ENGINE,
        "quota": quota,
    })));
    if let Some(highest) = findings.iter().map(|finding| finding.confidence).max() {
        result.insert("highest_confidence".to_owned(), json!(highest));
    }
    result
}

/// Returns the fields `verdict`, `action`, `action_reason` and `advice`. They depend on the highest confidence of the
/// findings.
///
/// Only findings about parts that could not be scanned have the confidence `low`.
fn assess(findings: &[Finding]) -> Value {
    let (verdict, action, reason, advice) = match findings.iter().map(|f| f.confidence).max() {
        None => (
            "clean",
            "allow",
            "Nothing suspicious was found.",
            "The text can still contain content that the scan does not recognize.",
        ),
        Some(Confidence::Low) => (
            "unscannable",
            "review",
            "The text could not be scanned completely.",
            "Have a person read the text before an agent does.",
        ),
        Some(Confidence::Medium) => (
            "suspicious",
            "review",
            "A passage may mislead an agent.",
            "Have a person read the text before an agent does.",
        ),
        Some(Confidence::High) => (
            "suspicious",
            "block",
            "A passage is unlikely to be harmless.",
            "Keep the text away from agents.",
        ),
    };
    json!({"verdict": verdict, "action": action, "action_reason": reason, "advice": advice})
}

/// Uses a free scan, or a paid scan if no free one remains. Returns the remaining quota, with the schema
/// `ScanTextQuota`. All callers share one quota. The free scans are reset at midnight UTC.
///
/// # Errors
///
/// 402 if no scan remains.
fn use_quota(request: &mut OperationRequest<'_>) -> Result<Resource, Problem> {
    let path = request.operation.path.clone();
    let resets_at = format_timestamp(next_midnight(request.now));
    let default = json!({
        "free_limit": FREE_LIMIT, "free_remaining": FREE_LIMIT, "paid_remaining": 0, "resets_at": resets_at,
    });
    let mut quota = request.store.object_or(&path, object(default));
    let end = DateTime::parse_from_rfc3339(str_field(&quota, "resets_at"));
    if end.is_ok_and(|end| end <= request.now) {
        let limit = quota.get("free_limit").cloned().unwrap_or_default();
        quota.insert("free_remaining".to_owned(), limit);
        quota.insert("resets_at".to_owned(), Value::String(resets_at));
    }
    let number = |name: &str| quota.get(name).and_then(Value::as_u64).unwrap_or_default();
    let remaining = ["free_remaining", "paid_remaining"];
    let used = remaining.into_iter().find(|name| number(name) > 0);
    let Some(used) = used else {
        let detail = "No free or paid scan remains; retry after quota resets";
        let problem = Problem::new(StatusCode::PAYMENT_REQUIRED, "PAYMENT_REQUIRED", detail);
        let challenge = challenge(&new_id("chal"));
        return Err(problem.with_header(WWW_AUTHENTICATE, &challenge));
    };
    let rest = number(used).saturating_sub(1);
    quota.insert(used.to_owned(), Value::from(rest));
    request.store.set_object(path, quota.clone());
    Ok(quota)
}

/// Returns the start of the next day in UTC.
fn next_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = now.date_naive().checked_add_days(Days::new(1));
    tomorrow.map_or(now, |day| day.and_time(NaiveTime::MIN).and_utc())
}
