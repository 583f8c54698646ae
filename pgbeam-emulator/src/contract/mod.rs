//! `Contract`: the API contract that the emulator serves.
//!
//! `cargo xtask codegen` copies the bundled contract into this crate. A field or an operation that is added in `spec/`
//! is validated, stored and served without changes to Rust code.

mod collection;
mod defaults;
mod document;
mod operation;
mod parameter;
mod sample;
mod secrets;
mod validation;

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

pub(crate) use self::collection::CollectionContract;
use self::document::Document;
pub(crate) use self::operation::{Action, OperationContract, RequestBody};
use self::parameter::Location;
use crate::http::problem::FieldError;

/// The built-in contract, parsed once per process.
static BUILT_IN: LazyLock<Result<Contract, String>> =
    LazyLock::new(|| Contract::parse(include_str!("../../contract/openapi.json")));

/// The request headers that other modules check, with their own syntax.
const CHECKED_ELSEWHERE: [&str; 3] = ["idempotency-key", "if-match", "if-none-match"];

/// The parsed API contract: an OpenAPI document with its operations and collections.
#[derive(Debug)]
pub(crate) struct Contract {
    document: Document,
    /// In the order of the document.
    operations: Vec<OperationContract>,
    /// The collections by path, with its parameters in braces.
    collections: HashMap<String, CollectionContract>,
}

impl Contract {
    /// Returns the contract that is compiled into this crate. Returns an error if it cannot be parsed.
    pub(crate) fn built_in() -> Result<&'static Self, String> {
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// Parses an OpenAPI 3.0 document in JSON.
    ///
    /// # Errors
    ///
    /// A message if the document is malformed or declares no operation.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let document = Document::parse(json)?;
        let mut operations = Vec::new();
        for (path, item) in document.paths() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
                    continue;
                };
                operations.extend(OperationContract::parse(
                    &document, path, method, item, operation,
                ));
            }
        }
        if operations.is_empty() {
            return Err("the contract has no operation".to_owned());
        }
        let collections = collection::find(&document, &mut operations);
        Ok(Self {
            document,
            operations,
            collections,
        })
    }

    pub(crate) fn operations(&self) -> &[OperationContract] {
        &self.operations
    }

    /// Returns the operation with this `operationId`.
    pub(crate) fn operation(&self, id: &str) -> Option<&OperationContract> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Returns what the contract declares about the collection with this path; `None` if no operation lists, reads or
    /// changes its resources.
    pub(crate) fn collection(&self, path: &str) -> Option<&CollectionContract> {
        self.collections.get(path)
    }

    /// Validates the path, query and header parameters of a request. Returns the values of the query parameters, with
    /// the defaults of omitted ones, and one error for each invalid parameter. Parameters that the operation does not
    /// declare are ignored. Of a repeated parameter, only the first value is used.
    pub(crate) fn validate_parameters(
        &self,
        operation: &OperationContract,
        path: &[(String, String)],
        query: &[(String, String)],
        headers: &HeaderMap,
    ) -> (Map<String, Value>, Vec<FieldError>) {
        let mut values = Map::new();
        let mut errors = Vec::new();
        let find = |pairs: &[(String, String)], name: &str| {
            let pair = pairs.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.clone())
        };
        for parameter in &operation.parameters {
            let name = parameter.name.as_str();
            let string = match parameter.location {
                Location::Path => find(path, name),
                Location::Query => find(query, name),
                Location::Header if is_checked_elsewhere(name) => continue,
                Location::Header => headers
                    .get(name)
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            };
            let value = string.map(|string| parameter.to_value(&self.document, &string));
            match &value {
                Some(value) => {
                    let schema = &parameter.schema;
                    validation::validate(&self.document, schema, value, name, &mut errors);
                    // URL libraries remove these segments, so that a request reaches another path.
                    if parameter.location == Location::Path && (value == "." || value == "..") {
                        errors.push(FieldError::new(name, "must not be . or .."));
                    }
                }
                None if parameter.required => errors.push(FieldError::new(name, "is required")),
                None => {}
            }
            if parameter.location == Location::Query {
                let default = || self.document.keyword(&parameter.schema, "default").cloned();
                if let Some(value) = value.or_else(default) {
                    values.insert(name.to_owned(), value);
                }
            }
        }
        (values, errors)
    }

    /// Validates a request body. Returns one error for each missing field and for each invalid value.
    pub(crate) fn validate(&self, body: &RequestBody, value: &Value) -> Vec<FieldError> {
        self.validate_value(&body.schema, value)
    }

    /// Validates an id as the path parameter with this name. Returns its errors.
    pub(crate) fn validate_path_param(&self, name: &str, id: &str) -> Vec<FieldError> {
        let path = [(name.to_owned(), id.to_owned())];
        let has_param = |operation: &&OperationContract| operation.has_path_param(name);
        let operation = self.operations.iter().find(has_param);
        let errors = operation.map_or_else(Vec::new, |operation| {
            let headers = HeaderMap::new();
            self.validate_parameters(operation, &path, &[], &headers).1
        });
        let errors = errors.into_iter().filter(|error| error.field == name);
        errors.collect()
    }

    /// Validates a value against a schema.
    pub(crate) fn validate_value(&self, schema: &Value, value: &Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        validation::validate(&self.document, schema, value, "", &mut errors);
        errors
    }

    /// Replaces the fields of a request body that the contract marks as secret with `replacement`.
    pub(crate) fn redact(
        &self,
        operation: &OperationContract,
        body: &mut Value,
        replacement: &Value,
    ) {
        if let Some(schema) = &operation.request_body {
            secrets::redact(&self.document, &schema.schema, body, replacement);
        }
    }

    /// Adds the defaults of omitted fields to a request body.
    pub(crate) fn add_defaults(&self, body: &RequestBody, fields: &mut Map<String, Value>) {
        defaults::add_default_fields(&self.document, &body.schema, fields);
    }

    /// Adds the defaults of omitted fields that are nested in the fields of a partial update. The omitted fields of
    /// the body itself stay omitted.
    pub(crate) fn add_nested_defaults(&self, body: &RequestBody, fields: &mut Map<String, Value>) {
        defaults::add_nested_defaults(&self.document, &body.schema, fields);
    }

    /// Turns the valid body of a create or replace operation into the fields of the resource. `resource` is the schema
    /// of the resource, and `stored` the resource that is replaced. See [`defaults::complete`].
    pub(crate) fn complete(
        &self,
        operation: &OperationContract,
        resource: &Value,
        fields: &mut Map<String, Value>,
        stored: Option<&Map<String, Value>>,
    ) {
        if let Some(body) = &operation.request_body {
            defaults::complete(&self.document, &body.schema, resource, fields, stored);
        }
    }

    /// Adds a value for each required field of `schema` that is missing.
    pub(crate) fn add_required(
        &self,
        schema: &Value,
        fields: &mut Map<String, Value>,
        now: DateTime<Utc>,
    ) {
        sample::add_required(&self.document, schema, fields, now);
    }

    /// Removes the fields that only the server sets: those that `resource` declares and the request body does not.
    pub(crate) fn remove_server_fields(
        &self,
        operation: &OperationContract,
        resource: &Value,
        fields: &mut Map<String, Value>,
    ) {
        if let Some(body) = &operation.request_body {
            defaults::remove_server_fields(&self.document, &body.schema, resource, fields);
        }
    }

    /// Removes and returns the fields that the request body declares and `resource` does not, such as passwords. No
    /// response has them.
    pub(crate) fn take_write_only(
        &self,
        operation: &OperationContract,
        resource: &Value,
        fields: &mut Map<String, Value>,
    ) -> Map<String, Value> {
        let Some(body) = &operation.request_body else {
            return Map::new();
        };
        self.document
            .properties(&body.schema)
            .filter(|(name, _)| !self.has_property(resource, name))
            .filter_map(|(name, _)| fields.remove_entry(name))
            .collect()
    }

    /// Returns an object with the `example` of each property of the schema with this name in `components`. Properties
    /// without an example are omitted.
    pub(crate) fn examples(&self, schema: &str) -> Map<String, Value> {
        self.document.examples(schema)
    }

    /// Returns `true` if an object schema declares a property.
    pub(crate) fn has_property(&self, schema: &Value, name: &str) -> bool {
        self.document
            .properties(schema)
            .any(|(property, _)| property == name)
    }

    /// Returns the names of the properties of an object schema.
    pub(crate) fn property_names<'a>(&'a self, schema: &'a Value) -> impl Iterator<Item = &'a str> {
        let properties = self.document.properties(schema);
        properties.map(|(name, _)| name.as_str())
    }

    /// Returns `true` if only the server sets a field: `resource` declares it and the request body does not.
    pub(crate) fn is_server_field(
        &self,
        operation: &OperationContract,
        resource: &Value,
        name: &str,
    ) -> bool {
        let body = operation.request_body.as_ref();
        self.has_property(resource, name)
            && body.is_none_or(|body| !self.has_property(&body.schema, name))
    }

    /// Returns `true` if an object schema declares a property that can be `null`.
    pub(crate) fn is_nullable(&self, schema: &Value, name: &str) -> bool {
        self.document.properties(schema).any(|(property, schema)| {
            let nullable = self.document.keyword(schema, "nullable");
            property == name && nullable == Some(&Value::Bool(true))
        })
    }
}

fn is_checked_elsewhere(header: &str) -> bool {
    CHECKED_ELSEWHERE
        .iter()
        .any(|checked| header.eq_ignore_ascii_case(checked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_contract_declares_operations_and_collections() {
        let contract = Contract::built_in().expect("a contract");
        // (operation, action, the body is required, accepts a key)
        let cases = [
            ("createPolicyProfile", Action::Create, Some(true), true),
            ("updatePolicyProfile", Action::Replace, Some(true), false),
            ("getPolicyProfile", Action::Get, None, false),
            ("deletePolicyProfile", Action::Delete, None, false),
            ("dryEvalPolicy", Action::Call, Some(true), false),
            ("recommendAgentPolicy", Action::Call, Some(false), false),
            ("createQueryTemplate", Action::Create, Some(true), true),
            ("listQueryTemplates", Action::List, None, false),
            ("getOrganizationPlan", Action::Read, None, false),
            ("updateOnboardingProgress", Action::Write, Some(true), false),
        ];
        for (id, action, body, accepts_key) in cases {
            let operation = contract.operation(id).expect("declared");
            assert_eq!(operation.action, action, "{id}");
            let required = operation.request_body.as_ref().map(|body| body.required);
            assert_eq!(required, body, "{id}");
            let key = operation.accepts_header("idempotency-key");
            assert_eq!(key, accepts_key, "{id}");
        }
        let policies = contract.collection("/v1/projects/{project_id}/policies");
        let policies = policies.expect("declared");
        assert_eq!(policies.list_field, "policies");
        assert!(contract.has_property(&policies.resource, "access_mode"));
        let health = contract.operation("getHealth").expect("declared");
        let plans = contract.operation("listPlans").expect("declared");
        assert!(plans.requires_bearer_token && !health.requires_bearer_token);
    }

    #[test]
    fn returns_the_examples_of_a_schema() {
        let contract = Contract::built_in().expect("a contract");
        let limits = contract.examples("PlanLimits");
        assert!(limits.values().all(Value::is_i64) && limits.len() >= 14);
        let region = contract.examples("Region");
        assert!(region.contains_key("id") && !region.contains_key("available"));
        assert!(contract.examples("none").is_empty());
    }

    #[test]
    fn rejects_documents_without_operations() {
        for (json, error) in [
            ("{", "EOF while parsing"),
            ("{}", "the contract has no operation"),
            ("[]", "the contract has no operation"),
        ] {
            let actual = Contract::parse(json).expect_err(json);
            assert!(actual.starts_with(error), "{actual}");
        }
    }

    #[test]
    fn validates_parameters_and_adds_defaults() {
        let contract = Contract::built_in().expect("a contract");
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            owned.collect()
        };
        let validate = |id: &str, path: &[(&str, &str)], query: &[(&str, &str)]| {
            let operation = contract.operation(id).expect("declared");
            let headers = HeaderMap::new();
            let (path, query) = (pairs(path), pairs(query));
            let (values, errors) = contract.validate_parameters(operation, &path, &query, &headers);
            let fields: Vec<String> = errors.into_iter().map(|error| error.field).collect();
            (Value::Object(values), fields)
        };
        let (values, errors) = validate(
            "getProjectInsights",
            &[("project_id", "prj_1")],
            &[("range", "7d"), ("unknown", "1")],
        );
        assert_eq!(values, serde_json::json!({"range": "7d", "limit": 20}));
        assert!(errors.is_empty());
        let (_, errors) = validate(
            "getProjectInsights",
            &[("project_id", "..")],
            &[("range", "8d"), ("limit", "+1")],
        );
        assert_eq!(errors, ["project_id", "range", "limit"]);
        let (_, errors) = validate("getProjectUsage", &[("project_id", "a/b")], &[]);
        assert_eq!(errors, ["project_id", "start_date", "end_date"]);
    }
}
