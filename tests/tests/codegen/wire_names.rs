//! A parameter whose name can be none in Rust has another there, and its own on the wire.

use pgbeam_tests::recorder::Recorder;

use crate::fixtures::wire_names::builder::ThingsOperations as _;

#[tokio::test]
async fn what_is_sent_has_the_names_of_the_contract() {
    let recorder = Recorder::answering(204, "");
    let call = recorder
        .client()
        .things_list()
        .thing_name("a")
        .body_parameter("b");
    let call = call
        .filter_state("open")
        .client_parameter(7)
        .x_odd_header("h");
    call.send().await.unwrap();
    assert_eq!(
        recorder.only_path(),
        "/things/a/b?filter%5Bstate%5D=open&client=7"
    );
    let headers = recorder.only().headers;
    assert_eq!(headers["x-odd.header"], "h");
    assert!(!headers.contains_key("accept"), "that is the transport's");
}

#[tokio::test]
async fn what_is_refused_has_them_too() {
    // A name in a path is never sent, so that it may be another throughout.
    let recorder = Recorder::default();
    let call = recorder
        .client()
        .things_list()
        .thing_name("a")
        .filter_state("closed");
    let error = call.send().await.unwrap_err();
    assert_eq!(
        crate::refused(&error),
        [
            "body_parameter: is missing",
            "filter[state]: must have 0 to 4 characters, has 6"
        ]
    );
}
