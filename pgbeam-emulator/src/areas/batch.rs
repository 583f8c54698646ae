//! `executeBatch`: runs several operations on a project. In the mode `atomic`, either all of them take effect or none.
//! In the mode `independent`, each one that succeeds takes effect.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::{run_operation, schema_annotations};
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{Body, Handler, HandlerResult, Kind, OperationRequest, check_parents};
use crate::store::{Agent, Collection, Resource, str_field};

pub(super) const HANDLERS: &[(&str, Handler)] = &[("executeBatch", execute)];

pub(super) const KINDS: &[&dyn Kind] = &[];

/// The collections of the project that the operations of a batch can change.
const CHANGED_COLLECTIONS: [&str; 3] = ["agents", "anomalies", "schema-annotations"];

#[derive(Serialize)]
struct BatchResponse<'a> {
    mode: &'a str,
    applied: bool,
    summary: Summary,
    results: Vec<OperationResult<'a>>,
}

#[derive(Serialize)]
struct Summary {
    requested: usize,
    succeeded: usize,
    failed: usize,
    not_applied: usize,
}

#[derive(Serialize)]
struct OperationResult<'a> {
    id: &'a str,
    op: &'a str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<OperationError>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Succeeded,
    Failed,
    NotApplied,
}

#[derive(Serialize)]
struct OperationError {
    code: &'static str,
    message: String,
}

impl OperationError {
    fn new(problem: Problem) -> Self {
        let code = match problem.status {
            StatusCode::BAD_REQUEST => "invalid_input",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::CONFLICT => "conflict",
            _ => "internal",
        };
        Self {
            code,
            message: problem.detail,
        }
    }
}

fn execute(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let mut body = request.parse_body()?;
    check_required(&mut body);
    check_distinct(&mut body);
    let body = body.finish()?;
    let mode = str_field(&body, "mode");
    let operations = body.get("operations").and_then(Value::as_array);
    let operations = operations
        .into_iter()
        .flatten()
        .filter_map(Value::as_object);
    let (applied, results) = if mode == "atomic" {
        execute_atomic(request, operations)
    } else {
        (
            true,
            operations
                .map(|operation| run(request, operation))
                .collect(),
        )
    };
    let count = |status| {
        results
            .iter()
            .filter(|result| result.status == status)
            .count()
    };
    let summary = Summary {
        requested: results.len(),
        succeeded: count(Status::Succeeded),
        failed: count(Status::Failed),
        not_applied: count(Status::NotApplied),
    };
    let status = if applied {
        request.operation.success
    } else {
        StatusCode::CONFLICT
    };
    let response = BatchResponse {
        mode,
        applied,
        summary,
        results,
    };
    Ok(Response::json(status, &response))
}

/// Adds an error for each field that an operation needs but does not have.
fn check_required(body: &mut Body<'_>) {
    let operations = body.get("operations").and_then(Value::as_array);
    let operations = operations
        .into_iter()
        .flatten()
        .filter_map(Value::as_object);
    let mut errors = Vec::new();
    for (index, operation) in operations.enumerate() {
        let op = str_field(operation, "op");
        for name in required_fields(op) {
            if !operation.contains_key(*name) {
                errors.push((
                    format!("operations[{index}].{name}"),
                    format!("is required for {op}"),
                ));
            }
        }
    }
    for (field, detail) in errors {
        body.reject(field, detail);
    }
}

/// Returns the fields that an operation of this kind needs besides `id` and `op`.
fn required_fields(op: &str) -> &'static [&'static str] {
    match op {
        "revoke_agent_credential" => &["agent_id"],
        "set_agent_credential_status" => &["agent_id", "agent_status"],
        "update_anomaly_alert" => &["anomaly_id", "anomaly_status"],
        "put_schema_annotation" => &["annotation"],
        _ => &[],
    }
}

/// Adds an error for each operation that has the same id or changes the same resource as an earlier operation.
fn check_distinct(body: &mut Body<'_>) {
    let operations = body.get("operations").and_then(Value::as_array);
    let operations = operations
        .into_iter()
        .flatten()
        .filter_map(Value::as_object);
    let (mut ids, mut resources) = (BTreeSet::new(), BTreeSet::new());
    let mut errors = Vec::new();
    for (index, operation) in operations.enumerate() {
        if !ids.insert(str_field(operation, "id").to_owned()) {
            let detail = "must not repeat the id of an earlier operation";
            errors.push((format!("operations[{index}].id"), detail));
        }
        if resource_key(operation).is_some_and(|key| !resources.insert(key)) {
            let detail = "must not change the resource of an earlier operation";
            errors.push((format!("operations[{index}]"), detail));
        }
    }
    for (field, detail) in errors {
        body.reject(field, detail);
    }
}

/// Returns the kind and the id of the resource that an operation changes. The id of an annotation is its key. Returns
/// `None` if the operation does not name a resource.
fn resource_key(operation: &Resource) -> Option<(&'static str, String)> {
    let id = |name: &str| operation.get(name)?.as_str().map(str::to_owned);
    match str_field(operation, "op") {
        "revoke_agent_credential" | "set_agent_credential_status" => {
            Some(("agent", id("agent_id")?))
        }
        "update_anomaly_alert" => Some(("anomaly", id("anomaly_id")?)),
        "put_schema_annotation" => {
            let annotation = operation.get("annotation")?.as_object()?;
            Some(("annotation", schema_annotations::key(annotation)))
        }
        _ => None,
    }
}

/// Runs the operations until one fails, and then undoes the operations before it. Returns whether all operations
/// succeeded, and their results.
fn execute_atomic<'b>(
    request: &mut OperationRequest<'_>,
    operations: impl Iterator<Item = &'b Resource>,
) -> (bool, Vec<OperationResult<'b>>) {
    let snapshot = Snapshot::new(request);
    let mut has_failed = false;
    let mut results: Vec<OperationResult<'b>> = Vec::new();
    for operation in operations {
        let result = if has_failed {
            OperationResult::new(operation, Status::NotApplied, None)
        } else {
            run(request, operation)
        };
        has_failed |= result.status == Status::Failed;
        results.push(result);
    }
    if has_failed {
        snapshot.restore(request);
        for result in &mut results {
            if result.status == Status::Succeeded {
                result.status = Status::NotApplied;
            }
        }
    }
    (!has_failed, results)
}

impl<'b> OperationResult<'b> {
    fn new(operation: &'b Resource, status: Status, error: Option<OperationError>) -> Self {
        Self {
            id: str_field(operation, "id"),
            op: str_field(operation, "op"),
            status,
            error,
        }
    }
}

fn run<'b>(request: &mut OperationRequest<'_>, operation: &'b Resource) -> OperationResult<'b> {
    match run_as_single(request, operation) {
        Ok(_) => OperationResult::new(operation, Status::Succeeded, None),
        Err(problem) => {
            let error = OperationError::new(problem);
            OperationResult::new(operation, Status::Failed, Some(error))
        }
    }
}

/// Runs an operation of a batch as the API operation with the same effect.
fn run_as_single(request: &mut OperationRequest<'_>, operation: &Resource) -> HandlerResult {
    let op = str_field(operation, "op");
    let field = |name: &str| {
        let missing = || Problem::invalid_field(name, format!("is required for {op}"));
        operation.get(name).ok_or_else(missing)
    };
    // The operation id, the field that contains the id of the resource, and the body.
    let (id, parameter, body) = match op {
        "revoke_agent_credential" => ("revokeAgentCredential", Some("agent_id"), None),
        "set_agent_credential_status" => (
            "updateAgentCredentialStatus",
            Some("agent_id"),
            Some(json!({"status": field("agent_status")?})),
        ),
        "update_anomaly_alert" => (
            "updateAnomalyAlert",
            Some("anomaly_id"),
            Some(json!({"status": field("anomaly_status")?})),
        ),
        "put_schema_annotation" => (
            "putSchemaAnnotation",
            None,
            Some(field("annotation")?.clone()),
        ),
        _ => {
            return Err(Problem::invalid_field(
                "op",
                format!("{op} is not supported"),
            ));
        }
    };
    let mut path_params = vec![("project_id".to_owned(), request.project_id().to_owned())];
    if let Some(name) = parameter {
        let id = field(name)?.as_str().unwrap_or_default();
        path_params.push((name.to_owned(), id.to_owned()));
    }
    run_operation(request, id, &path_params, body.as_ref())
}

/// A copy of the state that the operations of a batch can change.
struct Snapshot {
    collections: Vec<(String, Collection<Resource>)>,
    agents: BTreeMap<String, Agent>,
}

impl Snapshot {
    fn new(request: &OperationRequest<'_>) -> Self {
        let collections = CHANGED_COLLECTIONS.iter().filter_map(|name| {
            let path = request.project_collection(name);
            let collection = request.store.collection(&path)?.clone();
            Some((path, collection))
        });
        let agents = request.activity().map(|activity| activity.agents.clone());
        Self {
            collections: collections.collect(),
            agents: agents.unwrap_or_default(),
        }
    }

    fn restore(self, request: &mut OperationRequest<'_>) {
        for name in CHANGED_COLLECTIONS {
            let path = request.project_collection(name);
            request.store.remove_collection(&path);
        }
        for (path, collection) in self.collections {
            *request.store.collection_mut(&path) = collection;
        }
        if request.activity().is_some() {
            request.store.activity_mut(request.project_id()).agents = self.agents;
        }
    }
}
