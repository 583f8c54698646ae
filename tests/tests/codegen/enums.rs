//! Tests that enumerations keep unknown values in responses, requests and parameters.

use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};

use crate::fixtures::enums::{
    builder::ThingsOperations as _,
    types::{ListThingsSortBy, Mode, State, Thing, ThingInline},
};

const UNKNOWN_VALUES: &str = r#"{"history":["active","brand_new"],"inline":"z","maybe":"c","mode":"turbo","other_mode":"read_only","state":"1h"}"#;

#[test]
fn progenitor_generates_closed_enums_and_duplicate_types() {
    let output = ProgenitorOutput::generate("enums").unwrap();
    let state = output.type_definition("State").unwrap();
    assert!(
        state.contains("pub enum State") && !state.contains("String"),
        "{state}"
    );
    let names = output.type_names();
    for name in ["ThingMode", "ThingOtherMode"] {
        assert!(names.iter().any(|existing| existing == name), "{names:?}");
    }
}

#[test]
fn unknown_value_survives_a_round_trip() {
    let thing: Thing = serde_json::from_str(UNKNOWN_VALUES).unwrap();
    assert_eq!(thing.mode, Mode::from("turbo"));
    assert_eq!(thing.mode.to_string(), "turbo");
    assert_eq!(thing.other_mode, Some(Mode::ReadOnly));
    assert!(matches!(thing.inline, Some(ThingInline::Unknown(_))));
    assert_eq!(
        thing.history.as_deref(),
        Some(&[State::Active, "brand_new".into()][..])
    );
    assert_eq!(serde_json::to_string(&thing).unwrap(), UNKNOWN_VALUES);
}

#[tokio::test]
async fn request_sends_unknown_values_unchanged() {
    let recorder = Recorder::with_response(200, UNKNOWN_VALUES).then_response(204, &[], "");
    let client = recorder.client();
    let thing = client.list_things().send().await.unwrap().into_inner();
    client.replace_thing().body(thing).send().await.unwrap();
    let sent = recorder.requests();
    assert_eq!(sent[1].body.as_deref(), Some(UNKNOWN_VALUES.as_bytes()));
}

#[tokio::test]
async fn query_parameter_has_the_json_value() {
    let recorder = Recorder::with_response(200, UNKNOWN_VALUES);
    let call = recorder.client();
    call.list_things()
        .state(State::DoublePrecision)
        .sort_by("sideways")
        .send()
        .await
        .unwrap();
    assert_eq!(
        recorder.only_path(),
        "/things?state=double%20precision&sort_by=sideways"
    );
}

#[test]
fn every_value_has_a_variant() {
    assert_eq!(
        State::KNOWN,
        ["active", "unknown", "self", "double precision", "1h"]
    );
    for (value, state) in [
        ("unknown", State::UnknownValue),
        ("self", State::SelfValue),
        ("double precision", State::DoublePrecision),
        ("1h", State::V1h),
    ] {
        assert_eq!(State::from(value), state);
    }
    assert_eq!(ListThingsSortBy::KNOWN, ["name", "created_at"]);
}
