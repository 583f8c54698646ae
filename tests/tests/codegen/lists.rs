//! Absent and empty are different, in requests and in answers.

use std::collections::HashMap;

use pgbeam_tests::{bare::Bare, recorder::Recorder};
use serde_json::json;

use crate::fixtures::lists::{builder::ThingsOperations as _, types::ThingInput};

#[test]
fn before_an_empty_list_is_never_sent() {
    let bare = Bare::generate("lists").unwrap();
    let thing = bare.type_named("ThingInput").unwrap();
    let list = "#[serde(default, skip_serializing_if = \"::std::vec::Vec::is_empty\")]\n    pub tables: ::std::vec::Vec<::std::string::String>,";
    assert!(thing.contains(list), "{thing}");
    assert!(thing.contains("HashMap::is_empty"), "{thing}");
}

#[tokio::test]
async fn an_empty_list_is_sent_and_an_absent_one_is_not() {
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
        let recorder = Recorder::answering(204, "");
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
fn an_answer_keeps_them_apart_too() {
    for (text, tables) in [
        (r#"{"steps":[]}"#, None),
        (r#"{"steps":[],"tables":[]}"#, Some(Vec::<String>::new())),
    ] {
        let thing: ThingInput = serde_json::from_str(text).unwrap();
        assert_eq!(thing.tables, tables);
        assert_eq!(serde_json::to_string(&thing).unwrap(), text);
    }
}
