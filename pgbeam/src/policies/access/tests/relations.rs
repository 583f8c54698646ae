//! Tests of comparisons: pairs of policy profiles, with their expected relation.

use serde_json::json;

use super::profile;
use crate::policies::access::{MaskKind, Relation, Verdict, compare};

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
        // Under `read_only`, only `allow` permits `set`. Under `read_write`, an empty `allow` permits it, too.
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
            "only in fields that the comparison does not cover",
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
            "SQL cannot name the table `a\\u{0}b`",
        ),
    ];
    for (a, b, relation, detail) in cases {
        let comparison = compare(profile(&a), profile(&b));
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
        let back = compare(profile(&b), profile(&a));
        assert_eq!(back.relation(), relation.reversed(), "{place}");
        assert_eq!(back.reasons(), comparison.reasons(), "{place}");
    }
}

#[test]
fn other_changes_are_those_of_fields_that_the_probes_do_not_cover() {
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
    let comparison = compare(&a, profile(&json!({"table_denylist": ["users"]})));
    let witness = comparison.witness().expect("a witness");
    assert_eq!(witness.a().verdict, Verdict::RowFilter);
    assert_eq!(witness.a().masked_columns[0].kind, MaskKind::Hash);
    assert_eq!(
        witness.to_string(),
        "`SELECT id FROM users`: allowed with masks of email with the row filter tenant = 7 by a, blocked \
         (table_denied) by b"
    );
}
