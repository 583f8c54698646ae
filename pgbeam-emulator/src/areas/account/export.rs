//! The export of the user's data: `exportAccountData`.

use serde_json::{Value, json};

use super::{USER_EMAIL, USER_ID, USER_NAME, organizations};
use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::resource::{HandlerResult, OperationRequest, read_with_default};
use crate::store::{PROJECTS, Resource, project_collection, str_field};

pub(super) fn export(request: &mut OperationRequest<'_>) -> HandlerResult {
    let organizations = organizations::all(request.store, request.now);
    // The account has no stored time of creation, so it gets that of its oldest organization.
    let created_at = organizations
        .iter()
        .map(|organization| str_field(organization, "created_at"))
        .min()
        .unwrap_or_default();
    let projects: Vec<&Resource> = request.store.resources(PROJECTS).collect();
    let databases = projects.iter().flat_map(|project| {
        let path = project_collection(str_field(project, "id"), "databases");
        request.store.resources(&path)
    });
    let document = object(json!({
        "user": {
            "id": USER_ID, "name": USER_NAME, "email": USER_EMAIL, "email_verified": true,
            "created_at": created_at, "updated_at": created_at,
        },
        "organizations": organizations,
        "projects": projects.iter().map(|project| export_project(project)).collect::<Vec<_>>(),
        "databases": databases.map(export_database).collect::<Vec<_>>(),
        "sessions": [],
        "email_preferences": {},
        "consents": [],
        "audit_logs": [],
        "exported_at": format_timestamp(request.now),
    }));
    read_with_default(request, document)
}

fn export_project(project: &Resource) -> Value {
    let string = |name: &str| str_field(project, name);
    json!({
        "id": string("id"), "org_id": string("org_id"), "name": string("name"),
        "description": string("description"), "status": string("status"), "created_at": string("created_at"),
    })
}

fn export_database(database: &Resource) -> Value {
    let string = |name: &str| str_field(database, name);
    let role = database.get("role").and_then(Value::as_str);
    json!({
        "id": string("id"), "project_id": string("project_id"), "host": string("host"),
        "port": database.get("port").and_then(Value::as_u64).unwrap_or_default(), "name": string("name"),
        "ssl_mode": string("ssl_mode"), "role": role.unwrap_or("primary"), "created_at": string("created_at"),
    })
}
