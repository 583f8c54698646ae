//! Tests that `Debug` of types and requests does not print secrets.

use pgbeam_api::Secret;
use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};
use serde_json::json;

use crate::fixtures::secrets::{
    builder::DatabasesOperations as _,
    types::{Database, DatabaseInput},
};

const RESPONSE: &str = r#"{"connection_string":"hunter2","mcp_token":"hunter2"}"#;

#[test]
fn progenitor_prints_secrets() {
    let output = ProgenitorOutput::generate("secrets").unwrap();
    let database = output.type_definition("Database").unwrap();
    assert!(
        database.contains("pub connection_string: ::std::string::String"),
        "{database}"
    );
    assert!(database.contains("Debug"), "{database}");
}

#[test]
fn response_does_not_print_secrets() {
    let database: Database = serde_json::from_str(RESPONSE).unwrap();
    let output = format!("{database:?} {database:#?}");
    assert!(
        !output.contains("hunter2") && output.contains("[redacted]"),
        "{output}"
    );
    assert_eq!(database.connection_string.reveal(), "hunter2");
    assert_eq!(serde_json::to_string(&database).unwrap(), RESPONSE);
}

#[tokio::test]
async fn request_sends_but_does_not_print_secrets() {
    let recorder = Recorder::with_response(201, RESPONSE);
    let client = recorder.client();
    let body = DatabaseInput::builder()
        .name("main")
        .password("hunter2")
        .tokens(vec![Secret::new("hunter2")]);
    let call = client.create_store().x_token("hunter2").body(body.clone());
    let output = format!("{call:?} {call:#?} {body:?}");
    assert!(!output.contains("hunter2"), "{output}");
    assert!(
        output.contains("main"),
        "other fields are printed: {output}"
    );
    let response = call.send().await.unwrap();
    assert!(!format!("{response:?}").contains("hunter2"));
    let sent = json!({"name": "main", "password": "hunter2", "tokens": ["hunter2"]});
    assert_eq!(recorder.only_body(), Some(sent));
    assert_eq!(recorder.only_request().headers["x-token"], "hunter2");
}

#[tokio::test]
async fn validation_error_does_not_print_secrets() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let call = client.create_store().x_token("hunter2\n");
    let call = call.body_map(|body| body.name("main").password("hunter2hunter2"));
    let error = call.send().await.unwrap_err();
    assert_eq!(
        crate::validation_errors(&error),
        [
            "X-Token: contains a character that is not allowed in a header, such as a line break",
            "password: must have 0 to 12 characters, has 14",
        ]
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert!(recorder.requests().is_empty());
}
