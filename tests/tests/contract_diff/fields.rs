//! Fields of requests and answers, and what only callers in Rust see of them.

use pgbeam_tests::contract::{Document, format_change};
use serde_json::json;

use super::support::*;

#[test]
fn fields_of_requests() {
    check(&[
        (
            "a required field is new",
            |it| {
                it.fields("DryEvalInput")
                    .insert("dialect".to_owned(), json!({"type": "string"}));
                it.required("DryEvalInput").push(json!("dialect"));
            },
            &["field DryEvalInput.dialect added, request: sdk breaks, api breaks"],
        ),
        (
            "an optional field is new",
            |it| {
                it.fields("DryEvalInput")
                    .insert("dialect".to_owned(), json!({"type": "string"}));
            },
            &["field DryEvalInput.dialect added, request: sdk none, api none"],
        ),
        (
            "an optional field is new in what a PUT replaces",
            |it| {
                it.fields("QueryTemplateInput")
                    .insert("owner".to_owned(), json!({"type": "string"}));
            },
            &["field QueryTemplateInput.owner added, request: sdk none, api notice"],
        ),
        (
            "a field is gone",
            |it| {
                it.fields("QueryTemplateInput").remove("include_sql");
            },
            &["field QueryTemplateInput.include_sql removed, request: sdk breaks, api breaks"],
        ),
        (
            "a field has another name, in what is both sent and received",
            |it| {
                let field = it.fields("PolicyProfileInput").remove("max_rows").unwrap();
                it.fields("PolicyProfileInput")
                    .insert("row_limit".to_owned(), field);
            },
            &[
                "field PolicyProfileInput.max_rows removed, request: sdk breaks, api breaks",
                "field PolicyProfileInput.max_rows removed, answer: sdk breaks, api breaks",
                "field PolicyProfileInput.row_limit added, request: sdk none, api notice",
                "field PolicyProfileInput.row_limit added, answer: sdk none, api none",
            ],
        ),
        (
            "a field is required now",
            |it| it.required("PolicyReplayInput").push(json!("limit")),
            &["field PolicyReplayInput.limit became_required, request: sdk breaks, api breaks"],
        ),
        (
            "a field is optional now",
            |it| drop_required(it, "DryEvalInput", "sql"),
            &["field DryEvalInput.sql became_optional, request: sdk breaks, api none"],
        ),
        (
            "a field is nullable now",
            |it| it.field("DryEvalInput", "policy_id")["nullable"] = json!(true),
            &["field DryEvalInput.policy_id became_nullable, request: sdk none, api none"],
        ),
        (
            "a value of an enumeration is gone",
            |it| drop_item(&mut it.schema("QueryTemplateParamType")["enum"], "numeric"),
            &[
                "value QueryTemplateParamType enum_value_removed, request: sdk breaks, api breaks",
                "value QueryTemplateParamType enum_value_removed, answer: sdk breaks, api none",
            ],
        ),
        (
            "a value of an enumeration that is spelled out in two places is new",
            |it| {
                push(&mut it.schema("AccessMode")["enum"], json!("append_only"));
                push(
                    &mut it.field("PolicyProfileInput", "access_mode")["enum"],
                    json!("append_only"),
                );
            },
            &[
                "value AccessMode enum_value_added, answer: sdk none, api may_break",
                "value AccessMode enum_value_added, request: sdk none, api none",
            ],
        ),
        (
            "text became an enumeration",
            |it| it.field("QueryTemplateInput", "description")["enum"] = json!(["a", "b"]),
            &[
                "value QueryTemplateInput.description enum_introduced, request: sdk breaks, api breaks",
            ],
        ),
        (
            "a default is another, in what a PUT replaces",
            |it| it.field("QueryTemplateInput", "enabled")["default"] = json!(false),
            &["field QueryTemplateInput.enabled default_changed, request: sdk notice, api notice"],
        ),
        (
            "a default of a component is another",
            |it| {
                it.schema("WriteMode")["default"] = json!("sandbox");
            },
            &[
                "value WriteMode default_changed, request: sdk notice, api notice",
                "value WriteMode default_changed, answer: sdk none, api notice",
            ],
        ),
        (
            "a bound is narrower",
            |it| it.field("DryEvalInput", "sql")["maxLength"] = json!(10),
            &["value DryEvalInput.sql bound_narrowed, request: sdk breaks, api breaks"],
        ),
        (
            "a bound is gone",
            |it| drop_key(it.field("DryEvalInput", "sql"), "maxLength"),
            &["value DryEvalInput.sql bound_widened, request: sdk none, api none"],
        ),
        (
            "a type is another",
            |it| it.field("PolicyReplayInput", "limit")["type"] = json!("string"),
            &["value PolicyReplayInput.limit type_changed, request: sdk breaks, api breaks"],
        ),
        (
            "a type is wider",
            |it| it.field("PolicyReplayInput", "limit")["type"] = json!("number"),
            &["value PolicyReplayInput.limit type_changed, request: sdk breaks, api none"],
        ),
        (
            "a format is another",
            |it| it.field("PolicyReplayInput", "start_ts")["format"] = json!("date"),
            &["value PolicyReplayInput.start_ts format_changed, request: sdk breaks, api breaks"],
        ),
        (
            "a field is deprecated",
            |it| it.field("QueryTemplateInput", "include_sql")["deprecated"] = json!(true),
            &["field QueryTemplateInput.include_sql deprecated, request: sdk notice, api notice"],
        ),
        (
            "no more fields are admitted",
            |it| it.schema("DryEvalInput")["additionalProperties"] = json!(false),
            &["value DryEvalInput additional_fields_changed, request: sdk notice, api breaks"],
        ),
        (
            "a field is only answered now",
            |it| it.field("QueryTemplateInput", "include_sql")["readOnly"] = json!(true),
            &["field QueryTemplateInput.include_sql removed, request: sdk breaks, api breaks"],
        ),
    ]);
}

#[test]
fn fields_of_answers() {
    check(&[
        (
            "a field is new",
            |it| {
                it.fields("QueryTemplate")
                    .insert("owner".to_owned(), json!({"type": "string"}));
                it.required("QueryTemplate").push(json!("owner"));
            },
            &["field QueryTemplate.owner added, answer: sdk none, api none"],
        ),
        (
            "a field is gone",
            |it| {
                it.fields("DryEvalResult").remove("hint");
            },
            &["field DryEvalResult.hint removed, answer: sdk breaks, api breaks"],
        ),
        (
            "a field is optional now",
            |it| drop_required(it, "PolicyProfile", "name"),
            &["field PolicyProfile.name became_optional, answer: sdk breaks, api breaks"],
        ),
        (
            "a field is required now",
            |it| it.required("DryEvalResult").push(json!("hint")),
            &["field DryEvalResult.hint became_required, answer: sdk breaks, api none"],
        ),
        (
            "a required field is nullable now",
            |it| it.field("QueryTemplate", "description")["nullable"] = json!(true),
            &["field QueryTemplate.description became_nullable, answer: sdk breaks, api breaks"],
        ),
        (
            "an optional field is nullable now",
            |it| it.field("DryEvalResult", "hint")["nullable"] = json!(true),
            &["field DryEvalResult.hint became_nullable, answer: sdk none, api breaks"],
        ),
        (
            "a field behind a reference is nullable now",
            |it| it.field("DryEvalResult", "verdict")["nullable"] = json!(true),
            &["field DryEvalResult.verdict became_nullable, answer: sdk breaks, api breaks"],
        ),
        (
            "a value of an enumeration is new",
            |it| push(&mut it.schema("Verdict")["enum"], json!("defer")),
            &["value Verdict enum_value_added, answer: sdk none, api may_break"],
        ),
        (
            "an enumeration became text",
            |it| drop_key(it.schema("TrafficScope"), "enum"),
            &["value TrafficScope enum_dropped, answer: sdk breaks, api may_break"],
        ),
        (
            "a bound is wider",
            |it| drop_key(it.field("PolicyProfile", "max_affected_rows"), "minimum"),
            &[
                "value PolicyProfile.max_affected_rows bound_widened, answer: sdk none, api may_break",
            ],
        ),
        (
            "a bound is narrower",
            |it| it.field("PolicyProfile", "max_rows")["maximum"] = json!(10),
            &["value PolicyProfile.max_rows bound_narrowed, answer: sdk none, api none"],
        ),
        (
            "a default is another",
            |it| it.field("PolicyProfile", "approval_timeout_seconds")["default"] = json!(60),
            &[
                "field PolicyProfile.approval_timeout_seconds default_changed, answer: sdk none, api notice",
            ],
        ),
        (
            "a format is gone",
            |it| drop_key(it.field("QueryTemplate", "created_at"), "format"),
            &["value QueryTemplate.created_at format_changed, answer: sdk breaks, api breaks"],
        ),
        (
            "a list holds something else",
            |it| it.field("DryEvalResult", "notes")["items"]["type"] = json!("integer"),
            &["value DryEvalResult.notes[] type_changed, answer: sdk breaks, api breaks"],
        ),
        (
            "a field is secret now",
            |it| it.field("QueryTemplate", "sql")["x-secret"] = json!(true),
            &["field QueryTemplate.sql became_secret, -: sdk breaks, api none"],
        ),
    ]);
}

/// Readers never see a field that is `writeOnly`, and callers never send one that is `readOnly`.
#[test]
fn fields_of_one_direction() {
    check(&[
        (
            "a field of an answer is only written now",
            |it| it.field("DryEvalResult", "hint")["writeOnly"] = json!(true),
            &["field DryEvalResult.hint removed, answer: sdk breaks, api breaks"],
        ),
        (
            "a field that answers do not have is new",
            |it| {
                it.fields("DryEvalResult").insert(
                    "secret".to_owned(),
                    json!({"type": "string", "writeOnly": true}),
                );
                it.required("DryEvalResult").push(json!("secret"));
            },
            &[],
        ),
        (
            "a field that requests do not have is new",
            |it| {
                it.fields("QueryTemplateInput").insert(
                    "made".to_owned(),
                    json!({"type": "string", "readOnly": true}),
                );
            },
            &[],
        ),
        (
            "a field of requests is written as before, and said to be only written",
            |it| it.field("QueryTemplateInput", "include_sql")["writeOnly"] = json!(true),
            &[],
        ),
    ]);
}

/// Of an `allOf`, each part may close the object, or say what else it holds.
#[test]
fn additional_fields_of_a_composition() {
    fn composed(parts: [serde_json::Value; 2]) -> impl Fn(&mut Document) {
        move |it| *it.schema("DryEvalResult") = json!({"allOf": parts})
    }
    let (open, closed) = (json!({}), json!({"additionalProperties": false}));
    let (any, typed) = (
        json!({"additionalProperties": true}),
        json!({"additionalProperties": {"type": "string"}}),
    );
    let object = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let with = |more: &serde_json::Value| {
        let mut object = object.clone();
        for (key, value) in more.as_object().expect("a map") {
            object[key] = value.clone();
        }
        object
    };
    let closes = "value DryEvalResult additional_fields_changed, answer: sdk none, api none";
    let types = "value DryEvalResult additional_fields_changed, answer: sdk breaks, api may_break";
    let before = policies().with_change(composed([object.clone(), open.clone()]));
    for (first, second, want) in [
        (&open, &closed, vec![closes]),
        (&closed, &open, vec![closes]),
        (&closed, &any, vec![closes]),
        (&any, &closed, vec![closes]),
        (&closed, &typed, vec![closes]),
        (&typed, &closed, vec![closes]),
        (&typed, &open, vec![types]),
        (&typed, &any, vec![types]),
        (&open, &typed, vec![types]),
        (&any, &open, vec![]),
    ] {
        let after = policies().with_change(composed([with(first), second.clone()]));
        let found: Vec<String> = before
            .compare(&after)
            .changes
            .iter()
            .map(format_change)
            .collect();
        assert_eq!(found, want, "{first} {second}");
    }
}

#[test]
fn what_only_rust_sees() {
    check(&[
        (
            "a component has another name",
            |it| it.rename_component("schemas", "MaskingRule", "MaskRule"),
            &["type MaskRule renamed, -: sdk breaks, api none"],
        ),
        (
            "an enumeration has another name",
            |it| {
                it.schema("Verdict")["x-enum"] = json!("Decision");
            },
            &["type Decision renamed, -: sdk breaks, api none"],
        ),
        (
            "an operation has another method",
            |it| it.operation("dryEvalPolicy")["x-method"] = json!("project.policies.dry_eval"),
            &["operation dryEvalPolicy method_changed, -: sdk breaks, api none"],
        ),
    ]);
    // The other way round, a secret is lost.
    let secret =
        policies().with_change(|it| it.field("QueryTemplate", "sql")["x-secret"] = json!(true));
    let plain = policies();
    let found: Vec<String> = secret
        .compare(&plain)
        .changes
        .iter()
        .map(format_change)
        .collect();
    assert_eq!(
        found,
        ["field QueryTemplate.sql no_longer_secret, -: sdk breaks, api none"]
    );
}
