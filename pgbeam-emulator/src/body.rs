//! The JSON body of a request, checked against the contract.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::contract::{Contract, RequestBody};
use crate::problem::{FieldError, Problem};

/// The fields of a request body, with every error found in them. Checks that a schema
/// cannot express add theirs, so that the client gets all errors at once.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    contract: &'a Contract,
    declared: &'a RequestBody,
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl<'a> Body<'a> {
    /// Parses a body and checks it against its schema. An empty body that the contract
    /// does not require is an empty object.
    pub(crate) fn read(
        contract: &'a Contract,
        declared: &'a RequestBody,
        body: &Bytes,
    ) -> Result<Self, Problem> {
        let value = if !body.is_empty() {
            serde_json::from_slice(body)
                .map_err(|error| Problem::malformed(format!("The body is not JSON: {error}")))?
        } else if declared.required {
            return Err(Problem::malformed(
                "The request needs a body: a JSON object",
            ));
        } else {
            Value::Object(Map::new())
        };
        if !value.is_object() {
            return Err(Problem::invalid_field("body", "must be a JSON object"));
        }
        let errors = contract.validate(declared, &value);
        match value {
            Value::Object(fields) => Ok(Self {
                contract,
                declared,
                fields,
                errors,
            }),
            _ => Err(Problem::invalid_field("body", "must be a JSON object")),
        }
    }

    /// Whether the body has the field, valid or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The value of a field, if it is present and nothing in it is invalid.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let is_in_field = |error: &FieldError| {
            let rest = error.field.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if self.errors.iter().any(is_in_field) {
            return None;
        }
        self.fields.get(name)
    }

    /// The value of a string field, if it is present and valid.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Adds an error.
    pub(crate) fn reject(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError::new(field, detail));
    }

    /// The fields with the defaults of the omitted ones, or 400 with all errors.
    pub(crate) fn finish(mut self) -> Result<Map<String, Value>, Problem> {
        if !self.errors.is_empty() {
            return Err(Problem::invalid(self.errors));
        }
        self.contract.add_defaults(self.declared, &mut self.fields);
        Ok(self.fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(operation: &str, body: &'static str) -> Result<Map<String, Value>, Problem> {
        let contract = Contract::built_in().expect("a contract");
        let operation = operation.parse().expect("an operation");
        let declared = contract.operation(operation).expect("declared");
        let declared = declared.request_body.as_ref().expect("a body");
        Body::read(&contract, declared, &Bytes::from_static(body.as_bytes()))?.finish()
    }

    #[test]
    fn a_body_is_a_json_object() {
        for body in ["", "{", "[]", "1", "null", "\"{}\""] {
            let problem = read("createPolicyProfile", body).expect_err(body);
            assert_eq!(problem.status.as_u16(), 400, "{body}");
        }
        for body in ["{", "[]", "1", "null"] {
            let problem = read("recommendAgentPolicy", body).expect_err(body);
            assert_eq!(problem.status.as_u16(), 400, "{body}");
        }
        for body in ["", "{}"] {
            let fields = read("recommendAgentPolicy", body).expect("optional");
            assert_eq!(
                Value::Object(fields),
                serde_json::json!({"lookback_days": 30, "limit": 200})
            );
        }
    }

    #[test]
    fn only_valid_fields_are_read() {
        let contract = Contract::built_in().expect("a contract");
        let operation = "createQueryTemplate".parse().expect("an operation");
        let declared = contract.operation(operation).expect("declared");
        let declared = declared.request_body.as_ref().expect("a body");
        let json = r#"{"name": "A", "sql": "SELECT 1", "params": [{"name": 1}], "param": "x"}"#;
        let body = Body::read(&contract, declared, &Bytes::from_static(json.as_bytes()));
        let body = body.expect("an object");
        assert_eq!(body.text("name"), None);
        assert_eq!(body.text("sql"), Some("SELECT 1"));
        assert!(body.has("params") && body.get("params").is_none());
        assert_eq!(body.text("param"), Some("x"), "another field than params");
        assert_eq!(body.text("enabled"), None);
    }
}
