//! Tests that parameters of every type are sent in the right place, and that Rust keywords work as names.

use chrono::{DateTime, NaiveDate, Utc};
use pgbeam_api::Location;
use pgbeam_tests::recorder::Recorder;

use crate::fixtures::parameters::{builder::ThingsOperations as _, operations, types::*};

const RESPONSE: &str = r#"{"created_at":"2026-01-02T03:04:05Z","extra":{"a":[1,null]},"owner":{"name":"o"},"self":"s","type":"t","x-y":"z"}"#;

#[tokio::test]
async fn sends_every_parameter_in_its_location() {
    let recorder = Recorder::with_response(200, RESPONSE);
    let client = recorder.client();
    let since: DateTime<Utc> = "2026-01-02T03:04:05+00:00".parse().unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
    let call = client
        .list_things()
        .type_("a b")
        .match_("x&y=z")
        .page(2)
        .share(0.5)
        .deep(false);
    let call = call.since(since).day(day).state(ListThingsState::Open);
    let call = call.if_match("\"v1\"").x_priority(-3);
    call.send().await.unwrap();
    assert_eq!(
        recorder.only_path(),
        "/things/a%20b?match=x%26y%3Dz&page=2&share=0.5&deep=false\
         &since=2026-01-02T03%3A04%3A05Z&day=2026-01-02&state=open"
    );
    let headers = recorder.only_request().headers;
    assert_eq!(
        (&headers["if-match"], &headers["x-priority"]),
        (&"\"v1\"".parse().unwrap(), &"-3".parse().unwrap())
    );
    assert_eq!(headers.len(), 2);
    assert_eq!(recorder.only_request().body, None);
}

#[tokio::test]
async fn omits_unset_parameters_and_requires_required_ones() {
    let recorder = Recorder::with_response(200, RESPONSE);
    let client = recorder.client();
    let error = client.list_things().send().await.unwrap_err();
    assert_eq!(
        crate::validation_errors(&error),
        [
            "type: is missing",
            "match: is missing",
            "X-Priority: is missing"
        ]
    );
    client
        .list_things()
        .type_("t")
        .match_("m")
        .x_priority(0)
        .send()
        .await
        .unwrap();
    assert_eq!(recorder.only_path(), "/things/t?match=m");
}

#[tokio::test]
async fn rejects_a_value_that_does_not_convert() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let call = client
        .list_things()
        .type_("t")
        .match_("m")
        .x_priority(u64::MAX);
    let error = call.send().await.unwrap_err();
    let errors = crate::validation_errors(&error);
    assert!(
        errors[0].starts_with("X-Priority: out of range"),
        "{errors:?}"
    );
    assert!(recorder.requests().is_empty());
}

#[test]
fn fields_keep_their_json_names() {
    let thing: Thing = serde_json::from_str(RESPONSE).unwrap();
    assert_eq!((thing.type_.as_str(), thing.self_.as_str()), ("t", "s"));
    assert_eq!(thing.x_y.as_deref(), Some("z"));
    assert_eq!(thing.owner.as_ref().unwrap().name, "o");
    assert_eq!(thing.parent, None);
    assert_eq!(thing.created_at, "2026-01-02T03:04:05Z".parse().ok());
    assert_eq!(thing.extra.as_ref().unwrap()["a"][0], 1);
    assert_eq!(serde_json::to_string(&thing).unwrap(), RESPONSE);
    let null_parent = r#"{"parent":null,"self":"s","type":"t"}"#;
    assert_eq!(
        serde_json::from_str::<Thing>(null_parent).unwrap().parent,
        None
    );
}

#[test]
fn operation_table_has_the_location_of_each_parameter() {
    let parameters = operations::LIST_THINGS.parameters;
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|parameter| parameter.name == name)
            .unwrap()
    };
    for (name, location, required) in [
        ("type", Location::Path, true),
        ("match", Location::Query, true),
        ("since", Location::Query, false),
        ("If-Match", Location::Header, false),
        ("X-Priority", Location::Header, true),
    ] {
        assert_eq!(
            (parameter(name).location, parameter(name).required),
            (location, required),
            "{name}"
        );
    }
}
