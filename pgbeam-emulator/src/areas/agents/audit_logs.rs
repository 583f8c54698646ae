//! The operations on the audit log: list, export, the summary of a session, and the verification of the hash chain.

use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::audit::entry::string;
use crate::audit::filter::{AuditFilter, Period};
use crate::audit::log::{AuditLog, Position};
use crate::audit::{csv, session, verify};
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{HandlerResult, OperationRequest, read_response};
use crate::store::Resource;

/// The number of entries on a page if the request does not set it.
const DEFAULT_PAGE_SIZE: usize = 20;
/// The maximum number of alerts in each list of a session summary.
const MAX_ALERTS: usize = 100;

pub(super) fn list(request: &mut OperationRequest<'_>) -> HandlerResult {
    let after = match request.query_str("page_token") {
        None => None,
        Some(token) => Some(Position::from_token(token).ok_or_else(|| {
            let detail = "must be the next_page_token of an earlier page of this list";
            Problem::invalid_field("page_token", detail)
        })?),
    };
    let size = request.query.get("page_size").and_then(Value::as_u64);
    let size = size.and_then(|size| usize::try_from(size).ok());
    let filter = AuditFilter::from_query(request.query);
    let mut body = Map::new();
    if let Some(audit) = audit_log(request) {
        let page = audit.page(&filter, after, size.unwrap_or(DEFAULT_PAGE_SIZE));
        body.insert("entries".to_owned(), json!(page.entries));
        if let Some(token) = page.next_page_token {
            body.insert("next_page_token".to_owned(), Value::String(token));
        }
    } else {
        body.insert("entries".to_owned(), json!([]));
    }
    read_response(request, &body)
}

pub(super) fn export(request: &mut OperationRequest<'_>) -> HandlerResult {
    let filter = AuditFilter::from_query(request.query);
    let audit = audit_log(request).into_iter();
    let csv = csv::export(audit.flat_map(|audit| audit.matching(&filter)));
    let mut response = Response::empty(StatusCode::OK);
    response.body = csv.into();
    response.set_header(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    Ok(response)
}

/// Returns the summary of a session, or 404 if the session has no entry in the period.
pub(super) fn session(request: &mut OperationRequest<'_>) -> HandlerResult {
    let (project_id, session_id) = (request.project_id(), request.id());
    let period = Period::from_query(request.query);
    let audit = audit_log(request);
    let entries = audit.map(AuditLog::entries).unwrap_or_default();
    let summary = session::summarize(entries, project_id, session_id, &period);
    let mut summary = summary.ok_or_else(|| Problem::not_found("audit session", session_id))?;
    let alerts = request.project_collection("anomalies");
    let anomalies = anomalies(request.store.resources(&alerts), &summary);
    summary.insert("anomalies".to_owned(), anomalies);
    read_response(request, &summary)
}

pub(super) fn verify(request: &mut OperationRequest<'_>) -> HandlerResult {
    let period = Period::from_query(request.query);
    let entries = audit_log(request).map(AuditLog::entries);
    let body = verify::verify(entries.unwrap_or_default(), &period, request.now);
    read_response(request, &body)
}

pub(super) fn audit_log<'s>(request: &'s OperationRequest<'_>) -> Option<&'s AuditLog> {
    request.activity().map(|activity| &activity.audit)
}

/// Selects the alerts about a session. Returns a value of the schema `AuditSessionAnomalies`, with the oldest alerts
/// first. `alerts` are all alerts of the project, oldest first.
///
/// The `details` of an alert can contain a `session_id`. An alert with this session is one of `session_alerts`, and an
/// alert with another session is not selected. An alert without a session is one of `credential_window_alerts` if it
/// is about a credential of the session and its period overlaps the session.
fn anomalies<'a>(alerts: impl Iterator<Item = &'a Resource>, summary: &Resource) -> Value {
    let session_id = summary.get("session_id");
    let credentials = summary.get("credential_ids").and_then(Value::as_array);
    let is_credential = |id: &Value| credentials.is_some_and(|ids| ids.contains(id));
    let session = timestamp(summary, "started_at").zip(timestamp(summary, "ended_at"));
    let overlaps = |alert: &Resource| {
        let created_at = timestamp(alert, "created_at");
        let start = timestamp(alert, "window_start").or(created_at);
        let end = timestamp(alert, "window_end").or(created_at);
        match (session, start.zip(end)) {
            (Some((started_at, ended_at)), Some((start, end))) => {
                start <= ended_at && started_at <= end
            }
            _ => false,
        }
    };
    let mut session_alerts = Vec::new();
    let mut credential_window_alerts = Vec::new();
    for alert in alerts {
        let alert_session = alert
            .get("details")
            .and_then(|details| details.get("session_id"));
        if alert_session.is_some_and(|id| !id.is_null()) {
            if alert_session == session_id {
                session_alerts.push(alert);
            }
        } else if alert.get("credential_id").is_some_and(is_credential) && overlaps(alert) {
            credential_window_alerts.push(alert);
        }
    }
    let mut truncated = false;
    for list in [&mut session_alerts, &mut credential_window_alerts] {
        truncated |= list.len() > MAX_ALERTS;
        list.truncate(MAX_ALERTS);
    }
    json!({
        "session_alerts": session_alerts,
        "credential_window_alerts": credential_window_alerts,
        "truncated": truncated,
    })
}

fn timestamp(fields: &Resource, name: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(string(fields, name)?).ok()?;
    Some(time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::entry::object;

    fn ids(list: &Value) -> Vec<&str> {
        let alerts = list.as_array().into_iter().flatten();
        alerts.filter_map(|alert| alert["id"].as_str()).collect()
    }

    #[test]
    fn alerts_about_the_session_and_its_credentials_are_selected() {
        let summary = object(json!({
            "session_id": "ses_1", "credential_ids": ["a", "b"],
            "started_at": "2026-01-01T10:00:00Z", "ended_at": "2026-01-01T11:00:00Z",
        }));
        let window = |id: &str, credential: Value, start: &str, end: &str| {
            json!({
                "id": id, "credential_id": credential, "created_at": "2026-01-01T10:30:00Z",
                "window_start": format!("2026-01-01T{start}:00Z"),
                "window_end": format!("2026-01-01T{end}:00Z"),
            })
        };
        let alerts: Vec<Resource> = [
            json!({"id": "own", "details": {"session_id": "ses_1"}}),
            json!({"id": "other", "credential_id": "a", "details": {"session_id": "ses_2"},
                "created_at": "2026-01-01T10:30:00Z"}),
            window("before", json!("a"), "08:00", "09:59"),
            window("overlap", json!("b"), "09:00", "10:00"),
            window("after", json!("a"), "11:01", "12:00"),
            window("stranger", json!("c"), "10:00", "11:00"),
            window("project", json!(null), "10:00", "11:00"),
            json!({"id": "instant", "credential_id": "a", "created_at": "2026-01-01T11:00:00Z",
                "window_start": null, "details": {}}),
        ]
        .map(object)
        .to_vec();
        let selected = anomalies(alerts.iter(), &summary);
        assert_eq!(ids(&selected["session_alerts"]), ["own"]);
        let by_credential = ids(&selected["credential_window_alerts"]);
        assert_eq!(by_credential, ["overlap", "instant"]);
        assert_eq!(selected["truncated"], false);

        let many = alerts.iter().take(1).cycle().take(MAX_ALERTS + 1);
        let selected = anomalies(many, &summary);
        assert_eq!(ids(&selected["session_alerts"]).len(), MAX_ALERTS);
        assert_eq!(selected["truncated"], true);
    }
}
