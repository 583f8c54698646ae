//! A secret is not printed: not by the type that holds it, nor by the request that carries it.

use pgbeam_api::Secret;
use pgbeam_tests::{bare::Bare, recorder::Recorder};
use serde_json::json;

use crate::fixtures::secrets::{
    builder::DatabasesOperations as _,
    types::{Database, DatabaseInput},
};

const ANSWER: &str = r#"{"connection_string":"hunter2","mcp_token":"hunter2"}"#;

#[test]
fn before_a_secret_is_a_plain_text_that_debug_prints() {
    let bare = Bare::generate("secrets").unwrap();
    let database = bare.type_named("Database").unwrap();
    assert!(
        database.contains("pub connection_string: ::std::string::String"),
        "{database}"
    );
    assert!(database.contains("Debug"), "{database}");
}

#[test]
fn an_answer_does_not_print_it() {
    let database: Database = serde_json::from_str(ANSWER).unwrap();
    let shown = format!("{database:?} {database:#?}");
    assert!(
        !shown.contains("hunter2") && shown.contains("[redacted]"),
        "{shown}"
    );
    assert_eq!(database.connection_string.reveal(), "hunter2");
    assert_eq!(serde_json::to_string(&database).unwrap(), ANSWER);
}

#[tokio::test]
async fn a_request_sends_it_and_does_not_print_it() {
    let recorder = Recorder::answering(201, ANSWER);
    let client = recorder.client();
    let body = DatabaseInput::builder()
        .name("main")
        .password("hunter2")
        .tokens(vec![Secret::new("hunter2")]);
    let call = client.create_store().x_token("hunter2").body(body.clone());
    let shown = format!("{call:?} {call:#?} {body:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        shown.contains("main"),
        "what is no secret is shown: {shown}"
    );
    let answer = call.send().await.unwrap();
    assert!(!format!("{answer:?}").contains("hunter2"));
    let sent = json!({"name": "main", "password": "hunter2", "tokens": ["hunter2"]});
    assert_eq!(recorder.only_body(), Some(sent));
    assert_eq!(recorder.only().headers["x-token"], "hunter2");
}

#[tokio::test]
async fn a_refusal_does_not_print_it() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let call = client.create_store().x_token("hunter2\n");
    let call = call.body_map(|body| body.name("main").password("hunter2hunter2"));
    let error = call.send().await.unwrap_err();
    assert_eq!(
        crate::refused(&error),
        [
            "X-Token: contains a character that is not allowed in a header, such as a line break",
            "password: must have 0 to 12 characters, has 14",
        ]
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert!(recorder.sent().is_empty());
}
