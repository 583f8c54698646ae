//! Tests ten thousand commands in one process.

use pgbeam_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{client, command, run};

#[tokio::test(flavor = "multi_thread")]
async fn replies_to_ten_thousand_commands_in_order() {
    const COMMANDS: usize = 10_000;
    let emulator = Emulator::builder()
        .record_requests(0)
        .start()
        .await
        .unwrap();
    let project = emulator.project("prj_1");
    let id = project.create_policy(json!({"name": "p"})).unwrap()["id"].clone();
    let template = json!({"name": "t", "sql": "SELECT 1"});
    project.create_query_template(template).unwrap();
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let project_path = json!({"project_id": "prj_1"});
    let clients = [client(&emulator.base_url()), {
        let mut other = client(&emulator.base_url());
        other["max_retries"] = json!(1);
        other
    }];
    let commands: [(Value, bool); 8] = [
        (json!({"op": "getPolicyProfile", "path": path}), true),
        (
            json!({"op": "dryEvalPolicy", "path": project_path,
            "body": {"policy_id": id, "sql": "SELECT 1"}}),
            true,
        ),
        (
            json!({"op": "updatePolicyProfile", "path": path, "body": {"name": "q"}}),
            true,
        ),
        (
            json!({"op": "listQueryTemplates", "path": project_path, "all": true}),
            true,
        ),
        (json!({"edit": {"max_rows": 5}, "path": path}), true),
        (
            json!({"op": "getDatabase", "path": {"project_id": "prj_1", "database_id": "db_1"}}),
            false,
        ),
        (
            json!({"op": "getPolicyProfile", "path": {"project_id": "..", "policy_id": ".."}}),
            false,
        ),
        (json!({"op": "nope"}), false),
    ];
    let mut input = String::new();
    let mut expected = Vec::new();
    let mut batch = Vec::new();
    for n in 0..COMMANDS {
        let (fields, ok) = &commands[n % commands.len()];
        expected.push((json!(n), json!(ok)));
        let mut command = command(&clients[n % 3 % 2], fields.clone());
        command["id"] = json!(n);
        // The first hundred of each thousand runs in batches of ten.
        if n % 1_000 < 100 {
            batch.push(command);
            if batch.len() == 10 {
                input += &format!("{}\n", json!({"parallel": std::mem::take(&mut batch)}));
            }
        } else {
            input += &format!("{command}\n");
        }
        if n % 1_000 == 500 {
            input += "\ninvalid\n";
            expected.push((Value::Null, json!(false)));
        }
    }
    let replies = run(input);
    let actual: Vec<_> = replies
        .iter()
        .map(|reply| (reply["id"].clone(), reply["ok"].clone()))
        .collect();
    let mismatch = actual
        .iter()
        .zip(&expected)
        .position(|(actual, expected)| actual != expected);
    assert_eq!(mismatch.map(|n| (&replies[n], &expected[n])), None);
    assert_eq!(actual.len(), expected.len());
}
