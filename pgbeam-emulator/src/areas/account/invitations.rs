//! The invitations to an organization: revokes and accepts them. The generic engine creates and lists them.

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde_json::{Value, json};

use super::members;
use super::organizations::ORGANIZATIONS;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{self, Body, HandlerResult, Kind, OperationRequest};
use crate::store::{Resource, Store, new_id, str_field};

/// The time from the creation of an invitation to its expiry.
const LIFETIME: TimeDelta = TimeDelta::days(7);
/// The role if the request has none.
const DEFAULT_ROLE: &str = "member";

pub(super) struct Invitations;

impl Kind for Invitations {
    fn collection(&self) -> &'static str {
        "/v1/organizations/{org_id}/invitations"
    }

    fn prefix(&self) -> &'static str {
        "inv"
    }

    fn noun(&self) -> &'static str {
        "invitation"
    }

    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        let expires_at = request.now.checked_add_signed(LIFETIME);
        object(json!({
            "role": body.get_str("role").unwrap_or(DEFAULT_ROLE),
            "status": "pending",
            "expires_at": format_timestamp(expires_at.unwrap_or(request.now)),
        }))
    }

    /// Returns 409 if the email address belongs to a member or has an invitation that can still be accepted.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        let email = str_field(fields, "email");
        let has_email =
            |resource: &Resource| str_field(resource, "email").eq_ignore_ascii_case(email);
        let org_id = request.path_param("org_id");
        let detail = if request
            .store
            .resources(&members::path(org_id))
            .any(has_email)
        {
            format!("{email} belongs to a member of the organization")
        } else if request
            .store
            .resources(&path(org_id))
            .any(|invitation| has_email(invitation) && is_open(invitation, request.now))
        {
            format!("{email} has a pending invitation; revoke it first")
        } else {
            return Ok(());
        };
        Err(Problem::conflict("RESOURCE_EXISTS", detail))
    }
}

/// Cancels a pending invitation. Returns 404 if the invitation does not exist or is not pending.
pub(super) fn revoke(request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = path(request.path_param("org_id"));
    let invitation = resource::find(&Invitations, request, &path)?;
    if str_field(invitation, "status") != "pending" {
        return Err(Problem::not_found("pending invitation", request.id()));
    }
    set_status(request.store, &path, request.id(), "canceled");
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Accepts an invitation: adds the invited person to the members. Returns the new member; `None` if the invitation does
/// not exist, is not pending, or has expired.
pub(crate) fn accept(
    store: &mut Store,
    org_id: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Option<Resource> {
    let path = path(org_id);
    let invitation = store.get(&path, id)?.clone();
    if !is_open(&invitation, now) {
        return None;
    }
    set_status(store, &path, id, "accepted");
    let (user_id, email) = (new_id("usr"), str_field(&invitation, "email"));
    let role = str_field(&invitation, "role");
    let user = (user_id.as_str(), email, email);
    Some(members::add(store, org_id, user, role, now))
}

fn path(org_id: &str) -> String {
    format!("{ORGANIZATIONS}/{org_id}/invitations")
}

/// Returns `true` if the invitation can be accepted: it is pending and has not expired.
fn is_open(invitation: &Resource, now: DateTime<Utc>) -> bool {
    let expires_at = DateTime::parse_from_rfc3339(str_field(invitation, "expires_at"));
    str_field(invitation, "status") == "pending" && expires_at.is_ok_and(|time| time > now)
}

fn set_status(store: &mut Store, path: &str, id: &str, status: &str) {
    if let Some(invitation) = store.get_mut(path, id) {
        invitation.insert("status".to_owned(), Value::from(status));
    }
}
