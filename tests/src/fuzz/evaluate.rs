//! Checks that `pgbeam_engine` evaluates SQL consistently: a stricter policy must not allow SQL that a looser
//! policy blocks.

use std::sync::LazyLock;

use pgbeam_engine::{Engine, Policy, describe, lint_migration, normalize_sql, query_hash, rule};

/// Policies, from the loosest to the strictest.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    const ALL_KINDS: &str = r#""access_mode": "read_write", "statement_rules": {"allow":
        ["select", "insert", "update", "delete", "ddl", "set", "show", "explain", "transaction", "other"]}"#;
    const PROTECTION: &str = r#""table_denylist": ["d"],
        "masking_rules": [{"table": "m", "column": "c", "kind": "redact"}],
        "row_filters": [{"table": "f", "predicate": "a = 1 OR f.b"}],
        "max_affected_rows": 5, "migration_safety": "block""#;
    [
        format!("{{{ALL_KINDS}}}"),
        format!("{{{ALL_KINDS}, {PROTECTION}}}"),
        format!("{{{PROTECTION}}}"),
        format!("{{{PROTECTION}, \"table_allowlist\": [\"m\", \"f\"]}}"),
    ]
    .iter()
    .map(|json| Policy::from_json(json).expect("a policy"))
    .collect()
});

/// Evaluates the input as SQL under each policy, normalizes it, and lints it as a migration.
///
/// # Panics
///
/// If an evaluation contradicts itself, a stricter policy allows SQL that a looser policy blocks, the loosest
/// policy blocks the rewritten SQL, or normalization changes the query hash.
pub fn check(data: &[u8]) {
    let sql = String::from_utf8_lossy(data);
    let engine = Engine::default();
    let mut was_blocked = false;
    for policy in POLICIES.iter() {
        let evaluation = engine.evaluate(policy, &sql);
        assert_eq!(evaluation.is_block(), evaluation.rule != rule::OK);
        assert!(!evaluation.is_block() || evaluation.masked_columns.is_empty());
        assert!(
            evaluation.is_block() || !was_blocked,
            "a stricter policy allows {sql:?}"
        );
        was_blocked = evaluation.is_block();
        if let Some(rewritten) = &evaluation.rewritten_sql {
            let again = POLICIES
                .first()
                .map(|policy| engine.evaluate(policy, rewritten));
            let is_valid = again.is_some_and(|again| !again.is_block());
            assert!(is_valid, "{sql:?} was rewritten as {rewritten:?}");
        }
    }
    // Normalization must not change the tokens, from which the hash is computed.
    if describe(&sql).is_ok() {
        let text = sql.split('\0').next().unwrap_or_default();
        assert_eq!(
            query_hash(&normalize_sql(text)),
            query_hash(text),
            "{text:?}"
        );
    }
    drop(lint_migration(&sql));
}
