//! Ten thousand commands in one process.

use pgbeam_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{client, command, run};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_commands_are_answered_in_their_order() {
    const COMMANDS: usize = 10_000;
    let emulator = Emulator::builder().forget_requests().start().await.unwrap();
    let project = emulator.project("prj_1");
    let id = project.create_policy(json!({"name": "p"})).unwrap()["id"].clone();
    let template = json!({"name": "t", "sql": "SELECT 1"});
    project.create_query_template(template).unwrap();
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let in_project = json!({"project_id": "prj_1"});
    // Two clients, and every kind of command.
    let clients = [client(&emulator.base_url()), {
        let mut other = client(&emulator.base_url());
        other["max_retries"] = json!(1);
        other
    }];
    let kinds: [(Value, bool); 8] = [
        (json!({"op": "getPolicyProfile", "path": path}), true),
        (
            json!({"op": "dryEvalPolicy", "path": in_project,
            "body": {"policy_id": id, "sql": "SELECT 1"}}),
            true,
        ),
        (
            json!({"op": "updatePolicyProfile", "path": path, "body": {"name": "q"}}),
            true,
        ),
        (
            json!({"op": "listQueryTemplates", "path": in_project, "all": true}),
            true,
        ),
        (json!({"edit": {"max_rows": 5}, "path": path}), true),
        (json!({"op": "getProject", "path": in_project}), false),
        (
            json!({"op": "getPolicyProfile", "path": {"project_id": "..", "policy_id": ".."}}),
            false,
        ),
        (json!({"op": "nope"}), false),
    ];
    let mut input = String::new();
    let mut want = Vec::new();
    let mut waiting = Vec::new();
    for n in 0..COMMANDS {
        let (members, ok) = &kinds[n % kinds.len()];
        want.push((json!(n), json!(ok)));
        let mut command = command(&clients[n % 3 % 2], members.clone());
        command["id"] = json!(n);
        // Some of them ten at a time.
        if n % 1_000 < 100 {
            waiting.push(command);
            if waiting.len() == 10 {
                input += &format!("{}\n", json!({"parallel": std::mem::take(&mut waiting)}));
            }
        } else {
            input += &format!("{command}\n");
        }
        // And rubbish in between, now and then.
        if n % 1_000 == 500 {
            input += "\nrubbish\n";
            want.push((Value::Null, json!(false)));
        }
    }
    let answers = run(input);
    let found: Vec<_> = answers
        .iter()
        .map(|of| (of["id"].clone(), of["ok"].clone()))
        .collect();
    let wrong = found
        .iter()
        .zip(&want)
        .position(|(found, want)| found != want);
    assert_eq!(wrong.map(|n| (&answers[n], &want[n])), None);
    assert_eq!(found.len(), want.len());
}
