//! The default handlers of the actions `Read`, `Write` and `Call`, which do not concern a resource of a collection.

use serde_json::{Map, Value};

use super::actions::{check_parents, read_response};
use super::request::{HandlerResult, OperationRequest};
use crate::http::response::Response;
use crate::store::Resource;

/// Returns the object with the path of the request: the fields that were set for this path, and the path and query
/// parameters that the response declares. Adds a simple value for each other required field.
pub(crate) fn read(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let object = current(request);
    read_response(request, &object)
}

/// Returns the object with the path of the request: the fields that were set for this path, and those of `default` for
/// other fields.
pub(crate) fn read_with_default(
    request: &OperationRequest<'_>,
    default: Resource,
) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let path = request.fill(&request.operation.path);
    read_response(request, &request.store.object_or(&path, default))
}

/// Sets the fields of the body in the object with the path of the request, and returns the object. Drops fields that
/// the response does not declare.
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

/// Validates the body and returns an object that matches the schema of the response. The object has the fields of the
/// body and the path and query parameters that the response declares, and simple values for other required fields.
/// Changes no state.
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

/// Returns the object that [`read`] returns.
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

/// Removes the fields that the schema of the response does not declare.
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
