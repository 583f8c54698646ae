//! Organizations: each one is created on its first use, with the user who sends all requests as its owner.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::members;
use crate::areas::projects::ORG_ID;
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::resource::{HandlerResult, OperationRequest, read_with_default};
use crate::store::{PROJECTS, Resource, Store, str_field};

/// The path of the collection of all organizations.
pub(crate) const ORGANIZATIONS: &str = "/v1/organizations";

/// Creates the organization with this id if it does not exist. Its name and its slug are the id, and its owner is the
/// user who sends all requests.
pub(crate) fn ensure(store: &mut Store, id: &str, now: DateTime<Utc>) {
    if store.get(ORGANIZATIONS, id).is_none() {
        let created_at = format_timestamp(now);
        let organization =
            object(json!({"id": id, "name": id, "slug": id, "created_at": created_at}));
        store
            .collection_mut(ORGANIZATIONS)
            .insert(id.to_owned(), organization);
    }
    members::ensure_owner(store, id, now);
}

pub(super) fn list(request: &mut OperationRequest<'_>) -> HandlerResult {
    let organizations: Vec<Value> = all(request.store, request.now)
        .into_iter()
        .map(|mut organization| {
            organization.remove("created_at");
            Value::Object(organization)
        })
        .collect();
    read_with_default(request, object(json!({"organizations": organizations})))
}

/// Returns the organizations of which the user is a member, each with the `role` of the user. First creates the default
/// organization and the organizations of all projects, if they do not exist.
pub(super) fn all(store: &mut Store, now: DateTime<Utc>) -> Vec<Resource> {
    let projects = store.resources(PROJECTS);
    let mut ids = vec![ORG_ID.to_owned()];
    ids.extend(projects.map(|project| str_field(project, "org_id").to_owned()));
    for id in ids {
        ensure(store, &id, now);
    }
    let with_role = |organization: &Resource| {
        let role = members::user_role(store, str_field(organization, "id"))?;
        let mut organization = organization.clone();
        organization.insert("role".to_owned(), Value::from(role));
        Some(organization)
    };
    let organizations = store.resources(ORGANIZATIONS);
    organizations.filter_map(with_role).collect()
}
