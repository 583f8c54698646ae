//! Tests of batches.

use serde_json::{Value, json};

use crate::Platform;

const NONE: Value = Value::Null;

/// Creates an agent credential and returns its id.
async fn credential(platform: &Platform) -> String {
    let policy = platform.api.policy("p").await;
    let policy_id = policy.trim_start_matches("policies/");
    let body = json!({"name": "a", "policy_profile_id": policy_id});
    let created = platform
        .expect(201, "createAgentCredential", &["prj_1"], &body)
        .await;
    created["credential"]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

async fn credential_status(platform: &Platform, id: &str) -> Value {
    let read = platform
        .expect(200, "getAgentCredential", &["prj_1", id], &NONE)
        .await;
    read["status"].clone()
}

async fn annotations(platform: &Platform) -> Vec<Value> {
    let list = platform
        .expect(200, "listSchemaAnnotations", &["prj_1"], &NONE)
        .await;
    let annotations = list["annotations"].as_array().expect("annotations").iter();
    annotations
        .map(|annotation| annotation["description"].clone())
        .collect()
}

async fn execute(platform: &Platform, status: u16, mode: &str, operations: &[Value]) -> Value {
    let body = json!({"mode": mode, "operations": operations});
    platform
        .expect(status, "executeBatch", &["prj_1"], &body)
        .await
}

fn disable(id: &str, agent_id: &str) -> Value {
    json!({
        "id": id, "op": "set_agent_credential_status", "agent_id": agent_id,
        "agent_status": "disabled",
    })
}

fn revoke(id: &str, agent_id: &str) -> Value {
    json!({"id": id, "op": "revoke_agent_credential", "agent_id": agent_id})
}

fn annotate(id: &str, description: &str) -> Value {
    json!({"id": id, "op": "put_schema_annotation", "annotation": {
        "table_name": "orders", "description": description,
    }})
}

/// Returns the id, the status and the error code of each result.
fn results(response: &Value) -> Vec<(&str, &str, &str)> {
    let results = response["results"].as_array().expect("results").iter();
    results
        .map(|result| {
            (
                result["id"].as_str().expect("an id"),
                result["status"].as_str().expect("a status"),
                result["error"]["code"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test]
async fn an_atomic_batch_applies_all_operations() {
    let platform = Platform::start().await;
    let agents = [credential(&platform).await, credential(&platform).await];
    let operations = [
        annotate("1", "Orders"),
        disable("2", &agents[0]),
        revoke("3", &agents[1]),
    ];
    let response = execute(&platform, 200, "atomic", &operations).await;
    let summary = json!({"requested": 3, "succeeded": 3, "failed": 0, "not_applied": 0});
    let result = |id: &str, op: &str| json!({"id": id, "op": op, "status": "succeeded"});
    let expected = json!({
        "mode": "atomic", "applied": true, "summary": summary, "results": [
            result("1", "put_schema_annotation"), result("2", "set_agent_credential_status"),
            result("3", "revoke_agent_credential"),
        ],
    });
    assert_eq!(response, expected);
    assert_eq!(credential_status(&platform, &agents[0]).await, "disabled");
    assert_eq!(credential_status(&platform, &agents[1]).await, "revoked");
    assert_eq!(annotations(&platform).await, ["Orders"]);
}

#[tokio::test]
async fn a_failed_atomic_batch_changes_nothing() {
    let platform = Platform::start().await;
    let agents = [credential(&platform).await, credential(&platform).await];
    let revoked = credential(&platform).await;
    execute(
        &platform,
        200,
        "atomic",
        &[annotate("1", "Orders"), revoke("2", &revoked)],
    )
    .await;
    let operations = [
        annotate("1", "Sales"),
        revoke("2", &agents[0]),
        disable("3", &revoked),
        disable("4", &agents[1]),
    ];
    let response = execute(&platform, 409, "atomic", &operations).await;
    let expected = [
        ("1", "not_applied", ""),
        ("2", "not_applied", ""),
        ("3", "failed", "conflict"),
        ("4", "not_applied", ""),
    ];
    assert_eq!(results(&response), expected);
    assert_eq!(
        (&response["applied"], &response["mode"]),
        (&json!(false), &json!("atomic"))
    );
    let summary = json!({"requested": 4, "succeeded": 0, "failed": 1, "not_applied": 3});
    assert_eq!(response["summary"], summary);
    for agent in &agents {
        assert_eq!(credential_status(&platform, agent).await, "active");
        // The credential is still bound to its policy profile.
        let ids = ["prj_1", agent.as_str()];
        let read = platform
            .expect(200, "getAgentCredential", &ids, &NONE)
            .await;
        let policy = read["policy_profile_id"].as_str().expect("an id");
        platform
            .expect(409, "deletePolicyProfile", &["prj_1", policy], &NONE)
            .await;
    }
    assert_eq!(annotations(&platform).await, ["Orders"]);
}

#[tokio::test]
async fn an_independent_batch_applies_the_operations_that_succeed() {
    let platform = Platform::start().await;
    let (agent, revoked) = (credential(&platform).await, credential(&platform).await);
    let other_revoked = credential(&platform).await;
    execute(
        &platform,
        200,
        "atomic",
        &[revoke("1", &revoked), revoke("2", &other_revoked)],
    )
    .await;
    let operations = [
        revoke("1", &agent),
        revoke("2", &revoked),
        disable("3", &other_revoked),
        json!({"id": "4", "op": "update_anomaly_alert", "anomaly_id": "ano_x",
            "anomaly_status": "resolved"}),
        annotate("5", "Orders"),
    ];
    let response = execute(&platform, 200, "independent", &operations).await;
    let expected = [
        ("1", "succeeded", ""),
        ("2", "failed", "not_found"),
        ("3", "failed", "conflict"),
        ("4", "failed", "not_found"),
        ("5", "succeeded", ""),
    ];
    assert_eq!(results(&response), expected);
    assert_eq!(response["applied"], true);
    let summary = json!({"requested": 5, "succeeded": 2, "failed": 3, "not_applied": 0});
    assert_eq!(response["summary"], summary);
    assert_eq!(credential_status(&platform, &agent).await, "revoked");
    assert_eq!(annotations(&platform).await, ["Orders"]);
}

#[tokio::test]
async fn ids_and_resources_are_distinct() {
    let platform = Platform::start().await;
    let operations = [
        annotate("1", "Orders"),
        disable("2", "agt_1"),
        disable("2", "agt_2"),
        annotate("3", "Sales"),
        revoke("4", "agt_1"),
        // The id of a credential can equal the id of an alert.
        json!({"id": "5", "op": "update_anomaly_alert", "anomaly_id": "agt_1",
            "anomaly_status": "resolved"}),
    ];
    let body = json!({"mode": "independent", "operations": operations});
    let rejected = platform.call("executeBatch", &["prj_1"], &body).await;
    let fields = rejected.problem(400, "INVALID_INPUT");
    assert_eq!(
        fields,
        ["operations[2].id", "operations[3]", "operations[4]"]
    );
    assert!(annotations(&platform).await.is_empty());
}

#[tokio::test]
async fn an_operation_needs_the_fields_of_its_kind() {
    let platform = Platform::start().await;
    let operations = [
        json!({"id": "1", "op": "revoke_agent_credential", "anomaly_id": "x"}),
        json!({"id": "2", "op": "set_agent_credential_status", "agent_id": "x"}),
        json!({"id": "3", "op": "set_agent_credential_status", "agent_status": "active"}),
        json!({"id": "4", "op": "update_anomaly_alert", "anomaly_id": "x"}),
        json!({"id": "5", "op": "put_schema_annotation"}),
        annotate("6", "Orders"),
    ];
    let body = json!({"mode": "independent", "operations": operations});
    let rejected = platform.call("executeBatch", &["prj_1"], &body).await;
    let expected = [
        "operations[0].agent_id",
        "operations[1].agent_status",
        "operations[2].agent_id",
        "operations[3].anomaly_status",
        "operations[4].annotation",
    ];
    assert_eq!(rejected.problem(400, "INVALID_INPUT"), expected);
    assert!(annotations(&platform).await.is_empty());
}

#[tokio::test]
async fn an_invalid_id_fails_its_operation() {
    let platform = Platform::start().await;
    let operations = [
        revoke("1", "../policies"),
        revoke("2", ""),
        revoke("3", ".."),
    ];
    let response = execute(&platform, 200, "independent", &operations).await;
    for (id, status, code) in results(&response) {
        assert_eq!((status, code), ("failed", "invalid_input"), "{id}");
    }
}

#[tokio::test]
async fn rejects_batches_that_violate_the_contract() {
    let platform = Platform::start().await;
    let cases = [
        (json!({}), vec!["mode", "operations"]),
        (
            json!({"mode": "some", "operations": []}),
            vec!["mode", "operations"],
        ),
        (
            json!({"mode": "atomic", "operations": [{"id": "", "op": "drop"}]}),
            vec!["operations[0].id", "operations[0].op"],
        ),
        (
            json!({"mode": "atomic", "operations": [
                {"id": "1", "op": "put_schema_annotation", "annotation": {"table_name": "t"}},
            ]}),
            vec!["operations[0].annotation.description"],
        ),
        (
            json!({"mode": "atomic", "operations": vec![annotate("1", "d"); 101]}),
            vec!["operations"],
        ),
    ];
    for (body, expected) in cases {
        let rejected = platform.call("executeBatch", &["prj_1"], &body).await;
        let mut fields = rejected.problem(400, "INVALID_INPUT");
        fields.sort();
        assert_eq!(fields, expected);
    }
    assert!(annotations(&platform).await.is_empty());
    let builder = pgbeam_emulator::Emulator::builder().strict(true);
    let strict = Platform::from_builder(builder).await;
    let body = json!({"mode": "atomic", "operations": [annotate("1", "d")]});
    strict.expect(404, "executeBatch", &["prj_1"], &body).await;
}
