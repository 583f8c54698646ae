//! No secret of the contract is printed: not by the `Debug` of a request, not by that of an answer.

use std::{collections::BTreeSet, fmt::Debug};

use serde_json::Value;

use crate::{
    calls,
    support::{
        Contract, To,
        example::{Fill, example, merged},
        request::parameters,
        server::{Reply, Server},
        success,
        values::{KEY, SECRET},
    },
};

/// Where the secrets of a schema are, to any depth.
fn secrets(contract: &Contract, schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    let schema = merged(contract, schema);
    if schema["x-secret"] == true || schema["format"] == "password" {
        found.insert(at.to_owned());
    }
    if !schema["items"].is_null() {
        secrets(contract, &schema["items"], &format!("{at}[]"), found);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        secrets(contract, schema, &format!("{at}.{name}"), found);
    }
}

/// Neither form of `Debug` may show one.
fn assert_hidden(name: &str, value: &impl Debug) {
    let shown = format!("{value:?}\n{value:#?}");
    for secret in [SECRET, KEY] {
        assert!(!shown.contains(secret), "{name} shows {secret}: {shown}");
    }
}

#[tokio::test]
async fn neither_requests_nor_answers_print_a_secret() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::once(&server);
    let mut found = BTreeSet::new();
    for calls in calls::all() {
        let (_, operation) = contract.operation(calls.id);
        let (mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new());
        for parameter in parameters(&contract, operation, "header") {
            let at = format!("{}({})", calls.id, parameter["name"].as_str().unwrap());
            secrets(&contract, &parameter["schema"], &at, &mut sent);
        }
        let body = contract.resolve(&operation["requestBody"]);
        let schema = &body["content"]["application/json"]["schema"];
        if !schema.is_null() {
            secrets(&contract, schema, calls.id, &mut sent);
        }
        let declared = success(&contract, calls.id);
        let reply = match &declared.content {
            Some((media_type, schema)) if media_type != "text/csv" => {
                secrets(
                    &contract,
                    schema,
                    &format!("{} gives", calls.id),
                    &mut answered,
                );
                let body = example(&contract, schema, Fill::Whole).to_string();
                assert_eq!(body.contains(SECRET), !answered.is_empty(), "{body}");
                Reply::of(declared.status, media_type, body)
            }
            _ => Reply::empty(declared.status),
        };
        for (name, call, _) in calls.each() {
            server.answer([reply.clone()]);
            let call = call(&to);
            assert_hidden(&name, &call);
            assert_hidden(&name, &call.send().await.unwrap().shown);
        }
        for call in [calls.full, calls.low_full] {
            server.answer([reply.clone()]);
            call(&to).send().await.unwrap();
            let request = server.received().remove(0);
            let whole = format!("{:?} {:?}", request.headers, request.body);
            assert_eq!(whole.contains(SECRET), !sent.is_empty(), "{}", calls.id);
        }
        found.extend(sent);
        found.extend(answered);
    }
    let wanted = [
        "createAgentCredential gives.connection_string",
        "createAgentCredential gives.mcp_token",
        "createBudgetTopup(Payment-Authorization)",
        "createDatabase gives.connection_string",
        "createDatabase.password",
        "createDemoCredential gives.connection_string",
        "createDemoCredential gives.mcp_token",
        "createDemoCredential.payment_proof",
        "createProject gives.database.connection_string",
        "createProject.database.password",
        "createSelfHostEnrollment gives.token",
        "createWebhookEndpoint.secret",
        "getDatabase gives.connection_string",
        "listDatabases gives.databases[].connection_string",
        "releaseDemoCredential.mcp_token",
        "rotateAgentCredential gives.connection_string",
        "rotateAgentCredential gives.mcp_token",
        "rotateSelfHostEnrollment gives.token",
        "updateDatabase gives.connection_string",
        "updateDatabase.password",
        "updateWebhookEndpoint.secret",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
}
