//! Tests of every operation through its typed methods: requests conform to the contract, and responses are
//! read without loss.

use std::collections::BTreeSet;

use pgbeam::RetryPolicy;
use serde_json::Value;

use crate::{
    calls,
    support::{
        Contract, DeclaredResponse, Sdk,
        call::Payload,
        declared_responses, declares_status,
        example::{ExampleKind, example, normalize, page, without_defaults},
        operation_ids,
        request_check::violations,
        server::{REQUEST_ID, Server, StubResponse},
        success_response,
        values::ETAG,
    },
};

const CSV: &str = "id,event\n1,query_blocked\n";

/// Returns a stub of a declared response, and the body of the response as JSON: `Null` if there is no body or
/// the body is CSV.
fn stub_response(
    contract: &Contract,
    declared: &DeclaredResponse,
    kind: ExampleKind,
) -> (StubResponse, Value) {
    match &declared.content {
        None => (StubResponse::empty(declared.status), Value::Null),
        Some((media_type, _)) if media_type == "text/csv" => {
            let response = StubResponse::new(declared.status, media_type, CSV);
            (response, Value::Null)
        }
        Some((media_type, schema)) => {
            let json = example(contract, schema, kind);
            let response = StubResponse::new(declared.status, media_type, json.to_string());
            (response.header("etag", ETAG), json)
        }
    }
}

/// Returns `true` if `actual` contains every field of `expected` with the same value, at every depth.
fn contains_fields(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| {
                actual
                    .get(name)
                    .is_some_and(|actual| contains_fields(actual, expected))
            })
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual
                    .iter()
                    .zip(expected)
                    .all(|(actual, expected)| contains_fields(actual, expected))
        }
        _ => actual == expected,
    }
}

/// Returns `true` if a payload has the content of the response body.
fn matches_body(payload: &Payload, body: &Value) -> bool {
    let expected = normalize(body);
    match payload {
        Payload::Value(actual) => normalize(actual) == expected,
        Payload::Page(actual) => contains_fields(
            &without_defaults(&normalize(actual)),
            &without_defaults(&page(&expected)),
        ),
        Payload::Bytes(actual) => *actual == CSV.as_bytes(),
        Payload::Empty => body.is_null(),
        Payload::NotModified => false,
    }
}

#[test]
fn calls_cover_every_operation() {
    let contract = Contract::load();
    let declared: BTreeSet<_> = operation_ids(&contract).into_iter().collect();
    let generated: Vec<_> = pgbeam::api::operations::ALL
        .iter()
        .map(|operation| operation.id.to_owned())
        .collect();
    let called: Vec<_> = calls::all()
        .iter()
        .map(|calls| calls.id.to_owned())
        .collect();
    assert_eq!(
        (generated.len(), called.len()),
        (declared.len(), declared.len())
    );
    assert_eq!(generated.into_iter().collect::<BTreeSet<_>>(), declared);
    assert_eq!(called.into_iter().collect::<BTreeSet<_>>(), declared);
}

#[tokio::test]
async fn typed_calls_conform_to_the_contract() {
    let contract = Contract::load();
    let server = Server::start().await;
    // Without retries, the SDK sends no generated idempotency keys.
    let sdk = Sdk::with_retry_policy(&server, RetryPolicy::new());
    let mut failures = Vec::new();
    for calls in calls::all() {
        let declared = success_response(&contract, calls.id);
        for kind in ExampleKind::ALL {
            let (response, body) = stub_response(&contract, &declared, kind);
            for (name, call, inputs) in calls.each() {
                server.respond_with([response.clone()]);
                let result = call(&sdk).send().await;
                let received = server.received();
                match &received[..] {
                    [request] => failures.extend(
                        violations(&contract, calls.id, request, inputs)
                            .into_iter()
                            .map(|violation| format!("{name}: {violation}")),
                    ),
                    _ => failures.push(format!("{name}: {} requests", received.len())),
                }
                match result {
                    Err(error) => failures.push(format!("{name}, {kind:?}: {error:?}")),
                    Ok(outcome) if outcome.status != declared.status => {
                        failures.push(format!("{name}, {kind:?}: status {}", outcome.status));
                    }
                    Ok(outcome) if !matches_body(&outcome.payload, &body) => {
                        let payload = outcome.payload;
                        failures.push(format!("{name}, {kind:?}: {payload:?}, expected {body}"));
                    }
                    Ok(_) => {}
                }
            }
        }
    }
    failures.sort();
    failures.dedup();
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn examples_conform_to_the_contract() {
    let contract = Contract::load();
    for id in operation_ids(&contract) {
        for declared in declared_responses(&contract, &id) {
            let Some((_, schema)) = declared.content else {
                continue;
            };
            for kind in [
                ExampleKind::AllFields,
                ExampleKind::RequiredFields,
                ExampleKind::Nulls,
            ] {
                let mut violations = Vec::new();
                contract.check(
                    &schema,
                    &example(&contract, &schema, kind),
                    "$",
                    &mut violations,
                );
                assert!(
                    violations.is_empty(),
                    "{id} {} {kind:?}: {violations:?}",
                    declared.status
                );
            }
        }
    }
}

#[tokio::test]
async fn not_modified_is_an_error_unless_the_call_is_conditional() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    let mut conditional_operations = 0;
    for calls in calls::all() {
        server.respond_with([StubResponse::empty(304).header("etag", ETAG)]);
        if declares_status(&contract, calls.id, 304) {
            conditional_operations += 1;
            for call in [calls.full, calls.low_level_full, calls.low_level_minimal] {
                let outcome = call(&sdk).send().await.unwrap();
                assert_eq!(
                    (outcome.status, outcome.payload),
                    (304, Payload::NotModified),
                    "{}",
                    calls.id
                );
            }
        } else {
            for (name, call, _) in calls.each() {
                let error = call(&sdk).send().await.err().expect(&name);
                assert_eq!(error.status(), Some(304), "{name}");
            }
        }
        let error = (calls.minimal)(&sdk).send().await.err().expect(calls.id);
        assert_eq!(
            (error.status(), error.request_id()),
            (Some(304), Some(REQUEST_ID))
        );
        assert_eq!(error.operation(), Some(calls.id));
    }
    assert_eq!(conditional_operations, 47);
}
