//! `Contract`: the API contract of the operations that the emulator serves.
//!
//! `cargo xtask codegen` copies the bundled contract into this crate. A field that is added to a schema in
//! `spec/` is validated, set to its default, stored and returned without changes to Rust code.

mod defaults;
mod document;
mod validation;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use self::document::Document;
use crate::operation::Operation;
use crate::problem::{FieldError, Problem};

/// The built-in contract, parsed once per process.
static BUILT_IN: LazyLock<Result<Arc<Contract>, String>> =
    LazyLock::new(|| Contract::parse(include_str!("../../contract/openapi.json")).map(Arc::new));

#[derive(Debug)]
pub(crate) struct Contract {
    document: Document,
    operations: HashMap<Operation, OperationContract>,
}

/// The part of the contract about one operation.
#[derive(Debug)]
pub(crate) struct OperationContract {
    pub(crate) request_body: Option<RequestBody>,
    /// The schema of the success response, if it has a JSON body.
    response: Option<Value>,
    pub(crate) accepts_idempotency_key: bool,
}

#[derive(Debug)]
pub(crate) struct RequestBody {
    schema: Value,
    pub(crate) required: bool,
}

impl Contract {
    /// Returns the contract that is compiled into this version.
    pub(crate) fn built_in() -> Result<Arc<Self>, String> {
        BUILT_IN.clone()
    }

    /// Parses an OpenAPI 3.0 document in JSON.
    ///
    /// # Errors
    ///
    /// A message if the document is malformed or lacks an operation that the emulator serves.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let document = Document::parse(json)?;
        let mut operations = HashMap::new();
        for declared in document.operations() {
            let id = declared.get("operationId").and_then(Value::as_str);
            if let Some(Ok(operation)) = id.map(str::parse::<Operation>) {
                operations.insert(operation, OperationContract::parse(&document, declared));
            }
        }
        match Operation::ALL
            .iter()
            .find(|id| !operations.contains_key(id))
        {
            Some(missing) => Err(format!("the contract has no operation {missing}")),
            None => Ok(Self {
                document,
                operations,
            }),
        }
    }

    /// Returns the part of the contract about an operation.
    pub(crate) fn operation(&self, operation: Operation) -> Result<&OperationContract, Problem> {
        self.operations
            .get(&operation)
            .ok_or_else(|| Problem::internal(format!("The contract has no operation {operation}")))
    }

    /// Validates a request body. Returns one error for each missing field and for each invalid value.
    pub(crate) fn validate(&self, body: &RequestBody, value: &Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        validation::validate(&self.document, &body.schema, value, "", &mut errors);
        errors
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

    /// Turns the valid body of a create or replace operation into the fields of the resource. `read` is the operation
    /// that returns the resource, and `stored` the resource that is replaced. See [`defaults::complete`].
    pub(crate) fn complete(
        &self,
        operation: &OperationContract,
        read: &OperationContract,
        fields: &mut Map<String, Value>,
        stored: Option<&Map<String, Value>>,
    ) {
        if let Some(body) = &operation.request_body
            && let Some(response) = &read.response
        {
            defaults::complete(&self.document, &body.schema, response, fields, stored);
        }
    }

    /// Removes the fields that only the server sets from the body of an operation that returns the resource.
    pub(crate) fn remove_server_fields(
        &self,
        operation: &OperationContract,
        fields: &mut Map<String, Value>,
    ) {
        if let Some(body) = &operation.request_body
            && let Some(response) = &operation.response
        {
            defaults::remove_server_fields(&self.document, &body.schema, response, fields);
        }
    }
}

impl OperationContract {
    fn parse(document: &Document, operation: &Value) -> Self {
        let schema = |value: &Value| -> Option<Value> {
            let content = document.resolve(value).get("content")?;
            content.get("application/json")?.get("schema").cloned()
        };
        let request_body = operation.get("requestBody").and_then(|body| {
            let required = document.resolve(body).get("required") == Some(&Value::Bool(true));
            schema(body).map(|schema| RequestBody { schema, required })
        });
        let responses = operation.get("responses").and_then(Value::as_object);
        let success = responses
            .into_iter()
            .flatten()
            .find(|(status, _)| status.starts_with('2'));
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let accepts_idempotency_key = parameters.into_iter().flatten().any(|parameter| {
            let parameter = document.resolve(parameter);
            let name = parameter.get("name").and_then(Value::as_str);
            parameter.get("in") == Some(&Value::from("header"))
                && name.is_some_and(|name| name.eq_ignore_ascii_case("idempotency-key"))
        });
        Self {
            request_body,
            response: success.and_then(|(_, response)| schema(response)),
            accepts_idempotency_key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_contract_declares_every_operation() {
        let contract = Contract::built_in().expect("a contract");
        // (operation, has a request body, the body is required, accepts a key)
        let cases = [
            ("createPolicyProfile", true, true, true),
            ("updatePolicyProfile", true, true, false),
            ("getPolicyProfile", false, false, false),
            ("deletePolicyProfile", false, false, false),
            ("dryEvalPolicy", true, true, false),
            ("recommendAgentPolicy", true, false, false),
            ("createQueryTemplate", true, true, true),
        ];
        for (id, has_body, required, accepts_key) in cases {
            let operation = id.parse().expect("an operation");
            let operation = contract.operation(operation).expect("declared");
            let body = operation.request_body.as_ref();
            assert_eq!(body.is_some(), has_body, "{id}");
            assert_eq!(body.is_some_and(|body| body.required), required, "{id}");
            assert_eq!(operation.accepts_idempotency_key, accepts_key, "{id}");
        }
    }

    #[test]
    fn rejects_documents_without_the_operations() {
        for (json, error) in [
            ("{", "EOF while parsing"),
            ("{}", "the contract has no operation "),
            ("[]", "the contract has no operation "),
        ] {
            let actual = Contract::parse(json).expect_err(json);
            assert!(actual.starts_with(error), "{actual}");
        }
    }
}
