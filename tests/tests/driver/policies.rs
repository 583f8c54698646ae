//! Tests of each operation of the policies area, which the driver calls through typed methods.

use pgbeam_emulator::{Emulator, Traffic};
use pgbeam_tests::raw::{RawServer, response};
use serde_json::{Value, json};

use crate::support::{Driver, TestEnv, client, command};

/// Returns a profile with every field, each except `query_mode` at a non-default value, and an unknown field.
fn full_profile() -> Value {
    json!({
        "name": "Everything", "access_mode": "read_write", "write_mode": "rollback",
        "statement_rules": {"allow": ["select", "update"], "deny": ["ddl"]},
        "table_allowlist": ["public.orders"], "table_denylist": ["api_secrets"],
        "masking_rules": [{"table": "public.users", "column": "email", "kind": "hash", "salt": 1}],
        "row_filters": [{"table": "public.orders", "predicate": "region = 'eu'"}],
        "budget_queries_per_hour": 100, "budget_queries_per_day": 1_000, "max_rows": 500,
        "statement_timeout_ms": 2_500, "approval_mode": "ddl", "approval_auto_max_rows": 7,
        "approval_timeout_seconds": 90, "migration_safety": "block",
        "egress_bytes_per_day": i64::MAX, "max_affected_rows": 11,
        "content_scan_mode": "annotate", "content_scan_max_bytes": 1u64 << 40,
        "query_mode": "sql",
        "guard": {"level": u64::MAX, "below": i64::MIN, "share": 0.1, "list": [], "none": null},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn profile_can_be_created_read_replaced_and_deleted() {
    let mut env = TestEnv::start().await;
    let body =
        json!({"body": full_profile(), "headers": {"idempotency-key": "k-1", "X-Team": "a"}});
    let created = env.call("createPolicyProfile", json!({}), body);
    assert_eq!(
        (&created["ok"], &created["status"]),
        (&json!(true), &json!(201)),
        "{created}"
    );
    assert_eq!(
        (&created["etag"], &created["attempts"]),
        (&Value::Null, &json!(1))
    );
    let sent = env.emulator.received()[0].clone();
    assert_eq!(
        sent.json().unwrap(),
        full_profile(),
        "the request has only the fields of the command"
    );
    assert_eq!(
        (sent.idempotency_key(), sent.header("x-team")),
        (Some("k-1"), Some("a"))
    );
    assert_eq!(created["request_id"], sent.request_id);

    let id = created["body"]["id"].clone();
    let path = json!({"policy_id": id});
    let read = env.call("getPolicyProfile", path.clone(), json!({}));
    assert_eq!(read["body"], env.emulator.project("prj_1").policies()[0]);
    assert_eq!(read["body"]["guard"], full_profile()["guard"]);
    let etag = read["etag"].clone();
    assert!(etag.as_str().unwrap().starts_with('"'));

    let conditional = json!({"headers": {"if-none-match": etag}});
    let not_modified = env.call("getPolicyProfile", path.clone(), conditional);
    let expected = json!({"id": null, "ok": true, "status": 304, "body": null, "etag": etag,
        "request_id": not_modified["request_id"], "attempts": 1});
    assert_eq!(not_modified, expected);
    let other = json!({"headers": {"If-None-Match": "\"other\""}});
    assert_eq!(
        env.call("getPolicyProfile", path.clone(), other)["body"],
        read["body"]
    );

    let body = json!({"body": {"name": "x", "row_filters": []}, "headers": {"IF-MATCH": etag}});
    let updated = env.call("updatePolicyProfile", path.clone(), body.clone());
    assert_eq!(
        (&updated["status"], &updated["body"]["max_rows"]),
        (&json!(200), &json!(0))
    );
    let sent = env.emulator.received().for_operation("updatePolicyProfile")[0].clone();
    assert_eq!(sent.body, r#"{"name":"x","row_filters":[]}"#);
    assert_eq!(sent.header("if-match"), etag.as_str());
    let precondition_failed = env.call("updatePolicyProfile", path.clone(), body);
    assert_eq!(
        precondition_failed["error"]["status"], 412,
        "{precondition_failed}"
    );
    // Without If-Match, the update is unconditional.
    let body = json!({"body": {"name": "y"}});
    assert_eq!(
        env.call("updatePolicyProfile", path.clone(), body)["body"]["name"],
        "y"
    );

    let deleted = env.call("deletePolicyProfile", path.clone(), json!({}));
    assert_eq!(
        (&deleted["status"], &deleted["body"]),
        (&json!(204), &Value::Null)
    );
    let not_found = env.call("getPolicyProfile", path, json!({}));
    assert_eq!(not_found["error"]["code"], "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn query_template_can_be_created_read_replaced_and_deleted() {
    let mut env = TestEnv::start().await;
    let template = json!({"name": "order_by_id", "sql": "SELECT * FROM orders WHERE id = $1",
        "params": [{"name": "id", "type": "bigint", "nullable": false}], "new": {"a": 1}});
    let body = json!({"body": template});
    let created = env.call("createQueryTemplate", json!({}), body);
    assert_eq!(created["status"], 201, "{created}");
    let sent = env.emulator.received()[0].clone();
    assert_eq!(sent.json().unwrap(), template);
    assert!(sent.idempotency_key().is_some());

    let path = json!({"query_template_id": created["body"]["id"]});
    let read = env.call("getQueryTemplate", path.clone(), json!({}));
    assert_eq!(
        read["body"],
        env.emulator.project("prj_1").query_templates()[0]
    );
    let etag = read["etag"].clone();
    let conditional = json!({"headers": {"If-None-Match": etag}});
    let not_modified = env.call("getQueryTemplate", path.clone(), conditional);
    assert_eq!(
        (&not_modified["status"], &not_modified["body"]),
        (&json!(304), &Value::Null)
    );

    let body = json!({"body": {"name": "n", "sql": "SELECT 1", "enabled": false},
        "headers": {"If-Match": etag}});
    let updated = env.call("updateQueryTemplate", path.clone(), body.clone());
    assert_eq!(
        (&updated["body"]["enabled"], &updated["body"]["params"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(
        env.call("updateQueryTemplate", path.clone(), body)["error"]["status"],
        412
    );
    let deleted = env.call("deleteQueryTemplate", path.clone(), json!({}));
    assert_eq!(
        (&deleted["status"], &deleted["body"]),
        (&json!(204), &Value::Null)
    );
    assert_eq!(
        env.call("deleteQueryTemplate", path, json!({}))["error"]["status"],
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_the_response_of_the_api() {
    let mut env = TestEnv::start().await;
    for n in 0..3 {
        env.store_policy(json!({"name": format!("p{n}"), "new": n}));
        env.store_template(json!({"name": format!("t{n}"), "sql": "SELECT 1"}));
    }
    let project = env.emulator.project("prj_1");
    for (op, field, stored) in [
        ("listPolicyProfiles", "policies", project.policies()),
        (
            "listQueryTemplates",
            "query_templates",
            project.query_templates(),
        ),
    ] {
        env.emulator.clear_received();
        let query = json!({"query": {"page_size": 2}});
        let first = env.call(op, json!({}), query);
        let token = first["body"]["next_page_token"].clone();
        assert_eq!(
            first["body"],
            json!({field: stored[..2], "next_page_token": token})
        );
        assert!(first["etag"].is_string() && token.is_string(), "{first}");
        // A string or an array of one value is also accepted.
        let query = json!({"query": {"page_size": "2", "page_token": [token]}});
        let last = env.call(op, json!({}), query);
        assert_eq!(last["body"], json!({field: stored[2..]}));
        let conditional = json!({"headers": {"if-none-match": first["etag"]},
            "query": {"page_size": 2}});
        let not_modified = env.call(op, json!({}), conditional);
        assert_eq!(
            (&not_modified["status"], &not_modified["body"]),
            (&json!(304), &Value::Null)
        );
        let changed = json!({"headers": {"if-none-match": "\"x\""}});
        assert_eq!(
            env.call(op, json!({}), changed)["body"],
            json!({field: stored})
        );
        let received = env.emulator.received();
        let queries: Vec<_> = received
            .iter()
            .map(|request| request.query.clone())
            .collect();
        let token = received[1].query_param("page_token").unwrap();
        assert_eq!(queries[0].as_deref(), Some("page_size=2"));
        assert_eq!(
            (received[1].query_param("page_size").unwrap(), json!(token)),
            ("2".into(), first["body"]["next_page_token"].clone())
        );
        assert_eq!(queries[3], None, "omitted parameters are not sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_can_be_evaluated_replayed_and_recommended() {
    let mut env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let kinds = env.call(
        "getPolicyStatementKinds",
        json!({"policy_id": id}),
        json!({}),
    );
    assert_eq!(
        (&kinds["status"], &kinds["body"]["policy_id"]),
        (&json!(200), &id),
        "{kinds}"
    );
    assert_eq!(
        kinds["body"]["statement_kinds"].as_array().unwrap().len(),
        11
    );

    // The driver sends the body of the command unchanged.
    let start = "2026-01-01T00:00:00Z";
    let end = "2026-01-31T12:00:00.500Z";
    for (op, body) in [
        (
            "dryEvalPolicy",
            json!({"policy_id": id, "sql": "DELETE FROM orders"}),
        ),
        (
            "dryEvalPolicy",
            json!({"policy": full_profile(), "sql": "SELECT 'é'"}),
        ),
        ("replayPolicy", json!({"policy_id": id})),
        (
            "replayPolicy",
            json!({"policy": full_profile(), "credential_id": "c", "start_ts": start, "end_ts": end,
                "limit": 500}),
        ),
        (
            "replayPolicy",
            json!({"policy": {"name": "x"}, "bound_policy_id": id}),
        ),
    ] {
        env.emulator.clear_received();
        let reply = env.call(op, json!({}), json!({"body": body}));
        assert_eq!(
            (&reply["ok"], &reply["attempts"]),
            (&json!(true), &json!(1)),
            "{reply}"
        );
        assert!(reply["body"].is_object());
        assert_eq!(env.emulator.received()[0].json().unwrap(), body);
    }
    let blocked = env.call(
        "dryEvalPolicy",
        json!({}),
        json!({"body": {"policy_id": id, "sql": "DELETE FROM orders"}}),
    );
    assert_eq!(blocked["body"]["verdict"], "block");

    let agent = env.emulator.project("prj_1").agent("agt_1");
    agent
        .credential("cred_1")
        .record_traffic(Traffic::allowed("SELECT id FROM orders").times(50));
    for body in [
        None,
        Some(json!({"lookback_days": 7})),
        Some(json!({"limit": 1, "lookback_days": 365})),
        Some(json!({})),
    ] {
        env.emulator.clear_received();
        let fields = body.clone().map_or(json!({}), |body| json!({"body": body}));
        let path = json!({"agent_id": "agt_1"});
        let reply = env.call("recommendAgentPolicy", path, fields);
        assert_eq!(reply["body"]["sufficient_history"], true, "{reply}");
        assert!(reply["body"]["candidate"]["name"].is_string(), "{reply}");
        // The typed method sends no body for `{}`. The API treats both in the same way.
        let expected = body.filter(|body| *body != json!({}));
        assert_eq!(env.emulator.received()[0].json(), expected);
    }
}

/// Covers unknown fields, unknown values, and the format of numbers.
#[tokio::test(flavor = "multi_thread")]
async fn reply_contains_the_response_body_unchanged() {
    const PROFILE: &str = r#"{
        "id": "pol_1", "project_id": "prj_1", "name": "caf\u00e9", "access_mode": "turbo",
        "table_allowlist": [ ], "table_denylist": [], "query_mode": "prayer", "max_rows": null,
        "masking_rules": [ {"kind": "tokenise", "table": "t", "column": "c", "salt": 0.50e0} ],
        "huge": 123456789012345678901234567890, "money": 1.50, "exponent": 1E400, "last": -0.0,
        "created_at": "2026-01-31T12:00:00.120Z", "updated_at": "2026-01-31T12:00:00+00:00"
    }"#;
    let server = RawServer::start(|_| response("200 OK", &["ETag: \"a\""], PROFILE)).await;
    let mut driver = Driver::start();
    let get = json!({"op": "getPolicyProfile", "path": {"project_id": "p", "policy_id": "q"}});
    driver.send(&command(&client(&server.url()), get).to_string());
    let mut line = String::new();
    std::io::BufRead::read_line(driver.stdout(), &mut line).unwrap();
    let one_line = PROFILE.replace('\n', "");
    assert!(
        line.contains(&format!(r#""body":{one_line},"etag""#)),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_returns_api_errors() {
    let emulator = Emulator::start().await.unwrap();
    let mut driver = Driver::start();
    let client = client(&emulator.base_url());
    let policy = json!({"project_id": "prj_1", "policy_id": "pol_none"});
    let template = json!({"project_id": "prj_1", "query_template_id": "qt_none"});
    let project = json!({"project_id": "prj_1"});
    let agent = json!({"project_id": "prj_1", "agent_id": "agt_none"});
    let template_body = json!({"name": "a", "sql": "SELECT 1"});
    for (op, path, body, status) in [
        (
            "createPolicyProfile",
            &project,
            json!({"name": "x", "query_mode": "templates"}),
            400,
        ),
        ("getPolicyProfile", &policy, json!(null), 404),
        ("updatePolicyProfile", &policy, json!({"name": "x"}), 404),
        ("deletePolicyProfile", &policy, json!(null), 404),
        ("getPolicyStatementKinds", &policy, json!(null), 404),
        (
            "dryEvalPolicy",
            &project,
            json!({"policy_id": "pol_none", "sql": "SELECT 1"}),
            404,
        ),
        (
            "replayPolicy",
            &project,
            json!({"policy_id": "pol_none"}),
            404,
        ),
        ("recommendAgentPolicy", &agent, json!({"limit": 1}), 404),
        (
            "createQueryTemplate",
            &project,
            json!({"name": "a", "sql": "COPY a TO 'b'"}),
            400,
        ),
        ("getQueryTemplate", &template, json!(null), 404),
        ("updateQueryTemplate", &template, template_body, 404),
        ("deleteQueryTemplate", &template, json!(null), 404),
        ("listPolicyProfiles", &project, json!(null), 400),
        ("listQueryTemplates", &project, json!(null), 400),
    ] {
        let mut fields = json!({"op": op, "path": path});
        if status == 400 && body.is_null() {
            fields["query"] = json!({"page_token": "none"});
        }
        if !body.is_null() {
            fields["body"] = body;
        }
        let error = driver.execute_err(&command(&client, fields));
        assert_eq!(
            (&error["kind"], &error["status"]),
            (&json!("api"), &json!(status)),
            "{op}: {error}"
        );
        assert!(
            error["display"].as_str().unwrap().starts_with(op),
            "{error}"
        );
    }
    assert_eq!(emulator.received().operations().len(), 14);
}
