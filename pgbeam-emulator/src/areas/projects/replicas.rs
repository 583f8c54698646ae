//! Replicas of databases. The path of a replica has no project, so its database is searched in all projects.

use serde_json::Value;

use crate::http::problem::Problem;
use crate::resource::{self, Body, HandlerResult, Kind, OperationRequest};
use crate::store::{PROJECTS, Resource, Store, project_collection, str_field};

pub(super) struct Replicas;

impl Kind for Replicas {
    fn collection(&self) -> &'static str {
        "/v1/databases/{database_id}/replicas"
    }

    fn prefix(&self) -> &'static str {
        "rep"
    }

    fn noun(&self) -> &'static str {
        "replica"
    }

    /// Sets an omitted `ssl_mode` to the `ssl_mode` of the database.
    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        if let Some(database) = find_database(request) {
            let ssl_mode = str_field(database, "ssl_mode");
            body.set_default("ssl_mode", Value::from(ssl_mode));
        }
        Resource::new()
    }
}

/// Returns 404 if no project has the database. Otherwise, the generic engine handles the operation.
pub(super) fn handle(request: &mut OperationRequest<'_>) -> HandlerResult {
    if find_database(request).is_none() {
        let id = request.path_param("database_id");
        return Err(Problem::not_found("database", id));
    }
    resource::handle(&Replicas, request)
}

fn find_database<'s>(request: &'s OperationRequest<'_>) -> Option<&'s Resource> {
    let id = request.path_param("database_id");
    let mut projects = request.store.resources(PROJECTS);
    projects.find_map(|project| {
        let databases = project_collection(str_field(project, "id"), "databases");
        request.store.get(&databases, id)
    })
}

/// Removes the replicas of a deleted database.
pub(in crate::areas) fn remove_replicas(store: &mut Store, database_id: &str) {
    store.remove_collection(&format!("/v1/databases/{database_id}/replicas"));
}
