//! Tests of changes of fields in requests and responses, and of generated Rust names.

use pgbeam_tests::contract::{Document, format_change};
use serde_json::json;

use super::support::*;

#[test]
fn reports_changes_of_request_fields() {
    check(&[
        (
            "added required field",
            |it| {
                it.fields("DryEvalInput")
                    .insert("dialect".to_owned(), json!({"type": "string"}));
                it.required("DryEvalInput").push(json!("dialect"));
            },
            &["field DryEvalInput.dialect added, request: sdk breaks, api breaks"],
        ),
        (
            "added optional field",
            |it| {
                it.fields("DryEvalInput")
                    .insert("dialect".to_owned(), json!({"type": "string"}));
            },
            &["field DryEvalInput.dialect added, request: sdk none, api none"],
        ),
        (
            "added optional field of a PUT body",
            |it| {
                it.fields("QueryTemplateInput")
                    .insert("owner".to_owned(), json!({"type": "string"}));
            },
            &["field QueryTemplateInput.owner added, request: sdk none, api notice"],
        ),
        (
            "removed field",
            |it| {
                it.fields("QueryTemplateInput").remove("include_sql");
            },
            &["field QueryTemplateInput.include_sql removed, request: sdk breaks, api breaks"],
        ),
        (
            "renamed field of a schema in requests and responses",
            |it| {
                let field = it.fields("PolicyProfileInput").remove("max_rows").unwrap();
                it.fields("PolicyProfileInput")
                    .insert("row_limit".to_owned(), field);
            },
            &[
                "field PolicyProfileInput.max_rows removed, request: sdk breaks, api breaks",
                "field PolicyProfileInput.max_rows removed, response: sdk breaks, api breaks",
                "field PolicyProfileInput.row_limit added, request: sdk none, api notice",
                "field PolicyProfileInput.row_limit added, response: sdk none, api none",
            ],
        ),
        (
            "field became required",
            |it| it.required("PolicyReplayInput").push(json!("limit")),
            &["field PolicyReplayInput.limit became_required, request: sdk breaks, api breaks"],
        ),
        (
            "field became optional",
            |it| drop_required(it, "DryEvalInput", "sql"),
            &["field DryEvalInput.sql became_optional, request: sdk breaks, api none"],
        ),
        (
            "field became nullable",
            |it| it.field("DryEvalInput", "policy_id")["nullable"] = json!(true),
            &["field DryEvalInput.policy_id became_nullable, request: sdk none, api none"],
        ),
        (
            "removed enumeration value",
            |it| drop_item(&mut it.schema("QueryTemplateParamType")["enum"], "numeric"),
            &[
                "value QueryTemplateParamType enum_value_removed, request: sdk breaks, api breaks",
                "value QueryTemplateParamType enum_value_removed, response: sdk breaks, api none",
            ],
        ),
        (
            "added value of an enumeration that is defined twice",
            |it| {
                push(&mut it.schema("AccessMode")["enum"], json!("append_only"));
                push(
                    &mut it.field("PolicyProfileInput", "access_mode")["enum"],
                    json!("append_only"),
                );
            },
            &[
                "value AccessMode enum_value_added, response: sdk none, api may_break",
                "value AccessMode enum_value_added, request: sdk none, api none",
            ],
        ),
        (
            "string became an enumeration",
            |it| it.field("QueryTemplateInput", "description")["enum"] = json!(["a", "b"]),
            &[
                "value QueryTemplateInput.description enum_introduced, request: sdk breaks, api breaks",
            ],
        ),
        (
            "changed default in a PUT body",
            |it| it.field("QueryTemplateInput", "enabled")["default"] = json!(false),
            &["field QueryTemplateInput.enabled default_changed, request: sdk notice, api notice"],
        ),
        (
            "changed default of a component",
            |it| {
                it.schema("WriteMode")["default"] = json!("sandbox");
            },
            &[
                "value WriteMode default_changed, request: sdk notice, api notice",
                "value WriteMode default_changed, response: sdk none, api notice",
            ],
        ),
        (
            "narrowed constraint",
            |it| it.field("DryEvalInput", "sql")["maxLength"] = json!(10),
            &["value DryEvalInput.sql constraint_narrowed, request: sdk breaks, api breaks"],
        ),
        (
            "removed constraint",
            |it| drop_key(it.field("DryEvalInput", "sql"), "maxLength"),
            &["value DryEvalInput.sql constraint_widened, request: sdk none, api none"],
        ),
        (
            "changed type",
            |it| it.field("PolicyReplayInput", "limit")["type"] = json!("string"),
            &["value PolicyReplayInput.limit type_changed, request: sdk breaks, api breaks"],
        ),
        (
            "widened type",
            |it| it.field("PolicyReplayInput", "limit")["type"] = json!("number"),
            &["value PolicyReplayInput.limit type_changed, request: sdk breaks, api none"],
        ),
        (
            "changed format",
            |it| it.field("PolicyReplayInput", "start_ts")["format"] = json!("date"),
            &["value PolicyReplayInput.start_ts format_changed, request: sdk breaks, api breaks"],
        ),
        (
            "deprecated field",
            |it| it.field("QueryTemplateInput", "include_sql")["deprecated"] = json!(true),
            &["field QueryTemplateInput.include_sql deprecated, request: sdk notice, api notice"],
        ),
        (
            "forbidden additional fields",
            |it| it.schema("DryEvalInput")["additionalProperties"] = json!(false),
            &["value DryEvalInput additional_fields_changed, request: sdk notice, api breaks"],
        ),
        (
            "field became read-only",
            |it| it.field("QueryTemplateInput", "include_sql")["readOnly"] = json!(true),
            &["field QueryTemplateInput.include_sql removed, request: sdk breaks, api breaks"],
        ),
    ]);
}

#[test]
fn reports_changes_of_response_fields() {
    check(&[
        (
            "added field",
            |it| {
                it.fields("QueryTemplate")
                    .insert("owner".to_owned(), json!({"type": "string"}));
                it.required("QueryTemplate").push(json!("owner"));
            },
            &["field QueryTemplate.owner added, response: sdk none, api none"],
        ),
        (
            "removed field",
            |it| {
                it.fields("DryEvalResult").remove("hint");
            },
            &["field DryEvalResult.hint removed, response: sdk breaks, api breaks"],
        ),
        (
            "field became optional",
            |it| drop_required(it, "PolicyProfile", "name"),
            &["field PolicyProfile.name became_optional, response: sdk breaks, api breaks"],
        ),
        (
            "field became required",
            |it| it.required("DryEvalResult").push(json!("hint")),
            &["field DryEvalResult.hint became_required, response: sdk breaks, api none"],
        ),
        (
            "required field became nullable",
            |it| it.field("QueryTemplate", "description")["nullable"] = json!(true),
            &["field QueryTemplate.description became_nullable, response: sdk breaks, api breaks"],
        ),
        (
            "optional field became nullable",
            |it| it.field("DryEvalResult", "hint")["nullable"] = json!(true),
            &["field DryEvalResult.hint became_nullable, response: sdk none, api breaks"],
        ),
        (
            "referenced field became nullable",
            |it| it.field("DryEvalResult", "verdict")["nullable"] = json!(true),
            &["field DryEvalResult.verdict became_nullable, response: sdk breaks, api breaks"],
        ),
        (
            "added enumeration value",
            |it| push(&mut it.schema("Verdict")["enum"], json!("defer")),
            &["value Verdict enum_value_added, response: sdk none, api may_break"],
        ),
        (
            "enumeration became a string",
            |it| drop_key(it.schema("TrafficScope"), "enum"),
            &["value TrafficScope enum_dropped, response: sdk breaks, api may_break"],
        ),
        (
            "widened constraint",
            |it| drop_key(it.field("PolicyProfile", "max_affected_rows"), "minimum"),
            &[
                "value PolicyProfile.max_affected_rows constraint_widened, response: sdk none, api may_break",
            ],
        ),
        (
            "narrowed constraint",
            |it| it.field("PolicyProfile", "max_rows")["maximum"] = json!(10),
            &["value PolicyProfile.max_rows constraint_narrowed, response: sdk none, api none"],
        ),
        (
            "changed default",
            |it| it.field("PolicyProfile", "approval_timeout_seconds")["default"] = json!(60),
            &[
                "field PolicyProfile.approval_timeout_seconds default_changed, response: sdk none, api notice",
            ],
        ),
        (
            "removed format",
            |it| drop_key(it.field("QueryTemplate", "created_at"), "format"),
            &["value QueryTemplate.created_at format_changed, response: sdk breaks, api breaks"],
        ),
        (
            "changed item type of a list",
            |it| it.field("DryEvalResult", "notes")["items"]["type"] = json!("integer"),
            &["value DryEvalResult.notes[] type_changed, response: sdk breaks, api breaks"],
        ),
        (
            "field became secret",
            |it| it.field("QueryTemplate", "sql")["x-secret"] = json!(true),
            &["field QueryTemplate.sql became_secret, -: sdk breaks, api none"],
        ),
    ]);
}

/// Responses omit `writeOnly` fields, and requests omit `readOnly` fields.
#[test]
fn ignores_fields_of_the_other_direction() {
    check(&[
        (
            "response field became write-only",
            |it| it.field("DryEvalResult", "hint")["writeOnly"] = json!(true),
            &["field DryEvalResult.hint removed, response: sdk breaks, api breaks"],
        ),
        (
            "added write-only field of a response schema",
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
            "added read-only field of a request schema",
            |it| {
                it.fields("QueryTemplateInput").insert(
                    "made".to_owned(),
                    json!({"type": "string", "readOnly": true}),
                );
            },
            &[],
        ),
        (
            "request field marked as write-only",
            |it| it.field("QueryTemplateInput", "include_sql")["writeOnly"] = json!(true),
            &[],
        ),
    ]);
}

/// Changes of `additionalProperties` in the parts of an `allOf`. Each part can forbid or restrict additional
/// fields.
#[test]
fn merges_additional_fields_of_a_composition() {
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
    let forbidden = "value DryEvalResult additional_fields_changed, response: sdk none, api none";
    let typed_only =
        "value DryEvalResult additional_fields_changed, response: sdk breaks, api may_break";
    let before = policies().with_change(composed([object.clone(), open.clone()]));
    for (first, second, expected) in [
        (&open, &closed, vec![forbidden]),
        (&closed, &open, vec![forbidden]),
        (&closed, &any, vec![forbidden]),
        (&any, &closed, vec![forbidden]),
        (&closed, &typed, vec![forbidden]),
        (&typed, &closed, vec![forbidden]),
        (&typed, &open, vec![typed_only]),
        (&typed, &any, vec![typed_only]),
        (&open, &typed, vec![typed_only]),
        (&any, &open, vec![]),
    ] {
        let after = policies().with_change(composed([with(first), second.clone()]));
        let actual: Vec<String> = before
            .compare(&after)
            .changes
            .iter()
            .map(format_change)
            .collect();
        assert_eq!(actual, expected, "{first} {second}");
    }
}

#[test]
fn reports_changes_of_rust_names() {
    check(&[
        (
            "renamed component",
            |it| it.rename_component("schemas", "MaskingRule", "MaskRule"),
            &["type MaskRule renamed, -: sdk breaks, api none"],
        ),
        (
            "renamed enumeration",
            |it| {
                it.schema("Verdict")["x-enum"] = json!("Decision");
            },
            &["type Decision renamed, -: sdk breaks, api none"],
        ),
        (
            "changed SDK method",
            |it| it.operation("dryEvalPolicy")["x-method"] = json!("project.policies.dry_eval"),
            &["operation dryEvalPolicy method_changed, -: sdk breaks, api none"],
        ),
    ]);
    // The reverse of the change "field became secret" in `reports_changes_of_response_fields`.
    let secret =
        policies().with_change(|it| it.field("QueryTemplate", "sql")["x-secret"] = json!(true));
    let plain = policies();
    let actual: Vec<String> = secret
        .compare(&plain)
        .changes
        .iter()
        .map(format_change)
        .collect();
    assert_eq!(
        actual,
        ["field QueryTemplate.sql no_longer_secret, -: sdk breaks, api none"]
    );
}
