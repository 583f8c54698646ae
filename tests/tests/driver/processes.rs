//! Edits of one profile from many processes at once.

use std::thread;

use serde_json::json;

use crate::support::{Bench, Driver, command};

const PROCESSES: usize = 32;
const EDITS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_one_profile_from_32_processes_lose_none_and_fail_none() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p", "max_rows": 7}));
    let edit = |process: usize, number: usize| {
        let path = json!({"project_id": "prj_1", "policy_id": id});
        let field = format!("guard_{process}");
        command(
            &bench.client,
            json!({"edit": {field: number}, "path": path}),
        )
    };
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let edit = &edit;
            scope.spawn(move || {
                let mut driver = Driver::start();
                for number in 1..=EDITS {
                    driver.done(&edit(process, number));
                }
            });
        }
    });
    // A write that loses the change of another one would put back an older number of its field.
    let stored = bench.emulator.project("prj_1").policies().remove(0);
    for process in 0..PROCESSES {
        assert_eq!(
            stored[format!("guard_{process}")],
            json!(EDITS),
            "process {process}"
        );
    }
    assert_eq!(stored["max_rows"], 7);
}
