//! Checks of the operations of the project itself and of agent credentials.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::resource_path;
use crate::{ConformanceCheck, policy};

/// Checks the operations of the project itself.
pub(crate) async fn project(check: &mut ConformanceCheck) {
    let read = check.expect("getProject", 200, check.api.get("")).await;
    let etag = read.header("etag").to_owned();
    let unchanged = check.api.get("").header("if-none-match", &etag);
    check.expect("getProject", 304, unchanged).await;
    let body = json!({
        "name": "Shop", "description": "Orders", "tags": ["a"], "status": "suspended",
        "allowed_cidrs": [{"cidr": "10.0.0.0/8", "label": "Office"}], "residency": "eu",
        "agents_disabled": true, "default_policy_profile_id": null,
    });
    let update = check.api.patch("", &body).header("if-match", &etag);
    check.expect("updateProject", 200, update).await;
    check.expect("getProject", 200, check.api.get("")).await;
    let stale = check.api.patch("", &body).header("if-match", &etag);
    check.expect("updateProject", 412, stale).await;
    let invalid = check.api.patch("", &json!({"name": ""}));
    check.expect("updateProject", 400, invalid).await;
    let unknown = check
        .api
        .patch("", &json!({"default_policy_profile_id": "none"}));
    check.expect("updateProject", 404, unknown).await;
    let url = format!("{}/v1/projects/a%20b", check.api.emulator.base_url());
    let invalid = check.api.http.get(url).bearer_auth("x");
    check.expect("getProject", 400, invalid).await;
}

/// Checks create, list, get, status, rotate and revoke of agent credentials.
pub(crate) async fn agent_credentials(check: &mut ConformanceCheck) {
    let created = check
        .api
        .emulator
        .project("prj_1")
        .create_policy(policy())
        .expect("valid");
    let body = json!({
        "name": "a", "policy_profile_id": created["id"], "principal_type": "human",
        "expires_at": "2026-02-01T00:00:00Z",
    });
    let keyed = |body: &Value| {
        check
            .api
            .post("agents", body)
            .header("idempotency-key", "a")
    };
    let (first, reused) = (keyed(&body), keyed(&json!({})));
    let created = check.expect("createAgentCredential", 201, first).await;
    let created = created.json()["credential"].clone();
    check.expect("createAgentCredential", 409, reused).await;
    let invalid = check.api.post("agents", &json!({}));
    check.expect("createAgentCredential", 400, invalid).await;
    let unknown = check
        .api
        .post("agents", &json!({"name": "a", "policy_profile_id": "x"}));
    check.expect("createAgentCredential", 404, unknown).await;

    let list = check.api.get("agents");
    let list = check.expect("listAgentCredentials", 200, list).await;
    let unchanged = check.api.get("agents");
    let unchanged = unchanged.header("if-none-match", list.header("etag"));
    check.expect("listAgentCredentials", 304, unchanged).await;
    let invalid = check.api.get("agents?page_size=0");
    check.expect("listAgentCredentials", 400, invalid).await;

    let item = resource_path("agents", &created);
    let read = check.api.get(&item);
    let read = check.expect("getAgentCredential", 200, read).await;
    let etag = read.header("etag").to_owned();
    let unchanged = check.api.get(&item).header("if-none-match", &etag);
    check.expect("getAgentCredential", 304, unchanged).await;
    let disabled = json!({"status": "disabled"});
    let (update, rotate) = ("updateAgentCredentialStatus", "rotateAgentCredential");
    for (status, tag) in [(200, etag.as_str()), (412, "\"x\"")] {
        let request = check.api.patch(&item, &disabled).header("if-match", tag);
        check.expect(update, status, request).await;
    }
    let invalid = check.api.patch(&item, &json!({"status": "revoked"}));
    check.expect(update, 400, invalid).await;
    let rotated = check.api.request(Method::POST, &format!("{item}/rotate"));
    check.expect(rotate, 200, rotated).await;

    check
        .expect("revokeAgentCredential", 204, check.api.delete(&item))
        .await;
    check
        .expect("revokeAgentCredential", 404, check.api.delete(&item))
        .await;
    let revoked = check.api.patch(&item, &disabled);
    check.expect(update, 409, revoked).await;
    let revoked = check.api.request(Method::POST, &format!("{item}/rotate"));
    check.expect(rotate, 409, revoked).await;
    for (path, status) in [("agents/none", 404), ("agents/a%20b", 400)] {
        let requests = [
            ("getAgentCredential", check.api.get(path)),
            (update, check.api.patch(path, &disabled)),
            ("revokeAgentCredential", check.api.delete(path)),
            (
                rotate,
                check.api.request(Method::POST, &format!("{path}/rotate")),
            ),
        ];
        for (operation, request) in requests {
            check.expect(operation, status, request).await;
        }
    }
}
