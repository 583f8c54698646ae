//! The operations create, list, get, update and delete, the same for every kind of resource.

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::clock::format_timestamp;
use crate::collection::Collection;
use crate::conditional;
use crate::operation::Operation;
use crate::pagination::PageRequest;
use crate::problem::Problem;
use crate::request::{HandlerResult, OperationRequest};
use crate::response::Response;
use crate::store::{Project, Resource, new_id};

/// A kind of resource: its names, its collection, and the checks that its schema cannot express.
pub(crate) trait ResourceKind {
    /// The prefix of the ids and page tokens of this kind, such as `pol`.
    const PREFIX: &'static str;
    /// The name of this kind in error messages.
    const NOUN: &'static str;
    /// The name of the field of a list response that contains the resources.
    const LIST_FIELD: &'static str;
    /// The operation that reads one resource of this kind. Its response has the schema of the resource.
    const READ: Operation;

    /// Returns the resources of this kind in a project.
    fn collection(project: &mut Project) -> &mut Collection<Resource>;

    /// Checks the rules that the schema cannot express, and adds an error for each violation. Returns the fields that
    /// the server computes from the fields of the body.
    fn check(project: &Project, body: &mut Body<'_>, now: DateTime<Utc>) -> Map<String, Value>;

    /// Returns 409 if the fields of a valid body conflict with another resource, and 404 if they refer to a resource
    /// that does not exist. `id` is the id of the resource that is replaced; `None` if a resource is created.
    fn check_conflicts(
        _project: &Project,
        _fields: &Map<String, Value>,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Returns 409 if the resource must not be deleted, for example because another resource refers to it.
    fn check_delete(_project: &Project, _id: &str) -> Result<(), Problem> {
        Ok(())
    }

    /// Removes references to a deleted resource.
    fn after_delete(_project: &mut Project, _id: &str) {}
}

pub(crate) fn create<K: ResourceKind>(request: &mut OperationRequest<'_>) -> HandlerResult {
    let resource = insert::<K>(request)?;
    Ok(Response::json(StatusCode::CREATED, &resource))
}

/// Creates a resource from the request body and returns it.
pub(crate) fn insert<K: ResourceKind>(
    request: &mut OperationRequest<'_>,
) -> Result<Resource, Problem> {
    let mut resource = parse_fields::<K>(request, None)?;
    let id = new_id(K::PREFIX);
    for (name, value) in [
        ("id", id.clone()),
        ("project_id", request.project_id.to_owned()),
        ("created_at", format_timestamp(request.now)),
        ("updated_at", format_timestamp(request.now)),
    ] {
        resource.insert(name.to_owned(), Value::String(value));
    }
    K::collection(request.project).insert(id, resource.clone());
    Ok(resource)
}

pub(crate) fn list<K: ResourceKind>(request: &mut OperationRequest<'_>) -> HandlerResult {
    let page_request = PageRequest::parse(request.query, K::PREFIX)?;
    let page = page_request.page(K::collection(request.project), K::PREFIX);
    let mut body = Map::new();
    let items = page.items.into_iter().cloned().map(Value::Object).collect();
    body.insert(K::LIST_FIELD.to_owned(), Value::Array(items));
    if let Some(token) = page.next_page_token {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    conditional::apply_if_none_match(request.headers, Response::json(StatusCode::OK, &body))
}

pub(crate) fn get<K: ResourceKind>(request: &mut OperationRequest<'_>) -> HandlerResult {
    let resource = find::<K>(K::collection(request.project), request.id)?;
    conditional::apply_if_none_match(request.headers, Response::json(StatusCode::OK, resource))
}

/// Replaces a resource. Checks in the order of RFC 9110: whether the resource exists (404), `If-Match` (412), and the
/// body (400).
pub(crate) fn update<K: ResourceKind>(request: &mut OperationRequest<'_>) -> HandlerResult {
    let stored = find::<K>(K::collection(request.project), request.id)?.clone();
    conditional::check_if_match(request.headers, &Response::json(StatusCode::OK, &stored))?;
    let mut resource = parse_fields::<K>(request, Some(&stored))?;
    for name in ["id", "project_id", "created_at"] {
        if let Some(value) = stored.get(name) {
            resource.insert(name.to_owned(), value.clone());
        }
    }
    let updated_at = Value::String(format_timestamp(request.now));
    resource.insert("updated_at".to_owned(), updated_at);
    let response = Response::json(StatusCode::OK, &resource);
    if let Some(stored) = K::collection(request.project).get_mut(request.id) {
        *stored = resource;
    }
    Ok(response)
}

pub(crate) fn delete<K: ResourceKind>(request: &mut OperationRequest<'_>) -> HandlerResult {
    find::<K>(K::collection(request.project), request.id)?;
    K::check_delete(request.project, request.id)?;
    K::collection(request.project).remove(request.id);
    K::after_delete(request.project, request.id);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Returns the resource with this id, or 404 if there is none.
pub(crate) fn find<'a, K: ResourceKind>(
    collection: &'a Collection<Resource>,
    id: &str,
) -> Result<&'a Resource, Problem> {
    collection
        .get(id)
        .ok_or_else(|| Problem::not_found(K::NOUN, id))
}

/// Parses and checks the body of a create or replace operation. Returns the fields of the resource, except ids and
/// timestamps. `stored` is the resource that is replaced; `None` if a resource is created.
fn parse_fields<K: ResourceKind>(
    request: &OperationRequest<'_>,
    stored: Option<&Resource>,
) -> Result<Resource, Problem> {
    let mut body = request.parse_body()?;
    let computed = K::check(request.project, &mut body, request.now);
    let mut fields = body.finish()?;
    let read = request.contract.operation(K::READ)?;
    request
        .contract
        .complete(request.operation, read, &mut fields, stored);
    fields.extend(computed);
    let id = stored.map(|_| request.id);
    K::check_conflicts(request.project, &fields, id)?;
    Ok(fields)
}
