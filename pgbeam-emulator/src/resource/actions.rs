//! The default handlers of operations that create, list, read, change and delete resources. They work for every kind.

use http::StatusCode;
use serde_json::{Map, Value};

use super::kind::Kind;
use super::pagination::PageRequest;
use super::request::{HandlerResult, OperationRequest};
use crate::clock::format_timestamp;
use crate::contract::CollectionContract;
use crate::http::conditional;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::store::Resource;

pub(crate) fn create(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    let resource = insert(kind, request)?;
    Ok(Response::json(request.operation.success, &resource))
}

/// Creates a resource from the request body and returns it.
pub(crate) fn insert(
    kind: &dyn Kind,
    request: &mut OperationRequest<'_>,
) -> Result<Resource, Problem> {
    let path = collection_path(request)?;
    let schema = schema(request)?;
    let (mut resource, write_only) = parse_fields(kind, request, None)?;
    let id = request.new_id(kind.prefix());
    let now = format_timestamp(request.now);
    let parents = request
        .path_params
        .iter()
        .map(|(name, id)| (name.as_str(), id));
    let server_fields = [("id", &id), ("created_at", &now), ("updated_at", &now)];
    for (name, value) in server_fields.into_iter().chain(parents) {
        if request.contract.has_property(&schema.resource, name) {
            resource.insert(name.to_owned(), Value::from(value.as_str()));
        }
    }
    request
        .contract
        .add_required(&schema.resource, &mut resource, request.now);
    request.store.set_write_only(&path, &id, write_only);
    request
        .store
        .collection_mut(&path)
        .insert(id, resource.clone());
    Ok(resource)
}

pub(crate) fn list(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    let page_request = PageRequest::parse(request.query, kind.prefix())?.with_order(kind.order());
    let matches = |resource: &Resource| kind.matches(request, resource);
    let page = page_request.page(request.store.collection(&path), kind.prefix(), matches);
    let mut body = Map::new();
    let items = page.items.into_iter().cloned().map(Value::Object).collect();
    body.insert(schema(request)?.list_field.clone(), Value::Array(items));
    if let Some(token) = page.next_page_token {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    read_response(request, &body)
}

pub(crate) fn get(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    read_response(request, find(kind, request, &path)?)
}

/// Replaces a resource. Checks in the order of RFC 9110: whether the resource exists (404), `If-Match` (412), and the
/// body (400).
pub(crate) fn replace(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    let stored = find(kind, request, &path)?.clone();
    check_if_match(request, &stored)?;
    let schema = schema(request)?;
    let (mut resource, write_only) = parse_fields(kind, request, Some(&stored))?;
    // A field that only the server sets keeps its value.
    for (name, value) in &stored {
        if request
            .contract
            .is_server_field(request.operation, &schema.resource, name)
            && !resource.contains_key(name)
        {
            resource.insert(name.clone(), value.clone());
        }
    }
    request
        .store
        .set_write_only(&path, request.id(), write_only);
    store_change(request, &path, resource)
}

/// Changes those fields of a resource that are in the body. `updated_at` stays the same if nothing changes.
pub(crate) fn update(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    let stored = find(kind, request, &path)?.clone();
    check_if_match(request, &stored)?;
    let schema = schema(request)?;
    let mut body = request.parse_body()?;
    let computed = kind.check(request, &mut body, Some(&stored));
    let mut changes = body.finish_partial()?;
    let contract = request.contract;
    contract.remove_server_fields(request.operation, &schema.resource, &mut changes);
    let write_only = contract.take_write_only(request.operation, &schema.resource, &mut changes);
    changes.extend(computed);
    let mut resource = stored.clone();
    for (name, value) in changes {
        if value.is_null() && !contract.is_nullable(&schema.resource, &name) {
            resource.remove(&name);
        } else {
            resource.insert(name, value);
        }
    }
    contract.add_required(&schema.resource, &mut resource, request.now);
    check_unique(kind, request, &resource, Some(request.id()))?;
    kind.check_conflicts(request, &resource, Some(request.id()))?;
    let mut secrets = request
        .store
        .write_only(&path, request.id())
        .cloned()
        .unwrap_or_default();
    let is_changed = resource != stored || !write_only.is_empty();
    secrets.extend(write_only);
    secrets.retain(|_, value| !value.is_null());
    request.store.set_write_only(&path, request.id(), secrets);
    if is_changed {
        store_change(request, &path, resource)
    } else {
        Ok(Response::json(request.operation.success, &stored))
    }
}

pub(crate) fn delete(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    kind.check_delete(request, find(kind, request, &path)?)?;
    request.store.remove(&path, request.id());
    kind.after_delete(request, request.id());
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Returns the resource with the last id in the path, or 404 if there is none.
pub(crate) fn find<'s>(
    kind: &dyn Kind,
    request: &'s OperationRequest<'_>,
    collection: &str,
) -> Result<&'s Resource, Problem> {
    request
        .store
        .get(collection, request.id())
        .ok_or_else(|| Problem::not_found(kind.noun(), request.id()))
}

/// Returns the path of the collection of the request, with its ids.
///
/// # Errors
///
/// 404 if a resource in the path before the collection does not exist.
pub(crate) fn collection_path(request: &OperationRequest<'_>) -> Result<String, Problem> {
    let template = request.operation.collection();
    check_parents(request, template)?;
    Ok(request.fill(template))
}

/// Checks that each resource in the path `template` exists. Ignores ids whose collection the contract does not declare.
/// Returns 404 for the first resource that does not exist.
pub(crate) fn check_parents(request: &OperationRequest<'_>, template: &str) -> Result<(), Problem> {
    let mut end = 0_usize;
    for segment in template.split('/') {
        let start = end;
        end = end.saturating_add(segment.len()).saturating_add(1);
        let Some(name) = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        else {
            continue;
        };
        let collection = template.get(..start.saturating_sub(1)).unwrap_or_default();
        if request.contract.collection(collection).is_none() {
            continue;
        }
        let id = request.path_param(name);
        if request.store.get(&request.fill(collection), id).is_none() {
            let noun = name.strip_suffix("_id").unwrap_or(name).replace('_', " ");
            return Err(Problem::not_found(&noun, id));
        }
    }
    Ok(())
}

/// Returns the response to a read: 304 if `If-None-Match` matches, else 200 with an `ETag`. If the operation does not
/// declare `If-None-Match`, returns 200 without an `ETag`.
pub(crate) fn read_response(
    request: &OperationRequest<'_>,
    body: &Map<String, Value>,
) -> HandlerResult {
    let response = Response::json(request.operation.success, body);
    if request.operation.accepts_header("if-none-match") {
        conditional::apply_if_none_match(request.headers, response)
    } else {
        Ok(response)
    }
}

/// Returns 412 if the operation declares `If-Match` and the header does not match the stored resource.
pub(crate) fn check_if_match(
    request: &OperationRequest<'_>,
    stored: &Resource,
) -> Result<(), Problem> {
    if !request.operation.accepts_header("if-match") {
        return Ok(());
    }
    conditional::check_if_match(request.headers, &Response::json(StatusCode::OK, stored))
}

/// Stores a changed resource with a new `updated_at` and returns the response.
pub(crate) fn store_change(
    request: &mut OperationRequest<'_>,
    collection: &str,
    mut resource: Resource,
) -> HandlerResult {
    if request
        .contract
        .has_property(&schema(request)?.resource, "updated_at")
    {
        let updated_at = Value::String(format_timestamp(request.now));
        resource.insert("updated_at".to_owned(), updated_at);
    }
    let response = Response::json(request.operation.success, &resource);
    if let Some(stored) = request.store.get_mut(collection, request.id()) {
        *stored = resource;
    }
    Ok(response)
}

/// Returns what the contract declares about the collection of the request.
fn schema<'a>(request: &OperationRequest<'a>) -> Result<&'a CollectionContract, Problem> {
    let path = request.operation.collection();
    request
        .contract
        .collection(path)
        .ok_or_else(|| Problem::internal(format!("The contract has no collection {path}")))
}

/// Parses and checks the body of a create or replace operation. Returns the fields of the resource, except ids and
/// timestamps, and its write-only fields. `stored` is the resource that is replaced; `None` if a resource is created.
fn parse_fields(
    kind: &dyn Kind,
    request: &OperationRequest<'_>,
    stored: Option<&Resource>,
) -> Result<(Resource, Resource), Problem> {
    let schema = schema(request)?;
    let mut body = request.parse_body()?;
    let computed = kind.check(request, &mut body, stored);
    let mut fields = body.finish()?;
    let contract = request.contract;
    contract.complete(request.operation, &schema.resource, &mut fields, stored);
    let write_only = contract.take_write_only(request.operation, &schema.resource, &mut fields);
    fields.extend(computed);
    let id = stored.map(|_| request.id());
    check_unique(kind, request, &fields, id)?;
    kind.check_conflicts(request, &fields, id)?;
    Ok((fields, write_only))
}

/// Returns 409 if another resource of the collection has the same value in the unique field of the kind.
fn check_unique(
    kind: &dyn Kind,
    request: &OperationRequest<'_>,
    fields: &Resource,
    id: Option<&str>,
) -> Result<(), Problem> {
    let Some(name) = kind.unique_field() else {
        return Ok(());
    };
    let Some(value) = fields.get(name) else {
        return Ok(());
    };
    let path = request.fill(request.operation.collection());
    let is_taken = request.store.resources(&path).any(|other| {
        other.get(name) == Some(value) && other.get("id").and_then(Value::as_str) != id
    });
    if is_taken {
        let value = value.as_str().unwrap_or_default();
        let noun = kind.noun();
        let detail = format!("Another {noun} has the {name} {value}");
        return Err(Problem::conflict("RESOURCE_EXISTS", detail));
    }
    Ok(())
}
