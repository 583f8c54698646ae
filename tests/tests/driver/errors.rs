//! What is said of a call that failed.

use std::net::TcpListener;

use pgbeam_tests::raw::{RawServer, answer};
use serde_json::{Value, json};

use crate::support::{
    Driver, KEY, client, command, once,
    server::{Server, StubResponse},
};

/// A typed operation and one that is called by its name, a read and a write of each.
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
async fn a_304_without_if_none_match_is_an_error_of_the_api() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let project = json!({"project_id": "prj_1"});
    let page = json!({"op": "listPolicyProfiles", "path": project});
    let mut all = page.clone();
    all["all"] = json!(true);
    let delete = json!({"op": "deleteProject", "path": project, "headers": {"If-Match": "*"}});
    let others = [page, all, delete].map(|members| ("", members));
    for (_, members) in calls().into_iter().chain(others) {
        server.respond_with([StubResponse::empty(304).header("etag", "\"e\"")]);
        let answer = driver.ask(&command(&once(server.url()), members));
        let error = &answer["error"];
        assert_eq!(
            (&answer["ok"], &error["kind"], &error["status"]),
            (&json!(false), &json!("api"), &json!(304)),
            "{answer}"
        );
    }
    // The headers of the client count as well.
    let mut conditional = once(server.url());
    conditional["headers"] = json!({"IF-NONE-MATCH": "\"e\""});
    for (_, members) in calls() {
        server.respond_with([StubResponse::empty(304)]);
        let answer = driver.ask(&command(&conditional, members));
        assert_eq!(
            (&answer["ok"], &answer["status"], &answer["body"]),
            (&json!(true), &json!(304), &Value::Null),
            "{answer}"
        );
    }
}

/// An error of a kind, of which nothing else is known.
fn bare(kind: &str, error: &Value) -> Value {
    json!({"kind": kind, "status": null, "code": null, "message": error["message"], "title": null,
        "detail": null, "type": null, "instance": null, "request_id": null, "errors": [],
        "retry_after_ms": null, "maybe_applied": false, "display": error["display"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_api_is_whole() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let problem = json!({
        "type": "https://errors.test/limit", "title": "Too Many Requests", "status": 429,
        "detail": "slow down", "instance": "/x", "code": "RATE_LIMITED", "request_id": "req_body",
        "errors": [{"field": "name", "detail": "is odd"}, {"field": "a[0].b", "detail": "is not"}],
    });
    for (op, members) in calls() {
        let reply = StubResponse::new(429, "application/problem+json", problem.to_string());
        server.respond_with([reply.header("retry-after", "1.5")]);
        let mut members = members;
        members["id"] = json!([op]);
        let answer = driver.ask(&command(&once(server.url()), members));
        let display = format!(
            "{op}: HTTP 429 RATE_LIMITED: slow down; name: is odd; a[0].b: is not \
             (request req_body, retry after 1.5s)"
        );
        let want = json!({"id": [op], "ok": false, "attempts": 1, "error": {
            "kind": "api", "status": 429, "code": "RATE_LIMITED", "message": "slow down",
            "title": "Too Many Requests", "detail": "slow down", "type": "https://errors.test/limit",
            "instance": "/x", "request_id": "req_body",
            "errors": [{"field": "name", "detail": "is odd"}, {"field": "a[0].b", "detail": "is not"}],
            "retry_after_ms": 1500, "maybe_applied": false, "display": display}});
        assert_eq!(answer, want);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_not_lost_whatever_the_body() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let client = once(server.url());
    for (reply, message, code) in [
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
        for (op, members) in calls() {
            let status = reply.status;
            server.respond_with([reply.clone()]);
            let error = driver.failed(&command(&client, members));
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
            let in_doubt = status >= 500 && op.starts_with("update");
            assert_eq!(error["maybe_applied"], in_doubt, "{op} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_cannot_be_read_is_told_from_an_error() {
    let server = Server::start().await;
    let mut driver = Driver::start();
    let client = client(server.url());
    for body in ["", "<html>", "{", "{\"a\":\u{1}}"] {
        for (op, members) in calls() {
            server.respond_with([StubResponse::new(200, "application/json", body)]);
            let answer = driver.ask(&command(&client, members));
            let error = &answer["error"];
            assert_eq!(
                (&error["kind"], &error["status"]),
                (&json!("decode"), &json!(200)),
                "{answer}"
            );
            assert_eq!(error["maybe_applied"], op.starts_with("update"));
            assert_eq!(answer["attempts"], 1);
        }
    }
    // JSON that is no profile.
    let (_, members) = calls()[0].clone();
    server.respond_with([StubResponse::new(200, "application/json", "{}")]);
    assert_eq!(driver.failed(&command(&client, members))["kind"], "decode");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_an_answer_is_of_the_network() {
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let cut =
        RawServer::start(|_| "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_owned()).await;
    let mut driver = Driver::start();
    for (op, members) in calls() {
        for (url, doubt) in [(&nobody, false), (&cut.url(), op.starts_with("update"))] {
            let client = json!({"base_url": url, "token": KEY, "max_retries": 2,
                "initial_delay_ms": 0});
            let answer = driver.ask(&command(&client, members.clone()));
            let mut want = bare("network", &answer["error"]);
            want["maybe_applied"] = json!(doubt);
            assert_eq!(
                answer,
                json!({"id": null, "ok": false, "attempts": 3, "error": want})
            );
            assert!(
                want["display"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("{op}: "))
            );
        }
    }
    // A stream that breaks off.
    let export = json!({"op": "exportAuditLogs", "path": {"project_id": "p"}});
    assert_eq!(
        driver.failed(&command(&client(&cut.url()), export))["kind"],
        "network"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_without_an_answer_have_all_members() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut driver = Driver::start();
    let (_, read) = calls()[0].clone();
    let with = |client: Value| command(&client, read.clone());
    let slow = json!({"base_url": url, "token": KEY, "timeout_ms": 1, "max_retries": 0});
    let no_id = json!({"op": "getProject", "path": {"project_id": ".."}});
    for (kind, command, attempts) in [
        ("timeout", with(slow), 1),
        (
            "config",
            with(json!({"base_url": "nonsense", "token": KEY})),
            0,
        ),
        ("config", with(json!({"token": "a\nb", "base_url": url})), 0),
        ("invalid", command(&client(&url), no_id), 0),
        ("command", json!({"op": 1}), 0),
    ] {
        let answer = driver.ask(&command);
        let mut want = bare(kind, &answer["error"]);
        want["errors"] = answer["error"]["errors"].clone();
        assert_eq!(
            answer,
            json!({"id": null, "ok": false, "attempts": attempts, "error": want})
        );
        assert_eq!(want["errors"] == json!([]), kind != "invalid", "{answer}");
        for text in ["message", "display"] {
            assert!(want[text].as_str().unwrap().len() > 10, "{answer}");
        }
    }
    // A line shows no character that would move a cursor.
    let error = driver.failed(&json!({"op": "getProject", "query": {"a\u{1b}[31m\nb": {}}}));
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
async fn no_answer_shows_the_key() {
    let echo = format!(r#"{{"detail":"{KEY} is wrong","code":"{KEY}"}}"#);
    let server = RawServer::start(move |_| answer("401 Unauthorized", &[], &echo)).await;
    let mut driver = Driver::start();
    for (_, members) in calls() {
        let answer = driver.ask(&command(&client(&server.url()), members));
        assert_eq!(answer["error"]["status"], 401);
        assert!(!answer.to_string().contains(KEY), "{answer}");
    }
}
