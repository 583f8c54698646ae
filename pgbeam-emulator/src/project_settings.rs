//! The operations `getProject` and `updateProject`.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::conditional;
use crate::operation::Operation;
use crate::policies::PolicyProfiles;
use crate::problem::Problem;
use crate::request::{HandlerResult, OperationRequest};
use crate::resource::find;
use crate::response::Response;
use crate::store::Resource;

/// The organization of all projects.
const ORG_ID: &str = "org_emulator";
/// The maximum length of the name of a project in the API contract, in characters.
const MAX_NAME_LENGTH: usize = 100;

pub(crate) fn get(request: &mut OperationRequest<'_>) -> HandlerResult {
    let response = Response::json(StatusCode::OK, stored(request)?);
    conditional::apply_if_none_match(request.headers, response)
}

/// Changes the fields of the project that the body contains. `updated_at` stays the same if nothing changes.
pub(crate) fn update(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut settings = stored(request)?.clone();
    conditional::check_if_match(request.headers, &Response::json(StatusCode::OK, &settings))?;
    let mut body = request.parse_body()?;
    if body.get_str("status") == Some("deleted") {
        body.reject("status", "must be active or suspended");
    }
    let mut changes = body.finish_partial()?;
    request
        .contract
        .remove_server_fields(request.operation, &mut changes);
    let policy_id = changes.get("default_policy_profile_id");
    if let Some(id) = policy_id.and_then(Value::as_str) {
        find::<PolicyProfiles>(&request.project.policies, id)?;
    }
    let is_changed = changes
        .iter()
        .any(|(name, value)| settings.get(name) != Some(value));
    if is_changed {
        settings.extend(changes);
        let updated_at = Value::String(format_timestamp(request.now));
        settings.insert("updated_at".to_owned(), updated_at);
    }
    let response = Response::json(StatusCode::OK, &settings);
    request.project.settings = settings;
    Ok(response)
}

/// Returns the settings of the project. A project without settings gets those of a new project first.
fn stored<'a>(request: &'a mut OperationRequest<'_>) -> Result<&'a Resource, Problem> {
    if request.project.settings.is_empty() {
        request.project.settings = new_settings(request)?;
    }
    Ok(&request.project.settings)
}

/// Returns the settings of a project that was created with its id as name and without databases.
fn new_settings(request: &OperationRequest<'_>) -> Result<Resource, Problem> {
    let name: String = request.project_id.chars().take(MAX_NAME_LENGTH).collect();
    let mut settings = fields(json!({"name": name, "description": "", "agents_disabled": false}));
    let update = request.contract.operation(Operation::UpdateProject)?;
    request
        .contract
        .complete(update, update, &mut settings, None);
    let created_at = format_timestamp(request.project.created_at);
    settings.extend(fields(json!({
        "id": request.project_id, "org_id": ORG_ID, "cloud": "aws", "self_hosted": false,
        "default_policy_profile_id": null, "database_count": 0, "active_connections": 0,
        "created_at": created_at, "updated_at": created_at,
    })));
    Ok(settings)
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
