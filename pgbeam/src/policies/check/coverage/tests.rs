//! Tests of the coverage: which parts of a profile a case exercises.

use serde_json::{Value, json};

use super::*;

fn profile() -> NormalizedProfile {
    let profile = json!({
        "name": "Support",
        "statement_rules": {"allow": ["select", "update"], "deny": ["ddl", "set"]},
        "table_allowlist": ["orders", "app.users", "secrets"],
        "table_denylist": ["secrets", "app.keys"],
        "masking_rules": [
            {"table": "users", "column": "email", "kind": "redact"},
            {"table": "users", "column": "phone", "kind": "hash"},
            {"table": "staff", "column": "Email", "kind": "redact"},
        ],
        "row_filters": [
            {"table": "orders", "predicate": "tenant = 1"},
            {"table": "users", "predicate": "tenant = 1"},
            {"table": "staff", "predicate": "active"},
        ],
        "max_affected_rows": 10,
        "migration_safety": "block",
        "query_mode": "templates",
    });
    NormalizedProfile::from_json(profile.as_object().cloned().unwrap())
}

fn facts(kinds: &[&str], tables: &[&str]) -> Option<Facts> {
    Some(Facts {
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        tables: tables
            .iter()
            .map(|table| TableEntry::parse(table))
            .collect(),
    })
}

/// Returns the parts that a case covers. Parts with the coverage `Unknown` have a question mark at the end.
fn covered(result: Value, facts: Option<Facts>) -> Vec<String> {
    let mut result = result;
    for (field, value) in [("verdict", "block"), ("rule", "ok"), ("reason", "")] {
        if result.get(field).is_none() {
            result[field] = value.into();
        }
    }
    let result = serde_json::from_value(result).unwrap();
    let observation = Observation {
        result: &result,
        facts,
    };
    let coverage = PolicyCoverage::new(&profile(), &[observation]);
    let items = coverage
        .items
        .iter()
        .filter_map(|item| match item.coverage {
            Coverage::NotCovered => None,
            Coverage::Unknown => Some(format!("{item}?")),
            Coverage::Covered => Some(item.to_string()),
        });
    items.collect()
}

/// The result, the kinds and tables of the statement, and the covered parts.
type Case<'a> = (Value, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

#[test]
fn parts_are_covered_by_the_rule_the_kinds_and_the_tables_of_a_statement() {
    let masks = json!([{"column": "email", "kind": "redact"}, {"column": "x", "kind": "hash"}]);
    let cases: [Case<'_>; 14] = [
        (
            json!({"rule": "read_only"}),
            &["insert"],
            &["orders"],
            &["access_mode: read_only"],
        ),
        (
            json!({"rule": "locking_select"}),
            &["select"],
            &["orders"],
            &["access_mode: read_only"],
        ),
        (
            json!({"rule": "statement_not_allowed"}),
            &["show"],
            &[],
            &["statement_rules: statement_not_allowed"],
        ),
        (
            json!({"rule": "statement_denied"}),
            &["ddl"],
            &["orders"],
            &["statement_rules: deny ddl"],
        ),
        (
            json!({"rule": "table_not_allowed"}),
            &["select"],
            &["users"],
            &["table_allowlist: table_not_allowed"],
        ),
        (
            json!({"rule": "table_denied"}),
            &["select"],
            &["other.secrets", "keys"],
            &["table_denylist: secrets"],
        ),
        (
            json!({"verdict": "allow"}),
            &["select"],
            &["public.orders"],
            &["statement_rules: allow select", "table_allowlist: orders"],
        ),
        (
            json!({"verdict": "allow"}),
            &["update"],
            &["app.users"],
            &[
                "statement_rules: allow update",
                "table_allowlist: app.users",
            ],
        ),
        (
            json!({"verdict": "mask", "masked_columns": masks}),
            &["select"],
            &["app.users"],
            &[
                "statement_rules: allow select",
                "table_allowlist: app.users",
                "masking_rules: users.email:redact",
            ],
        ),
        (
            json!({"rule": "masked_column_expression"}),
            &["select"],
            &["users"],
            &[
                "masking_rules: users.email:redact?",
                "masking_rules: users.phone:hash?",
            ],
        ),
        (
            json!({"rule": "masked_column_expression"}),
            &["select"],
            &["staff"],
            &["masking_rules: staff.Email:redact"],
        ),
        (
            json!({"verdict": "row-filter", "row_filter_predicate": "(tenant = 1) AND (active)"}),
            &["select"],
            &["orders", "staff"],
            &[
                "statement_rules: allow select",
                "table_allowlist: orders",
                "row_filters: orders: tenant = 1",
                "row_filters: staff: active",
            ],
        ),
        (
            json!({"rule": "row_filter_unsafe"}),
            &["insert"],
            &["users"],
            &["row_filters: users: tenant = 1"],
        ),
        (
            json!({"rule": "max_affected_rows_writable_cte"}),
            &["select"],
            &["orders"],
            &["max_affected_rows: max_affected_rows_writable_cte"],
        ),
    ];
    for (result, kinds, tables, expected) in cases {
        let covered = covered(result.clone(), facts(kinds, tables));
        assert_eq!(covered, expected, "{result}");
    }
}

#[test]
fn parts_are_unknown_if_the_kinds_and_tables_of_a_statement_are_not_known() {
    let masks = json!([{"column": "EMAIL", "kind": "redact"}, {"column": "phone", "kind": "hash"}]);
    // (result, covered)
    let cases: [(Value, &[&str]); 8] = [
        (json!({"rule": "read_only"}), &["access_mode: read_only"]),
        (
            json!({"rule": "migration_block"}),
            &["migration_safety: migration_block"],
        ),
        (
            json!({"rule": "query_mode_templates"}),
            &["query_mode: query_mode_templates"],
        ),
        (json!({"rule": "parse_error"}), &[]),
        (
            json!({"rule": "table_denied"}),
            &["table_denylist: secrets?", "table_denylist: app.keys?"],
        ),
        (
            json!({"rule": "statement_denied"}),
            &["statement_rules: deny ddl?", "statement_rules: deny set?"],
        ),
        (
            json!({"verdict": "mask", "masked_columns": masks}),
            &[
                "statement_rules: allow select?",
                "statement_rules: allow update?",
                "table_allowlist: orders?",
                "table_allowlist: app.users?",
                "table_allowlist: secrets?",
                "masking_rules: users.email:redact?",
                "masking_rules: users.phone:hash",
                "masking_rules: staff.Email:redact?",
            ],
        ),
        (
            json!({"verdict": "row-filter", "row_filter_predicate": "active"}),
            &[
                "statement_rules: allow select?",
                "statement_rules: allow update?",
                "table_allowlist: orders?",
                "table_allowlist: app.users?",
                "table_allowlist: secrets?",
                "row_filters: staff: active",
            ],
        ),
    ];
    for (result, expected) in cases {
        assert_eq!(covered(result.clone(), None), expected, "{result}");
    }
}

#[test]
fn the_only_part_that_can_cause_a_rule_is_covered() {
    let json = json!({"name": "a", "table_denylist": ["secrets"]});
    let profile = NormalizedProfile::from_json(json.as_object().cloned().unwrap());
    let result = json!({"verdict": "block", "rule": "table_denied", "reason": ""});
    let result = serde_json::from_value(result).unwrap();
    let observation = Observation {
        result: &result,
        facts: None,
    };
    let coverage = PolicyCoverage::new(&profile, &[observation]);
    let covered: Vec<_> = coverage
        .with(Coverage::Covered)
        .map(CoverageItem::entry)
        .collect();
    assert_eq!(covered, ["secrets"]);
    let missing: Vec<_> = coverage
        .with(Coverage::NotCovered)
        .map(CoverageItem::entry)
        .collect();
    assert_eq!(missing, ["read_only"]);
}
