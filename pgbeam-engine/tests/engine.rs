//! Tests of query templates, honeytokens, statement kinds, notes, descriptions and the JSON of evaluations.

use pgbeam_engine::{Engine, Policy, StatementKind, describe, rule};
use serde_json::{Value, json};

fn policy(value: &Value) -> Policy {
    Policy::from_value(value).expect("a policy")
}

#[test]
fn a_templates_only_policy_allows_the_templates_of_the_engine() {
    let templates = policy(&json!({"query_mode": "templates"}));
    let engine = Engine::default()
        .template("by_id", "SELECT * FROM orders WHERE id = $1")
        .template("close", "UPDATE orders SET open = false WHERE id = $1");
    let evaluation = engine.evaluate(&templates, "select *\nfrom Orders where id = $1; -- x");
    assert_eq!(
        (evaluation.rule, evaluation.template.as_deref()),
        (rule::OK, Some("by_id"))
    );
    for sql in [
        "SELECT * FROM orders WHERE id = 1",
        "SELECT * FROM orders WHERE id = $2",
        "SELECT * FROM orders",
        "SELECT * FROM orders WHERE id = $1; SELECT * FROM orders WHERE id = $1",
    ] {
        assert_eq!(
            engine.evaluate(&templates, sql).rule,
            rule::QUERY_MODE_TEMPLATES,
            "{sql}"
        );
    }
    // A template does not override the other rules.
    let update = "UPDATE orders SET open = false WHERE id = $1";
    assert_eq!(engine.evaluate(&templates, update).rule, rule::READ_ONLY);
    let denied = policy(&json!({"query_mode": "templates", "table_denylist": ["orders"]}));
    let sql = "SELECT * FROM orders WHERE id = $1";
    assert_eq!(engine.evaluate(&denied, sql).rule, rule::TABLE_DENIED);
    // Under `sql`, the template is only named.
    let evaluation = engine.evaluate(&Policy::default(), sql);
    assert_eq!(
        (evaluation.rule, evaluation.template.as_deref()),
        (rule::OK, Some("by_id"))
    );
    assert_eq!(
        engine.evaluate(&Policy::default(), "SELECT 1").template,
        None
    );
}

#[test]
fn honeytokens_override_the_allowlist() {
    let engine = Engine::default()
        .honeytoken("canary")
        .honeytoken("app.bait");
    let allowing = policy(&json!({"table_allowlist": ["canary", "users"]}));
    for (sql, rule) in [
        ("SELECT * FROM canary", rule::HONEYTOKEN),
        ("SELECT * FROM app.Canary", rule::HONEYTOKEN),
        (
            "SELECT * FROM users WHERE id IN (SELECT id FROM canary)",
            rule::HONEYTOKEN,
        ),
        ("SELECT * FROM users", rule::OK),
        ("SELECT * FROM bait", rule::TABLE_NOT_ALLOWED),
    ] {
        assert_eq!(engine.evaluate(&allowing, sql).rule, rule, "{sql}");
    }
    let open = Policy::default();
    assert_eq!(
        engine.evaluate(&open, "SELECT * FROM app.bait").rule,
        rule::HONEYTOKEN
    );
    assert_eq!(engine.evaluate(&open, "SELECT * FROM bait").rule, rule::OK);
}

/// Returns the kinds that a policy allows.
fn allowed(engine: &Engine, value: &Value) -> Vec<&'static str> {
    let verdicts = engine.statement_kinds(&policy(value));
    assert_eq!(verdicts.len(), StatementKind::ALL.len());
    for verdict in &verdicts {
        assert_eq!(verdict.allowed, verdict.rule.is_none());
        assert_eq!(verdict.allowed, verdict.reason.is_none());
    }
    let allowed = verdicts.iter().filter(|verdict| verdict.allowed);
    allowed.map(|verdict| verdict.kind.as_str()).collect()
}

#[test]
fn statement_kinds_follow_the_mode_and_the_rules() {
    let engine = Engine::default();
    let reads = ["select", "show", "explain", "transaction"];
    assert_eq!(allowed(&engine, &json!({})), reads);
    assert_eq!(
        allowed(&engine, &json!({"access_mode": "read_write"})),
        [
            "select",
            "insert",
            "update",
            "delete",
            "ddl",
            "set",
            "show",
            "explain",
            "transaction"
        ]
    );
    for (rules, expected) in [
        (
            json!({"allow": ["select", "insert", "copy"]}),
            vec!["select"],
        ),
        (json!({"allow": ["set", "other"]}), vec!["set", "other"]),
        (json!({"allow": ["select"], "deny": ["select"]}), vec![]),
        (
            json!({"deny": ["show", "merge"]}),
            vec!["select", "explain", "transaction"],
        ),
        (json!({"allow": ["merge"]}), vec![]),
    ] {
        assert_eq!(
            allowed(&engine, &json!({"statement_rules": rules})),
            expected,
            "{rules}"
        );
    }
    let other = json!({"access_mode": "read_write", "statement_rules": {"allow": ["other"]}});
    assert_eq!(allowed(&engine, &other), ["other"]);
    let templates = json!({"query_mode": "templates"});
    assert!(allowed(&engine, &templates).is_empty());
    let engine = engine
        .template("a", "SELECT 1")
        .template("b", "INSERT INTO t VALUES (1)");
    assert_eq!(allowed(&engine, &templates), ["select"]);
}

#[test]
fn evaluations_serialize_as_the_response_of_the_api() {
    let policy = policy(&json!({
        "masking_rules": [{"table": "users", "column": "email", "kind": "null"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 7"}],
        "max_rows": 10,
    }));
    let engine = Engine::default();
    let json = |sql: &str| serde_json::to_value(engine.evaluate(&policy, sql)).expect("JSON");
    assert_eq!(
        json("SELECT u.email FROM users u JOIN orders o ON o.id = u.id"),
        json!({
            "verdict": "row-filter", "rule": "ok",
            "reason": "row filters of the policy apply to the statement",
            "masked_columns": [{"column": "email", "kind": "null"}],
            "row_filter_predicate": "tenant = 7",
            "rewritten_sql": "SELECT u.email FROM users u JOIN orders o ON o.id = u.id WHERE (o.tenant = 7)",
            "notes": ["max_rows truncates the result when the statement runs"],
        })
    );
    let blocked = json("INSERT INTO users VALUES (1)");
    assert_eq!(
        (&blocked["verdict"], &blocked["rule"]),
        (&json!("block"), &json!("read_only"))
    );
    assert!(blocked["hint"].is_string() && blocked.get("masked_columns").is_none());
    assert!(json("SELECT 1").get("hint").is_none());
}

#[test]
fn notes_name_what_is_not_evaluated() {
    let notes = |value: &Value, sql: &str| Engine::default().evaluate(&policy(value), sql).notes;
    let writes = |field: &str, value: Value| {
        let mut fields = json!({"access_mode": "read_write"});
        fields[field] = value;
        fields
    };
    let insert = "INSERT INTO orders VALUES (1)";
    for (field, value, sql, word) in [
        ("budget_queries_per_hour", json!(1), "SELECT 1", "budgets"),
        ("egress_bytes_per_day", json!(1), "SELECT 1", "budgets"),
        ("max_rows", json!(1), "SELECT 1", "max_rows"),
        (
            "content_scan_mode",
            json!("block"),
            "SELECT 1",
            "content_scan_mode",
        ),
        ("approval_mode", json!("writes"), insert, "approval_mode"),
        ("approval_mode", json!("all"), insert, "approval_mode"),
        (
            "approval_mode",
            json!("ddl"),
            "CREATE TABLE t (a int)",
            "approval_mode",
        ),
        ("write_mode", json!("rollback"), insert, "rolls"),
        ("write_mode", json!("sandbox"), insert, "branch"),
        ("max_affected_rows", json!(1), insert, "max_affected_rows"),
        (
            "migration_safety",
            json!("warn"),
            "CREATE INDEX ON t (a)",
            "missing_concurrently",
        ),
        (
            "table_denylist",
            json!(["a"]),
            "SELECT * FROM pg_catalog.pg_class",
            "catalogs",
        ),
        (
            "max_rows",
            json!(0),
            "SELECT f(1)",
            "functions are opaque: f",
        ),
    ] {
        let notes = notes(&writes(field, value), sql);
        assert!(
            notes.iter().any(|note| note.contains(word)),
            "{field} {sql}: {notes:?}"
        );
    }
    for (field, value, sql) in [
        ("budget_queries_per_hour", json!(0), "SELECT 1"),
        ("approval_mode", json!("writes"), "SELECT 1"),
        ("approval_mode", json!("ddl"), insert),
        ("write_mode", json!("rollback"), "SELECT 1"),
        ("write_mode", json!("normal"), insert),
        ("migration_safety", json!("off"), "CREATE INDEX ON t (a)"),
    ] {
        assert!(
            notes(&writes(field, value), sql).is_empty(),
            "{field} {sql}"
        );
    }
}

#[test]
fn describes_statements_without_a_policy() {
    let sql = "WITH d AS (DELETE FROM app.a WHERE id = $2 RETURNING *) \
               INSERT INTO b SELECT d.x, $1 FROM d JOIN B c ON true; SELECT 'x'";
    let statements = describe(sql).expect("statements");
    let [insert, select] = statements.as_slice() else {
        panic!("{statements:?}");
    };
    assert_eq!(insert.kind, StatementKind::Insert);
    assert_eq!(insert.inner_kinds, [StatementKind::Delete]);
    let names = |relations: &[pgbeam_engine::RelationName]| {
        relations
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&insert.reads), ["b"]);
    assert_eq!(names(&insert.writes), ["b", "app.a"]);
    assert_eq!(insert.parameters, [1, 2]);
    assert_eq!(select.normalized_sql, "SELECT $1");
    assert_eq!(select.query_hash.len(), 16);
    assert!(describe("-- nothing").is_err());
    assert!(describe("SELEC 1").unwrap_err().contains("syntax error"));
}

#[test]
fn evaluations_describe_their_statements() {
    let policy = policy(&json!({
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 7"}],
    }));
    let evaluation =
        Engine::default().evaluate(&policy, "SELECT 1 FROM users; SELECT 1 FROM orders");
    let [users, orders] = evaluation.statements.as_slice() else {
        panic!("{evaluation:?}");
    };
    assert_eq!(
        (users.masked_columns.len(), users.row_filters.len()),
        (1, 0)
    );
    assert_eq!(
        (orders.masked_columns.len(), orders.row_filters.len()),
        (0, 1)
    );
    let blocked = Engine::default().evaluate(&policy, "SELECT 1 FROM users; DROP TABLE orders");
    assert_eq!(blocked.statements.len(), 2);
    assert!(
        blocked
            .statements
            .iter()
            .all(|statement| statement.masked_columns.is_empty())
    );
}
