//! `Body`: a request body, validated against the API contract.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::contract::{Contract, RequestBody};
use crate::http::problem::{FieldError, Problem};

/// The fields of a request body, and the validation errors found so far. Errors are collected, so that one response
/// lists all of them.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    contract: &'a Contract,
    schema: &'a RequestBody,
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl<'a> Body<'a> {
    /// Parses a body and collects its validation errors. Reads an empty optional body as an empty object. Returns
    /// 400 at once if the body is not a JSON object, or is empty although it is required.
    pub(crate) fn parse(
        contract: &'a Contract,
        schema: &'a RequestBody,
        body: &Bytes,
    ) -> Result<Self, Problem> {
        let value = if !body.is_empty() {
            serde_json::from_slice(body)
                .map_err(|error| Problem::malformed(format!("The body is not JSON: {error}")))?
        } else if schema.required {
            return Err(Problem::malformed(
                "The request requires a JSON object as its body",
            ));
        } else {
            Value::Object(Map::new())
        };
        if !value.is_object() {
            return Err(Problem::invalid_field("body", "must be a JSON object"));
        }
        let errors = contract.validate(schema, &value);
        match value {
            Value::Object(fields) => Ok(Self {
                contract,
                schema,
                fields,
                errors,
            }),
            _ => Err(Problem::invalid_field("body", "must be a JSON object")),
        }
    }

    /// Returns `true` if the body has this field, even if its value is invalid.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Returns the value of a field; `None` if it is absent, or if it or a nested field has an error.
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

    /// Returns the value of a string field; `None` if it is absent or has an error.
    pub(crate) fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Sets a field if the body does not have it. [`finish`](Self::finish) adds the nested defaults of the value.
    pub(crate) fn set_default(&mut self, name: &str, value: Value) {
        self.fields.entry(name).or_insert(value);
    }

    /// Adds a validation error.
    pub(crate) fn reject(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError::new(field, detail));
    }

    /// Adds the defaults of omitted fields and returns all fields. Returns 400 with all errors, if there are any.
    pub(crate) fn finish(self) -> Result<Map<String, Value>, Problem> {
        let (contract, schema) = (self.contract, self.schema);
        let mut fields = self.finish_partial()?;
        contract.add_defaults(schema, &mut fields);
        Ok(fields)
    }

    /// Returns the fields of a partial update: omitted fields stay omitted, and only the objects in the body get the
    /// defaults of their omitted fields. Returns 400 with all errors, if there are any.
    pub(crate) fn finish_partial(mut self) -> Result<Map<String, Value>, Problem> {
        if !self.errors.is_empty() {
            return Err(Problem::invalid(self.errors));
        }
        self.contract
            .add_nested_defaults(self.schema, &mut self.fields);
        Ok(self.fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(operation: &str, body: &'static str) -> Result<Map<String, Value>, Problem> {
        let contract = Contract::built_in().expect("a contract");
        let schema = contract.operation(operation).expect("declared");
        let schema = schema.request_body.as_ref().expect("a body");
        Body::parse(contract, schema, &Bytes::from_static(body.as_bytes()))?.finish()
    }

    #[test]
    fn rejects_bodies_that_are_not_json_objects() {
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
    fn returns_only_valid_fields() {
        let contract = Contract::built_in().expect("a contract");
        let schema = contract.operation("createQueryTemplate").expect("declared");
        let schema = schema.request_body.as_ref().expect("a body");
        let json = r#"{"name": "A", "sql": "SELECT 1", "params": [{"name": 1}], "param": "x"}"#;
        let body = Body::parse(contract, schema, &Bytes::from_static(json.as_bytes()));
        let body = body.expect("an object");
        assert_eq!(body.get_str("name"), None);
        assert_eq!(body.get_str("sql"), Some("SELECT 1"));
        assert!(body.has("params") && body.get("params").is_none());
        assert_eq!(
            body.get_str("param"),
            Some("x"),
            "params does not match param"
        );
        assert_eq!(body.get_str("enabled"), None);
    }
}
