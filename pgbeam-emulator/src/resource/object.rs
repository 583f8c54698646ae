//! The default handlers of operations that read or change no resource of a collection.

use serde_json::{Map, Value};

use super::actions::{check_parents, read_response};
use super::request::{HandlerResult, OperationRequest};
use crate::http::response::Response;
use crate::store::Resource;

/// Returns the object with the path of the request. A field that no request or seed has set is a path parameter or query
/// parameter, or the simplest value that matches its schema.
pub(crate) fn read(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let object = current(request);
    read_response(request, &object)
}

/// Returns the object with the path of the request: `default` with the fields that a test or a seed has set for this
/// path.
pub(crate) fn read_with_default(
    request: &OperationRequest<'_>,
    default: Resource,
) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let path = request.fill(&request.operation.path);
    read_response(request, &request.store.object_or(&path, default))
}

/// Changes the fields of the object with the path of the request that the body has, and returns the object.
pub(crate) fn write(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let changes = request.parse_body()?.finish_partial()?;
    let mut object = current(request);
    object.extend(known_fields(request, changes));
    request
        .store
        .set_object(request.fill(&request.operation.path), object.clone());
    Ok(Response::json(request.operation.success, &object))
}

/// Validates the body and returns the simplest object that matches the schema of the response, with the fields of the
/// body and the path parameters that it declares. Changes nothing.
pub(crate) fn call(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let fields = match &request.operation.request_body {
        Some(_) => request.parse_body()?.finish()?,
        None => Map::new(),
    };
    let mut object = known_fields(request, fields);
    let Some(schema) = &request.operation.response else {
        return Ok(Response::empty(request.operation.success));
    };
    object.extend(known_fields(request, request_params(request)));
    request
        .contract
        .add_required(schema, &mut object, request.now);
    Ok(Response::json(request.operation.success, &object))
}

fn current(request: &OperationRequest<'_>) -> Resource {
    let path = request.fill(&request.operation.path);
    let mut object = known_fields(request, request_params(request));
    object.extend(request.store.object(&path).cloned().unwrap_or_default());
    if let Some(schema) = &request.operation.response {
        request
            .contract
            .add_required(schema, &mut object, request.now);
    }
    object
}

/// Returns the fields that the schema of the response declares.
fn known_fields(request: &OperationRequest<'_>, mut fields: Resource) -> Resource {
    let schema = request.operation.response.as_ref();
    fields
        .retain(|name, _| schema.is_some_and(|schema| request.contract.has_property(schema, name)));
    fields
}

/// Returns the path and query parameters.
fn request_params(request: &OperationRequest<'_>) -> Resource {
    let path = request.path_params.iter();
    let path = path.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    path.chain(request.query.clone()).collect()
}
