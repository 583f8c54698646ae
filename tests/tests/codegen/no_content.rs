//! 204 beside 200 is an answer without a value.

use pgbeam_api::ErrorKind;
use pgbeam_tests::{bare::Bare, recorder::Recorder};

use crate::fixtures::no_content::builder::ThingsOperations as _;

#[test]
fn before_two_answers_of_success_are_a_panic() {
    let panic = Bare::generate("no_content").err().unwrap();
    assert!(
        panic.starts_with("assertion failed: response_types.len() <= 1"),
        "{panic}"
    );
}

#[tokio::test]
async fn an_answer_without_content_is_none() {
    for (status, body, want) in [
        (200, r#"{"name":"a"}"#, Some("a")),
        (204, "", None),
        (205, "", None),
        (200, "null", None),
    ] {
        let recorder = Recorder::answering(status, body);
        let answer = recorder.client().get_thing().send().await.unwrap();
        assert_eq!(answer.meta().status(), status);
        let thing = answer.into_inner();
        assert_eq!(
            thing.map(|thing| thing.name).as_deref(),
            want,
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn any_other_status_must_hold_something() {
    let recorder = Recorder::answering(200, "");
    let error = recorder.client().get_thing().send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Decode, Some(200))
    );
}
