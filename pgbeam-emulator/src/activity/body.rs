//! The validation of the bodies of admin routes, which the API contract does not declare.

use serde_json::{Map, Value};

use crate::contract::{Contract, RequestBody};
use crate::http::problem::{FieldError, Problem};

/// Checks a body against its schema. Unlike the bodies of the API contract, it must not have fields that the schema
/// does not declare, so that a misspelled field is found.
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
