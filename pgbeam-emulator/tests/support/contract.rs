//! The contract, as what is on the wire is held against. The suites in `tests/` use this file too:
//! it knows nothing of the emulator, and nothing of the SDK.

use std::{collections::HashMap, sync::Mutex};

use chrono::{DateTime, NaiveDate};
use http::HeaderMap;
use regex::Regex;
use serde_json::{Map, Value};

/// Keywords of schemas that say nothing about a value.
const ANNOTATIONS: [&str; 7] = [
    "default",
    "description",
    "example",
    "nullable",
    "readOnly",
    "title",
    "writeOnly",
];

/// `spec/openapi.json`.
pub struct Contract {
    document: Value,
    /// The patterns that were needed so far.
    patterns: Mutex<HashMap<String, Regex>>,
}

impl Contract {
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.json");
        let text = std::fs::read_to_string(path).expect("the bundled contract");
        let document = serde_json::from_str(&text).expect("JSON");
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

    /// Every operation of a tag with every status that it declares.
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

    /// The method and path of an operation, as `POST /v1/…`.
    pub fn route(&self, id: &str) -> String {
        self.operation(id).0
    }

    /// All operations, each with its route.
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

    /// The route of an operation, and what the contract says of it.
    pub fn operation(&self, id: &str) -> (String, &Value) {
        let found = self
            .operations()
            .find(|(_, operation)| operation["operationId"] == id);
        found.unwrap_or_else(|| panic!("no operation {id}"))
    }

    /// What is wrong with an answer of this operation: its status, media type, headers and
    /// body.
    pub fn faults(&self, id: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> Vec<String> {
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
        let mut faults = Vec::new();
        for name in response["headers"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
        {
            if header(name).is_empty() {
                faults.push(format!("header {name} is missing"));
            }
        }
        for name in ["X-Request-Id", "RateLimit", "RateLimit-Policy"] {
            if header(name).is_empty() {
                faults.push(format!("header {name} is missing"));
            }
        }
        match response["content"]
            .as_object()
            .and_then(|content| content.iter().next())
        {
            None if body.is_empty() && header("content-type").is_empty() => {}
            None => faults.push("there is a body".to_owned()),
            Some((media_type, _)) if header("content-type") != media_type => {
                faults.push(format!("media type {}", header("content-type")));
            }
            Some((_, content)) => match serde_json::from_slice(body) {
                Ok(json) => self.check(&content["schema"], &json, "$", &mut faults),
                Err(error) => faults.push(format!("no JSON: {error}")),
            },
        }
        faults
    }

    /// What a reference stands for; anything else is itself.
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

    /// Holds a value against a schema. An object may have no member that its schema does
    /// not name: neither the emulator nor the SDK is newer than the contract.
    pub fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        for (keyword, wanted) in schema.as_object().expect("a schema") {
            let good = match keyword.as_str() {
                "type" => is_of_type(value, wanted.as_str().expect("a type")),
                "format" => has_format(value, wanted.as_str().expect("a format")),
                "enum" => wanted.as_array().expect("words").contains(value),
                "pattern" => {
                    let pattern = self.pattern(wanted.as_str().expect("a pattern"));
                    value.as_str().is_some_and(|text| pattern.is_match(text))
                }
                "minimum" => value.as_f64() >= wanted.as_f64(),
                "maximum" => value.as_f64() <= wanted.as_f64(),
                "exclusiveMinimum" => {
                    *wanted == false || value.as_f64() > schema["minimum"].as_f64()
                }
                "minLength" => length(value) >= wanted.as_u64(),
                "maxLength" => length(value) <= wanted.as_u64(),
                "minItems" => items(value) >= wanted.as_u64(),
                "maxItems" => items(value) <= wanted.as_u64(),
                "required" => {
                    for name in wanted
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                    {
                        if value.get(name).is_none() {
                            faults.push(format!("{at}.{name} is missing"));
                        }
                    }
                    true
                }
                "properties" => {
                    for (name, member) in value.as_object().into_iter().flatten() {
                        match wanted.get(name) {
                            Some(schema) => {
                                self.check(schema, member, &format!("{at}.{name}"), faults);
                            }
                            None => faults.push(format!("{at}.{name} is not declared")),
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    assert_eq!(wanted, true, "{at}: only an open object is understood");
                    true
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}[{index}]"), faults);
                    }
                    true
                }
                "allOf" => {
                    for schema in wanted.as_array().expect("schemas") {
                        self.check(schema, value, at, faults);
                    }
                    true
                }
                annotation if ANNOTATIONS.contains(&annotation) => true,
                extension if extension.starts_with("x-") => true,
                other => panic!("the keyword {other} is not understood"),
            };
            if !good {
                faults.push(format!("{at} breaks {keyword} {wanted}: {value}"));
            }
        }
    }
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        other => panic!("the type {other} is not understood"),
    }
}

fn has_format(value: &Value, wanted: &str) -> bool {
    let text = value.as_str();
    match wanted {
        "date-time" => text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "date" => text.is_some_and(|text| text.parse::<NaiveDate>().is_ok()),
        "uri" => text.is_some_and(|text| text.contains(':')),
        "email" => text.is_some_and(|text| text.contains('@')),
        "password" => text.is_some(),
        "int32" => value
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        "int64" => value.is_i64(),
        "float" | "double" => value.is_number(),
        other => panic!("the format {other} is not understood"),
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn items(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}
