//! Tests of budgets with a clock that the test controls.

use chrono::TimeDelta;
use serde_json::json;

use crate::Scene;

#[tokio::test]
async fn query_budgets_reset_in_the_next_hour_and_day() {
    let scene = Scene::new(json!({
        "budget_queries_per_hour": 2, "budget_queries_per_day": 3, "table_denylist": ["secrets"],
    }))
    .await;
    let event = |sql: &str| scene.record(sql)["event"].clone();
    assert_eq!(event("SELECT 1"), "query");
    assert_eq!(event("TABLE secrets"), "blocked", "does not count");
    assert_eq!(event("SELECT 2"), "query");
    let exhausted = scene.record("SELECT 3");
    assert_eq!(exhausted["event"], "budget_exhausted");
    assert_eq!(exhausted["decision_rule"], "budget_queries_per_hour");
    let reason = "budget_queries_per_hour is 2; the budget resets at 2026-01-31T13:00:00Z";
    assert_eq!(exhausted["reason"], reason);
    assert_eq!(
        event("TABLE secrets"),
        "blocked",
        "the policy is checked first"
    );

    scene.clock.advance(TimeDelta::hours(1));
    assert_eq!(event("SELECT 4"), "query");
    let exhausted = scene.record("SELECT 5");
    assert_eq!(exhausted["decision_rule"], "budget_queries_per_day");
    scene.clock.advance(TimeDelta::hours(11));
    assert_eq!(event("SELECT 6"), "query");
}

#[tokio::test]
async fn each_credential_has_its_own_budget() {
    let scene = Scene::new(json!({"budget_queries_per_day": 1})).await;
    assert_eq!(scene.record("SELECT 1")["event"], "query");
    assert_eq!(scene.record("SELECT 1")["event"], "budget_exhausted");
    let other = scene.create_credential(json!({}));
    let statement = pgbeam_emulator::Statement::new(other, "SELECT 1");
    assert_eq!(scene.record_statement(statement)["event"], "query");
}

#[tokio::test]
async fn results_never_exceed_the_byte_budget() {
    let scene = Scene::new(json!({"egress_bytes_per_day": 100})).await;
    let event = |bytes: u64| {
        let statement = scene.statement("SELECT 1").bytes_out(bytes);
        scene.record_statement(statement)["event"].clone()
    };
    assert_eq!(event(60), "query");
    assert_eq!(event(41), "budget_exhausted");
    assert_eq!(event(40), "query");
    assert_eq!(event(0), "budget_exhausted");
    scene.clock.advance(TimeDelta::hours(12));
    assert_eq!(event(100), "query");
}

#[tokio::test]
async fn earlier_statements_use_the_budget_of_their_day() {
    let scene = Scene::new(json!({"budget_queries_per_day": 1})).await;
    let yesterday = crate::time("2026-01-30T23:00:00Z");
    let statement = || scene.statement("SELECT 1").at(yesterday);
    assert_eq!(scene.record_statement(statement())["event"], "query");
    assert_eq!(scene.record("SELECT 1")["event"], "query");
    assert_eq!(
        scene.record_statement(statement())["event"],
        "budget_exhausted"
    );
}
