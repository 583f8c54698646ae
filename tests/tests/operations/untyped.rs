//! Every operation by its name, without types.

use pgbeam::{RetryPolicy, request::RawRequest};
use serde_json::Value;

use crate::support::{
    Contract, To, all,
    example::{Fill, example},
    request::{Extent, faults, parameters},
    server::{Reply, Server},
    success,
    values::of_parameter,
};

/// A text for a parameter: the one that all calls send, or a word of its enumeration.
fn text(contract: &Contract, parameter: &Value) -> String {
    let name = parameter["name"].as_str().unwrap();
    let word = || match example(contract, &parameter["schema"], Fill::Whole) {
        Value::String(word) => word,
        other => panic!("{name} is {other}"),
    };
    of_parameter(name).map_or_else(word, str::to_owned)
}

/// A call of an operation with the parts that it requires, or with all that it can have.
pub fn call(contract: &Contract, to: &To, id: &str, extent: Extent) -> RawRequest {
    let (_, operation) = contract.operation(id);
    let mut call = to.client.call(id);
    for place in ["path", "query", "header"] {
        for parameter in parameters(contract, operation, place) {
            if extent == Extent::Least && parameter["required"] != true {
                continue;
            }
            let (name, value) = (
                parameter["name"].as_str().unwrap(),
                text(contract, parameter),
            );
            call = match place {
                "path" => call.path(name, value),
                "query" => call.query(name, value),
                _ => call.header(name, value),
            };
        }
    }
    let body = contract.resolve(&operation["requestBody"]);
    let schema = &body["content"]["application/json"]["schema"];
    match extent {
        Extent::Full if !body.is_null() => call.json(&example(contract, schema, Fill::Whole)),
        Extent::Least if body["required"] == true => {
            call.json(&example(contract, schema, Fill::Bare))
        }
        _ => call,
    }
}

#[tokio::test]
async fn requests_are_as_the_contract_has_them_and_answers_come_back() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::with(&server, RetryPolicy::new());
    let mut wrong = Vec::new();
    for id in all(&contract) {
        let declared = success(&contract, &id);
        let (media_type, body) = match &declared.content {
            None => ("", String::new()),
            Some((media_type, _)) if media_type == "text/csv" => (&**media_type, "a,b\n".into()),
            Some((media_type, schema)) => (
                &**media_type,
                example(&contract, schema, Fill::Newer).to_string(),
            ),
        };
        let reply = match media_type {
            "" => Reply::empty(declared.status),
            _ => Reply::of(declared.status, media_type, &*body),
        };
        for extent in [Extent::Full, Extent::Least] {
            server.answer([reply.clone()]);
            let answer = call(&contract, &to, &id, extent).await.unwrap();
            assert_eq!(answer.status.as_u16(), declared.status, "{id}");
            assert_eq!(answer.operation.id, id);
            let received = server.received();
            assert_eq!(received.len(), 1, "{id}");
            let faults = faults(&contract, &id, &received[0], extent);
            wrong.extend(
                faults
                    .into_iter()
                    .map(|fault| format!("{id}, {extent:?}: {fault}")),
            );
            let back = answer
                .stream()
                .unwrap()
                .into_inner()
                .try_collect()
                .await
                .unwrap();
            assert_eq!(back, body, "{id}");
        }
    }
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let server = Server::start().await;
    let to = To::once(&server);
    for id in ["", "listagents", "ListPlans", "list_plans", "nope"] {
        let error = to.client.call(id).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field(), "operation", "{id:?}");
    }
    assert!(server.received().is_empty());
}
