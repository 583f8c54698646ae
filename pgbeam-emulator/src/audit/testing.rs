//! Test helpers: create audit log entries, and compare results with the schemas of the API contract.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub(crate) use super::entry::object as entry;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../contract/openapi.json")).expect("a JSON document")
});

/// Returns a schema of the API contract.
pub(crate) fn schema(name: &str) -> &'static Value {
    &CONTRACT["components"]["schemas"][name]
}

pub(crate) fn time(timestamp: &str) -> DateTime<Utc> {
    timestamp.parse().expect(timestamp)
}

/// Asserts that `body` has all required fields of a schema, only fields that it declares, and values of the declared
/// types. Returns the body. `name` is the name of the schema.
pub(crate) fn assert_valid(name: &str, body: Map<String, Value>) -> Value {
    let body = Value::Object(body);
    check(schema(name), &body, name);
    body
}

fn check(schema: &Value, value: &Value, path: &str) {
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(name) = reference.and_then(|reference| reference.rsplit('/').next()) {
        return check(self::schema(name), value, path);
    }
    let is_valid = match schema["type"].as_str() {
        _ if value.is_null() => schema["nullable"] == true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("{path}: unexpected type {other:?}"),
    };
    assert!(is_valid, "{path}: {value}");
    if schema["format"] == "date-time" && value.is_string() {
        time(value.as_str().expect("a string"));
    }
    for item in value.as_array().into_iter().flatten() {
        check(&schema["items"], item, &format!("{path}[]"));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        let required = required.as_str().expect("a name");
        assert!(value.get(required).is_some(), "{path}.{required} is absent");
    }
    for (field, value) in value.as_object().into_iter().flatten() {
        let property = schema["properties"].get(field);
        let property = property.unwrap_or_else(|| panic!("{path}.{field} is not in the schema"));
        check(property, value, &format!("{path}.{field}"));
    }
}
