//! Tests concurrent edits of one profile by 32 processes.

use std::thread;

use serde_json::json;

use crate::support::{Driver, TestEnv, command};

const PROCESSES: usize = 32;
const EDITS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_32_processes_succeed_and_keep_all_changes() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p", "max_rows": 7}));
    let edit = |process: usize, number: usize| {
        let path = json!({"project_id": "prj_1", "policy_id": id});
        let field = format!("guard_{process}");
        command(&env.client, json!({"edit": {field: number}, "path": path}))
    };
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let edit = &edit;
            scope.spawn(move || {
                let mut driver = Driver::start();
                for number in 1..=EDITS {
                    driver.execute_ok(&edit(process, number));
                }
            });
        }
    });
    // An update that overwrites a concurrent change would restore an older number.
    let stored = env.emulator.project("prj_1").policies().remove(0);
    for process in 0..PROCESSES {
        assert_eq!(
            stored[format!("guard_{process}")],
            json!(EDITS),
            "process {process}"
        );
    }
    assert_eq!(stored["max_rows"], 7);
}
