//! The contract, as what answers are held against.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::Answer;

/// Keywords of schemas that say nothing about a value.
const ANNOTATIONS: [&str; 6] =
    ["default", "description", "example", "title", "x-enum", "x-enum-descriptions"];

/// `spec/openapi.json`.
pub struct Contract(Value);

impl Contract {
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.json");
        let text = std::fs::read_to_string(path).expect("the bundled contract");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// Every operation of a tag with every status that it declares.
    pub fn statuses(&self, tag: &str) -> Vec<(String, u16)> {
        let mut statuses = Vec::new();
        for (_, operation) in self.operations() {
            if operation["tags"].as_array().is_some_and(|tags| tags.contains(&Value::from(tag))) {
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

    fn operations(&self) -> impl Iterator<Item = (String, &Value)> {
        let paths = self.0["paths"].as_object().expect("paths");
        paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path item").iter();
            methods.filter(|(_, operation)| operation.get("operationId").is_some()).map(
                move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation),
            )
        })
    }

    fn operation(&self, id: &str) -> (String, &Value) {
        let found = self.operations().find(|(_, operation)| operation["operationId"] == id);
        found.unwrap_or_else(|| panic!("no operation {id}"))
    }

    /// What is wrong with an answer of this operation: its status, media type, headers and
    /// body.
    pub fn faults(&self, id: &str, answer: &Answer) -> Vec<String> {
        let declared = &self.operation(id).1["responses"][answer.status.to_string()];
        if declared.is_null() {
            return vec![format!("status {} is not declared", answer.status)];
        }
        let response = self.resolve(declared);
        let mut faults = Vec::new();
        for name in response["headers"].as_object().into_iter().flat_map(Map::keys) {
            if answer.header(name).is_empty() {
                faults.push(format!("header {name} is missing"));
            }
        }
        for name in ["X-Request-Id", "RateLimit", "RateLimit-Policy"] {
            if answer.header(name).is_empty() {
                faults.push(format!("header {name} is missing"));
            }
        }
        match response["content"].as_object().and_then(|content| content.iter().next()) {
            None if answer.body.is_empty() && answer.header("content-type").is_empty() => {}
            None => faults.push("there is a body".to_owned()),
            Some((media_type, _)) if answer.header("content-type") != media_type => {
                faults.push(format!("media type {}", answer.header("content-type")));
            }
            Some((_, content)) => self.check(&content["schema"], &answer.json(), "$", &mut faults),
        }
        faults
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            None => value,
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.resolve(self.0.pointer(pointer).unwrap_or_else(|| panic!("{reference}")))
            }
        }
    }

    /// Holds a value against a schema. An object may have no member that its schema does
    /// not name: the emulator is no newer than the contract.
    pub fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        for (keyword, wanted) in schema.as_object().expect("a schema") {
            let good = match keyword.as_str() {
                "type" => match wanted.as_str().expect("a type") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64(),
                    other => panic!("the type {other} is not understood"),
                },
                "format" => match wanted.as_str().expect("a format") {
                    "date-time" => value
                        .as_str()
                        .is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
                    "uri" => value.as_str().is_some_and(|text| text.contains(':')),
                    "int64" => value.is_i64(),
                    other => panic!("the format {other} is not understood"),
                },
                "enum" => wanted.as_array().expect("words").contains(value),
                "minimum" => value.as_i64() >= wanted.as_i64(),
                "maximum" => value.as_i64() <= wanted.as_i64(),
                "minLength" => length(value) >= wanted.as_u64(),
                "maxLength" => length(value) <= wanted.as_u64(),
                "required" => {
                    for name in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
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
                other => panic!("the keyword {other} is not understood"),
            };
            if !good {
                faults.push(format!("{at} breaks {keyword} {wanted}: {value}"));
            }
        }
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}
