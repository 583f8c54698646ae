//! Every operation through its typed methods: what stands on the wire is what the contract has, and
//! what it answers comes back.

use std::collections::BTreeSet;

use pgbeam::RetryPolicy;
use serde_json::Value;

use crate::{
    calls,
    support::{
        Contract, Declared, To, all, declares,
        example::{Fill, example, known, page, said},
        outcome::What,
        request::faults,
        server::{Reply, Server},
        success,
        values::ETAG,
    },
};

const CSV: &str = "id,event\n1,query_blocked\n";

/// The answer of success of an operation, and the JSON that it holds.
fn answer(contract: &Contract, declared: &Declared, fill: Fill) -> (Reply, Value) {
    match &declared.content {
        None => (Reply::empty(declared.status), Value::Null),
        Some((media_type, _)) if media_type == "text/csv" => {
            (Reply::of(declared.status, media_type, CSV), Value::Null)
        }
        Some((media_type, schema)) => {
            let json = example(contract, schema, fill);
            let reply = Reply::of(declared.status, media_type, json.to_string());
            (reply.header("etag", ETAG), json)
        }
    }
}

/// Whether all that `wanted` holds is in `got`.
fn holds(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| got.get(name).is_some_and(|got| holds(got, wanted))),
        (Value::Array(got), Value::Array(wanted)) => {
            got.len() == wanted.len() && got.iter().zip(wanted).all(|(got, of)| holds(got, of))
        }
        _ => got == wanted,
    }
}

/// Whether a value is the one that was answered.
fn is_back(got: &What, json: &Value) -> bool {
    let wanted = known(json);
    match got {
        What::Value(got) => known(got) == wanted,
        What::Page(got) => holds(&said(&known(got)), &said(&page(&wanted))),
        What::Bytes(got) => *got == CSV.as_bytes(),
        What::Nothing => json.is_null(),
        What::NotModified => false,
    }
}

#[test]
fn the_calls_are_those_of_the_contract() {
    let contract = Contract::load();
    let wanted: BTreeSet<_> = all(&contract).into_iter().collect();
    let known: Vec<_> = pgbeam::api::operations::ALL
        .iter()
        .map(|of| of.id.to_owned())
        .collect();
    let called: Vec<_> = calls::all().iter().map(|of| of.id.to_owned()).collect();
    assert_eq!((known.len(), called.len()), (wanted.len(), wanted.len()));
    assert_eq!(known.into_iter().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(called.into_iter().collect::<BTreeSet<_>>(), wanted);
}

#[tokio::test]
async fn requests_are_as_the_contract_has_them_and_answers_come_back() {
    let contract = Contract::load();
    let server = Server::start().await;
    // Keys are made for calls that may be repeated.
    let to = To::with(&server, RetryPolicy::new());
    let mut wrong = Vec::new();
    for calls in calls::all() {
        let declared = success(&contract, calls.id);
        for fill in Fill::ALL {
            let (reply, json) = answer(&contract, &declared, fill);
            for (name, call, extent) in calls.each() {
                server.answer([reply.clone()]);
                let got = call(&to).send().await;
                let received = server.received();
                match &received[..] {
                    [request] => wrong.extend(
                        faults(&contract, calls.id, request, extent)
                            .into_iter()
                            .map(|fault| format!("{name}: {fault}")),
                    ),
                    _ => wrong.push(format!("{name}: {} requests", received.len())),
                }
                match got {
                    Err(error) => wrong.push(format!("{name}, {fill:?}: {error:?}")),
                    Ok(got) if got.status != declared.status => {
                        wrong.push(format!("{name}, {fill:?}: status {}", got.status));
                    }
                    Ok(got) if !is_back(&got.what, &json) => {
                        wrong.push(format!("{name}, {fill:?}: {:?} and not {json}", got.what));
                    }
                    Ok(_) => {}
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_examples_are_what_the_contract_admits() {
    let contract = Contract::load();
    for id in all(&contract) {
        for declared in crate::support::answers(&contract, &id) {
            let Some((_, schema)) = declared.content else {
                continue;
            };
            for fill in [Fill::Whole, Fill::Bare, Fill::Null] {
                let mut faults = Vec::new();
                contract.check(
                    &schema,
                    &example(&contract, &schema, fill),
                    "$",
                    &mut faults,
                );
                assert!(
                    faults.is_empty(),
                    "{id} {} {fill:?}: {faults:?}",
                    declared.status
                );
            }
        }
    }
}

#[tokio::test]
async fn not_modified_is_a_value_to_whoever_asked_and_an_error_to_others() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::once(&server);
    let mut conditional = 0;
    for calls in calls::all() {
        server.answer([Reply::empty(304).header("etag", ETAG)]);
        if declares(&contract, calls.id, 304) {
            conditional += 1;
            for call in [calls.full, calls.low_full, calls.low_least] {
                let got = call(&to).send().await.unwrap();
                assert_eq!(
                    (got.status, got.what),
                    (304, What::NotModified),
                    "{}",
                    calls.id
                );
            }
        } else {
            for (name, call, _) in calls.each() {
                let error = call(&to).send().await.err().expect(&name);
                assert_eq!(error.status(), Some(304), "{name}");
            }
        }
        let unasked = (calls.least)(&to).send().await.err().expect(calls.id);
        assert_eq!(
            (unasked.status(), unasked.request_id()),
            (Some(304), Some("req_of_the_head"))
        );
        assert_eq!(unasked.operation(), Some(calls.id));
    }
    assert_eq!(conditional, 47);
}
