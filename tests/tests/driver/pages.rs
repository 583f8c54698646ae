//! All items of a list.

use serde_json::{Value, json};

use crate::support::{
    self, Driver, client, command,
    server::{Server, StubResponse},
};

/// Lists of both kinds: one that has a typed method, and one that is called by its name.
const LISTS: [(&str, &str); 2] = [
    ("listQueryTemplates", "query_templates"),
    ("listAgentCredentials", "agents"),
];

fn template(n: usize) -> Value {
    json!({"id": format!("qt_{n}"), "project_id": "p", "name": "a", "description": "", "sql": "",
        "params": [], "include_sql": false, "enabled": true, "new": n,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z"})
}

fn page(member: &str, items: &[Value], next: Value) -> StubResponse {
    let mut body = json!({member: items, "total": 9, "warnings": []});
    if !next.is_null() {
        body["next_page_token"] = next;
    }
    StubResponse::new(200, "application/json", body.to_string()).header("etag", "\"e\"")
}

fn all(client: &Value, op: &str, query: Value) -> Value {
    command(
        client,
        json!({"op": op, "path": {"project_id": "p"}, "query": query, "all": true,
        "headers": {"x-team": "a"}}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_items_of_all_pages_are_one_list() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    let items: Vec<_> = (0..5).map(template).collect();
    for (op, member) in LISTS {
        for end in [Value::Null, json!("")] {
            server.respond_with([
                page(member, &items[..2], json!("b c")),
                StubResponse::empty(503),
                page(member, &[], json!("d")),
                page(member, &items[2..], end),
            ]);
            let answer = driver.done(&all(&client, op, json!({"page_size": 2})));
            let want = json!({"id": null, "ok": true, "status": 200, "body": items,
                "etag": null, "request_id": support::server::REQUEST_ID, "attempts": 4});
            assert_eq!(answer, want, "{op}");
            let received = server.received();
            let queries: Vec<_> = received.iter().map(|of| of.uri.query().unwrap()).collect();
            let second = "page_size=2&page_token=b%20c";
            assert_eq!(
                queries,
                ["page_size=2", second, second, "page_size=2&page_token=d"]
            );
            assert!(received.iter().all(|of| of.header("x-team") == Some("a")));
        }
        // From the middle on.
        server.respond_with([page(member, &items[2..], Value::Null)]);
        let answer = driver.done(&all(&client, op, json!({"page_token": "d"})));
        assert_eq!(answer["body"], json!(items[2..]));
        assert_eq!(server.received()[0].uri.query(), Some("page_token=d"));
        server.respond_with([page(member, &[], Value::Null)]);
        assert_eq!(driver.done(&all(&client, op, json!({})))["body"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_ends_the_list() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    for (op, member) in LISTS {
        let first = || page(member, &[template(1)], json!("b"));
        let refused = StubResponse::new(403, "application/json", r#"{"message":"no"}"#);
        server.respond_with([first(), refused]);
        let answer = driver.ask(&all(&client, op, json!({})));
        assert_eq!(
            (&answer["ok"], &answer["attempts"]),
            (&json!(false), &json!(2)),
            "{answer}"
        );
        assert_eq!(
            (&answer["error"]["status"], &answer["error"]["message"]),
            (&json!(403), &json!("no"))
        );
        // The first page is no error when it has not changed.
        let mut conditional = all(&client, op, json!({}));
        conditional["headers"]["If-None-Match"] = json!("\"e\"");
        server.respond_with([StubResponse::empty(304)]);
        let answer = driver.done(&conditional);
        assert_eq!(
            (&answer["status"], &answer["body"]),
            (&json!(304), &Value::Null)
        );
        // A later page that has not changed does not make the list a success.
        server.respond_with([first(), StubResponse::empty(304)]);
        let error = driver.failed(&conditional);
        assert_eq!(
            (&error["kind"], &error["status"]),
            (&json!("api"), &json!(304))
        );
        for (body, why) in [
            (json!({member: {}}), member),
            (json!({}), member),
            (json!([]), ""),
            (json!({member: [], "next_page_token": 7}), ""),
        ] {
            server.respond_with([
                first(),
                StubResponse::new(200, "application/json", body.to_string()),
            ]);
            let error = driver.failed(&all(&client, op, json!({})));
            assert_eq!(error["kind"], "decode", "{op} {body}: {error}");
            if op == "listAgentCredentials" {
                assert!(error["display"].as_str().unwrap().contains(why), "{error}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_leads_back_to_a_page_has_an_end() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    for (op, member) in LISTS {
        for (tokens, query, requests) in [
            (vec!["a", "a"], json!({}), 2),
            (vec!["a", "b", "a"], json!({}), 3),
            (vec!["a"], json!({"page_token": "a"}), 1),
        ] {
            let pages = tokens
                .iter()
                .map(|next| page(member, &[template(1)], json!(next)));
            server.respond_with(pages.chain([StubResponse::empty(500), StubResponse::empty(500)]));
            let error = driver.failed(&all(&client, op, query));
            assert_eq!(error["kind"], "decode", "{op} {tokens:?}: {error}");
            assert_eq!(server.received().len(), requests, "{op} {tokens:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_the_emulator_is_read_whole() {
    let mut bench = support::Bench::start().await;
    for n in 0..45 {
        bench.stored(json!({"name": format!("p{n}"), "new": n}));
    }
    let call = json!({"all": true, "query": {"page_size": 20}});
    let answer = bench.call("listPolicyProfiles", json!({}), call);
    assert_eq!(
        answer["body"],
        json!(bench.emulator.project("prj_1").policies())
    );
    assert_eq!(answer["attempts"], 3);
    // What is not wanted is not done.
    let one = bench.call("listPolicyProfiles", json!({}), json!({"all": false}));
    assert_eq!(one["body"]["policies"].as_array().unwrap().len(), 20);
}
