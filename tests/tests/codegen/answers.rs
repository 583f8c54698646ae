//! One error type for every status, whatever the body; and 304 is a value.

use pgbeam_api::{Conditional, ErrorKind};
use pgbeam_tests::{bare::Bare, recorder::Recorder};

use crate::fixtures::answers::{
    builder::ThingsOperations as _,
    types::{InUse, Thing},
};

fn thing() -> Thing {
    serde_json::from_str(r#"{"name":"a"}"#).unwrap()
}

#[test]
fn before_two_types_of_error_are_a_panic() {
    let panic = Bare::generate("answers").err().unwrap();
    assert!(
        panic.starts_with("assertion failed: response_types.len() <= 1"),
        "{panic}"
    );
}

#[test]
fn before_a_status_that_is_not_listed_has_no_type() {
    let text = Bare::generate("enums").unwrap().text();
    assert!(text.contains("_ => Err(Error::UnexpectedResponse(response))"));
}

#[tokio::test]
async fn a_status_is_never_lost() {
    let html = "<html><body>Forbidden</body></html>";
    for (status, body) in [
        (403, html),
        (
            403,
            r#"{"type":"about:blank","title":"t","status":403,"code":"FORBIDDEN"}"#,
        ),
        (404, ""),
        (418, html),
        (500, "{"),
        (503, "null"),
        (599, html),
        (302, ""),
    ] {
        let recorder = Recorder::answering(status, body);
        let client = recorder.client();
        // Listed, not listed, with a body or without: the same type.
        let results = [
            client.get_thing().thing_id("t").send().await.map(drop),
            client
                .replace_thing()
                .thing_id("t")
                .body(thing())
                .send()
                .await
                .map(drop),
            client.delete_thing().thing_id("t").send().await.map(drop),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert_eq!(
                (error.status(), error.kind()),
                (Some(status), ErrorKind::Api),
                "{error}"
            );
            assert_eq!(error.body(), body.as_bytes());
            assert!(!error.to_string().contains("<html>"), "{error}");
        }
    }
}

#[tokio::test]
async fn the_payload_of_another_type_can_be_had() {
    let recorder = Recorder::answering(409, r#"{"used_by":[{"id":"agt_1"}]}"#);
    let client = recorder.client();
    let call = client.replace_thing().thing_id("t").body(thing());
    let error = call.send().await.unwrap_err();
    assert!(error.is_conflict());
    let payload: InUse = serde_json::from_slice(error.body()).unwrap();
    assert_eq!(payload.used_by[0].id, "agt_1");
}

#[tokio::test]
async fn two_statuses_of_success_are_read_alike() {
    for status in [200, 201, 202] {
        let recorder = Recorder::answering(status, r#"{"name":"b"}"#);
        let client = recorder.client();
        let answer = client
            .replace_thing()
            .thing_id("t")
            .body(thing())
            .send()
            .await
            .unwrap();
        assert_eq!(
            (answer.name.as_str(), answer.meta().status()),
            ("b", status)
        );
    }
    for status in [202, 204] {
        let recorder = Recorder::answering(status, "");
        let answer = recorder
            .client()
            .delete_thing()
            .thing_id("t")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.meta().status(), status);
    }
}

#[tokio::test]
async fn not_modified_is_a_value() {
    let recorder = Recorder::default()
        .then(304, &[("ETag", "\"v1\"")], "")
        .then(200, &[("ETag", "\"v2\"")], r#"{"name":"new"}"#);
    let client = recorder.client();
    let read = || {
        client
            .get_thing()
            .thing_id("t")
            .if_none_match("\"v1\"")
            .send()
    };
    let kept = read().await.unwrap();
    assert!(matches!(&kept, Conditional::NotModified(meta) if meta.etag() == Some("\"v1\"")));
    let changed = read().await.unwrap().modified().unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.etag()),
        ("new", Some("\"v2\""))
    );
    assert_eq!(recorder.sent()[0].headers["if-none-match"], "\"v1\"");
}
