//! Tests of the driver's replies to commands whose call fails.

use std::net::TcpListener;

use pgbeam_tests::raw::{RawServer, response};
use serde_json::{Value, json};

use crate::support::{
    Driver, KEY, client, client_without_retries, command,
    server::{Server, StubResponse},
};

/// Returns the operation ids and commands of four calls: a read and a write that the driver calls through
/// typed methods, and a read and a write that it calls by their ids.
fn calls() -> [(&'static str, Value); 4] {
    let policy = json!({"project_id": "prj_1", "policy_id": "pol_1"});
    let project = json!({"project_id": "prj_1"});
    [
        (
            "getPolicyProfile",
            json!({"op": "getPolicyProfile", "path": policy}),
        ),
        (
            "updatePolicyProfile",
            json!({"op": "updatePolicyProfile", "path": policy, "body": {"name": "x"}}),
        ),
        ("getProject", json!({"op": "getProject", "path": project})),
        (
            "updateProject",
            json!({"op": "updateProject", "path": project, "body": {"name": "x"}}),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn unconditional_304_is_an_api_error() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let project = json!({"project_id": "prj_1"});
    let page = json!({"op": "listPolicyProfiles", "path": project});
    let mut all = page.clone();
    all["all"] = json!(true);
    let delete = json!({"op": "deleteProject", "path": project, "headers": {"If-Match": "*"}});
    let others = [page, all, delete].map(|fields| ("", fields));
    for (_, fields) in calls().into_iter().chain(others) {
        server.respond_with([StubResponse::empty(304).header("etag", "\"e\"")]);
        let reply = driver.execute(&command(&client_without_retries(server.url()), fields));
        let error = &reply["error"];
        assert_eq!(
            (&reply["ok"], &error["kind"], &error["status"]),
            (&json!(false), &json!("api"), &json!(304)),
            "{reply}"
        );
    }
    // `If-None-Match` can also be a header of the client.
    let mut conditional = client_without_retries(server.url());
    conditional["headers"] = json!({"IF-NONE-MATCH": "\"e\""});
    for (_, fields) in calls() {
        server.respond_with([StubResponse::empty(304)]);
        let reply = driver.execute(&command(&conditional, fields));
        assert_eq!(
            (&reply["ok"], &reply["status"], &reply["body"]),
            (&json!(true), &json!(304), &Value::Null),
            "{reply}"
        );
    }
}

/// Returns the expected error of a reply: `kind`, the `message` and `display` of `error`, and no value in any
/// other field.
fn minimal_error(kind: &str, error: &Value) -> Value {
    json!({"kind": kind, "status": null, "code": null, "message": error["message"], "title": null,
        "detail": null, "type": null, "instance": null, "request_id": null, "errors": [],
        "retry_after_ms": null, "maybe_applied": false, "display": error["display"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn api_error_has_all_fields() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let problem = json!({
        "type": "https://errors.test/limit", "title": "Too Many Requests", "status": 429,
        "detail": "slow down", "instance": "/x", "code": "RATE_LIMITED", "request_id": "req_body",
        "errors": [{"field": "name", "detail": "is odd"}, {"field": "a[0].b", "detail": "is not"}],
    });
    for (op, fields) in calls() {
        let response = StubResponse::new(429, "application/problem+json", problem.to_string());
        server.respond_with([response.header("retry-after", "1.5")]);
        let mut fields = fields;
        fields["id"] = json!([op]);
        let reply = driver.execute(&command(&client_without_retries(server.url()), fields));
        let display = format!(
            "{op}: HTTP 429 RATE_LIMITED: slow down; name: is odd; a[0].b: is not \
             (request req_body, retry after 1.5s)"
        );
        let expected = json!({"id": [op], "ok": false, "attempts": 1, "error": {
            "kind": "api", "status": 429, "code": "RATE_LIMITED", "message": "slow down",
            "title": "Too Many Requests", "detail": "slow down", "type": "https://errors.test/limit",
            "instance": "/x", "request_id": "req_body",
            "errors": [{"field": "name", "detail": "is odd"}, {"field": "a[0].b", "detail": "is not"}],
            "retry_after_ms": 1500, "maybe_applied": false, "display": display}});
        assert_eq!(reply, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn api_error_keeps_the_status_for_any_body() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let client = client_without_retries(server.url());
    for (response, message, code) in [
        (StubResponse::empty(418), "I'm a teapot", Value::Null),
        (
            StubResponse::new(403, "text/html", "<html>no</html>"),
            "Forbidden",
            Value::Null,
        ),
        (
            StubResponse::new(
                500,
                "application/json",
                r#"{"error":{"code":"NEW","message":"m"}}"#,
            ),
            "m",
            json!("NEW"),
        ),
        (
            StubResponse::new(302, "text/plain", "").header("location", "/"),
            "Found",
            Value::Null,
        ),
        (
            StubResponse::new(599, "application/json", "{"),
            "HTTP 599",
            Value::Null,
        ),
    ] {
        for (op, fields) in calls() {
            let status = response.status;
            server.respond_with([response.clone()]);
            let error = driver.execute_err(&command(&client, fields));
            assert_eq!(
                (&error["kind"], &error["status"]),
                (&json!("api"), &json!(status)),
                "{error}"
            );
            assert_eq!(
                (&error["message"], &error["code"]),
                (&json!(message), &code),
                "{error}"
            );
            let maybe_applied = status >= 500 && op.starts_with("update");
            assert_eq!(error["maybe_applied"], maybe_applied, "{op} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_success_response_is_a_decode_error() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let client = client(server.url());
    for body in ["", "<html>", "{", "{\"a\":\u{1}}"] {
        for (op, fields) in calls() {
            server.respond_with([StubResponse::new(200, "application/json", body)]);
            let reply = driver.execute(&command(&client, fields));
            let error = &reply["error"];
            assert_eq!(
                (&error["kind"], &error["status"]),
                (&json!("decode"), &json!(200)),
                "{reply}"
            );
            assert_eq!(error["maybe_applied"], op.starts_with("update"));
            assert_eq!(reply["attempts"], 1);
        }
    }
    // JSON that is not a profile.
    let (_, fields) = calls()[0].clone();
    server.respond_with([StubResponse::new(200, "application/json", "{}")]);
    assert_eq!(
        driver.execute_err(&command(&client, fields))["kind"],
        "decode"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_failure_is_a_network_error() {
    let closed_port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let incomplete =
        RawServer::start(|_| "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_owned()).await;
    let mut driver = Driver::start();
    for (op, fields) in calls() {
        for (url, maybe_applied) in [
            (&closed_port, false),
            (&incomplete.url(), op.starts_with("update")),
        ] {
            let client = json!({"base_url": url, "token": KEY, "max_retries": 2,
                "initial_delay_ms": 0});
            let reply = driver.execute(&command(&client, fields.clone()));
            let mut expected = minimal_error("network", &reply["error"]);
            expected["maybe_applied"] = json!(maybe_applied);
            assert_eq!(
                reply,
                json!({"id": null, "ok": false, "attempts": 3, "error": expected})
            );
            assert!(
                expected["display"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("{op}: "))
            );
        }
    }
    // An incomplete stream.
    let export = json!({"op": "exportAuditLogs", "path": {"project_id": "p"}});
    assert_eq!(
        driver.execute_err(&command(&client(&incomplete.url()), export))["kind"],
        "network"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_without_a_response_have_all_fields() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut driver = Driver::start();
    let (_, read) = calls()[0].clone();
    let with_client = |client: Value| command(&client, read.clone());
    let short_timeout = json!({"base_url": url, "token": KEY, "timeout_ms": 1, "max_retries": 0});
    let invalid_id = json!({"op": "getProject", "path": {"project_id": ".."}});
    for (kind, command, attempts) in [
        ("timeout", with_client(short_timeout), 1),
        (
            "config",
            with_client(json!({"base_url": "nonsense", "token": KEY})),
            0,
        ),
        (
            "config",
            with_client(json!({"token": "a\nb", "base_url": url})),
            0,
        ),
        ("invalid", command(&client(&url), invalid_id), 0),
        ("command", json!({"op": 1}), 0),
    ] {
        let reply = driver.execute(&command);
        let mut expected = minimal_error(kind, &reply["error"]);
        expected["errors"] = reply["error"]["errors"].clone();
        assert_eq!(
            reply,
            json!({"id": null, "ok": false, "attempts": attempts, "error": expected})
        );
        assert_eq!(
            expected["errors"] == json!([]),
            kind != "invalid",
            "{reply}"
        );
        for field in ["message", "display"] {
            assert!(expected[field].as_str().unwrap().len() > 10, "{reply}");
        }
    }
    // Control characters are escaped.
    let error = driver.execute_err(&json!({"op": "getProject", "query": {"a\u{1b}[31m\nb": {}}}));
    assert!(
        !error["display"]
            .as_str()
            .unwrap()
            .contains(char::is_control),
        "{error}"
    );
    assert!(
        error["display"].as_str().unwrap().contains("\\u{1b}"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reply_contains_the_key() {
    let echo = format!(r#"{{"detail":"{KEY} is wrong","code":"{KEY}"}}"#);
    let server = RawServer::start(move |_| response("401 Unauthorized", &[], &echo)).await;
    let mut driver = Driver::start();
    for (_, fields) in calls() {
        let reply = driver.execute(&command(&client(&server.url()), fields));
        assert_eq!(reply["error"]["status"], 401);
        assert!(!reply.to_string().contains(KEY), "{reply}");
    }
}
