//! Tests that a PATCH can send null, which removes a value, and can omit a field, which keeps the value.

use pgbeam_api::Nullable;
use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};
use serde_json::{Value, json};

use crate::fixtures::nulls::{
    builder::ThingsOperations as _,
    types::{Thing, ThingChange},
};

#[test]
fn progenitor_cannot_send_null() {
    let output = ProgenitorOutput::generate("nulls").unwrap();
    let change = output.type_definition("ThingChange").unwrap();
    let field = "skip_serializing_if = \"::std::option::Option::is_none\")]\n    pub share: ::std::option::Option<f64>";
    assert!(change.contains(field), "{change}");
}

/// Sends a change and returns the body of the sent request.
async fn send(change: ThingChange) -> Value {
    let recorder = Recorder::with_response(200, "{}");
    recorder
        .client()
        .change_thing()
        .thing_id("a")
        .body(change)
        .send()
        .await
        .unwrap();
    recorder.only_body().unwrap()
}

#[tokio::test]
async fn distinguishes_null_absent_and_a_value() {
    let change = ThingChange::builder;
    assert_eq!(send(change()).await, json!({}));
    let nulls = change()
        .profile_id(Nullable::Null)
        .rows(Nullable::Null)
        .share(Nullable::Null)
        .on(Nullable::Null);
    let null = json!({"profile_id": null, "rows": null, "share": null, "on": null});
    assert_eq!(send(nulls).await, null);
    let all = change()
        .profile_id(Nullable::from("abc"))
        .rows(Nullable::from(1))
        .share(Nullable::from(0.5))
        .on(Nullable::from(false));
    let values = json!({"profile_id": "abc", "rows": 1, "share": 0.5, "on": false});
    assert_eq!(send(all).await, values);
    for body in [json!({}), null, values] {
        let change: ThingChange = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(serde_json::to_value(change).unwrap(), body);
    }
}

#[tokio::test]
async fn validates_nullable_values() {
    let recorder = Recorder::default();
    let call = recorder
        .client()
        .change_thing()
        .thing_id("a")
        .body_map(|body| {
            body.profile_id(Nullable::from("too long"))
                .rows(Nullable::from(0))
                .share(Nullable::from(f64::NAN))
        });
    assert_eq!(
        crate::validation_errors(&call.send().await.unwrap_err()),
        [
            "profile_id: must have 0 to 5 characters, has 8",
            "rows: must be at least 1, is 0",
            "share: must be finite, is NaN",
        ]
    );
}

#[test]
fn response_reads_null_as_absent() {
    for body in ["{}", r#"{"profile_id":null}"#] {
        assert_eq!(
            serde_json::from_str::<Thing>(body).unwrap().profile_id,
            None
        );
    }
}
