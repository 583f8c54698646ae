//! The safe partial update.

use pgbeam_emulator::Fault;
use serde_json::{Value, json};

use crate::support::{Bench, command};

#[tokio::test(flavor = "multi_thread")]
async fn members_are_set_and_reset_and_all_others_stay() {
    let mut bench = Bench::start().await;
    let stored = json!({"name": "p", "max_rows": 1, "budget_queries_per_day": 7,
        "row_filters": [{"table": "t", "predicate": "true", "new": 1}],
        "masking_rules": [{"table": "t", "column": "c", "kind": "hash"}], "guard": {"level": 9}});
    let id = bench.stored(stored);
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let edit = json!({"edit": {"max_rows": 10, "row_filters": null, "guard": {"level": 10},
        "new": [1.5, u64::MAX]}, "path": path, "headers": {"x-team": "a"}});
    let answer = bench.driver.ask(&command(&bench.client, edit));
    assert_eq!(
        (&answer["ok"], &answer["status"], &answer["attempts"]),
        (&json!(true), &json!(200), &json!(1)),
        "{answer}"
    );
    let now = bench.emulator.project("prj_1").policies().remove(0);
    assert_eq!(answer["body"], now);
    assert_eq!(
        (&now["max_rows"], &now["row_filters"]),
        (&json!(10), &json!([]))
    );
    assert_eq!(
        (&now["guard"], &now["new"]),
        (&json!({"level": 10}), &json!([1.5, u64::MAX]))
    );
    assert_eq!(
        (&now["budget_queries_per_day"], &now["name"]),
        (&json!(7), &json!("p"))
    );
    assert_eq!(now["masking_rules"][0]["kind"], "hash");
    let received = bench.emulator.received();
    assert_eq!(
        received.operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
    assert!(received[1].header("if-match").is_some());
    assert_eq!(
        (received[0].header("x-team"), received[1].header("x-team")),
        (Some("a"), Some("a"))
    );

    // Nothing to change is only a read.
    bench.emulator.clear_received();
    let nothing = bench
        .driver
        .done(&command(&bench.client, json!({"edit": {}, "path": path})));
    assert_eq!(nothing["body"], now);
    assert!(nothing["etag"].is_string());
    assert_eq!(bench.emulator.received().operations(), ["getPolicyProfile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_template_is_named_by_its_path() {
    let mut bench = Bench::start().await;
    let id = bench.stored_template(json!({"name": "a", "sql": "SELECT 1", "enabled": false,
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
        bench.driver.done(&command(&bench.client, edit));
    }
    let now = bench.emulator.project("prj_1").query_templates().remove(0);
    assert_eq!(
        (&now["enabled"], &now["include_sql"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&now["description"], &now["sql"]),
        (&json!(""), &json!("SELECT 2"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_change_meanwhile_is_kept() {
    let mut bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let edit = json!({"op": "updatePolicyProfile", "edit": {"max_rows": 10}, "path": path});
    // As if somebody else had been faster, once.
    bench
        .emulator
        .inject_fault(Fault::status(412).on("updatePolicyProfile"));
    let answer = bench.driver.done(&command(&bench.client, edit.clone()));
    assert_eq!(answer["body"]["max_rows"], 10);
    assert_eq!(bench.emulator.received().operations().len(), 4);
    let none = json!({"edit": {"max_rows": 1}, "path": {"project_id": "prj_1", "policy_id": "x"}});
    assert_eq!(
        bench.driver.failed(&command(&bench.client, none))["status"],
        404
    );
}
