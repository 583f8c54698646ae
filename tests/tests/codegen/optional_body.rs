//! Tests that an optional body is omitted unless it is set.

use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};
use serde_json::json;

use crate::fixtures::optional_body::{builder::ThingsOperations as _, types::Window};

#[test]
fn progenitor_always_sends_the_body() {
    let text = ProgenitorOutput::generate("optional_body").unwrap().code();
    assert_eq!(text.matches(".json(&body)").count(), 2);
    assert!(
        text.contains("types::Decision::try_from(v)"),
        "its required fields must be set"
    );
}

#[tokio::test]
async fn omits_an_unset_body() {
    let recorder = Recorder::with_response(204, "");
    let client = recorder.client();
    client.recommend().send().await.unwrap();
    client.decide().send().await.unwrap();
    assert!(recorder.requests().iter().all(|sent| sent.body.is_none()));
}

#[tokio::test]
async fn sends_a_body_that_is_set_also_if_empty() {
    for (days, expected) in [(None, json!({})), (Some(3), json!({"days": 3}))] {
        let recorder = Recorder::with_response(204, "");
        let body = match days {
            None => Window::builder(),
            Some(days) => Window::builder().days(days),
        };
        recorder
            .client()
            .recommend()
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(recorder.only_body(), Some(expected));
    }
    let recorder = Recorder::with_response(204, "");
    let call = recorder.client();
    call.decide()
        .body_map(|body| body.reason("r"))
        .send()
        .await
        .unwrap();
    assert_eq!(recorder.only_body(), Some(json!({"reason": "r"})));
}

#[tokio::test]
async fn validates_a_body_that_is_set() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let error = client
        .recommend()
        .body_map(|body| body.days(0))
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        crate::validation_errors(&error),
        ["days: must be at least 1, is 0"]
    );
    let error = client
        .decide()
        .body_map(|body| body)
        .send()
        .await
        .unwrap_err();
    assert_eq!(crate::validation_errors(&error), ["reason: is missing"]);
    assert!(recorder.requests().is_empty());
}
