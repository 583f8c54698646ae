//! Tests of payment resources and budget top-ups.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{CheckedApi, string};

#[tokio::test]
async fn a_topup_needs_a_proof_of_payment() {
    let api = CheckedApi::start().await;
    let url = format!("{}/v1/payments/resources", api.emulator().base_url());
    let resources = api
        .send("listPaymentResources", api.api.http.get(url))
        .await;
    let pack = resources.json()["resources"][0].clone();
    assert_eq!(pack["operation_id"], "createBudgetTopup");

    let unpaid = api
        .call("createBudgetTopup", &[], &json!({"packs": 2}))
        .await;
    assert_eq!(unpaid.status, 402);
    let problem = unpaid.json();
    let challenge = unpaid.header("www-authenticate");
    assert!(
        challenge.contains(string(&problem, "challengeId")),
        "{challenge}"
    );
    assert!(
        challenge.ends_with("amount=\"400\", currency=\"usd\""),
        "{challenge}"
    );
    let paid = |body: Option<Value>| {
        let request = api.request("createBudgetTopup", &[]);
        let request = request.header("payment-authorization", "proof");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        api.send("createBudgetTopup", request)
    };
    let topup = paid(Some(json!({"packs": 2}))).await;
    assert_eq!(topup.status, 201);
    assert_eq!(topup.header("payment-receipt"), topup.json()["receipt"]);
    assert_eq!(
        topup.json()["queries"],
        2 * pack["units_per_pack"].as_i64().expect("an integer")
    );
    assert_eq!(topup.json()["amount"], 400);
    assert_eq!(topup.json()["expires_at"], "2026-03-02T12:00:00.000000Z");
    let single = paid(None).await.json();
    assert_eq!(single["queries"], pack["units_per_pack"]);
    assert_eq!(single["credential_id"], topup.json()["credential_id"]);
    for packs in [
        json!(0),
        json!(101),
        json!(u64::MAX),
        json!("1"),
        Value::Null,
    ] {
        let invalid = paid(Some(json!({"packs": packs}))).await;
        let fields = invalid.problem(400, "INVALID_INPUT");
        assert!(
            fields.iter().all(|field| field == "packs"),
            "{packs} {fields:?}"
        );
    }
    let pack = json!({"units_per_pack": 7, "max_packs": 1});
    api.set_object("/v1/payments/resources", &json!({"resources": [pack]}));
    assert_eq!(paid(None).await.json()["queries"], 7);
}

#[tokio::test]
async fn a_topup_goes_to_the_agent_credential_of_the_token() {
    let api = CheckedApi::start().await;
    let policy = api.api.policy("p").await;
    let body = json!({"name": "a", "policy_profile_id": policy.trim_start_matches("policies/")});
    let secrets = api.api.create("agents", &body).await;
    let id = string(&secrets["credential"], "id");
    let topup = |token: &str| {
        let url = format!("{}/v1/payments/budget-topups", api.emulator().base_url());
        let request = api.api.http.post(url).bearer_auth(token);
        api.send(
            "createBudgetTopup",
            request.header("payment-authorization", "proof"),
        )
    };
    let token = string(&secrets, "mcp_token");
    assert_eq!(topup(token).await.json()["credential_id"], id);
    let rotate = api
        .api
        .request(Method::POST, &format!("agents/{id}/rotate"));
    let rotated: Value = rotate
        .send()
        .await
        .expect("a response")
        .json()
        .await
        .expect("JSON");
    assert_ne!(
        topup(token).await.json()["credential_id"],
        id,
        "an old token"
    );
    let token = string(&rotated, "mcp_token");
    assert_eq!(topup(token).await.json()["credential_id"], id);
    api.get("revokeAgentCredential", &["prj_1", id]).await;
    topup(token).await.problem(401, "UNAUTHORIZED");
}
