//! Self-host enrollments: creates, rotates and revokes them. The generic engine lists them.

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Value, json};

use crate::areas::account::USER_ID;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{self, Body, HandlerResult, Kind, OperationRequest, Order};
use crate::store::{PROJECTS, Resource, Store, new_id, project_collection, str_field};

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

    fn order(&self) -> Order {
        Order::NewestFirst
    }

    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        let expires_at = body.get_str("expires_at").unwrap_or_default();
        if is_past(expires_at, request.now) {
            body.reject("expires_at", "must be in the future");
        }
        object(json!({"created_by": USER_ID, "last_seen_at": null, "revoked_at": null}))
    }

    /// Returns 409 if a project of the organization has an enabled approval rule, because self-hosted proxies may not
    /// apply it.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        _fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        if has_enabled_approval_rule(request.store, request.path_param("org_id")) {
            let detail =
                "A project of the organization has an enabled approval rule; disable or delete it";
            return Err(Problem::conflict("CONFLICT", detail));
        }
        Ok(())
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

/// Returns 409 if a resource of a project, with these fields, is enabled while the organization has a live enrollment:
/// self-hosted proxies may not apply it.
pub(crate) fn check_self_hosting(
    request: &OperationRequest<'_>,
    fields: &Resource,
) -> Result<(), Problem> {
    let project = request.project();
    let org_id = project.map_or("", |project| str_field(project, "org_id"));
    let is_enabled = fields.get("enabled") == Some(&Value::Bool(true));
    if is_enabled && has_live_enrollment(request.store, org_id, request.now) {
        let detail =
            "The organization has a live self-host enrollment; revoke it, or set enabled to false";
        return Err(Problem::conflict("CONFLICT", detail));
    }
    Ok(())
}

fn has_enabled_approval_rule(store: &Store, org_id: &str) -> bool {
    let projects = store.resources(PROJECTS);
    projects
        .filter(|project| str_field(project, "org_id") == org_id)
        .map(|project| project_collection(str_field(project, "id"), "approval-rules"))
        .flat_map(|rules| store.resources(&rules))
        .any(|rule| rule.get("enabled") == Some(&Value::Bool(true)))
}

fn path(org_id: &str) -> String {
    format!("/v1/organizations/{org_id}/self-host-enrollments")
}

fn is_live(enrollment: &Resource, now: DateTime<Utc>) -> bool {
    let is_expired = is_past(str_field(enrollment, "expires_at"), now);
    str_field(enrollment, "revoked_at").is_empty() && !is_expired
}

/// Returns `false` if the text is no timestamp.
fn is_past(timestamp: &str, now: DateTime<Utc>) -> bool {
    DateTime::parse_from_rfc3339(timestamp).is_ok_and(|time| time <= now)
}
