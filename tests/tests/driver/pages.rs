//! Tests of the field `all`, which reads all pages of a list.

use serde_json::{Value, json};

use crate::support::{
    self, Driver, client, command,
    server::{Server, StubResponse},
};

/// The operation ids of two lists, and the fields of their responses that have the items. The driver calls
/// the first operation through a typed method and the second by its id.
const LISTS: [(&str, &str); 2] = [
    ("listQueryTemplates", "query_templates"),
    ("listAgentCredentials", "agents"),
];

fn template(n: usize) -> Value {
    json!({"id": format!("qt_{n}"), "project_id": "p", "name": "a", "description": "", "sql": "",
        "params": [], "include_sql": false, "enabled": true, "new": n,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z"})
}

fn page(field: &str, items: &[Value], next: Value) -> StubResponse {
    let mut body = json!({field: items, "total": 9, "warnings": []});
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
async fn all_returns_the_items_of_all_pages() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    let items: Vec<_> = (0..5).map(template).collect();
    for (op, field) in LISTS {
        for end in [Value::Null, json!("")] {
            server.respond_with([
                page(field, &items[..2], json!("b c")),
                StubResponse::empty(503),
                page(field, &[], json!("d")),
                page(field, &items[2..], end),
            ]);
            let reply = driver.execute_ok(&all(&client, op, json!({"page_size": 2})));
            let expected = json!({"id": null, "ok": true, "status": 200, "body": items,
                "etag": null, "request_id": support::server::REQUEST_ID, "attempts": 4});
            assert_eq!(reply, expected, "{op}");
            let received = server.received();
            let queries: Vec<_> = received
                .iter()
                .map(|request| request.uri.query().unwrap())
                .collect();
            let second = "page_size=2&page_token=b%20c";
            assert_eq!(
                queries,
                ["page_size=2", second, second, "page_size=2&page_token=d"]
            );
            assert!(
                received
                    .iter()
                    .all(|request| request.header("x-team") == Some("a"))
            );
        }
        // A page token starts the list at a later page.
        server.respond_with([page(field, &items[2..], Value::Null)]);
        let reply = driver.execute_ok(&all(&client, op, json!({"page_token": "d"})));
        assert_eq!(reply["body"], json!(items[2..]));
        assert_eq!(server.received()[0].uri.query(), Some("page_token=d"));
        server.respond_with([page(field, &[], Value::Null)]);
        assert_eq!(
            driver.execute_ok(&all(&client, op, json!({})))["body"],
            json!([])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_page_fails_the_list() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    for (op, field) in LISTS {
        let first = || page(field, &[template(1)], json!("b"));
        let forbidden = StubResponse::new(403, "application/json", r#"{"message":"no"}"#);
        server.respond_with([first(), forbidden]);
        let reply = driver.execute(&all(&client, op, json!({})));
        assert_eq!(
            (&reply["ok"], &reply["attempts"]),
            (&json!(false), &json!(2)),
            "{reply}"
        );
        assert_eq!(
            (&reply["error"]["status"], &reply["error"]["message"]),
            (&json!(403), &json!("no"))
        );
        // A 304 for the first page is a success.
        let mut conditional = all(&client, op, json!({}));
        conditional["headers"]["If-None-Match"] = json!("\"e\"");
        server.respond_with([StubResponse::empty(304)]);
        let reply = driver.execute_ok(&conditional);
        assert_eq!(
            (&reply["status"], &reply["body"]),
            (&json!(304), &Value::Null)
        );
        // A 304 for a later page is an error.
        server.respond_with([first(), StubResponse::empty(304)]);
        let error = driver.execute_err(&conditional);
        assert_eq!(
            (&error["kind"], &error["status"]),
            (&json!("api"), &json!(304))
        );
        for (body, message) in [
            (json!({field: {}}), field),
            (json!({}), field),
            (json!([]), ""),
            (json!({field: [], "next_page_token": 7}), ""),
        ] {
            server.respond_with([
                first(),
                StubResponse::new(200, "application/json", body.to_string()),
            ]);
            let error = driver.execute_err(&all(&client, op, json!({})));
            assert_eq!(error["kind"], "decode", "{op} {body}: {error}");
            if op == "listAgentCredentials" {
                assert!(
                    error["display"].as_str().unwrap().contains(message),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_page_token_is_a_decode_error() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    for (op, field) in LISTS {
        for (tokens, query, requests) in [
            (vec!["a", "a"], json!({}), 2),
            (vec!["a", "b", "a"], json!({}), 3),
            (vec!["a"], json!({"page_token": "a"}), 1),
        ] {
            let pages = tokens
                .iter()
                .map(|next| page(field, &[template(1)], json!(next)));
            server.respond_with(pages.chain([StubResponse::empty(500), StubResponse::empty(500)]));
            let error = driver.execute_err(&all(&client, op, query));
            assert_eq!(error["kind"], "decode", "{op} {tokens:?}: {error}");
            assert_eq!(server.received().len(), requests, "{op} {tokens:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_all_pages_of_the_emulator() {
    let mut env = support::TestEnv::start().await;
    for n in 0..45 {
        env.store_policy(json!({"name": format!("p{n}"), "new": n}));
    }
    let call = json!({"all": true, "query": {"page_size": 20}});
    let reply = env.call("listPolicyProfiles", json!({}), call);
    assert_eq!(
        reply["body"],
        json!(env.emulator.project("prj_1").policies())
    );
    assert_eq!(reply["attempts"], 3);
    // `all: false` reads one page.
    let one = env.call("listPolicyProfiles", json!({}), json!({"all": false}));
    assert_eq!(one["body"]["policies"].as_array().unwrap().len(), 20);
}
