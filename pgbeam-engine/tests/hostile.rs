//! Checks that deeply nested, long and malformed SQL causes no panic and no stack overflow, and gets a verdict.

use pgbeam_engine::{Engine, Policy, lint_migration};

fn policy() -> Policy {
    let json = r#"{
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 7"}]
    }"#;
    Policy::from_json(json).expect("a policy")
}

/// Returns `before` × `count`, `middle`, `after` × `count`.
fn nest(before: &str, middle: &str, after: &str, count: usize) -> String {
    format!("{}{middle}{}", before.repeat(count), after.repeat(count))
}

/// Returns SQL strings whose depth or length grows with `size`.
fn texts(size: usize) -> Vec<String> {
    vec![
        format!("SELECT {}", nest("(", "1", ")", size)),
        format!("SELECT {}", nest("(", "email", ")", size)) + " FROM users",
        format!("SELECT {}", nest("(SELECT ", "1", ")", size / 2)),
        format!(
            "SELECT {}",
            nest("CASE WHEN true THEN ", "1", " END", size / 5)
        ),
        format!("SELECT {}", nest("- ", "1", "", size)),
        format!("SELECT {}", nest("NOT ", "true", "", size)),
        format!("SELECT {}", nest("array[", "", "]", size)),
        format!("SELECT 1{}", "+1".repeat(size / 2)),
        format!("SELECT 1{}", "::int".repeat(size / 3)),
        format!("SELECT (a){} FROM users", ".b".repeat(size / 2)),
        format!("SELECT a{} FROM users", "[1]".repeat(size / 2)),
        format!(
            "SELECT 1{}",
            " UNION SELECT email FROM users".repeat(size / 5)
        ),
        format!(
            "SELECT 1 FROM users{}",
            " JOIN users ON true".repeat(size / 4)
        ),
        format!(
            "SELECT 1 FROM users{}",
            " NATURAL JOIN users".repeat(size / 3)
        ),
        format!(
            "SELECT 1 FROM users{}",
            " JOIN users USING (id, email)".repeat(size / 5)
        ),
        format!(
            "SELECT 1 FROM (SELECT 1 AS a{} FROM users) s{}",
            ", email AS e".repeat(size / 8),
            " NATURAL JOIN orders".repeat(size / 5)
        ),
        format!(
            "SELECT 1 FROM users{}{}",
            " JOIN users".repeat(size / 4),
            " ON true".repeat(size / 4)
        ),
        format!(
            "SELECT 1 FROM {}",
            nest("(", "orders", " JOIN users ON true)", size / 6)
        ),
        nest("EXPLAIN ", "SELECT 1", "", size),
        nest("WITH a AS (", "SELECT 1", ") SELECT * FROM a", size / 10),
        nest(
            "WITH RECURSIVE a AS (",
            "SELECT email FROM users",
            " UNION SELECT * FROM a) SELECT * FROM a",
            size / 20,
        ),
        format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {} $$",
            nest("(", "1", ")", size)
        ),
        format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN {}",
            nest("(", "1", ")", size)
        ),
        format!(
            "CREATE SCHEMA s {}",
            "CREATE TABLE t (a int) ".repeat(size / 8)
        ),
        format!("SELECT {}1{}", "/*".repeat(size), "*/".repeat(size)),
        format!("SELECT '{}'", "(".repeat(size)),
        "(".repeat(size),
        ")".repeat(size),
        ";".repeat(size),
        format!("SELECT $a${}", "$b$".repeat(size)),
        format!(
            "SELECT 1 FROM orders WHERE {}",
            nest("(", "true", ")", size)
        ),
        format!(
            "ALTER TABLE users ADD CHECK ({})",
            nest("(", "a > 0", ")", size)
        ),
        format!(
            "SELECT 1{}",
            nest(" ORDER BY (SELECT email FROM users", "", ")", size / 8)
        ),
        format!("SELECT 1 FROM orders{}", ", orders".repeat(size / 4)),
        format!(
            "SELECT s.*{} FROM (SELECT email{} FROM users) s",
            ", s.*".repeat(size / 4),
            ", id".repeat(size / 8)
        ),
        format!(
            "WITH RECURSIVE {} SELECT 1 FROM users",
            chain_of_ctes(size / 8)
        ),
    ]
}

/// Returns CTEs, each of which reads the next one. The last one reads a relation that is not a CTE.
fn chain_of_ctes(count: usize) -> String {
    let ctes: Vec<String> = (0..count.max(1))
        .map(|number| format!("c{number} AS (SELECT * FROM c{})", number + 1))
        .collect();
    ctes.join(", ")
}

#[test]
fn deep_texts_do_not_overflow_the_stack() {
    // As small as the stacks of typical worker threads.
    let thread = std::thread::Builder::new().stack_size(1024 * 1024);
    let worker = thread.spawn(|| {
        for size in [100, 1_000, 3_900, 20_000] {
            for text in texts(size) {
                let evaluation = Engine::default().evaluate(&policy(), &text);
                assert!(!evaluation.reason.is_empty());
                drop(lint_migration(&text));
            }
        }
    });
    worker.expect("a thread").join().expect("no panic");
}

#[test]
fn texts_up_to_the_limit_are_evaluated() {
    let deep = |count| format!("SELECT {}", nest("(", "1", ")", count));
    let engine = Engine::default();
    assert_eq!(engine.evaluate(&policy(), &deep(4_000)).rule, "ok");
    let blocked = engine.evaluate(&policy(), &deep(5_000));
    assert_eq!(blocked.rule, "parse_error");
    assert!(
        blocked.reason.contains("nests too deeply"),
        "{}",
        blocked.reason
    );
    // A comma restarts the count.
    let list = format!(
        "SELECT id FROM users WHERE id IN (1{})",
        ", 1".repeat(30_000)
    );
    assert_eq!(engine.evaluate(&policy(), &list).verdict.as_str(), "mask");
}

#[test]
fn malformed_text_is_a_parse_error_or_empty() {
    for text in [
        "\u{0}",
        "\u{feff}",
        "é",
        "\\",
        "'",
        "\"",
        "$$",
        "$1",
        "/*",
        "U&'\\0000'",
        "\u{1f600}",
        "E'\\u'",
        "--",
    ] {
        let evaluation = Engine::default().evaluate(&policy(), text);
        assert!(
            matches!(evaluation.rule, "parse_error" | "empty"),
            "{text:?}: {}",
            evaluation.rule
        );
    }
}
