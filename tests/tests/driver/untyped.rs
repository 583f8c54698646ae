//! Operations by their name.

use serde_json::{Value, json};

use crate::support::{
    Driver, client, command,
    server::{BASE_PATH, REQUEST_ID, Server, StubResponse},
};

struct Bench {
    server: Server,
    driver: Driver,
    client: Value,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::start().await;
        let client = client(server.url());
        Self {
            server,
            driver: Driver::start(),
            client,
        }
    }

    fn call(&mut self, reply: StubResponse, members: Value) -> Value {
        self.server.respond_with([reply]);
        self.driver.ask(&command(&self.client, members))
    }

    /// Path and query of the one request that was sent.
    fn sent(&self) -> String {
        let received = self.server.received();
        assert_eq!(received.len(), 1);
        received[0]
            .uri
            .to_string()
            .strip_prefix(BASE_PATH)
            .unwrap()
            .to_owned()
    }
}

fn json_of(body: &str) -> StubResponse {
    StubResponse::new(200, "application/json", body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_what_the_command_says() {
    let mut bench = Bench::start().await;
    let answer = bench.call(
        json_of(r#"{"id": "prj_1"}"#).header("etag", "\"e\""),
        json!({
            "id": 9, "op": "updateProject", "path": {"project_id": "prj_1"},
            "headers": {"X-Team": "a", "idempotency-key": "k-1"},
            "body": {"name": "x", "new": {"a": []}},
        }),
    );
    let want = json!({"id": 9, "ok": true, "status": 200, "body": {"id": "prj_1"},
        "etag": "\"e\"", "request_id": REQUEST_ID, "attempts": 1});
    assert_eq!(answer, want);
    assert_eq!(bench.sent(), "/v1/projects/prj_1");
    let sent = bench.server.received().remove(0);
    assert_eq!(sent.method, "PATCH");
    assert_eq!(
        (sent.header("x-team"), sent.header("idempotency-key")),
        (Some("a"), Some("k-1"))
    );
    assert_eq!(sent.body, r#"{"name":"x","new":{"a":[]}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_sent_as_text() {
    let mut bench = Bench::start().await;
    for (query, want) in [
        (json!({}), ""),
        (json!({"a": "b c&d=é"}), "?a=b%20c%26d%3D%C3%A9"),
        (json!({"a": 5, "b": true, "c": -1.5}), "?a=5&b=true&c=-1.5"),
        (
            json!({"a": u64::MAX, "b": ""}),
            "?a=18446744073709551615&b=",
        ),
        (json!({"a": ["x", 1, false], "b": []}), "?a=x&a=1&a=false"),
    ] {
        let call = json!({"op": "listProjects", "query": query});
        assert_eq!(bench.call(json_of("{}"), call)["ok"], true);
        assert_eq!(bench.sent(), format!("/v1/projects{want}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_sent_as_it_is() {
    let mut bench = Bench::start().await;
    for body in [
        "null",
        "[]",
        "{}",
        "0",
        r#"{"huge": 123456789012345678901234567890, "money":1.50, "e": 1E400}"#,
        r#"{"max": 18446744073709551615, "min":-9223372036854775808}"#,
    ] {
        bench.server.respond_with([json_of("{}")]);
        let call = command(&bench.client, json!({"op": "createProject"})).to_string();
        bench.driver.send(&format!(
            r#"{},"body":{body}}}"#,
            call.strip_suffix('}').unwrap()
        ));
        assert_eq!(bench.driver.hear()["ok"], true);
        let sent = bench.server.received().remove(0);
        assert_eq!(
            (&*sent.body, sent.header("content-type")),
            (body.as_bytes(), Some("application/json"))
        );
    }
    bench.call(json_of("{}"), json!({"op": "createProject"}));
    let sent = bench.server.received().remove(0);
    assert_eq!((&*sent.body, sent.header("content-type")), (&b""[..], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_what_the_server_sent() {
    let mut bench = Bench::start().await;
    let op = json!({"op": "getProject", "path": {"project_id": "p"}});
    for body in ["null", "[1]", "\"x\"", "{\r\n \"a\" :\n[ ]\n}", r#""a\nb""#] {
        let answer = bench.call(json_of(body), op.clone());
        assert_eq!(
            answer["body"],
            serde_json::from_str::<Value>(body).unwrap(),
            "{answer}"
        );
    }
    // Numbers to the digit.
    let body = r#"{"a":123456789012345678901234567890,"b":1.50}"#;
    bench.server.respond_with([json_of(body)]);
    bench
        .driver
        .send(&command(&bench.client, op.clone()).to_string());
    let mut line = String::new();
    std::io::BufRead::read_line(bench.driver.stdout(), &mut line).unwrap();
    assert!(line.contains(&format!(r#""body":{body},"#)), "{line}");

    for (reply, op, status, body) in [
        (
            StubResponse::empty(204),
            json!({"op": "deleteProject", "path": {"project_id": "p"}}),
            204,
            Value::Null,
        ),
        (StubResponse::empty(204), op.clone(), 204, Value::Null),
        (
            StubResponse::empty(304).header("etag", "\"e\""),
            json!({"op": "getProject", "path": {"project_id": "p"},
                "headers": {"if-none-MATCH": "\"e\""}}),
            304,
            Value::Null,
        ),
        (
            StubResponse::new(202, "text/plain", "[2]"),
            op.clone(),
            202,
            json!([2]),
        ),
    ] {
        let answer = bench.call(reply, op);
        assert_eq!(
            (&answer["ok"], &answer["status"], &answer["body"]),
            (&json!(true), &json!(status), &body),
            "{answer}"
        );
    }
    let csv = |body: &[u8]| StubResponse::new(200, "text/csv", body);
    let export = json!({"op": "exportAuditLogs", "path": {"project_id": "p"}});
    for (body, want) in [
        (&b"a,b\r\n1,\"x\n\"\n"[..], "a,b\r\n1,\"x\n\"\n"),
        (b"", ""),
        (b"caf\xe9", "caf\u{fffd}"),
    ] {
        assert_eq!(bench.call(csv(body), export.clone())["body"], want);
    }
    let refused = bench.call(StubResponse::new(403, "application/json", "{}"), export);
    assert_eq!(
        (&refused["error"]["kind"], &refused["error"]["status"]),
        (&json!("api"), &json!(403))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_contract_can_be_called() {
    let mut bench = Bench::start().await;
    let policies: Vec<_> = pgbeam::api::operations::ALL
        .iter()
        .filter(|of| of.area == "policies")
        .collect();
    assert_eq!(
        (policies.len(), pgbeam::api::operations::ALL.len()),
        (14, 116)
    );
    for operation in pgbeam::api::operations::ALL {
        let mut path = json!({});
        for parameter in operation.parameters {
            if parameter.location == pgbeam::api::Location::Path {
                path[parameter.name] = json!("x_1");
            }
        }
        let mut members = json!({"op": operation.id, "path": path});
        if operation.has_body {
            members["body"] = json!({"name": "a", "sql": "SELECT 1"});
        }
        if ["dryEvalPolicy", "replayPolicy", "recommendAgentPolicy"].contains(&operation.id) {
            members["body"] = json!({"policy_id": "p", "sql": "SELECT 1"});
        }
        if operation.id == "replayPolicy" {
            members["body"] = json!({"policy_id": "p"});
        }
        if operation.id == "recommendAgentPolicy" {
            members["body"] = json!({"limit": 1});
        }
        let answer = bench.call(StubResponse::new(404, "application/json", "{}"), members);
        assert_eq!(
            (&answer["error"]["status"], &answer["attempts"]),
            (&json!(404), &json!(1)),
            "{answer}"
        );
        let sent = bench.server.received().remove(0);
        assert_eq!(sent.method, operation.method, "{}", operation.id);
    }
}
