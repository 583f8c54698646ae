//! Tests of guardrails: policy profiles that pass and policy profiles that fail.

use serde_json::{Value, json};

use super::profile;
use crate::policies::{
    access::{Grants, check_no_new_access, check_not_granted},
    finding::Finding,
};

#[test]
fn no_new_access() {
    let guarded = json!({
        "query_mode": "templates",
        "new_guard": 1,
        "max_rows": 10,
        "masking_rules": [{"table": "users", "column": "email", "kind": "redact"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 7"}],
        "table_denylist": ["secrets"],
    });
    let with = |field: &str, value: Value| {
        let mut changed = guarded.clone();
        changed[field] = value;
        changed
    };
    let mut omitted = guarded.as_object().cloned().expect("an object");
    omitted.remove("query_mode");
    omitted.remove("new_guard");
    // (desired, the fields of the reasons)
    let cases: [(Value, &[&str]); 13] = [
        (guarded.clone(), &[]),
        (Value::Object(omitted), &[]),
        (with("max_rows", json!(9)), &[]),
        (with("max_rows", json!(0)), &["max_rows"]),
        (
            with("statement_timeout_ms", json!(5)),
            &["statement_timeout_ms"],
        ),
        (with("approval_mode", json!("all")), &[]),
        (with("table_denylist", json!(["secrets", "users"])), &[]),
        (with("table_denylist", json!([])), &["table_denylist"]),
        (with("masking_rules", json!([])), &["masking_rules"]),
        (with("row_filters", json!([])), &["row_filters"]),
        (with("query_mode", json!("sql")), &["query_mode"]),
        (with("new_guard", json!(2)), &["", "new_guard"]),
        (with("access_mode", json!("future")), &["", ""]),
    ];
    for (desired, fields) in cases {
        let guardrail = check_no_new_access(profile(&guarded), profile(&desired));
        let found: Vec<_> = guardrail
            .findings()
            .iter()
            .map(|finding| &*finding.field)
            .collect();
        assert_eq!(found, fields, "{desired} {:?}", guardrail.findings());
        assert_eq!(guardrail.is_passed(), fields.is_empty());
    }
    let sql = |json: &Value| {
        let mut json = json.clone();
        json["query_mode"] = "sql".into();
        profile(&json)
    };
    let cases = [
        ("table_denylist", json!([])),
        ("masking_rules", json!([])),
        ("row_filters", json!([])),
    ];
    for (field, value) in cases {
        let guardrail = check_no_new_access(sql(&guarded), sql(&with(field, value)));
        assert!(!guardrail.is_passed());
        for finding in Vec::from(guardrail) {
            assert_eq!((&*finding.rule, &*finding.field), ("no-new-access", field));
        }
    }
}

#[test]
fn not_granted() {
    let select = || Grants::new().kinds(["select"]).tables(["salaries"]);
    let amount = || select().columns(["Amount"]);
    let mask = json!([{"table": "public.salaries", "column": "amount", "kind": "hash"}]);
    // (profile, grants, the first reason)
    let cases = [
        (
            json!({}),
            select(),
            "`select` on `salaries` is granted: `SELECT id FROM salaries` is allowed",
        ),
        (json!({"table_denylist": ["salaries"]}), select(), ""),
        (json!({"table_allowlist": ["users"]}), select(), ""),
        (
            json!({"table_denylist": ["public.salaries"]}),
            select(),
            "`select` on `other_schema.salaries` is granted: `SELECT id FROM other_schema.salaries` is allowed",
        ),
        (
            json!({"table_denylist": ["public.salaries"]}),
            Grants::new().tables(["public.salaries"]),
            "",
        ),
        (
            json!({"masking_rules": mask}),
            amount().tables(["public.salaries"]),
            "",
        ),
        (
            json!({"masking_rules": mask}),
            amount(),
            "`select` on `other_schema.salaries.amount` is granted: \
             `SELECT amount FROM other_schema.salaries` is allowed",
        ),
        (
            json!({"row_filters": [{"table": "salaries", "predicate": "a"}]}),
            select(),
            "`select` on `salaries` is granted: `SELECT id FROM salaries` is allowed",
        ),
        // An UPDATE can copy the values of the column.
        (
            json!({"access_mode": "read_write", "statement_rules": {"allow": ["update"]}}),
            amount(),
            "`select` on `salaries.amount` is granted: \
             `UPDATE other_table SET id = a.amount FROM salaries AS a WHERE a.id = 1` is allowed",
        ),
        // A mask does not prevent writes to a column.
        (
            json!({"access_mode": "read_write", "masking_rules": mask}),
            amount().kinds(["update"]).tables(["public.salaries"]),
            "`update` on `salaries.amount` is granted: \
             `UPDATE salaries SET amount = 'text' WHERE id = 1` is allowed",
        ),
        (
            json!({"access_mode": "read_write"}),
            amount().kinds(["delete"]),
            "`delete` on `salaries` is granted: `DELETE FROM salaries WHERE id = 1` is allowed",
        ),
        (
            json!({"query_mode": "templates"}),
            select(),
            "`select` on `salaries` is granted: `SELECT id FROM salaries` is allowed",
        ),
        (
            json!({}),
            Grants::new().kinds(["insert", "DDL", "copy"]),
            "",
        ),
        (
            json!({"statement_rules": {"deny": ["select"]}}),
            Grants::new().kinds(["transaction"]),
            "`transaction` is granted: `BEGIN` is allowed",
        ),
        (
            json!({}),
            Grants::new().kinds(["select"]).columns(["amount"]),
            "`select` on `other_table.amount` is granted: `SELECT amount FROM other_table` is allowed",
        ),
        (
            json!({}),
            select().kinds(["selct"]),
            "`selct` is not a known statement kind",
        ),
        (
            json!({}),
            select().tables([" "]),
            "a table or column of the guardrail has no name",
        ),
        (
            json!({}),
            select().columns([""]),
            "a table or column of the guardrail has no name",
        ),
        (
            json!({"access_mode": "future"}),
            select(),
            "the policy cannot be evaluated: unknown variant `future`, expected `read_only` or `read_write`",
        ),
    ];
    for (json, grants, reason) in cases {
        let guardrail = check_not_granted(profile(&json), &grants);
        let first = guardrail.reasons().next().unwrap_or_default();
        assert_eq!(first, reason, "{json} {grants:?}");
        assert_eq!(guardrail.is_passed(), reason.is_empty());
        let findings: Vec<Finding> = guardrail.into();
        assert!(findings.iter().all(|finding| finding.rule == "not-granted"));
    }
}
