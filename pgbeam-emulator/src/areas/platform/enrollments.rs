//! Self-host enrollments: creates, rotates and revokes them. The generic engine lists them.

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Value, json};

use crate::areas::account::USER_ID;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{self, Body, HandlerResult, Kind, OperationRequest};
use crate::store::{Resource, Store, new_id, str_field};

pub(super) struct Enrollments;

impl Kind for Enrollments {
    fn collection(&self) -> &'static str {
        "/v1/organizations/{org_id}/self-host-enrollments"
    }

    fn prefix(&self) -> &'static str {
        "she"
    }

    fn noun(&self) -> &'static str {
        "self-host enrollment"
    }

    fn check(
        &self,
        _request: &OperationRequest<'_>,
        _body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        object(json!({"created_by": USER_ID, "last_seen_at": null, "revoked_at": null}))
    }
}

pub(super) fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let enrollment = resource::insert(&Enrollments, request)?;
    Ok(secret_response(StatusCode::CREATED, &enrollment))
}

/// Returns a new token for an enrollment. Returns 404 if the enrollment does not exist, and 409 if it is revoked or
/// expired.
pub(super) fn rotate(request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = path(request.path_param("org_id"));
    let id = request.path_param("enrollment_id");
    let enrollment = request.store.get(&path, id);
    let enrollment = enrollment.ok_or_else(|| Problem::not_found(Enrollments.noun(), id))?;
    if !is_live(enrollment, request.now) {
        let detail = "The self-host enrollment is revoked or expired; create another one";
        return Err(Problem::conflict("INVALID_STATE", detail));
    }
    Ok(secret_response(StatusCode::OK, enrollment))
}

/// Creates a response with an enrollment and a new token. The token is not stored, because no proxy connects to the
/// emulator.
fn secret_response(status: StatusCode, enrollment: &Resource) -> Response {
    let token = new_id("pbh");
    Response::json(status, &json!({"enrollment": enrollment, "token": token}))
}

/// Revokes an enrollment. Lists still contain it. Returns 404 if the enrollment does not exist or is already revoked.
pub(super) fn revoke(request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = path(request.path_param("org_id"));
    let enrollment = resource::find(&Enrollments, request, &path)?;
    if !str_field(enrollment, "revoked_at").is_empty() {
        return Err(Problem::not_found(Enrollments.noun(), request.id()));
    }
    let now = Value::String(format_timestamp(request.now));
    if let Some(enrollment) = request.store.get_mut(&path, request.id()) {
        enrollment.insert("revoked_at".to_owned(), now);
    }
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Returns `true` if the organization has a live enrollment: one that is neither revoked nor expired.
pub(crate) fn has_live_enrollment(store: &Store, org_id: &str, now: DateTime<Utc>) -> bool {
    let mut enrollments = store.resources(&path(org_id));
    enrollments.any(|enrollment| is_live(enrollment, now))
}

fn path(org_id: &str) -> String {
    format!("/v1/organizations/{org_id}/self-host-enrollments")
}

fn is_live(enrollment: &Resource, now: DateTime<Utc>) -> bool {
    let expires_at = DateTime::parse_from_rfc3339(str_field(enrollment, "expires_at"));
    let is_expired = expires_at.is_ok_and(|time| time <= now);
    str_field(enrollment, "revoked_at").is_empty() && !is_expired
}
