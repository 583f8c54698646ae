//! Checks requests against the contract.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use super::{
    Contract,
    example::resolve_schema,
    server::{BASE_PATH, Request},
    values::{API_KEY, IDEMPOTENCY_KEY, parameter_value},
};

/// The parameters and body fields that a request sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// All parameters and body fields.
    Full,
    /// Only the required parameters and body fields.
    Minimal,
}

/// Pairs of body fields that exclude each other, with their operation. The schemas of the contract do not say
/// so, only its descriptions.
const EXCLUSIVE_FIELDS: [(&str, [&str; 2]); 3] = [
    ("dryEvalPolicy", ["policy", "policy_id"]),
    ("replayPolicy", ["policy", "policy_id"]),
    ("replayPolicy", ["credential_id", "bound_policy_id"]),
];

/// Returns every violation of the contract in a request of an operation.
pub fn violations(contract: &Contract, id: &str, request: &Request, inputs: Inputs) -> Vec<String> {
    let (route, operation) = contract.operation(id);
    let (method, path) = route.split_once(' ').unwrap();
    let mut check = RequestCheck {
        contract,
        id,
        method,
        path,
        operation,
        request,
        inputs,
        violations: Vec::new(),
    };
    check.path();
    check.query();
    check.headers();
    check.body();
    check.violations
}

struct RequestCheck<'a> {
    contract: &'a Contract,
    id: &'a str,
    method: &'a str,
    path: &'a str,
    operation: &'a Value,
    request: &'a Request,
    inputs: Inputs,
    violations: Vec<String>,
}

impl RequestCheck<'_> {
    fn report(&mut self, violation: impl Into<String>) {
        self.violations.push(violation.into());
    }

    fn parameters(&self, location: &str) -> Vec<&Value> {
        parameters(self.contract, self.operation, location)
    }

    /// Checks the method and each path segment.
    fn path(&mut self) {
        if self.request.method != self.method {
            self.report(format!("method {}", self.request.method));
        }
        let path = self.request.uri.path();
        let actual: Vec<_> = path
            .strip_prefix(BASE_PATH)
            .unwrap_or(path)
            .split('/')
            .collect();
        let expected: Vec<_> = self.path.split('/').collect();
        if !path.starts_with(BASE_PATH) || actual.len() != expected.len() {
            return self.report(format!("path {path}"));
        }
        for (actual, expected) in actual.into_iter().zip(expected) {
            match expected
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                None if actual == expected => {}
                None => self.report(format!("path {path}: {actual}")),
                Some(name) => {
                    let actual = percent_decode_str(actual).decode_utf8_lossy().into_owned();
                    self.parameter("path", name, &actual);
                }
            }
        }
    }

    fn query(&mut self) {
        let url = Url::parse(&format!("http://x{}", self.request.uri)).unwrap();
        let mut seen = BTreeSet::new();
        for (name, value) in url.query_pairs() {
            if !seen.insert(name.to_string()) {
                self.report(format!("{name} is duplicated"));
            }
            self.parameter("query", &name, &value);
        }
        self.presence("query", &seen);
    }

    fn headers(&mut self) {
        let bearer = format!("Bearer {API_KEY}");
        self.header("authorization", Some(&bearer));
        self.header("accept", Some("application/json"));
        self.header(
            "user-agent",
            Some(concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"))),
        );
        let json = (!self.request.body.is_empty()).then_some("application/json");
        self.header("content-type", json);
        self.idempotency_key();

        let unchecked = ["host", "content-length", "idempotency-key"];
        let checked = [
            "authorization",
            "accept",
            "accept-encoding",
            "user-agent",
            "content-type",
        ];
        let names = self
            .request
            .headers
            .keys()
            .map(|name| name.as_str().to_owned());
        let mut seen = BTreeSet::new();
        for name in names.filter(|name| ![&unchecked[..], &checked[..]].concat().contains(&&**name))
        {
            let declared = self.parameters("header").into_iter();
            let declared = declared.filter_map(|parameter| parameter["name"].as_str());
            let Some(declared) = declared
                .clone()
                .find(|declared| declared.eq_ignore_ascii_case(&name))
            else {
                self.report(format!("header {name} is not declared"));
                continue;
            };
            let declared = declared.to_owned();
            let value = self.request.header(&name).unwrap().to_owned();
            self.parameter("header", &declared, &value);
            seen.insert(declared);
        }
        seen.insert("Idempotency-Key".to_owned());
        self.presence("header", &seen);
    }

    fn header(&mut self, name: &str, expected: Option<&str>) {
        let actual = self.request.header(name);
        if actual != expected {
            self.report(format!(
                "header {name} is {actual:?}, expected {expected:?}"
            ));
        }
    }

    /// Checks the idempotency key. Every POST and PATCH must have a key, unless the operation rejects keys;
    /// other requests must have none. Full calls of operations that declare the header send the caller's key;
    /// other calls send a generated key.
    fn idempotency_key(&mut self) {
        let rejects_key = self.operation["x-rejects-idempotency-key"] == true;
        let expects_key = ["POST", "PATCH"].contains(&self.method) && !rejects_key;
        let is_declared = self
            .parameters("header")
            .iter()
            .any(|parameter| parameter["name"] == "Idempotency-Key");
        let expects_caller_key = expects_key && is_declared && self.inputs == Inputs::Full;
        let is_valid = match self.request.header("idempotency-key") {
            None => !expects_key,
            Some(key) if expects_caller_key => key == IDEMPOTENCY_KEY,
            Some(key) => expects_key && is_random_uuid(key),
        };
        if !is_valid {
            let key = self.request.header("idempotency-key");
            self.report(format!("the idempotency key is {key:?}"));
        }
    }

    /// Checks a parameter against its schema and against the value that the calls send.
    fn parameter(&mut self, location: &str, name: &str, actual: &str) {
        let declared = self
            .parameters(location)
            .into_iter()
            .find(|parameter| parameter["name"] == name);
        let Some(schema) =
            declared.map(|parameter| resolve_schema(self.contract, &parameter["schema"]))
        else {
            return self.report(format!("{location} {name} is not declared"));
        };
        let value = match schema["type"].as_str().unwrap() {
            "string" => Value::from(actual),
            _ => serde_json::from_str(actual).unwrap_or(Value::Null),
        };
        self.contract
            .check(&schema, &value, name, &mut self.violations);
        match parameter_value(name) {
            Some(expected) if !is_equal(&schema, actual, expected) => {
                self.report(format!("{name} is {actual:?}, expected {expected:?}"));
            }
            None if schema["enum"].is_null() => {
                self.report(format!("{name} has no expected value"));
            }
            _ => {}
        }
    }

    /// Checks the parameters of one location: the request sets every parameter that `inputs` requires, and no
    /// other parameter. `set` has the names of the parameters in the request.
    fn presence(&mut self, location: &str, set: &BTreeSet<String>) {
        let mut violations = Vec::new();
        for parameter in self.parameters(location) {
            let name = parameter["name"].as_str().unwrap();
            match (
                set.contains(name),
                self.inputs,
                parameter["required"] == true,
            ) {
                (true, ..) if name == "Idempotency-Key" => {}
                (false, Inputs::Full, _) | (false, _, true) => {
                    violations.push(format!("{location} {name} is missing"));
                }
                (true, Inputs::Minimal, false) => {
                    violations.push(format!("{location} {name} is unexpected"));
                }
                _ => {}
            }
        }
        self.violations.extend(violations);
    }

    fn body(&mut self) {
        let declared = self.contract.resolve(&self.operation["requestBody"]);
        let expects_body = match self.inputs {
            Inputs::Full => !declared.is_null(),
            Inputs::Minimal => declared["required"] == true,
        };
        if expects_body == self.request.body.is_empty() {
            return self.report(format!("the body is {:?}", self.request.body));
        }
        if !expects_body {
            return;
        }
        let schema = &declared["content"]["application/json"]["schema"];
        match serde_json::from_slice(&self.request.body) {
            Err(error) => self.report(format!("the body is not JSON: {error}")),
            Ok(body) => {
                self.contract
                    .check(schema, &body, "$", &mut self.violations);
                self.fields(schema, &body, "$");
            }
        }
    }

    /// Checks the fields of a value at every depth: the value has every field that `inputs` requires, and no
    /// other field.
    fn fields(&mut self, schema: &Value, value: &Value, path: &str) {
        let schema = resolve_schema(self.contract, schema);
        for item in value.as_array().into_iter().flatten() {
            self.fields(&schema["items"], item, &format!("{path}[]"));
        }
        if self.inputs == Inputs::Full && value.as_array().is_some_and(Vec::is_empty) {
            self.report(format!("{path} is empty"));
        }
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|names| names.contains(&name.into()));
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let has_exclusive_choice = EXCLUSIVE_FIELDS.iter().any(|(id, names)| {
                *id == self.id
                    && names.contains(&&**name)
                    && names
                        .iter()
                        .filter(|name| value.get(**name).is_some())
                        .count()
                        == 1
            });
            match (value.get(name), self.inputs) {
                (Some(_), _) if property["readOnly"] == true => {
                    self.report(format!("{path} is read-only"));
                }
                (Some(_), Inputs::Minimal) if !is_required(name) && !has_exclusive_choice => {
                    self.report(format!("{path} is unexpected"));
                }
                (Some(field), _) => self.fields(property, field, &path),
                (None, Inputs::Full) if !has_exclusive_choice => {
                    self.report(format!("{path} is not set"));
                }
                (None, _) => {}
            }
        }
    }
}

/// Returns the parameters of an operation in a location: `path`, `query` or `header`.
pub fn parameters<'a>(
    contract: &'a Contract,
    operation: &'a Value,
    location: &str,
) -> Vec<&'a Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.map(|parameter| contract.resolve(parameter))
        .filter(|parameter| parameter["in"] == location)
        .collect()
}

/// Compares parameter values. Timestamps are compared as points in time.
fn is_equal(schema: &Value, actual: &str, expected: &str) -> bool {
    if schema["format"] == "date-time" {
        let parse = |value: &str| value.parse::<pgbeam::Timestamp>().ok();
        return parse(actual).is_some() && parse(actual) == parse(expected);
    }
    actual == expected
}

/// Returns `true` for a version 4 UUID in lower case.
fn is_random_uuid(key: &str) -> bool {
    regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        .unwrap()
        .is_match(key)
}
