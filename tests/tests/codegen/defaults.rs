//! Tests that unset optional fields are omitted, even if they have a default.

use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};
use serde_json::json;

use crate::fixtures::defaults::{
    builder::ThingsOperations as _,
    types::{ApprovalMode, ThingInput},
};

#[test]
fn progenitor_sends_every_default() {
    let output = ProgenitorOutput::generate("defaults").unwrap();
    let thing = output.type_definition("ThingInput").unwrap();
    assert!(
        thing.contains("#[serde(default)]\n    pub budget: u64,"),
        "{thing}"
    );
    assert!(
        thing.contains(
            "#[serde(default = \"defaults::default_bool::<true>\")]\n    pub enabled: bool,"
        ),
        "{thing}"
    );
    assert!(
        thing.contains("pub approval_mode: ThingInputApprovalMode,"),
        "{thing}"
    );
    assert!(!thing.contains("Option<"), "{thing}");
}

#[tokio::test]
async fn omits_unset_fields() {
    let recorder = Recorder::with_response(201, r#"{"name":"a"}"#);
    let client = recorder.client();
    let created = client
        .create_thing()
        .body_map(|body| body.name("a"))
        .send()
        .await
        .unwrap();
    assert_eq!(recorder.only_body(), Some(json!({"name": "a"})));
    assert_eq!(
        (created.budget, created.enabled, created.tables.clone()),
        (None, None, None)
    );
}

#[tokio::test]
async fn sends_a_default_that_is_set() {
    let recorder = Recorder::with_response(201, r#"{"name":"a"}"#);
    let body = ThingInput::builder()
        .name("a")
        .approval_mode(ApprovalMode::Off)
        .budget(0)
        .share(0.5)
        .enabled(true)
        .note(String::new())
        .tables(Vec::<String>::new());
    recorder
        .client()
        .create_thing()
        .body(body)
        .send()
        .await
        .unwrap();
    let sent = json!({
        "name": "a", "approval_mode": "off", "budget": 0, "share": 0.5, "enabled": true,
        "note": "", "tables": []
    });
    assert_eq!(recorder.only_body(), Some(sent));
}

#[tokio::test]
async fn rejects_a_missing_required_field() {
    let recorder = Recorder::default();
    let error = recorder.client().create_thing().send().await.unwrap_err();
    assert_eq!(crate::validation_errors(&error), ["name: is missing"]);
    assert!(recorder.requests().is_empty());
}
