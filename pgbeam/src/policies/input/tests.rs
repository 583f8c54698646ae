use std::time::Duration;

use serde_json::json;

use super::*;
use crate::policies::{AccessMode, Mask, StatementRules};

fn sent(input: &PolicyProfileInput) -> String {
    serde_json::to_string(input).unwrap()
}

#[test]
fn what_is_not_set_is_not_sent_and_an_empty_list_is() {
    assert_eq!(sent(&PolicyProfileInput::new("x")), r#"{"name":"x"}"#);
    let empty = PolicyProfileInput::new("x")
        .table_allowlist([""; 0])
        .masking_rules([]);
    assert_eq!(
        sent(&empty),
        r#"{"masking_rules":[],"name":"x","table_allowlist":[]}"#
    );
}

#[test]
fn every_setter_makes_what_the_contract_takes() {
    let input = PolicyProfileInput::new("x")
        .access_mode(AccessMode::ReadWrite)
        .statement_rules(StatementRules::new().allow(["select"]))
        .deny_statements(["ddl"])
        .table_allowlist(["a"])
        .table_denylist(vec!["b".to_owned()])
        .mask(Mask::hash("t", "c"))
        .row_filter(super::super::RowFilter::new("t", "true"))
        .budget_queries_per_hour(1)
        .budget_queries_per_day(2)
        .max_rows(3)
        .statement_timeout(Duration::from_secs(4))
        .write_mode("rollback")
        .approval_mode("writes")
        .approval_auto_max_rows(5)
        .approval_timeout(Duration::from_secs(6))
        .migration_safety("block")
        .egress_bytes_per_day(7)
        .max_affected_rows(8)
        .content_scan_mode("annotate")
        .content_scan_max_bytes(9)
        .query_mode("templates");
    input.validate().unwrap();
    // Every field of the generated type is set, so none was misspelt and none forgotten.
    let typed: types::PolicyProfileInput = serde_json::from_value(json!(input)).unwrap();
    let typed = serde_json::to_value(typed).unwrap();
    assert_eq!(typed, json!(input));
    assert_eq!(typed.as_object().unwrap().len(), 21);
    assert_eq!(
        typed["statement_rules"],
        json!({"allow": ["select"], "deny": ["ddl"]})
    );
    assert_eq!(typed["statement_timeout_ms"], 4_000);
}

#[test]
fn is_the_same_from_setters_and_from_json() {
    type Setter = fn(PolicyProfileInput) -> PolicyProfileInput;
    let filter = || super::super::RowFilter::new("t", "true");
    let setters: &[Setter] = &[
        |input| input.name("y"),
        |input| input.max_rows(-1),
        |input| input.query_mode("of tomorrow"),
        |input| input.statement_rules(StatementRules::new().deny(["ddl"])),
        |input| input.deny_statements([""; 0]),
        |input| input.allow_statements(["select"]).deny_statements(["ddl"]),
        |input| {
            input
                .masking_rules([])
                .mask(Mask::hash("t", "c"))
                .mask(Mask::null("t", "d"))
        },
        |input| input.deny_table("a").deny_table("b").table_denylist(["c"]),
        |input| input.approval_timeout(Duration::from_nanos(1)),
        |input| {
            input
                .approval_timeout(Duration::from_nanos(1))
                .field("max_rows", 7)
        },
        |input| {
            input
                .approval_timeout(Duration::from_nanos(1))
                .approval_timeout(Duration::ZERO)
        },
    ];
    for (number, set) in setters.iter().enumerate() {
        let typed = PolicyProfileInput::new("x").row_filter(filter());
        let json: PolicyProfileInput = serde_json::from_str(&sent(&typed)).unwrap();
        assert_eq!(json, typed);
        let (json, typed) = (set(json), set(typed));
        assert_eq!(json, typed, "{number}");
        assert_eq!(format!("{json:?}"), format!("{typed:?}"), "{number}");
        assert_eq!(Input::check(&json), Input::check(&typed), "{number}");
        assert_ne!(
            typed,
            PolicyProfileInput::new("x").row_filter(filter()),
            "{number}"
        );
        if typed.faults().is_empty() {
            assert_eq!(sent(&json), sent(&typed), "{number}");
        }
    }
}

#[test]
fn what_is_got_is_what_was_set_last() {
    let input = PolicyProfileInput::new("x").max_rows(1);
    assert_eq!(input.get("max_rows"), Some(&json!(1)));
    let input = input.max_rows(2).mask(Mask::redact("t", "c"));
    assert_eq!(input.get("max_rows"), Some(&json!(2)));
    assert_eq!(input.get("masking_rules").unwrap()[0]["kind"], "redact");
    let input = input.allow_statements(["select"]).name("y");
    assert_eq!(
        input.get("statement_rules"),
        Some(&json!({"allow": ["select"]}))
    );
    assert_eq!(input.get("name"), Some(&json!("y")));
    assert_eq!(input.get("max_affected_rows"), None);
    let input = input.field("max_rows", "many");
    assert_eq!(input.get("max_rows"), Some(&json!("many")));
    assert!(input.validate().is_err());
}

#[test]
fn every_field_that_is_wrong_is_reported_at_once() {
    let input = PolicyProfileInput::new("")
        .max_rows(-1)
        .egress_bytes_per_day(i64::MIN)
        .statement_timeout(Duration::from_nanos(1))
        .approval_timeout(Duration::from_millis(1_500));
    let error = input.validate().unwrap_err();
    let fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|error| error.field())
        .collect();
    assert_eq!(
        fields,
        [
            "statement_timeout_ms",
            "approval_timeout_seconds",
            "egress_bytes_per_day",
            "max_rows",
            "name"
        ]
    );
    // A good value makes up for a bad one.
    let mended = PolicyProfileInput::new("x").statement_timeout(Duration::from_nanos(1));
    assert!(mended.clone().validate().is_err());
    assert!(
        mended
            .statement_timeout(Duration::from_secs(1))
            .validate()
            .is_ok()
    );
}

#[test]
fn a_refused_value_does_not_leave_the_one_before_in_place() {
    let input = PolicyProfileInput::new("x").statement_timeout(Duration::from_secs(9));
    let input = input.statement_timeout(Duration::from_nanos(1));
    assert_eq!(input.get("statement_timeout_ms"), None);
    // Nor is it written down as if it had never been set.
    assert!(serde_json::to_string(&input).is_err());
    assert!(input.validate().is_err());
}

#[test]
fn json_from_a_file_keeps_what_is_not_known_and_is_checked() {
    let text = r#"{"name":"x","new_protection":{"level":9}}"#;
    let input: PolicyProfileInput = serde_json::from_str(text).unwrap();
    input.validate().unwrap();
    assert_eq!(sent(&input), text);
    for (bad, field) in [
        (
            r#"{"name":"x","row_filters":{"table":"t","predicate":"p"}}"#,
            "row_filters",
        ),
        (
            r#"{"name":"x","statement_rules":"select"}"#,
            "statement_rules",
        ),
        (r#"{}"#, "body"),
        (r#"{"name":1}"#, "name"),
        (r#"{"name":"x","max_rows":"1"}"#, "max_rows"),
        (
            r#"{"name":"x","masking_rules":[{"table":"t","column":"c","kind":1}]}"#,
            "masking_rules[0].kind",
        ),
    ] {
        let input: PolicyProfileInput = serde_json::from_str(bad).unwrap();
        let fields = |input: PolicyProfileInput| {
            let error = input.validate().unwrap_err();
            error
                .field_errors()
                .iter()
                .map(|of| of.field().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(input.clone())[0], field, "{bad}");
        // Adding to what is malformed does not make it good by throwing it away.
        let more = input.row_filter(super::super::RowFilter::new("t", "true"));
        let more = more.allow_statements(["select"]);
        assert_eq!(fields(more)[0], field, "{bad}");
    }
}
