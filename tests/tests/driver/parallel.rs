//! Commands that run at once.

use std::sync::Arc;

use axum::{Router, http::Uri};
use serde_json::{Value, json};

use crate::support::{Bench, Driver, client, command};

/// A server that answers no request before so many are there.
async fn meeting(of: usize) -> String {
    let arrived = Arc::new(tokio::sync::Barrier::new(of));
    let answer = async move |uri: Uri| {
        arrived.wait().await;
        json!({"id": uri.path()}).to_string()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(answer))
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
async fn all_are_under_way_at_once_and_answered_in_their_order() {
    // Each waits for all others; run one after the other, the first would wait for ever.
    const MANY: usize = 50;
    let client = client(&meeting(MANY).await);
    let mut driver = Driver::start();
    for _ in 0..2 {
        let commands: Vec<_> = (0..MANY).map(|n| read(&client, n)).collect();
        driver.send(&json!({"parallel": commands}).to_string());
        for n in 0..MANY {
            let answer = driver.hear();
            assert_eq!(
                (&answer["id"], &answer["ok"]),
                (&json!(n), &json!(true)),
                "{answer}"
            );
            assert_eq!(answer["body"]["id"], format!("/v1/projects/p{n}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_member_is_a_command_of_its_own() {
    let mut bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let mut list = bench.command("listPolicyProfiles", json!({}), json!({"all": true}));
    list["id"] = json!("list");
    let parallel = json!({"id": "of the whole", "parallel": [
        {"id": "none"},
        list,
        command(&bench.client, json!({"id": "edit", "edit": {"max_rows": 7}, "path": path})),
        7,
        {"id": "nested", "parallel": []},
        {"id": "unknown", "op": "nope"},
        command(&bench.client, json!({"op": "getPolicyProfile", "path": path})),
    ]});
    bench.driver.send(&parallel.to_string());
    let answers: Vec<_> = (0..7).map(|_| bench.driver.hear()).collect();
    let ids: Vec<_> = answers.iter().map(|answer| answer["id"].clone()).collect();
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
    let ok: Vec<_> = answers.iter().map(|answer| answer["ok"] == true).collect();
    assert_eq!(
        ok,
        [false, true, true, false, false, false, true],
        "{answers:?}"
    );
    for n in [0, 3, 4, 5] {
        assert_eq!(answers[n]["error"]["kind"], "command");
    }
    assert_eq!(answers[2]["body"]["max_rows"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_one_client_lose_none_of_each_other() {
    let mut bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let path = json!({"project_id": "prj_1", "policy_id": id});
    let edit = |n: usize| {
        command(
            &bench.client,
            json!({"edit": {format!("new_{n}"): n}, "path": path}),
        )
    };
    let edits: Vec<_> = (0..20).map(edit).collect();
    bench.driver.send(&json!({"parallel": edits}).to_string());
    for _ in 0..20 {
        assert_eq!(bench.driver.hear()["ok"], true);
    }
    let now = bench.emulator.project("prj_1").policies().remove(0);
    for n in 0..20 {
        assert_eq!(now[format!("new_{n}")], n);
    }
    // They take turns, so none of them met a version that was not its own.
    assert_eq!(bench.emulator.received().len(), 40);
}

#[test]
fn nothing_at_once_is_nothing() {
    let mut driver = Driver::start();
    driver.send(r#"{"id":1,"parallel":[]}"#);
    driver.send(r#"{"id":2}"#);
    assert_eq!(driver.hear()["id"], 2);
}
