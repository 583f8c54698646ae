//! Tests that `Debug` output of requests and responses hides every secret of the contract.

use std::{collections::BTreeSet, fmt::Debug};

use serde_json::Value;

use crate::{
    calls,
    support::{
        Contract, Sdk,
        example::{ExampleKind, example, resolve_schema},
        request_check::parameters,
        server::{Server, StubResponse},
        success_response,
        values::{API_KEY, SECRET},
    },
};

/// Adds the path of each secret value of a schema to `secrets`. `path` is the path of the schema itself.
fn add_secrets(contract: &Contract, schema: &Value, path: &str, secrets: &mut BTreeSet<String>) {
    let schema = resolve_schema(contract, schema);
    if schema["x-secret"] == true || schema["format"] == "password" {
        secrets.insert(path.to_owned());
    }
    if !schema["items"].is_null() {
        add_secrets(contract, &schema["items"], &format!("{path}[]"), secrets);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        add_secrets(contract, schema, &format!("{path}.{name}"), secrets);
    }
}

fn assert_no_secrets(name: &str, value: &impl Debug) {
    let debug = format!("{value:?}\n{value:#?}");
    for secret in [SECRET, API_KEY] {
        assert!(!debug.contains(secret), "{name} shows {secret}: {debug}");
    }
}

#[tokio::test]
async fn debug_output_hides_secrets() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    let mut secrets = BTreeSet::new();
    for calls in calls::all() {
        let (_, operation) = contract.operation(calls.id);
        let (mut request_secrets, mut response_secrets) = (BTreeSet::new(), BTreeSet::new());
        for parameter in parameters(&contract, operation, "header") {
            let path = format!("{}({})", calls.id, parameter["name"].as_str().unwrap());
            add_secrets(&contract, &parameter["schema"], &path, &mut request_secrets);
        }
        let body = contract.resolve(&operation["requestBody"]);
        let schema = &body["content"]["application/json"]["schema"];
        if !schema.is_null() {
            add_secrets(&contract, schema, calls.id, &mut request_secrets);
        }
        let declared = success_response(&contract, calls.id);
        let response = match &declared.content {
            Some((media_type, schema)) if media_type != "text/csv" => {
                let path = format!("{} response", calls.id);
                add_secrets(&contract, schema, &path, &mut response_secrets);
                let body = example(&contract, schema, ExampleKind::AllFields).to_string();
                assert_eq!(
                    body.contains(SECRET),
                    !response_secrets.is_empty(),
                    "{body}"
                );
                StubResponse::new(declared.status, media_type, body)
            }
            _ => StubResponse::empty(declared.status),
        };
        for (name, call, _) in calls.each() {
            server.respond_with([response.clone()]);
            let call = call(&sdk);
            assert_no_secrets(&name, &call);
            assert_no_secrets(&name, &call.send().await.unwrap().response);
        }
        for call in [calls.full, calls.low_level_full] {
            server.respond_with([response.clone()]);
            call(&sdk).send().await.unwrap();
            let request = server.received().remove(0);
            let sent = format!("{:?} {:?}", request.headers, request.body);
            let sends_secret = sent.contains(SECRET);
            assert_eq!(sends_secret, !request_secrets.is_empty(), "{}", calls.id);
        }
        secrets.extend(request_secrets);
        secrets.extend(response_secrets);
    }
    let expected = [
        "createAgentCredential response.connection_string",
        "createAgentCredential response.mcp_token",
        "createBudgetTopup(Payment-Authorization)",
        "createDatabase response.connection_string",
        "createDatabase.password",
        "createDemoCredential response.connection_string",
        "createDemoCredential response.mcp_token",
        "createDemoCredential.payment_proof",
        "createProject response.database.connection_string",
        "createProject.database.password",
        "createSelfHostEnrollment response.token",
        "createWebhookEndpoint.secret",
        "getDatabase response.connection_string",
        "listDatabases response.databases[].connection_string",
        "releaseDemoCredential.mcp_token",
        "rotateAgentCredential response.connection_string",
        "rotateAgentCredential response.mcp_token",
        "rotateSelfHostEnrollment response.token",
        "updateDatabase response.connection_string",
        "updateDatabase.password",
        "updateWebhookEndpoint.secret",
    ];
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    assert_eq!(secrets, expected);
}
