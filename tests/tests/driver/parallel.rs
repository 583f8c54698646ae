//! Tests of `parallel`: concurrent commands.

use std::sync::Arc;

use axum::{Router, http::Uri};
use serde_json::{Value, json};

use crate::support::{Driver, TestEnv, client, command};

/// Starts a server that waits until `count` requests have arrived, then responds to them. Returns its URL.
async fn start_barrier_server(count: usize) -> String {
    let arrived = Arc::new(tokio::sync::Barrier::new(count));
    let respond = async move |uri: Uri| {
        arrived.wait().await;
        json!({"id": uri.path()}).to_string()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(respond))
            .await
            .unwrap();
    });
    url
}

fn read(client: &Value, n: usize) -> Value {
    let path = json!({"project_id": format!("p{n}")});
    command(client, json!({"id": n, "op": "getProject", "path": path}))
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_run_concurrently_and_replies_keep_the_order() {
    // The server responds after all requests have arrived, so sequential commands would get no response.
    const COMMANDS: usize = 50;
    let client = client(&start_barrier_server(COMMANDS).await);
    let mut driver = Driver::start();
    for _ in 0..2 {
        let commands: Vec<_> = (0..COMMANDS).map(|n| read(&client, n)).collect();
        driver.send(&json!({"parallel": commands}).to_string());
        for n in 0..COMMANDS {
            let reply = driver.read_reply();
            assert_eq!(
                (&reply["id"], &reply["ok"]),
                (&json!(n), &json!(true)),
                "{reply}"
            );
            assert_eq!(reply["body"]["id"], format!("/v1/projects/p{n}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_item_is_a_separate_command() {
    let mut env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let mut list = env.command("listPolicyProfiles", json!({}), json!({"all": true}));
    list["id"] = json!("list");
    let parallel = json!({"id": "ignored", "parallel": [
        {"id": "none"},
        list,
        command(&env.client, json!({"id": "edit", "edit": {"max_rows": 7}, "path": path})),
        7,
        {"id": "nested", "parallel": []},
        {"id": "unknown", "op": "nope"},
        command(&env.client, json!({"op": "getPolicyProfile", "path": path})),
    ]});
    env.driver.send(&parallel.to_string());
    let replies: Vec<_> = (0..7).map(|_| env.driver.read_reply()).collect();
    let ids: Vec<_> = replies.iter().map(|reply| reply["id"].clone()).collect();
    assert_eq!(
        ids,
        [
            json!("none"),
            json!("list"),
            json!("edit"),
            json!(null),
            json!("nested"),
            json!("unknown"),
            json!(null)
        ]
    );
    let ok: Vec<_> = replies.iter().map(|reply| reply["ok"] == true).collect();
    assert_eq!(
        ok,
        [false, true, true, false, false, false, true],
        "{replies:?}"
    );
    for n in [0, 3, 4, 5] {
        assert_eq!(replies[n]["error"]["kind"], "command");
    }
    assert_eq!(replies[2]["body"]["max_rows"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_edits_of_one_client_keep_all_changes() {
    let mut env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let edit = |n: usize| {
        command(
            &env.client,
            json!({"edit": {format!("new_{n}"): n}, "path": path}),
        )
    };
    let edits: Vec<_> = (0..20).map(edit).collect();
    env.driver.send(&json!({"parallel": edits}).to_string());
    for _ in 0..20 {
        assert_eq!(env.driver.read_reply()["ok"], true);
    }
    let current = env.emulator.project("prj_1").policies().remove(0);
    for n in 0..20 {
        assert_eq!(current[format!("new_{n}")], n);
    }
    // The SDK runs the edits of one resource one after the other, so none has a conflict.
    assert_eq!(env.emulator.received().len(), 40);
}

#[test]
fn empty_parallel_has_no_reply() {
    let mut driver = Driver::start();
    driver.send(r#"{"id":1,"parallel":[]}"#);
    driver.send(r#"{"id":2}"#);
    assert_eq!(driver.read_reply()["id"], 2);
}
