//! Tests that an invalid request is rejected with all its errors, and that responses are not validated.

use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};
use serde_json::{Value, json};

use crate::fixtures::constraints::{
    builder::ProfilesOperations as _,
    types::{CreateInlineBody, Policy, ProfileInput},
};

/// Returns a body in which each field violates a constraint that codegen checks, except `huge` (any `i64` is
/// valid) and `since`, `address` and `free` (their constraints are not checked).
fn invalid_body() -> Value {
    json!({
        "name": "", "slug": "9a", "slugs": ["ok", "-", "a_1"], "tags": ["fits", "toolong"],
        "rows": 10, "small": 3_000_000_000_i64, "huge": i64::MIN, "ratio": 7.5, "secret": "abc",
        "since": "2026-01-02T03:04:05Z", "address": "not an address", "free": "zzz",
        "grid": [[0], [1, -1]],
        "policy": {"masking_rules": [{"table": "", "width": -1}, {"table": "t"}]},
        "policies": {
            "b": {"masking_rules": [{"table": ""}]},
            "a": {"masking_rules": [{"table": "t"}, {"table": ""}]},
        },
    })
}

#[test]
fn progenitor_builds_constraints_into_types() {
    let output = ProgenitorOutput::generate("constraints").unwrap();
    let text = output.code();
    assert!(
        text.contains("longer than 8 characters"),
        "a response with a longer name fails"
    );
    assert!(
        text.contains("regress::Regex"),
        "a pattern needs a regex engine at run time"
    );
    assert!(
        output.type_definition("ProfileInputName").is_some(),
        "a constrained string has a separate type"
    );
}

#[tokio::test]
async fn response_that_violates_constraints_is_parsed() {
    let recorder = Recorder::with_response(200, invalid_body().to_string());
    let client = recorder.client();
    let call = client.replace_profile().key("00ff");
    let call = call.body_map(|body| body.name("fine").policy(Policy::builder()));
    let profile = call.send().await.unwrap().into_inner();
    assert_eq!(serde_json::to_value(&profile).unwrap(), invalid_body());
}

#[tokio::test]
async fn invalid_request_is_rejected_with_every_error() {
    let recorder = Recorder::default();
    let body: ProfileInput = serde_json::from_value(invalid_body()).unwrap();
    let call = recorder.client();
    let call = call
        .replace_profile()
        .key("XYZ")
        .limit(101)
        .x_reason("no")
        .body(body);
    let error = call.send().await.unwrap_err();
    assert_eq!(
        crate::validation_errors(&error),
        [
            "key: must have 4 to 4 characters, has 3",
            "key: must match `^[a-f0-9]+$`",
            "limit: must be 1 to 100, is 101",
            "X-Reason: must have at least 3 characters, has 2",
            "grid[1]: must have 0 to 1 items, has 2",
            "grid[1][1]: must be at least 0, is -1",
            "name: must have 1 to 8 characters, has 0",
            "policies.a.masking_rules[1].table: must have at least 1 characters, has 0",
            "policies.b.masking_rules[0].table: must have at least 1 characters, has 0",
            "policy.masking_rules[0].table: must have at least 1 characters, has 0",
            "policy.masking_rules[0].width: must be at least 0, is -1",
            "ratio: must be at most 1, is 7.5",
            "rows: must be 0 to 9, is 10",
            "secret: must have at least 4 characters, has 3",
            "slug: must match `^[a-z][a-z0-9_]*$`",
            "slugs: must have 0 to 2 items, has 3",
            "slugs[1]: must match `^[a-z][a-z0-9_]*$`",
            "small: must be 1 to 2147483647, is 3000000000",
            "tags[1]: must have 0 to 5 characters, has 7",
        ]
    );
    assert!(recorder.requests().is_empty());
}

#[tokio::test]
async fn request_at_its_limits_is_sent() {
    let recorder = Recorder::with_response(200, invalid_body().to_string());
    let valid = json!({
        "name": "éééééééé", "slug": "a_9", "slugs": [], "tags": ["12345"], "rows": 9, "small": 1,
        "huge": i64::MAX, "ratio": 1.0, "secret": "abcd", "grid": [[0], []],
        "policy": {"masking_rules": [{"table": "t", "width": 0}]},
    });
    let body: ProfileInput = serde_json::from_value(valid.clone()).unwrap();
    let call = recorder.client();
    let call = call
        .replace_profile()
        .key("00ff")
        .limit(100)
        .x_reason("yes")
        .body(body);
    call.send().await.unwrap();
    assert_eq!(recorder.only_body(), Some(valid));
    assert_eq!(recorder.only_path(), "/profiles/00ff?limit=100");
}

#[tokio::test]
async fn rejects_non_finite_numbers() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let recorder = Recorder::default();
        let call = recorder
            .client()
            .replace_profile()
            .key("00ff")
            .body_map(|body| body.name("fine").ratio(number).policy(Policy::builder()));
        let error = call.send().await.unwrap_err();
        assert_eq!(
            crate::validation_errors(&error),
            [format!("ratio: must be finite, is {number}")]
        );
        assert!(recorder.requests().is_empty());
    }
}

#[test]
fn checks_a_pattern_without_a_regex_engine() {
    for (slug, is_valid) in [
        ("a", true),
        ("a_1", true),
        ("zz9", true),
        ("", false),
        ("A", false),
        ("_a", false),
        ("a\n", false),
        ("aé", false),
    ] {
        let body = json!({"name": "n", "policy": {}, "slug": slug});
        let body: ProfileInput = serde_json::from_value(body).unwrap();
        assert_eq!(body.validate().is_ok(), is_valid, "{slug:?}");
    }
}

#[test]
fn validates_inline_schemas() {
    let body = json!({"name": "long", "inner": {"deep": [{"n": 5}, {"n": 6}]}});
    let body: CreateInlineBody = serde_json::from_value(body).unwrap();
    let error = body.validate().unwrap_err();
    let errors: Vec<_> = error
        .field_errors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        errors,
        [
            "inner.deep[1].n: must be at most 5, is 6",
            "name: must have 0 to 3 characters, has 4"
        ]
    );
}
