//! The five operations on a collection of resources, the same for every kind.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::call::{Call, Outcome};
use crate::clock::timestamp;
use crate::collection::Collection;
use crate::conditional;
use crate::pagination::PageRequest;
use crate::problem::Problem;
use crate::response::Response;
use crate::store::{Project, Resource, new_id};

/// A kind of resource: where it is stored, and the rules that its schema cannot express.
pub(crate) trait ResourceKind {
    /// The prefix of its identifiers; also names its list in page tokens.
    const PREFIX: &'static str;
    /// What error messages call it.
    const NOUN: &'static str;
    /// The field of a list response that holds the resources.
    const LIST_FIELD: &'static str;

    /// The resources of this kind.
    fn collection(project: &mut Project) -> &mut Collection<Resource>;

    /// Rejects fields of a body that match the schema and are still invalid. Returns the
    /// fields that the server computes from valid ones.
    fn check(project: &Project, body: &mut Body<'_>) -> Map<String, Value>;

    /// 409 if the fields of a valid body conflict with another resource than `id`.
    fn check_conflicts(
        _project: &Project,
        _fields: &Map<String, Value>,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// 409 if the resource must not be deleted.
    fn check_delete(_project: &Project, _id: &str) -> Result<(), Problem> {
        Ok(())
    }
}

pub(crate) fn create<K: ResourceKind>(call: &mut Call<'_>) -> Outcome {
    let mut resource = read_fields::<K>(call, None)?;
    let id = new_id(K::PREFIX);
    for (name, value) in [
        ("id", id.clone()),
        ("project_id", call.project_id.to_owned()),
        ("created_at", timestamp(call.now)),
        ("updated_at", timestamp(call.now)),
    ] {
        resource.insert(name.to_owned(), Value::String(value));
    }
    let response = Response::json(StatusCode::CREATED, &resource);
    K::collection(call.project).insert(id, resource);
    Ok(response)
}

pub(crate) fn list<K: ResourceKind>(call: &mut Call<'_>) -> Outcome {
    let page = PageRequest::read(call.query, K::PREFIX)?;
    let page = page.of(K::collection(call.project), K::PREFIX);
    let mut body = Map::new();
    let items = page.items.into_iter().cloned().map(Value::Object).collect();
    body.insert(K::LIST_FIELD.to_owned(), Value::Array(items));
    if let Some(token) = page.next_page_token {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    conditional::read(call.headers, Response::json(StatusCode::OK, &body))
}

pub(crate) fn get<K: ResourceKind>(call: &mut Call<'_>) -> Outcome {
    let resource = find::<K>(K::collection(call.project), call.id)?;
    conditional::read(call.headers, Response::json(StatusCode::OK, resource))
}

/// Replaces a resource. As RFC 9110 requires, the precondition is checked once the
/// resource is known to exist and before the body is.
pub(crate) fn update<K: ResourceKind>(call: &mut Call<'_>) -> Outcome {
    let stored = find::<K>(K::collection(call.project), call.id)?.clone();
    conditional::check_write(call.headers, &Response::json(StatusCode::OK, &stored))?;
    let mut resource = read_fields::<K>(call, Some(&stored))?;
    for name in ["id", "project_id", "created_at"] {
        if let Some(value) = stored.get(name) {
            resource.insert(name.to_owned(), value.clone());
        }
    }
    let updated_at = Value::String(timestamp(call.now));
    resource.insert("updated_at".to_owned(), updated_at);
    let response = Response::json(StatusCode::OK, &resource);
    if let Some(stored) = K::collection(call.project).get_mut(call.id) {
        *stored = resource;
    }
    Ok(response)
}

pub(crate) fn delete<K: ResourceKind>(call: &mut Call<'_>) -> Outcome {
    find::<K>(K::collection(call.project), call.id)?;
    K::check_delete(call.project, call.id)?;
    K::collection(call.project).remove(call.id);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// The resource with this id, or 404.
pub(crate) fn find<'a, K: ResourceKind>(
    collection: &'a Collection<Resource>,
    id: &str,
) -> Result<&'a Resource, Problem> {
    collection
        .get(id)
        .ok_or_else(|| Problem::not_found(K::NOUN, id))
}

/// Reads the body of a create or replace operation: all fields but those that the
/// server sets.
fn read_fields<K: ResourceKind>(
    call: &Call<'_>,
    stored: Option<&Resource>,
) -> Result<Resource, Problem> {
    let mut body = call.read_body()?;
    let computed = K::check(call.project, &mut body);
    let mut fields = body.finish()?;
    call.contract.complete(call.operation, &mut fields, stored);
    fields.extend(computed);
    let id = stored.map(|_| call.id);
    K::check_conflicts(call.project, &fields, id)?;
    Ok(fields)
}
