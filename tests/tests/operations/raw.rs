//! Tests of every operation, called by its id instead of a typed method.

use pgbeam::{RetryPolicy, request::RawRequest};
use serde_json::Value;

use crate::support::{
    Contract, Sdk,
    example::{ExampleKind, example},
    operation_ids,
    request_check::{Inputs, parameters, violations},
    server::{Server, StubResponse},
    success_response,
    values::parameter_value,
};

/// Returns the string that all calls send for a parameter. If the calls may send any value of the parameter's
/// enum, returns one of these values.
fn parameter_string(contract: &Contract, parameter: &Value) -> String {
    let name = parameter["name"].as_str().unwrap();
    let enum_value = || match example(contract, &parameter["schema"], ExampleKind::AllFields) {
        Value::String(value) => value,
        other => panic!("{name} is {other}"),
    };
    parameter_value(name).map_or_else(enum_value, str::to_owned)
}

/// Builds a request for the operation `id` with full or minimal inputs.
pub fn raw_request(contract: &Contract, sdk: &Sdk, id: &str, inputs: Inputs) -> RawRequest {
    let (_, operation) = contract.operation(id);
    let mut request = sdk.client.call(id);
    for location in ["path", "query", "header"] {
        for parameter in parameters(contract, operation, location) {
            if inputs == Inputs::Minimal && parameter["required"] != true {
                continue;
            }
            let (name, value) = (
                parameter["name"].as_str().unwrap(),
                parameter_string(contract, parameter),
            );
            request = match location {
                "path" => request.path(name, value),
                "query" => request.query(name, value),
                _ => request.header(name, value),
            };
        }
    }
    let body = contract.resolve(&operation["requestBody"]);
    let schema = &body["content"]["application/json"]["schema"];
    match inputs {
        Inputs::Full if !body.is_null() => {
            request.json(&example(contract, schema, ExampleKind::AllFields))
        }
        Inputs::Minimal if body["required"] == true => {
            request.json(&example(contract, schema, ExampleKind::RequiredFields))
        }
        _ => request,
    }
}

#[tokio::test]
async fn raw_requests_conform_and_responses_keep_their_bytes() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::with_retry_policy(&server, RetryPolicy::new());
    let mut failures = Vec::new();
    for id in operation_ids(&contract) {
        let declared = success_response(&contract, &id);
        let (media_type, body) = match &declared.content {
            None => ("", String::new()),
            Some((media_type, _)) if media_type == "text/csv" => (&**media_type, "a,b\n".into()),
            Some((media_type, schema)) => (
                &**media_type,
                example(&contract, schema, ExampleKind::NewerApi).to_string(),
            ),
        };
        let stub = match media_type {
            "" => StubResponse::empty(declared.status),
            _ => StubResponse::new(declared.status, media_type, &*body),
        };
        for inputs in [Inputs::Full, Inputs::Minimal] {
            server.respond_with([stub.clone()]);
            let response = raw_request(&contract, &sdk, &id, inputs).await.unwrap();
            assert_eq!(response.status.as_u16(), declared.status, "{id}");
            assert_eq!(response.operation.id, id);
            let received = server.received();
            assert_eq!(received.len(), 1, "{id}");
            let violations = violations(&contract, &id, &received[0], inputs);
            failures.extend(
                violations
                    .into_iter()
                    .map(|violation| format!("{id}, {inputs:?}: {violation}")),
            );
            let bytes = response
                .stream()
                .unwrap()
                .into_inner()
                .try_collect()
                .await
                .unwrap();
            assert_eq!(bytes, body, "{id}");
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn rejects_unknown_operation_ids() {
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    for id in ["", "listagents", "ListPlans", "list_plans", "nope"] {
        let error = sdk.client.call(id).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field(), "operation", "{id:?}");
    }
    assert!(server.received().is_empty());
}
