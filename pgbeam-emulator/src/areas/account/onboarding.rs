//! The onboarding checklist of an organization. Each read or update of the checklist marks the steps whose resources
//! exist. An update can also name a step to mark. Marked steps stay marked.

use http::StatusCode;
use serde_json::{Value, json};

use crate::audit::entry::{is_executed, object};
use crate::clock::format_timestamp;
use crate::http::response::Response;
use crate::resource::{HandlerResult, OperationRequest, read_response};
use crate::store::{PROJECTS, Resource, Store, project_collection, str_field};

/// The fields of the steps, in their order.
const STEPS: [&str; 7] = [
    "org_created",
    "project_created",
    "database_added",
    "connection_tested",
    "connection_string_copied",
    "first_query_run",
    "agent_credential_created",
];

pub(super) fn get(request: &mut OperationRequest<'_>) -> HandlerResult {
    let progress = advance(request, &Resource::new());
    read_response(request, &progress)
}

pub(super) fn update(request: &mut OperationRequest<'_>) -> HandlerResult {
    let changes = request.parse_body()?.finish_partial()?;
    let progress = advance(request, &changes);
    Ok(Response::json(StatusCode::OK, &progress))
}

/// Marks the steps that are done, and stores and returns the progress. `changes` is the body of an update, or empty
/// for a read.
fn advance(request: &mut OperationRequest<'_>, changes: &Resource) -> Resource {
    let org_id = request.path_param("org_id");
    let path = request.fill(&request.operation.path);
    let mut progress = request.store.object(&path).cloned().unwrap_or_default();
    let marked = changes.get("step").and_then(Value::as_str);
    let dismissed = (changes.get("dismiss") == Some(&Value::Bool(true))).then_some("dismissed");
    for field in done_steps(request.store, org_id)
        .into_iter()
        .chain(marked)
        .chain(dismissed)
    {
        progress.insert(field.to_owned(), Value::Bool(true));
    }
    for field in STEPS.into_iter().chain(["dismissed"]) {
        progress
            .entry(field.to_owned())
            .or_insert(Value::Bool(false));
    }
    let done = STEPS.map(|step| progress.get(step) == Some(&Value::Bool(true)));
    let completed = done.into_iter().filter(|is_done| *is_done).count();
    let is_complete = completed == STEPS.len();
    progress.extend(object(json!({
        "organization_id": org_id, "completed": is_complete, "steps_completed": completed,
        "steps_total": STEPS.len(),
    })));
    if is_complete {
        let now = Value::String(format_timestamp(request.now));
        progress.entry("completed_at").or_insert(now);
    }
    request.store.set_object(path, progress.clone());
    progress
}

/// Returns the steps whose resources exist in the organization.
fn done_steps(store: &Store, org_id: &str) -> Vec<&'static str> {
    let projects: Vec<&str> = store
        .resources(PROJECTS)
        .filter(|project| str_field(project, "org_id") == org_id)
        .map(|project| str_field(project, "id"))
        .collect();
    let any_has = |collection: &str| {
        let mut paths = projects.iter().map(|id| project_collection(id, collection));
        paths.any(|path| store.resources(&path).next().is_some())
    };
    let has_query = projects
        .iter()
        .filter_map(|id| store.activity(id))
        .any(|activity| activity.audit.entries().iter().any(is_executed));
    let steps = [
        ("org_created", true),
        ("project_created", !projects.is_empty()),
        ("database_added", any_has("databases")),
        ("first_query_run", has_query),
        ("agent_credential_created", any_has("agents")),
    ];
    let done = steps.into_iter().filter(|(_, is_done)| *is_done);
    done.map(|(step, _)| step).collect()
}
