//! Schema annotations: sets and deletes them. The names of the schema, the table and the column identify an annotation.

use http::StatusCode;
use serde_json::{Value, json};

use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest, collection_path};
use crate::store::{Resource, new_id};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("putSchemaAnnotation", put),
    ("deleteSchemaAnnotation", delete),
];

pub(super) const KINDS: &[&dyn Kind] = &[&SchemaAnnotations];

/// The fields that identify an annotation.
const NAMES: [&str; 3] = ["schema_name", "table_name", "column_name"];

/// The kind of schema annotations. The store has them by their [`key`] instead of their id.
struct SchemaAnnotations;

impl Kind for SchemaAnnotations {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/schema-annotations"
    }

    fn prefix(&self) -> &'static str {
        "ann"
    }

    fn noun(&self) -> &'static str {
        "schema annotation"
    }
}

/// Creates the annotation, or replaces the one with the same names. A replaced annotation keeps its id and
/// `created_at`.
fn put(request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    let mut annotation = request.parse_body()?.finish()?;
    let collection = request.contract.collection(&request.operation.path);
    let collection = collection.ok_or_else(|| Problem::internal("No collection of annotations"))?;
    request
        .contract
        .remove_server_fields(request.operation, &collection.resource, &mut annotation);
    let key = key(&annotation);
    for name in NAMES {
        let value = name_value(&annotation, name);
        annotation.insert(name.to_owned(), value);
    }
    let now = Value::String(format_timestamp(request.now));
    let stored = request.store.get(&path, &key);
    let stored_field = |name: &str| stored.and_then(|stored| stored.get(name)).cloned();
    let id = stored_field("id").unwrap_or_else(|| new_id(SchemaAnnotations.prefix()).into());
    let created_at = stored_field("created_at").unwrap_or_else(|| now.clone());
    annotation.extend(
        [
            ("id", id),
            ("project_id", request.project_id().into()),
            ("created_at", created_at),
            ("updated_at", now),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let response = Response::json(request.operation.success, &annotation);
    match request.store.get_mut(&path, &key) {
        Some(stored) => *stored = annotation,
        None => request.store.collection_mut(&path).insert(key, annotation),
    }
    Ok(response)
}

fn delete(request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    let key = key(request.query);
    match request.store.remove(&path, &key) {
        Some(_) => Ok(Response::empty(StatusCode::NO_CONTENT)),
        None => {
            let detail = format!("No schema annotation has the names {key}");
            Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail))
        }
    }
}

/// Returns a name as a JSON string, or `null` if it is absent or empty.
fn name_value(fields: &Resource, name: &str) -> Value {
    let value = fields.get(name).and_then(Value::as_str);
    json!(value.filter(|value| !value.is_empty()))
}

/// Returns the key of an annotation in its collection. Two annotations have the same key if all their names are the
/// same.
pub(super) fn key(annotation: &Resource) -> String {
    json!(NAMES.map(|name| name_value(annotation, name))).to_string()
}
