//! Projects: create, list, read, change and delete.

use serde_json::{Map, Value, json};

use super::policies::stored_profile;
use crate::clock::format_timestamp;
use crate::contract::Contract;
use crate::http::problem::Problem;
use crate::resource::{Body, Handler, Kind, OperationRequest};
use crate::store::{PROJECTS, Resource, Store};

/// The organization of projects that are created on first use.
pub(super) const ORG_ID: &str = "org_emulator";
/// The maximum length of the name of a project in the API contract, in characters.
const MAX_NAME_LENGTH: usize = 100;

pub(super) const HANDLERS: &[(&str, Handler)] = &[];

pub(super) const KINDS: &[&dyn Kind] = &[&Projects];

struct Projects;

impl Kind for Projects {
    fn collection(&self) -> &'static str {
        PROJECTS
    }

    fn prefix(&self) -> &'static str {
        "prj"
    }

    fn noun(&self) -> &'static str {
        "project"
    }

    fn check(
        &self,
        _request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        if body.get_str("status") == Some("deleted") {
            body.reject("status", "must be active or suspended");
        }
        Resource::new()
    }

    /// Returns 404 if the default policy profile does not exist.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        let policy_id = fields.get("default_policy_profile_id");
        if let Some(id) = policy_id.and_then(Value::as_str) {
            stored_profile(request.store, request.project_id(), id)?;
        }
        Ok(())
    }
}

/// Creates the project with this id if it does not exist: with its id as name, and without a database. Returns 404 if
/// the project was deleted, or if `strict` is `true` and it does not exist.
pub(crate) fn ensure(
    contract: &Contract,
    store: &mut Store,
    id: &str,
    strict: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Problem> {
    if store.get(PROJECTS, id).is_some() {
        return Ok(());
    }
    if strict || store.is_deleted_project(id) {
        return Err(Problem::not_found(Projects.noun(), id));
    }
    let project = new_project(contract, id, now)?;
    store
        .collection_mut(PROJECTS)
        .insert(id.to_owned(), project);
    Ok(())
}

fn new_project(
    contract: &Contract,
    id: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Resource, Problem> {
    let name: String = id.chars().take(MAX_NAME_LENGTH).collect();
    let mut project = fields(json!({"name": name, "description": "", "agents_disabled": false}));
    let update = contract.operation("updateProject");
    let collection = contract.collection(PROJECTS);
    let (Some(update), Some(collection)) = (update, collection) else {
        return Err(Problem::internal(
            "The contract has no operation updateProject",
        ));
    };
    contract.complete(update, &collection.resource, &mut project, None);
    let created_at = format_timestamp(now);
    project.extend(fields(json!({
        "id": id, "org_id": ORG_ID, "cloud": "aws", "self_hosted": false,
        "default_policy_profile_id": null, "database_count": 0, "active_connections": 0,
        "created_at": created_at, "updated_at": created_at,
    })));
    Ok(project)
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
