//! Tests of the migration linter.

use serde_json::{Value, json};

use crate::Platform;

#[tokio::test]
async fn reports_dangerous_changes() {
    let platform = Platform::start().await;
    let lint = async |sql: &str| {
        let body = json!({ "sql": sql });
        platform
            .expect(200, "lintMigration", &["prj_1"], &body)
            .await
    };
    // (sql, safe, the rules of the findings)
    let cases: [(&str, bool, &[&str]); 5] = [
        ("ALTER TABLE orders ADD COLUMN note text", true, &[]),
        (
            "CREATE INDEX ON orders (note)",
            false,
            &["missing_concurrently"],
        ),
        (
            "ALTER TABLE orders RENAME COLUMN a TO b",
            true,
            &["rename_column"],
        ),
        (
            "ALTER TABLE orders DROP COLUMN note; DROP TABLE users",
            false,
            &["unsafe_drop", "drop_table"],
        ),
        ("ALTER TABEL orders", false, &["parse_error"]),
    ];
    for (sql, safe, rules) in cases {
        let result = lint(sql).await;
        assert_eq!(result["safe"], safe, "{sql}");
        let findings = result["findings"].as_array().expect("findings").iter();
        let actual: Vec<&Value> = findings.map(|finding| &finding["rule"]).collect();
        assert_eq!(actual, rules, "{sql}");
    }
}

#[tokio::test]
async fn the_target_database_must_exist() {
    let platform = Platform::start().await;
    let database_id = platform.database().await;
    for (database_id, status) in [(database_id.as_str(), 200), ("db_x", 404)] {
        let body = json!({"sql": "SELECT 1", "database_id": database_id});
        platform
            .expect(status, "lintMigration", &["prj_1"], &body)
            .await;
    }
    let invalid = platform
        .call("lintMigration", &["prj_1"], &json!({"sql": ""}))
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["sql"]);
}
