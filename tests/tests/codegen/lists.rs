//! Tests that absent and empty lists differ in requests and responses.

use std::collections::HashMap;

use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};
use serde_json::json;

use crate::fixtures::lists::{builder::ThingsOperations as _, types::ThingInput};

#[test]
fn progenitor_never_sends_an_empty_list() {
    let output = ProgenitorOutput::generate("lists").unwrap();
    let thing = output.type_definition("ThingInput").unwrap();
    let list = "#[serde(default, skip_serializing_if = \"::std::vec::Vec::is_empty\")]\n    pub tables: ::std::vec::Vec<::std::string::String>,";
    assert!(thing.contains(list), "{thing}");
    assert!(thing.contains("HashMap::is_empty"), "{thing}");
}

#[tokio::test]
async fn sends_an_empty_list_and_omits_an_absent_one() {
    for (body, sent) in [
        (
            ThingInput::builder().steps(Vec::<String>::new()),
            json!({"steps": []}),
        ),
        (
            ThingInput::builder()
                .steps(Vec::<String>::new())
                .tables(Vec::<String>::new())
                .rules(Vec::new())
                .labels(HashMap::new()),
            json!({"steps": [], "tables": [], "rules": [], "labels": {}}),
        ),
        (
            ThingInput::builder()
                .steps(["a"])
                .labels(HashMap::from([("k".to_owned(), "v".to_owned())])),
            json!({"steps": ["a"], "labels": {"k": "v"}}),
        ),
    ] {
        let recorder = Recorder::with_response(204, "");
        recorder
            .client()
            .create_thing()
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(recorder.only_body(), Some(sent));
    }
}

#[test]
fn response_distinguishes_empty_and_absent_lists() {
    for (text, tables) in [
        (r#"{"steps":[]}"#, None),
        (r#"{"steps":[],"tables":[]}"#, Some(Vec::<String>::new())),
    ] {
        let thing: ThingInput = serde_json::from_str(text).unwrap();
        assert_eq!(thing.tables, tables);
        assert_eq!(serde_json::to_string(&thing).unwrap(), text);
    }
}
