//! Tests of operations that the driver calls by their ids, without typed methods.

use serde_json::{Value, json};

use crate::support::{
    Driver, client, command,
    server::{BASE_PATH, REQUEST_ID, Server, StubResponse},
};

/// A server with prepared responses, a driver, and the client options for the server.
struct TestEnv {
    server: Server,
    driver: Driver,
    client: Value,
}

impl TestEnv {
    async fn start() -> Self {
        let server = Server::start().await;
        let client = client(server.url());
        Self {
            server,
            driver: Driver::start(),
            client,
        }
    }

    fn call(&mut self, response: StubResponse, fields: Value) -> Value {
        self.server.respond_with([response]);
        self.driver.execute(&command(&self.client, fields))
    }

    /// Returns the path, without the path of the base URL, and the query of the only request.
    fn only_target(&self) -> String {
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

fn json_response(body: &str) -> StubResponse {
    StubResponse::new(200, "application/json", body)
}

#[tokio::test(flavor = "multi_thread")]
async fn request_has_the_fields_of_the_command() {
    let mut env = TestEnv::start().await;
    let reply = env.call(
        json_response(r#"{"id": "prj_1"}"#).header("etag", "\"e\""),
        json!({
            "id": 9, "op": "updateProject", "path": {"project_id": "prj_1"},
            "headers": {"X-Team": "a", "idempotency-key": "k-1"},
            "body": {"name": "x", "new": {"a": []}},
        }),
    );
    let expected = json!({"id": 9, "ok": true, "status": 200, "body": {"id": "prj_1"},
        "etag": "\"e\"", "request_id": REQUEST_ID, "attempts": 1});
    assert_eq!(reply, expected);
    assert_eq!(env.only_target(), "/v1/projects/prj_1");
    let request = env.server.received().remove(0);
    assert_eq!(request.method, "PATCH");
    assert_eq!(
        (request.header("x-team"), request.header("idempotency-key")),
        (Some("a"), Some("k-1"))
    );
    assert_eq!(request.body, r#"{"name":"x","new":{"a":[]}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn query_values_are_sent_as_strings() {
    let mut env = TestEnv::start().await;
    for (query, expected) in [
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
        assert_eq!(env.call(json_response("{}"), call)["ok"], true);
        assert_eq!(env.only_target(), format!("/v1/projects{expected}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_is_sent_unchanged() {
    let mut env = TestEnv::start().await;
    for body in [
        "null",
        "[]",
        "{}",
        "0",
        r#"{"huge": 123456789012345678901234567890, "money":1.50, "e": 1E400}"#,
        r#"{"max": 18446744073709551615, "min":-9223372036854775808}"#,
    ] {
        env.server.respond_with([json_response("{}")]);
        let call = command(&env.client, json!({"op": "createProject"})).to_string();
        env.driver.send(&format!(
            r#"{},"body":{body}}}"#,
            call.strip_suffix('}').unwrap()
        ));
        assert_eq!(env.driver.read_reply()["ok"], true);
        let request = env.server.received().remove(0);
        assert_eq!(
            (&*request.body, request.header("content-type")),
            (body.as_bytes(), Some("application/json"))
        );
    }
    env.call(json_response("{}"), json!({"op": "createProject"}));
    let request = env.server.received().remove(0);
    assert_eq!(
        (&*request.body, request.header("content-type")),
        (&b""[..], None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_contains_the_response_unchanged() {
    let mut env = TestEnv::start().await;
    let op = json!({"op": "getProject", "path": {"project_id": "p"}});
    for body in ["null", "[1]", "\"x\"", "{\r\n \"a\" :\n[ ]\n}", r#""a\nb""#] {
        let reply = env.call(json_response(body), op.clone());
        assert_eq!(
            reply["body"],
            serde_json::from_str::<Value>(body).unwrap(),
            "{reply}"
        );
    }
    // Numbers keep all digits.
    let body = r#"{"a":123456789012345678901234567890,"b":1.50}"#;
    env.server.respond_with([json_response(body)]);
    env.driver
        .send(&command(&env.client, op.clone()).to_string());
    let mut line = String::new();
    std::io::BufRead::read_line(env.driver.stdout(), &mut line).unwrap();
    assert!(line.contains(&format!(r#""body":{body},"#)), "{line}");

    for (response, op, status, body) in [
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
        let reply = env.call(response, op);
        assert_eq!(
            (&reply["ok"], &reply["status"], &reply["body"]),
            (&json!(true), &json!(status), &body),
            "{reply}"
        );
    }
    let csv = |body: &[u8]| StubResponse::new(200, "text/csv", body);
    let export = json!({"op": "exportAuditLogs", "path": {"project_id": "p"}});
    for (body, expected) in [
        (&b"a,b\r\n1,\"x\n\"\n"[..], "a,b\r\n1,\"x\n\"\n"),
        (b"", ""),
        (b"caf\xe9", "caf\u{fffd}"),
    ] {
        assert_eq!(env.call(csv(body), export.clone())["body"], expected);
    }
    let forbidden = env.call(StubResponse::new(403, "application/json", "{}"), export);
    assert_eq!(
        (&forbidden["error"]["kind"], &forbidden["error"]["status"]),
        (&json!("api"), &json!(403))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_can_be_called() {
    let mut env = TestEnv::start().await;
    let policies: Vec<_> = pgbeam::api::operations::ALL
        .iter()
        .filter(|operation| operation.area == "policies")
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
        let mut fields = json!({"op": operation.id, "path": path});
        if operation.has_body {
            fields["body"] = json!({"name": "a", "sql": "SELECT 1"});
        }
        if ["dryEvalPolicy", "replayPolicy", "recommendAgentPolicy"].contains(&operation.id) {
            fields["body"] = json!({"policy_id": "p", "sql": "SELECT 1"});
        }
        if operation.id == "replayPolicy" {
            fields["body"] = json!({"policy_id": "p"});
        }
        if operation.id == "recommendAgentPolicy" {
            fields["body"] = json!({"limit": 1});
        }
        let reply = env.call(StubResponse::new(404, "application/json", "{}"), fields);
        assert_eq!(
            (&reply["error"]["status"], &reply["attempts"]),
            (&json!(404), &json!(1)),
            "{reply}"
        );
        let request = env.server.received().remove(0);
        assert_eq!(request.method, operation.method, "{}", operation.id);
    }
}
