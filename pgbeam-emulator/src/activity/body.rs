//! Validates the bodies of admin routes, which are not in the API contract.

use serde_json::{Map, Value};

use crate::contract::{Contract, RequestBody};
use crate::http::problem::{FieldError, Problem};

/// Checks a body against its schema. A field that the schema does not declare is an error, so that misspelled fields
/// are found. In bodies of API operations, such fields are allowed.
///
/// # Errors
///
/// 400 with an error for each invalid, missing and unknown field.
pub(super) fn check(
    contract: &Contract,
    schema: &RequestBody,
    body: &Map<String, Value>,
) -> Result<(), Problem> {
    let mut errors = contract.validate(schema, &Value::Object(body.clone()));
    let is_unknown = |name: &&String| !contract.has_property(&schema.schema, name);
    let unknown = body.keys().filter(is_unknown);
    errors.extend(unknown.map(|name| FieldError::new(name, "is unknown")));
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(errors))
    }
}
