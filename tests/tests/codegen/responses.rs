//! Tests that every error status gives the same error type, and that a 304 is not an error.

use pgbeam_api::{Conditional, ErrorKind};
use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};

use crate::fixtures::responses::{
    builder::ThingsOperations as _,
    types::{InUse, Thing},
};

fn thing() -> Thing {
    serde_json::from_str(r#"{"name":"a"}"#).unwrap()
}

#[test]
fn progenitor_panics_on_two_error_types() {
    let panic = ProgenitorOutput::generate("responses").err().unwrap();
    assert!(
        panic.starts_with("assertion failed: response_types.len() <= 1"),
        "{panic}"
    );
}

#[test]
fn progenitor_has_no_type_for_an_undeclared_status() {
    let text = ProgenitorOutput::generate("enums").unwrap().code();
    assert!(text.contains("_ => Err(Error::UnexpectedResponse(response))"));
}

#[tokio::test]
async fn error_keeps_status_and_body() {
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
        let recorder = Recorder::with_response(status, body);
        let client = recorder.client();
        // Declared and undeclared statuses give the same error type.
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
async fn error_body_parses_as_its_declared_type() {
    let recorder = Recorder::with_response(409, r#"{"used_by":[{"id":"agt_1"}]}"#);
    let client = recorder.client();
    let call = client.replace_thing().thing_id("t").body(thing());
    let error = call.send().await.unwrap_err();
    assert!(error.is_conflict());
    let payload: InUse = serde_json::from_slice(error.body()).unwrap();
    assert_eq!(payload.used_by[0].id, "agt_1");
}

#[tokio::test]
async fn success_statuses_share_one_type() {
    for status in [200, 201, 202] {
        let recorder = Recorder::with_response(status, r#"{"name":"b"}"#);
        let client = recorder.client();
        let response = client
            .replace_thing()
            .thing_id("t")
            .body(thing())
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.name.as_str(), response.meta().status()),
            ("b", status)
        );
    }
    for status in [202, 204] {
        let recorder = Recorder::with_response(status, "");
        let response = recorder
            .client()
            .delete_thing()
            .thing_id("t")
            .send()
            .await
            .unwrap();
        assert_eq!(response.meta().status(), status);
    }
}

#[tokio::test]
async fn status_304_is_not_modified() {
    let recorder = Recorder::default()
        .then_response(304, &[("ETag", "\"v1\"")], "")
        .then_response(200, &[("ETag", "\"v2\"")], r#"{"name":"new"}"#);
    let client = recorder.client();
    let read = || {
        client
            .get_thing()
            .thing_id("t")
            .if_none_match("\"v1\"")
            .send()
    };
    let unchanged = read().await.unwrap();
    assert!(matches!(&unchanged, Conditional::NotModified(meta) if meta.etag() == Some("\"v1\"")));
    let changed = read().await.unwrap().modified().unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.etag()),
        ("new", Some("\"v2\""))
    );
    assert_eq!(recorder.requests()[0].headers["if-none-match"], "\"v1\"");
}
