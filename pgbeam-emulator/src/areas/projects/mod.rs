//! Projects: creates them with their first database, changes them, and deletes them with everything below them.

mod cache_rules;
mod domains;
mod list;
mod metrics;
mod replicas;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::hosts::proxy_host;
use super::policies::stored_profile;
use super::run_operation;
use crate::clock::format_timestamp;
use crate::contract::Contract;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{self, Body, Handler, HandlerResult, Kind, OperationRequest};
use crate::store::{Collection, PROJECTS, Resource, Store, fields, project_collection, str_field};
use crate::webhooks::event::WebhookEvent;

pub(super) use self::replicas::remove_replicas;

/// The organization of projects that are created on first use.
pub(super) const ORG_ID: &str = "org_emulator";
/// The maximum length of the name of a project in the API contract, in characters.
const MAX_NAME_LENGTH: usize = 100;
const DEFAULT_POLICY: &str = "default_policy_profile_id";

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("createProject", create),
    ("listProjects", list::list),
    ("updateProject", update),
    ("deleteProject", delete),
    ("getProjectMetrics", metrics::get),
    ("verifyCustomDomain", domains::verify),
    ("listReplicas", replicas::handle),
    ("createReplica", replicas::handle),
    ("deleteReplica", replicas::handle),
    ("listCacheRules", cache_rules::list),
    ("updateCacheRule", cache_rules::update),
];

pub(super) const KINDS: &[&dyn Kind] = &[&Projects, &domains::CustomDomains, &replicas::Replicas];

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
        stored: Option<&Resource>,
    ) -> Resource {
        if stored.is_some() && body.get_str("status") == Some("deleted") {
            body.reject("status", "must be active or suspended");
        }
        // The empty string removes the default policy profile, as null does.
        if body.get_str(DEFAULT_POLICY) == Some("") {
            return Resource::from_iter([(DEFAULT_POLICY.to_owned(), Value::Null)]);
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
        let policy_id = fields.get(DEFAULT_POLICY);
        if let Some(id) = policy_id.and_then(Value::as_str) {
            stored_profile(request.store, request.project_id(), id)?;
        }
        Ok(())
    }
}

/// Creates a project and its first database. If the project or the database is invalid, creates neither.
fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut project = resource::insert(&Projects, request)?;
    let id = str_field(&project, "id").to_owned();
    for (name, value) in default_fields(request.contract, &id)? {
        project.entry(name).or_insert(value);
    }
    if let Some(stored) = request.store.get_mut(PROJECTS, &id) {
        *stored = project;
    }
    // `database` is a field of the request but not of the project, so `insert` stored it with the write-only fields.
    let database = request
        .store
        .take_write_only(PROJECTS, &id)
        .remove("database");
    let path_params = [("project_id".to_owned(), id.clone())];
    match run_operation(request, "createDatabase", &path_params, database.as_ref()) {
        Ok(created) => {
            let project = request.store.get(PROJECTS, &id);
            let database: Value = serde_json::from_slice(&created.body).unwrap_or_default();
            let body = json!({"project": project, "database": database});
            Ok(Response::json(request.operation.success, &body))
        }
        Err(mut problem) => {
            request.store.remove(PROJECTS, &id);
            for error in &mut problem.errors {
                error.field = format!("database.{}", error.field);
            }
            Err(problem)
        }
    }
}

/// Updates a project. Publishes the event `kill_switch` if the update disables the agents.
fn update(request: &mut OperationRequest<'_>) -> HandlerResult {
    let was_disabled = are_agents_disabled(request);
    let response = resource::update(&Projects, request)?;
    if are_agents_disabled(request) && !was_disabled {
        let event = WebhookEvent::kill_switch(request.project_id(), request.now);
        request.context().publish(&event);
    }
    Ok(response)
}

fn are_agents_disabled(request: &OperationRequest<'_>) -> bool {
    let project = request.project();
    project.and_then(|project| project.get("agents_disabled")) == Some(&Value::Bool(true))
}

/// Deletes a project and everything below it.
fn delete(request: &mut OperationRequest<'_>) -> HandlerResult {
    let databases: Vec<String> = request
        .store
        .resources(&request.project_collection("databases"))
        .map(|database| str_field(database, "id").to_owned())
        .collect();
    let response = resource::delete(&Projects, request)?;
    for id in databases {
        remove_replicas(request.store, &id);
    }
    Ok(response)
}

/// Sets `database_count` of a project to the number of its databases.
pub(super) fn count_databases(store: &mut Store, project_id: &str) {
    let databases = store.collection(&project_collection(project_id, "databases"));
    let count = databases.map_or(0, Collection::len);
    if let Some(project) = store.get_mut(PROJECTS, project_id) {
        project.insert("database_count".to_owned(), Value::from(count));
    }
}

/// Creates the project with this id if it does not exist. Its name is the id, and it has no database. Returns 404
/// instead if the project was deleted or `strict` is `true`.
pub(crate) fn ensure(
    contract: &Contract,
    store: &mut Store,
    id: &str,
    strict: bool,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    if store.get(PROJECTS, id).is_some() {
        return Ok(());
    }
    if strict || store.is_deleted_project(id) {
        return Err(Problem::not_found(Projects.noun(), id));
    }
    let mut project = default_fields(contract, id)?;
    let name: String = id.chars().take(MAX_NAME_LENGTH).collect();
    let created_at = format_timestamp(now);
    project.extend(fields(json!({
        "id": id, "org_id": ORG_ID, "name": name, "cloud": "aws", "self_hosted": false,
        "created_at": created_at, "updated_at": created_at,
    })));
    store
        .collection_mut(PROJECTS)
        .insert(id.to_owned(), project);
    Ok(())
}

/// Returns the values of the fields that a new project has if the request does not set them.
fn default_fields(contract: &Contract, id: &str) -> Result<Resource, Problem> {
    let update = contract.operation("updateProject");
    let collection = contract.collection(PROJECTS);
    let (Some(update), Some(collection)) = (update, collection) else {
        return Err(Problem::internal(
            "The contract has no operation updateProject",
        ));
    };
    let mut project = fields(json!({"description": "", "agents_disabled": false}));
    contract.complete(update, &collection.resource, &mut project, None);
    project.extend(fields(json!({
        "proxy_host": proxy_host(id), "default_policy_profile_id": null, "database_count": 0,
        "active_connections": 0,
    })));
    Ok(project)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::testing::Fixture;

    #[tokio::test]
    async fn engaging_the_kill_switch_publishes_an_event() {
        let mut fixture = Fixture::new();
        // The emulator sends nothing to this address, but logs each delivery.
        let endpoint = json!({"id": "whk_1", "url": "http://192.0.2.1/", "enabled": true});
        fixture
            .store
            .collection_mut(&project_collection("prj_1", "webhooks"))
            .insert("whk_1".to_owned(), fields(endpoint));
        let updates = [
            (json!({"agents_disabled": false}), 0),
            (json!({"agents_disabled": true}), 1),
            (json!({"agents_disabled": true}), 1),
            (json!({"name": "Shop"}), 1),
            (json!({"agents_disabled": false}), 1),
            (json!({"agents_disabled": true}), 2),
        ];
        for (body, published) in updates {
            let updated = fixture.call("updateProject", &["prj_1"], &[], &body);
            assert!(updated.is_ok(), "{updated:?}");
            assert_eq!(fixture.deliverer.deliveries().len(), published, "{body}");
        }
    }
}
