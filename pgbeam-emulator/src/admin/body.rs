//! Parses the bodies of admin requests.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::http::problem::Problem;

/// Returns the fields of a body, or none if the body is empty. Returns 400 if the body is not a JSON object.
pub(super) fn parse(body: &Bytes) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Problem::invalid_field("body", "must be a JSON object")),
        Err(error) => Err(Problem::malformed(format!("The body is not JSON: {error}"))),
    }
}

/// Converts the fields of a body to a `T`. Returns 400 with the first invalid field.
pub(super) fn deserialize<T: DeserializeOwned>(fields: &Map<String, Value>) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Object(fields.clone())).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { path.as_str() };
        Problem::invalid_field(field, format!("is invalid: {}", error.inner()))
    })
}
