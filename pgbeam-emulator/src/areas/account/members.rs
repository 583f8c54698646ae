//! The members of an organization: adds them, and keeps the last owner. The generic engine lists, changes and removes
//! them.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::organizations::ORGANIZATIONS;
use super::{USER_EMAIL, USER_ID, USER_NAME};
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::resource::{Kind, OperationRequest};
use crate::store::{Resource, Store, new_id, str_field};

pub(super) struct Members;

impl Kind for Members {
    fn collection(&self) -> &'static str {
        "/v1/organizations/{org_id}/members"
    }

    fn prefix(&self) -> &'static str {
        "mem"
    }

    fn noun(&self) -> &'static str {
        "member"
    }

    /// Returns 409 for a change of the last owner. The contract does not allow `owner` as the new role, so every change
    /// would remove the last owner.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        _fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        check_not_last_owner(request)
    }

    /// Returns 409 for the removal of the last owner.
    fn check_delete(
        &self,
        request: &OperationRequest<'_>,
        _stored: &Resource,
    ) -> Result<(), Problem> {
        check_not_last_owner(request)
    }
}

/// Returns 409 if the member in the path is the only owner of the organization.
fn check_not_last_owner(request: &OperationRequest<'_>) -> Result<(), Problem> {
    let members = path(request.path_param("org_id"));
    let mut owners = request
        .store
        .resources(&members)
        .filter(|member| str_field(member, "role") == "owner");
    let (first, second) = (owners.next(), owners.next());
    if second.is_none() && first.is_some_and(|owner| str_field(owner, "id") == request.id()) {
        let detail = "The organization would have no owner";
        return Err(Problem::conflict("INVALID_STATE", detail));
    }
    Ok(())
}

/// Returns the path of the members of an organization.
pub(super) fn path(org_id: &str) -> String {
    format!("{ORGANIZATIONS}/{org_id}/members")
}

/// Adds the user who sends all requests as owner, if the organization never had a member.
pub(super) fn ensure_owner(store: &mut Store, org_id: &str, now: DateTime<Utc>) {
    if store.collection(&path(org_id)).is_none() {
        add(
            store,
            org_id,
            (USER_ID, USER_NAME, USER_EMAIL),
            "owner",
            now,
        );
    }
}

/// Adds a member and returns it. `user` is the id, the name and the email address of the user.
pub(super) fn add(
    store: &mut Store,
    org_id: &str,
    user: (&str, &str, &str),
    role: &str,
    now: DateTime<Utc>,
) -> Resource {
    let id = new_id(Members.prefix());
    let (user_id, name, email) = user;
    let member = object(json!({
        "id": id, "user_id": user_id, "email": email, "name": name, "role": role,
        "created_at": format_timestamp(now),
    }));
    store
        .collection_mut(&path(org_id))
        .insert(id, member.clone());
    member
}

/// Returns the role of the user who sends all requests, or `None` if the user is not a member of the organization.
pub(super) fn user_role<'s>(store: &'s Store, org_id: &str) -> Option<&'s str> {
    let mut members = store.resources(&path(org_id));
    let member = members.find(|member| str_field(member, "user_id") == USER_ID)?;
    Some(str_field(member, "role"))
}
