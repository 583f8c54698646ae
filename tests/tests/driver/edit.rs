//! Tests of `edit`: partial updates.

use pgbeam_emulator::Fault;
use serde_json::{Value, json};

use crate::support::{TestEnv, command};

#[tokio::test(flavor = "multi_thread")]
async fn edit_sets_and_resets_fields_and_keeps_others() {
    let mut env = TestEnv::start().await;
    let stored = json!({"name": "p", "max_rows": 1, "budget_queries_per_day": 7,
        "row_filters": [{"table": "t", "predicate": "true", "new": 1}],
        "masking_rules": [{"table": "t", "column": "c", "kind": "hash"}], "guard": {"level": 9}});
    let id = env.store_policy(stored);
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let edit = json!({"edit": {"max_rows": 10, "row_filters": null, "guard": {"level": 10},
        "new": [1.5, u64::MAX]}, "path": path, "headers": {"x-team": "a"}});
    let reply = env.driver.execute(&command(&env.client, edit));
    assert_eq!(
        (&reply["ok"], &reply["status"], &reply["attempts"]),
        (&json!(true), &json!(200), &json!(1)),
        "{reply}"
    );
    let current = env.emulator.project("prj_1").policies().remove(0);
    assert_eq!(reply["body"], current);
    assert_eq!(
        (&current["max_rows"], &current["row_filters"]),
        (&json!(10), &json!([]))
    );
    assert_eq!(
        (&current["guard"], &current["new"]),
        (&json!({"level": 10}), &json!([1.5, u64::MAX]))
    );
    assert_eq!(
        (&current["budget_queries_per_day"], &current["name"]),
        (&json!(7), &json!("p"))
    );
    assert_eq!(current["masking_rules"][0]["kind"], "hash");
    let received = env.emulator.received();
    assert_eq!(
        received.operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
    assert!(received[1].header("if-match").is_some());
    assert_eq!(
        (received[0].header("x-team"), received[1].header("x-team")),
        (Some("a"), Some("a"))
    );

    // An empty edit sends only a read.
    env.emulator.clear_received();
    let unchanged = env
        .driver
        .execute_ok(&command(&env.client, json!({"edit": {}, "path": path})));
    assert_eq!(unchanged["body"], current);
    assert!(unchanged["etag"].is_string());
    assert_eq!(env.emulator.received().operations(), ["getPolicyProfile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_a_query_template_by_its_path() {
    let mut env = TestEnv::start().await;
    let id = env.store_template(json!({"name": "a", "sql": "SELECT 1", "enabled": false,
        "description": "d"}));
    for (op, edit) in [
        (
            Value::Null,
            json!({"include_sql": true, "description": null}),
        ),
        (json!("updateQueryTemplate"), json!({"sql": "SELECT 2"})),
    ] {
        let path = json!({"project_id": "prj_1", "query_template_id": id});
        let edit = json!({"op": op, "edit": edit, "path": path});
        env.driver.execute_ok(&command(&env.client, edit));
    }
    let current = env.emulator.project("prj_1").query_templates().remove(0);
    assert_eq!(
        (&current["enabled"], &current["include_sql"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&current["description"], &current["sql"]),
        (&json!(""), &json!("SELECT 2"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn edit_retries_after_a_concurrent_change() {
    let mut env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let edit = json!({"op": "updatePolicyProfile", "edit": {"max_rows": 10}, "path": path});
    // The first update fails, as after a concurrent change.
    env.emulator
        .inject_fault(Fault::status(412).on("updatePolicyProfile"));
    let reply = env.driver.execute_ok(&command(&env.client, edit.clone()));
    assert_eq!(reply["body"]["max_rows"], 10);
    assert_eq!(env.emulator.received().operations().len(), 4);
    let unknown_id =
        json!({"edit": {"max_rows": 1}, "path": {"project_id": "prj_1", "policy_id": "x"}});
    assert_eq!(
        env.driver.execute_err(&command(&env.client, unknown_id))["status"],
        404
    );
}
