//! Checks responses against the API contract.
//!
//! The test suites in the folder `tests` of the repository also use this file, which uses no code of the emulator or
//! the SDK.

use std::{collections::HashMap, sync::Mutex};

use chrono::{DateTime, NaiveDate};
use http::HeaderMap;
use regex::Regex;
use serde_json::{Map, Value};

/// The schema keywords that set no constraint.
const ANNOTATIONS: [&str; 7] = [
    "default",
    "description",
    "example",
    "nullable",
    "readOnly",
    "title",
    "writeOnly",
];

/// The API contract in `spec/openapi.json`.
pub struct Contract {
    document: Value,
    /// The compiled patterns by their source.
    patterns: Mutex<HashMap<String, Regex>>,
}

impl Contract {
    pub fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.json");
        let json = std::fs::read_to_string(path).expect("the bundled contract");
        let document = serde_json::from_str(&json).expect("JSON");
        Self {
            document,
            patterns: Mutex::default(),
        }
    }

    fn pattern(&self, pattern: &str) -> Regex {
        let mut patterns = self.patterns.lock().expect("patterns");
        let parsed = || Regex::new(pattern).expect("a pattern");
        patterns
            .entry(pattern.to_owned())
            .or_insert_with(parsed)
            .clone()
    }

    /// Returns every operation of a tag with every status that it declares.
    pub fn statuses(&self, tag: &str) -> Vec<(String, u16)> {
        let mut statuses = Vec::new();
        for (_, operation) in self.operations() {
            if operation["tags"]
                .as_array()
                .is_some_and(|tags| tags.contains(&Value::from(tag)))
            {
                let id = operation["operationId"].as_str().expect("an operationId");
                let declared = operation["responses"].as_object().expect("responses");
                statuses.extend(
                    declared
                        .keys()
                        .map(|status| (id.to_owned(), status.parse().expect("a status"))),
                );
            }
        }
        statuses
    }

    /// Returns an operation with every status that it declares.
    pub fn statuses_of(&self, id: &str) -> impl Iterator<Item = (String, u16)> {
        let declared = self.operation(id).1["responses"].as_object();
        declared
            .expect("responses")
            .keys()
            .map(move |status| (id.to_owned(), status.parse().expect("a status")))
    }

    /// Returns the method and path of an operation: `POST /v1/…`.
    pub fn route(&self, id: &str) -> String {
        self.operation(id).0
    }

    /// Returns all operations with their routes.
    pub fn operations(&self) -> impl Iterator<Item = (String, &Value)> {
        let paths = self.document["paths"].as_object().expect("paths");
        paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path item").iter();
            methods
                .filter(|(_, operation)| operation.get("operationId").is_some())
                .map(move |(method, operation)| {
                    (format!("{} {path}", method.to_uppercase()), operation)
                })
        })
    }

    /// Returns the route and the operation object of an operation.
    pub fn operation(&self, id: &str) -> (String, &Value) {
        let operation = self
            .operations()
            .find(|(_, operation)| operation["operationId"] == id);
        operation.unwrap_or_else(|| panic!("no operation {id}"))
    }

    /// Returns the violations of the contract in a response: status, media type, headers and body.
    pub fn violations(
        &self,
        id: &str,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Vec<String> {
        let declared = &self.operation(id).1["responses"][status.to_string()];
        if declared.is_null() {
            return vec![format!("status {status} is not declared")];
        }
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("")
        };
        let response = self.resolve(declared);
        let mut violations = Vec::new();
        for name in response["headers"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
        {
            if header(name).is_empty() {
                violations.push(format!("header {name} is missing"));
            }
        }
        for name in ["X-Request-Id", "RateLimit", "RateLimit-Policy"] {
            if header(name).is_empty() {
                violations.push(format!("header {name} is missing"));
            }
        }
        match response["content"]
            .as_object()
            .and_then(|content| content.iter().next())
        {
            None if body.is_empty() && header("content-type").is_empty() => {}
            None => violations.push("the body is not empty".to_owned()),
            Some((media_type, _)) if header("content-type") != media_type => {
                violations.push(format!("media type {}", header("content-type")));
            }
            Some((media_type, content)) => {
                let value = if media_type.ends_with("json") {
                    serde_json::from_slice(body).map_err(|error| error.to_string())
                } else {
                    let text = String::from_utf8(body.to_vec());
                    text.map(Value::from).map_err(|error| error.to_string())
                };
                match value {
                    Ok(value) => self.check(&content["schema"], &value, "$", &mut violations),
                    Err(error) => violations.push(format!("the body is not {media_type}: {error}")),
                }
            }
        }
        violations
    }

    /// Follows `$ref`. Returns other values unchanged.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            None => value,
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.resolve(
                    self.document
                        .pointer(pointer)
                        .unwrap_or_else(|| panic!("{reference}")),
                )
            }
        }
    }

    /// Checks a value against a schema and adds the violations to `violations`. `path` is the path of the value, such
    /// as `$.name`. Fields that `properties` does not declare are violations.
    pub fn check(&self, schema: &Value, value: &Value, path: &str, violations: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        for (keyword, expected) in schema.as_object().expect("a schema") {
            let is_valid = match keyword.as_str() {
                "type" => has_type(value, expected.as_str().expect("a type")),
                "format" => has_format(value, expected.as_str().expect("a format")),
                "enum" => expected.as_array().expect("a list").contains(value),
                "pattern" => {
                    let pattern = self.pattern(expected.as_str().expect("a pattern"));
                    value.as_str().is_some_and(|value| pattern.is_match(value))
                }
                "minimum" => value.as_f64() >= expected.as_f64(),
                "maximum" => value.as_f64() <= expected.as_f64(),
                "exclusiveMinimum" => {
                    *expected == false || value.as_f64() > schema["minimum"].as_f64()
                }
                "minLength" => length(value) >= expected.as_u64(),
                "maxLength" => length(value) <= expected.as_u64(),
                "minItems" => items(value) >= expected.as_u64(),
                "maxItems" => items(value) <= expected.as_u64(),
                "required" => {
                    for name in expected
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                    {
                        if value.get(name).is_none() {
                            violations.push(format!("{path}.{name} is missing"));
                        }
                    }
                    true
                }
                "properties" => {
                    for (name, field) in value.as_object().into_iter().flatten() {
                        match expected.get(name) {
                            Some(schema) => {
                                self.check(schema, field, &format!("{path}.{name}"), violations);
                            }
                            None => violations.push(format!("{path}.{name} is not declared")),
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    assert_eq!(expected, true, "{path}: only `true` is supported");
                    true
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(expected, item, &format!("{path}[{index}]"), violations);
                    }
                    true
                }
                "allOf" => {
                    for schema in expected.as_array().expect("schemas") {
                        self.check(schema, value, path, violations);
                    }
                    true
                }
                annotation if ANNOTATIONS.contains(&annotation) => true,
                extension if extension.starts_with("x-") => true,
                other => panic!("the keyword {other} is not supported"),
            };
            if !is_valid {
                violations.push(format!("{path} breaks {keyword} {expected}: {value}"));
            }
        }
    }
}

fn has_type(value: &Value, expected: &str) -> bool {
    match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        other => panic!("the type {other} is not supported"),
    }
}

fn has_format(value: &Value, expected: &str) -> bool {
    let string = value.as_str();
    match expected {
        "date-time" => string.is_some_and(|string| DateTime::parse_from_rfc3339(string).is_ok()),
        "date" => string.is_some_and(|string| string.parse::<NaiveDate>().is_ok()),
        "uri" => string.is_some_and(|string| string.contains(':')),
        "email" => string.is_some_and(|string| string.contains('@')),
        "password" => string.is_some(),
        "int32" => value
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        "int64" => value.is_i64(),
        "float" | "double" => value.is_number(),
        other => panic!("the format {other} is not supported"),
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|string| string.chars().count() as u64)
}

fn items(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}
