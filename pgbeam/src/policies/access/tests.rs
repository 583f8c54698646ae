//! Tables of comparisons and guardrails.

use serde_json::{Value, json};

use super::*;

fn profile(json: &Value) -> NormalizedProfile {
    NormalizedProfile::from_json(json.as_object().cloned().expect("an object"))
}

#[test]
fn relations_of_pairs_of_profiles() {
    use Relation::{Equal, Incomparable, Looser, Stricter, Unknown};
    let writer = json!({"access_mode": "read_write"});
    let mask = |kind: &str| json!([{"table": "users", "column": "email", "kind": kind}]);
    let filter = |predicate: &str| json!([{"table": "orders", "predicate": predicate}]);
    // (a, b, relation of a to b, the first witness or a part of the reason)
    let cases = [
        (json!({}), json!({}), Equal, ""),
        (
            json!({"table_allowlist": ["users"]}),
            json!({"table_allowlist": ["public.USERS"]}),
            Equal,
            "",
        ),
        (
            json!({"table_denylist": ["a"], "name": "one"}),
            json!({"table_denylist": ["app.a", "a"], "name": "two"}),
            Equal,
            "",
        ),
        (
            json!({}),
            json!({"table_denylist": ["secrets"]}),
            Looser,
            "SELECT id FROM secrets",
        ),
        (
            json!({"table_denylist": ["app.secrets"]}),
            json!({"table_denylist": ["secrets"]}),
            Looser,
            "SELECT id FROM secrets",
        ),
        (
            json!({"table_denylist": ["user"]}),
            json!({}),
            Stricter,
            "SELECT id FROM \"user\"",
        ),
        (
            json!({"table_denylist": ["a"]}),
            json!({"table_denylist": ["b"]}),
            Incomparable,
            "SELECT id FROM b",
        ),
        (
            json!({"table_allowlist": ["a"]}),
            json!({"table_allowlist": ["a", "app.b"]}),
            Stricter,
            "SELECT id FROM app.b",
        ),
        (
            json!({}),
            writer.clone(),
            Stricter,
            "SELECT id FROM other_table WHERE id = 1 FOR UPDATE",
        ),
        (
            json!({"statement_rules": {"deny": ["explain"]}}),
            json!({}),
            Stricter,
            "EXPLAIN SELECT id FROM other_table",
        ),
        // Under `read_only`, `allow` also permits `set`, but under `read_write` every profile permits it.
        (
            json!({"statement_rules": {"allow": ["select", "set"]}}),
            writer.clone(),
            Stricter,
            "SELECT id FROM other_table WHERE id = 1 FOR UPDATE",
        ),
        (
            json!({"masking_rules": mask("hash")}),
            json!({"masking_rules": mask("redact")}),
            Looser,
            "SELECT id FROM users",
        ),
        (
            json!({"masking_rules": mask("null")}),
            json!({"masking_rules": mask("redact")}),
            Unknown,
            "no statement shows",
        ),
        (
            json!({"masking_rules": mask("null")}),
            json!({"table_denylist": ["users"]}),
            Looser,
            "SELECT id FROM users",
        ),
        (
            json!({"row_filters": filter("tenant = 7")}),
            json!({}),
            Stricter,
            "SELECT id FROM orders",
        ),
        (
            json!({"row_filters": filter("tenant = 7")}),
            json!({"row_filters": filter("tenant = 8")}),
            Unknown,
            "`row_filters`",
        ),
        (
            json!({"max_rows": 5}),
            json!({"max_rows": 6}),
            Unknown,
            "evaluation does not decide",
        ),
        (
            json!({"max_rows": 0, "table_denylist": ["a"]}),
            json!({"max_rows": 6}),
            Stricter,
            "SELECT id FROM a",
        ),
        (
            json!({"access_mode": "read_write", "max_affected_rows": 5}),
            writer.clone(),
            Stricter,
            "WITH w AS (INSERT INTO other_table (id) VALUES (1) RETURNING id) SELECT id FROM w",
        ),
        (
            json!({"access_mode": "read_write", "migration_safety": "block"}),
            json!({"access_mode": "read_write", "migration_safety": "warn"}),
            Stricter,
            "ALTER TABLE other_table RENAME TO new_name",
        ),
        (
            json!({"query_mode": "templates"}),
            json!({}),
            Stricter,
            "SELECT id FROM other_table",
        ),
        // A query template could read the column.
        (
            json!({"query_mode": "templates"}),
            json!({"masking_rules": mask("redact")}),
            Unknown,
            "query templates",
        ),
        (
            json!({"query_mode": "templates"}),
            json!({"query_mode": "templates", "masking_rules": mask("redact")}),
            Unknown,
            "query templates",
        ),
        (
            json!({"access_mode": "future"}),
            json!({}),
            Unknown,
            "unknown variant `future`",
        ),
        (
            json!({"access_mode": "future"}),
            json!({"access_mode": "future"}),
            Equal,
            "",
        ),
        (
            json!({"masking_rules": [7, null]}),
            json!({}),
            Unknown,
            "cannot be evaluated",
        ),
        (
            json!({"new_guard": true}),
            json!({"table_denylist": ["a"]}),
            Unknown,
            "the field `new_guard`",
        ),
        (
            json!({"statement_rules": {"deny": ["vacuum"]}}),
            json!({"table_denylist": ["a"]}),
            Unknown,
            "the statement kind `vacuum`",
        ),
        (
            json!({"table_denylist": ["a\0b"]}),
            json!({}),
            Unknown,
            "SQL cannot name the table `a\\0b`",
        ),
    ];
    for (a, b, relation, detail) in cases {
        let comparison = compare(&profile(&a), &profile(&b));
        let place = format!("{a} {b}: {:?}", comparison.reasons());
        assert_eq!(comparison.relation(), relation, "{place}");
        match comparison.witness() {
            Some(witness) if relation != Unknown => assert_eq!(witness.sql(), detail, "{place}"),
            _ => assert!(comparison.reasons().join(" ").contains(detail), "{place}"),
        }
        assert_eq!(
            comparison.reasons().is_empty(),
            relation != Unknown,
            "{place}"
        );
        let back = compare(&profile(&b), &profile(&a));
        assert_eq!(back.relation(), relation.reversed(), "{place}");
        assert_eq!(back.reasons(), comparison.reasons(), "{place}");
    }
}

#[test]
fn other_changes_are_those_that_evaluation_does_not_decide() {
    let a = profile(&json!({
        "name": "a", "access_mode": "read_write", "approval_mode": "all", "max_rows": 0, "new": 1
    }));
    let b = profile(&json!({"name": "b", "max_rows": 6, "old": 2}));
    let fields = |a, b| -> Vec<String> {
        let comparison = compare(a, b);
        let changes = comparison.other_changes().iter();
        changes
            .map(|change| format!("{} {} {}", change.field(), change.to(), change.effect()))
            .collect()
    };
    assert_eq!(
        fields(&a, &b),
        [
            "max_rows 0 loosening",
            "approval_mode \"all\" tightening",
            "new 1 unknown",
            "old null unknown",
        ]
    );
    assert_eq!(fields(&b, &a).len(), 4);
}

#[test]
fn a_witness_has_both_evaluations() {
    let masks = json!([{"table": "users", "column": "email", "kind": "hash"}]);
    let filters = json!([{"table": "users", "predicate": "tenant = 7"}]);
    let a = profile(&json!({"masking_rules": masks, "row_filters": filters}));
    let comparison = compare(&a, &profile(&json!({"table_denylist": ["users"]})));
    let witness = comparison.witness().expect("a witness");
    assert_eq!(witness.a().verdict, Verdict::RowFilter);
    assert_eq!(witness.a().masked_columns[0].kind, MaskKind::Hash);
    assert_eq!(
        witness.to_string(),
        "`SELECT id FROM users`: allowed with masks of email with the row filter tenant = 7 by a, blocked \
         (table_denied) by b"
    );
}

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
        let guardrail = check_no_new_access(&profile(&guarded), &profile(&desired));
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
        // A write can read the column.
        (
            json!({"access_mode": "read_write", "statement_rules": {"allow": ["update"]}}),
            amount(),
            "`select` on `salaries.amount` is granted: \
             `UPDATE other_table SET id = a.amount FROM salaries AS a WHERE a.id = 1` is allowed",
        ),
        // A mask does not prevent that a column is written.
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
        let guardrail = check_not_granted(&profile(&json), &grants);
        let first = guardrail.reasons().next().unwrap_or_default();
        assert_eq!(first, reason, "{json} {grants:?}");
        assert_eq!(guardrail.is_passed(), reason.is_empty());
        let findings: Vec<crate::policies::finding::Finding> = guardrail.into();
        assert!(findings.iter().all(|finding| finding.rule == "not-granted"));
    }
}
