//! Tests of commands that the driver rejects, and of commands that the SDK rejects.

use serde_json::{Value, json};

use crate::support::{Driver, client, command, server::Server};

/// Returns a valid command with these fields added or replaced.
fn command_with(fields: Value) -> Value {
    let mut command = json!({"op": "getPolicyProfile",
        "path": {"project_id": "prj_1", "policy_id": "pol_1"}});
    for (name, value) in fields.as_object().unwrap() {
        command[name] = value.clone();
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_invalid_commands() {
    let list_with = |fields: Value| {
        let mut command = json!({"op": "listPolicyProfiles", "path": {"project_id": "prj_1"}});
        for (name, value) in fields.as_object().unwrap() {
            command[name] = value.clone();
        }
        command
    };
    let path = json!({"project_id": "prj_1"});
    let mut driver = Driver::start();
    for (command, message) in [
        (json!({}), "`op`, `edit` and `parallel`"),
        (json!({"op": null}), "`op`, `edit` and `parallel`"),
        (
            json!({"op": 1}),
            "op: invalid type: integer `1`, expected a string",
        ),
        (json!({"op": "nope"}), "op: \"nope\" is not an operationId"),
        (json!({"op": "getpolicyprofile"}), "is not an operationId"),
        (
            command_with(json!({"ops": 1})),
            "\"ops\" is not a field of a command",
        ),
        (
            command_with(json!({"client": []})),
            "client: must be an object of options",
        ),
        (
            command_with(json!({"client": "x"})),
            "client: invalid type: string \"x\", expected an object of options",
        ),
        (
            command_with(json!({"client": {"timeout": 1}})),
            "client.timeout: unknown field `timeout`",
        ),
        (
            command_with(json!({"client": {"timeout_ms": "1"}})),
            "client.timeout_ms: invalid type",
        ),
        (
            command_with(json!({"client": {"timeout_ms": 1.5}})),
            "client.timeout_ms: invalid type",
        ),
        (
            command_with(json!({"client": {"max_retries": -1}})),
            "client.max_retries: invalid value",
        ),
        (
            command_with(json!({"client": {"max_retries": 1u64 << 32}})),
            "client.max_retries",
        ),
        (
            command_with(json!({"client": {"idempotency_keys": 1}})),
            "client.idempotency_keys",
        ),
        (
            command_with(json!({"client": {"retry_throttle": "on"}})),
            "client.retry_throttle",
        ),
        (
            command_with(json!({"client": {"max_response_bytes": "1"}})),
            "client.max_response_bytes",
        ),
        (
            command_with(json!({"client": {"headers": {"a": 1}}})),
            "client.headers.a: invalid type",
        ),
        (
            command_with(json!({"client": {"token": 1}})),
            "client.token",
        ),
        (
            command_with(json!({"client": {"base_url": {}}})),
            "client.base_url",
        ),
        (
            command_with(json!({"env": {"A": 1}})),
            "env.A: invalid type",
        ),
        (command_with(json!({"path": "prj_1"})), "path: invalid type"),
        (
            command_with(json!({"path": {"project_id": 1}})),
            "path.project_id: invalid type",
        ),
        (
            command_with(json!({"headers": {"a": ["b"]}})),
            "headers.a: invalid type",
        ),
        (command_with(json!({"all": "yes"})), "all: invalid type"),
        (
            command_with(json!({"all": true})),
            "all: getPolicyProfile has no pages",
        ),
        (
            json!({"op": "listRegions", "all": true}),
            "all: listRegions has no pages",
        ),
        (command_with(json!({"query": [1]})), "query: invalid type"),
        (
            json!({"op": "listProjects", "query": {"a": null}}),
            "query.a: must be a string",
        ),
        (
            json!({"op": "listProjects", "query": {"a": {}}}),
            "query.a: must be a string",
        ),
        (
            json!({"op": "listProjects", "query": {"a": [[1]]}}),
            "query.a: must be a string",
        ),
        // Arguments that the typed method does not have.
        (
            command_with(json!({"query": {"fields": "name"}})),
            "query.fields: the method of getPolicyProfile",
        ),
        (
            list_with(json!({"query": {"sort": "name"}})),
            "query.sort: the method of listPolicyProfiles",
        ),
        (
            list_with(json!({"query": {"page_size": [1, 2]}})),
            "query.page_size: must be one value",
        ),
        (
            list_with(json!({"query": {"page_token": []}, "all": true})),
            "query.page_token: must be one value",
        ),
        (
            command_with(json!({"body": {}})),
            "body: the method of getPolicyProfile takes no body",
        ),
        (
            command_with(json!({"body": null})),
            "body: the method of getPolicyProfile takes no body",
        ),
        (
            json!({"op": "dryEvalPolicy", "path": path,
                "body": {"policy_id": "p", "sql": "SELECT 1", "explain": true}}),
            "body.explain: the method of dryEvalPolicy",
        ),
        (
            json!({"op": "replayPolicy", "path": path, "body": {"policy_id": "p", "seed": 1}}),
            "body.seed: the method of replayPolicy",
        ),
        (
            json!({"op": "recommendAgentPolicy", "path": {"project_id": "prj_1", "agent_id": "a"},
                "body": {"days": 1}}),
            "body.days: the method of recommendAgentPolicy",
        ),
        // Edits.
        (json!({"edit": [], "path": path}), "edit: invalid type"),
        (
            json!({"edit": {}, "op": "getPolicyProfile"}),
            "op: \"getPolicyProfile\" cannot be edited",
        ),
        (
            json!({"edit": {}, "body": {}}),
            "\"body\" is not a field with `edit`",
        ),
        (
            json!({"edit": {}, "query": {}}),
            "\"query\" is not a field with `edit`",
        ),
        (
            json!({"edit": {}, "all": true}),
            "all: cannot be combined with `edit`",
        ),
        // Parallel commands.
        (json!({"parallel": {}}), "parallel: invalid type"),
        (
            json!({"parallel": [], "op": "listProjects"}),
            "\"op\" is not a field beside `parallel`",
        ),
        (
            json!({"parallel": [], "client": {}}),
            "\"client\" is not a field beside `parallel`",
        ),
    ] {
        let mut command = command;
        command["id"] = json!("the id");
        if command.get("client").is_none() && command.get("parallel").is_none() {
            command["client"] = client("http://127.0.0.1:9");
        }
        let reply = driver.execute(&command);
        assert_eq!(reply["id"], "the id", "{command}");
        assert_eq!(
            (&reply["ok"], &reply["attempts"]),
            (&json!(false), &json!(0)),
            "{reply}"
        );
        let error = &reply["error"];
        assert_eq!(error["kind"], "command", "{command}: {error}");
        for field in ["message", "display"] {
            assert!(
                error[field].as_str().unwrap().contains(message),
                "{command}: {error}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_requests_are_not_sent() {
    let server = Server::start().await;
    let client = client(server.url());
    let mut driver = Driver::start();
    let project_path = json!({"project_id": "prj_1"});
    let policy_path = json!({"project_id": "prj_1", "policy_id": "pol_1"});
    let template_path = json!({"project_id": "prj_1", "query_template_id": "qt_1"});
    let create =
        |body: Value| json!({"op": "createPolicyProfile", "path": project_path, "body": body});
    let dry_eval = |body: Value| json!({"op": "dryEvalPolicy", "path": project_path, "body": body});
    let replay = |body: Value| json!({"op": "replayPolicy", "path": project_path, "body": body});
    let mut cases = vec![
        // Paths, for typed methods, for untyped calls, and for edits.
        (
            json!({"op": "getPolicyProfile", "path": project_path}),
            vec!["policy_id"],
        ),
        (
            json!({"op": "getPolicyProfile"}),
            vec!["project_id", "policy_id"],
        ),
        (
            json!({"op": "listPolicyProfiles", "path": policy_path}),
            vec!["policy_id"],
        ),
        (
            json!({"op": "listPolicyProfiles", "all": true}),
            vec!["project_id"],
        ),
        (json!({"op": "getProject"}), vec!["project_id"]),
        (
            json!({"op": "listWebhookEndpoints", "all": true}),
            vec!["project_id"],
        ),
        (
            json!({"op": "getProject", "path": policy_path}),
            vec!["policy_id"],
        ),
        (
            json!({"edit": {"max_rows": 1}, "path": project_path}),
            vec!["policy_id"],
        ),
        (
            json!({"edit": {"sql": "SELECT 1"}, "op": "updatePolicyProfile", "path": template_path}),
            vec!["query_template_id", "policy_id"],
        ),
        // Bodies.
        (
            json!({"op": "createPolicyProfile", "path": project_path}),
            vec!["body"],
        ),
        (create(json!(null)), vec!["body"]),
        (create(json!([])), vec!["body"]),
        (create(json!("x")), vec!["body"]),
        (create(json!({})), vec!["body"]),
        (create(json!({"name": ""})), vec!["name"]),
        (
            create(json!({"name": 1, "max_rows": "1"})),
            vec!["name", "max_rows"],
        ),
        (
            create(json!({"name": "x", "row_filters": [{"table": "t"}]})),
            vec!["row_filters[0]"],
        ),
        (
            json!({"op": "updatePolicyProfile", "path": policy_path, "body": {}}),
            vec!["body"],
        ),
        (
            json!({"op": "createQueryTemplate", "path": project_path, "body": {"name": "A", "sql": ""}}),
            vec!["name", "sql"],
        ),
        (dry_eval(json!(null)), vec!["body"]),
        (dry_eval(json!({"sql": "SELECT 1"})), vec!["policy"]),
        (
            dry_eval(json!({"sql": "SELECT 1", "policy": {"name": "x"}, "policy_id": "p"})),
            vec!["policy"],
        ),
        (dry_eval(json!({"policy_id": "p"})), vec!["sql"]),
        (
            dry_eval(json!({"policy_id": 1, "sql": 2})),
            vec!["policy_id", "sql"],
        ),
        (
            dry_eval(json!({"policy_id": "..", "sql": "x"})),
            vec!["policy_id"],
        ),
        (dry_eval(json!({"policy": 7, "sql": "x"})), vec!["policy"]),
        (
            dry_eval(json!({"policy": {"name": ""}, "sql": ""})),
            vec!["policy.name", "sql"],
        ),
        (replay(json!({})), vec!["policy"]),
        (
            replay(json!({"policy_id": "p", "limit": 501})),
            vec!["limit"],
        ),
        (
            replay(json!({"policy_id": "p", "limit": 1.5, "start_ts": "now"})),
            vec!["limit", "start_ts"],
        ),
        (
            replay(json!({"policy_id": "p", "credential_id": "c", "bound_policy_id": "p"})),
            vec!["bound_policy_id"],
        ),
        (
            json!({"op": "recommendAgentPolicy", "path": {"project_id": "prj_1", "agent_id": "a"},
                "body": {"lookback_days": 0, "limit": 0}}),
            vec!["limit", "lookback_days"],
        ),
        (
            json!({"op": "recommendAgentPolicy", "path": {"project_id": "prj_1", "agent_id": "a"},
                "body": null}),
            vec!["body"],
        ),
        // Queries and headers.
        (
            json!({"op": "listPolicyProfiles", "path": project_path, "query": {"page_size": 101}}),
            vec!["page_size"],
        ),
        (
            json!({"op": "listPolicyProfiles", "path": project_path, "query": {"page_size": "x"}}),
            vec!["page_size"],
        ),
        (
            json!({"op": "getProject", "path": project_path, "headers": {"a b": "", "Host": "x"}}),
            vec!["Host", "a b"],
        ),
        (
            json!({"op": "scanText", "headers": {"idempotency-KEY": "k"}, "body": {}}),
            vec!["Idempotency-Key"],
        ),
        (
            json!({"op": "getPolicyProfile", "path": policy_path, "headers": {"if-none-match": ""}}),
            vec!["If-None-Match"],
        ),
        // Edits.
        (
            json!({"edit": {"id": "x"}, "path": policy_path}),
            vec!["id"],
        ),
        (
            json!({"edit": {"name": null}, "path": policy_path}),
            vec!["name"],
        ),
        (
            json!({"edit": {"max_rows": "1"}, "path": policy_path}),
            vec!["max_rows"],
        ),
        (
            json!({"edit": {"max_rows": 1}, "path": policy_path, "headers": {"If-Match": "*"}}),
            vec!["If-Match"],
        ),
        (
            json!({"edit": {"sql": null}, "path": template_path}),
            vec!["sql"],
        ),
    ];
    for id in ["", ".", "..", "a/b", "%2e%2e"] {
        let path = json!({"project_id": "prj_1", "policy_id": id});
        for op in [
            "getPolicyProfile",
            "deletePolicyProfile",
            "getPolicyStatementKinds",
        ] {
            cases.push((json!({"op": op, "path": path}), vec!["policy_id"]));
        }
        cases.push((json!({"edit": {}, "path": path}), vec!["policy_id"]));
        let project = json!({"project_id": id});
        for op in ["listPolicyProfiles", "getProject", "listWebhookEndpoints"] {
            cases.push((json!({"op": op, "path": project}), vec!["project_id"]));
        }
    }
    for (command_fields, invalid_fields) in cases {
        let reply = driver.execute(&command(&client, command_fields.clone()));
        let error = &reply["error"];
        assert_eq!(
            (&error["kind"], &reply["attempts"]),
            (&json!("invalid"), &json!(0)),
            "{reply}"
        );
        let mut actual: Vec<_> = error["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| &error["field"])
            .collect();
        actual.sort_by_key(|field| field.to_string());
        actual.dedup();
        let mut expected = invalid_fields.clone();
        expected.sort_unstable();
        assert_eq!(actual, expected, "{command_fields}: {reply}");
        assert!(
            error["display"].as_str().unwrap().contains("not sent"),
            "{error}"
        );
    }
    assert!(server.received().is_empty());
}
