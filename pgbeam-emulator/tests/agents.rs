//! Tests of agent credentials.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock, Traffic};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Api, ApiResponse, resource_path};

/// Creates a policy profile and returns its id.
async fn policy(api: &Api) -> String {
    let path = api.policy("p").await;
    path.trim_start_matches("policies/").to_owned()
}

#[tokio::test]
async fn a_credential_is_created_read_rotated_and_revoked() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let clock = ManualClock::new(now);
    let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
    let policy = policy(&api).await;
    let body = json!({
        "name": "Order desk", "policy_profile_id": policy, "shield": 1, "status": "revoked",
        "last_used_at": "2026-01-01T00:00:00Z", "expires_at": null,
    });
    let secrets = api.create("agents", &body).await;
    let created = secrets["credential"].clone();
    let user = created["pg_username"].as_str().expect("a user name");
    let expected = json!({
        "id": created["id"], "project_id": "prj_1", "policy_profile_id": policy,
        "name": "Order desk", "pg_username": user, "status": "active", "principal_type": "agent",
        "auth_method": "scram-sha-256", "expires_at": null, "shield": 1,
        "created_at": "2026-01-31T12:00:00.000000Z", "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(created, expected);
    let connection_string = secrets["connection_string"].as_str().expect("a string");
    assert!(connection_string.starts_with(&format!("postgresql://{user}:")));

    let id = created["id"].as_str().expect("an id");
    let path = resource_path("agents", &created);
    let read = ApiResponse::send(api.get(&path)).await;
    assert_eq!(read.json(), created, "a read returns no secrets");
    let list = ApiResponse::send(api.get("agents")).await;
    assert_eq!(list.json(), json!({"agents": [created]}));
    assert_eq!(
        api.emulator.project("prj_1").agent_credential(id),
        Some(created.clone())
    );

    clock.advance(TimeDelta::seconds(5));
    let rotate = || api.request(Method::POST, &format!("{path}/rotate"));
    let rotated = ApiResponse::send(rotate()).await.json();
    assert_eq!(rotated["credential"]["pg_username"], user);
    assert_eq!(
        rotated["credential"]["updated_at"],
        "2026-01-31T12:00:05.000000Z"
    );
    for secret in ["connection_string", "mcp_token"] {
        assert_ne!(rotated[secret], secrets[secret]);
    }

    let revoked = ApiResponse::send(api.delete(&path)).await;
    assert_eq!((revoked.status, revoked.body.len()), (204, 0));
    let read = ApiResponse::send(api.get(&path)).await.json();
    assert_eq!(read["status"], "revoked");
    ApiResponse::send(api.delete(&path))
        .await
        .problem(404, "NOT_FOUND");
    ApiResponse::send(rotate())
        .await
        .problem(409, "INVALID_STATE");
    ApiResponse::send(api.patch(&path, &json!({"status": "active"})))
        .await
        .problem(409, "INVALID_STATE");
}

#[tokio::test]
async fn a_retry_with_the_same_key_returns_the_same_secrets() {
    let api = Api::start().await;
    let body = json!({"name": "a", "policy_profile_id": policy(&api).await});
    let create = || api.post("agents", &body).header("idempotency-key", "k");
    let first = ApiResponse::send(create()).await;
    let second = ApiResponse::send(create()).await;
    assert_eq!(
        (second.status, second.json()["mcp_token"].is_string()),
        (201, true)
    );
    assert_eq!(first.body, second.body);
    assert_eq!(api.emulator.project("prj_1").agent_credentials().len(), 1);
}

#[tokio::test]
async fn the_status_can_be_disabled_and_active() {
    let api = Api::start().await;
    let body = json!({"name": "a", "policy_profile_id": policy(&api).await});
    let created = api.create("agents", &body).await["credential"].clone();
    let path = resource_path("agents", &created);
    let etag = ApiResponse::send(api.get(&path)).await;
    let etag = etag.header("etag").to_owned();
    let update = async |status: Value| {
        let request = api.patch(&path, &json!({ "status": status }));
        ApiResponse::send(request.header("if-match", &etag)).await
    };
    // The same status changes nothing, so the ETag stays valid.
    assert_eq!(update(json!("active")).await.json(), created);
    let invalid = update(json!("revoked")).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["status"]);
    let disabled = update(json!("disabled")).await;
    assert_eq!((disabled.status, disabled.header("etag")), (200, ""));
    assert_eq!(disabled.json()["status"], "disabled");
    update(json!("active"))
        .await
        .problem(412, "PRECONDITION_FAILED");
}

#[tokio::test]
async fn rejects_unknown_profiles_and_past_expiry_times() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let api = Api::from_builder(Emulator::builder().clock(ManualClock::new(now))).await;
    let post = async |body: Value| ApiResponse::send(api.post("agents", &body)).await;
    let unknown = post(json!({"name": "a", "policy_profile_id": "pol_x"})).await;
    unknown.problem(404, "NOT_FOUND");
    let policy = policy(&api).await;
    let invalid = json!({
        "name": "", "policy_profile_id": policy, "expires_at": "2026-01-31T12:00:00Z",
        "principal_type": "bot",
    });
    let mut fields = post(invalid).await.problem(400, "INVALID_INPUT");
    fields.sort();
    assert_eq!(fields, ["expires_at", "name", "principal_type"]);
    let missing = post(json!({})).await.problem(400, "INVALID_INPUT");
    assert_eq!(missing, ["name", "policy_profile_id"]);
    assert!(api.emulator.project("prj_1").agent_credentials().is_empty());
    let valid = json!({
        "name": "a", "policy_profile_id": policy, "expires_at": "2026-01-31T12:00:01Z",
    });
    assert_eq!(post(valid).await.status, 201);
}

#[tokio::test]
async fn the_list_has_pages() {
    let api = Api::start().await;
    let project = api.emulator.project("prj_1");
    let policy = policy(&api).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let body = json!({"name": name, "policy_profile_id": policy});
        let created = project.create_agent_credential(body).expect("valid");
        ids.push(created["credential"]["id"].clone());
    }
    let first = ApiResponse::send(api.get("agents?page_size=2"))
        .await
        .json();
    let token = first["next_page_token"].as_str().expect("a token");
    let next = api.get(&format!("agents?page_size=2&page_token={token}"));
    let next = ApiResponse::send(next).await.json();
    assert!(next.get("next_page_token").is_none());
    let listed: Vec<_> = [&first, &next]
        .into_iter()
        .flat_map(|page| page["agents"].as_array().expect("agents"))
        .map(|credential| credential["id"].clone())
        .collect();
    assert_eq!(listed, ids);
}

#[tokio::test]
async fn a_profile_is_deleted_only_after_its_credentials_are_revoked() {
    let api = Api::start().await;
    let policy = policy(&api).await;
    let body = json!({"name": "a", "policy_profile_id": policy});
    let secrets = api.create("agents", &body).await;
    let agent = resource_path("agents", &secrets["credential"]);
    let path = format!("policies/{policy}");
    let disabled = api.patch(&agent, &json!({"status": "disabled"}));
    assert_eq!(ApiResponse::send(disabled).await.status, 200);
    ApiResponse::send(api.delete(&path))
        .await
        .problem(409, "CONFLICT");
    assert_eq!(ApiResponse::send(api.delete(&agent)).await.status, 204);
    assert_eq!(ApiResponse::send(api.delete(&path)).await.status, 204);
}

#[tokio::test]
async fn recorded_traffic_of_a_credential_is_replayed() {
    let api = Api::start().await;
    let policy = policy(&api).await;
    let project = api.emulator.project("prj_1");
    let body = json!({"name": "a", "policy_profile_id": policy});
    let created = project.create_agent_credential(body).expect("valid");
    let id = created["credential"]["id"].as_str().expect("an id");
    project
        .agent(id)
        .credential(id)
        .record_traffic(Traffic::allowed("SELECT 1").times(12));
    let replay = async |body: Value| {
        let response = ApiResponse::send(api.post("policy-replays", &body)).await;
        response.json()
    };
    let by_credential = replay(json!({"policy_id": policy, "credential_id": id})).await;
    assert_eq!(by_credential["items"][0]["sql"], "SELECT 1");
    let bound = replay(json!({"policy_id": policy, "bound_policy_id": policy})).await;
    assert_eq!(bound["summary"]["bound_credentials"], 1);
    let path = format!("agents/{id}/policy-recommendation");
    let recommended = ApiResponse::send(api.post(&path, &json!({}))).await;
    assert_eq!(recommended.json()["sufficient_history"], true);
}
