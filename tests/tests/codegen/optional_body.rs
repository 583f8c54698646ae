//! A body that may be left out is left out unless it is set.

use pgbeam_tests::{bare::Bare, recorder::Recorder};
use serde_json::json;

use crate::fixtures::optional_body::{builder::ThingsOperations as _, types::Window};

#[test]
fn before_it_is_always_sent() {
    let text = Bare::generate("optional_body").unwrap().text();
    assert_eq!(text.matches(".json(&body)").count(), 2);
    assert!(
        text.contains("types::Decision::try_from(v)"),
        "and its fields must be there"
    );
}

#[tokio::test]
async fn what_is_not_set_is_not_sent() {
    let recorder = Recorder::answering(204, "");
    let client = recorder.client();
    client.recommend().send().await.unwrap();
    client.decide().send().await.unwrap();
    assert!(recorder.sent().iter().all(|sent| sent.body.is_none()));
}

#[tokio::test]
async fn what_is_set_is_sent_even_if_it_is_empty() {
    for (set, sent) in [(None, json!({})), (Some(3), json!({"days": 3}))] {
        let recorder = Recorder::answering(204, "");
        let body = match set {
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
        assert_eq!(recorder.only_body(), Some(sent));
    }
    let recorder = Recorder::answering(204, "");
    let call = recorder.client();
    call.decide()
        .body_map(|body| body.reason("why"))
        .send()
        .await
        .unwrap();
    assert_eq!(recorder.only_body(), Some(json!({"reason": "why"})));
}

#[tokio::test]
async fn what_is_set_is_checked() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let error = client
        .recommend()
        .body_map(|body| body.days(0))
        .send()
        .await
        .unwrap_err();
    assert_eq!(crate::refused(&error), ["days: must be at least 1, is 0"]);
    let error = client
        .decide()
        .body_map(|body| body)
        .send()
        .await
        .unwrap_err();
    assert_eq!(crate::refused(&error), ["reason: is missing"]);
    assert!(recorder.sent().is_empty());
}
