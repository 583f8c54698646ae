//! Tests of approval requests, from the held statement to its outcome, and of approval rules.

use chrono::TimeDelta;
use pgbeam_emulator::ApprovalOutcome;
use serde_json::{Value, json};

use super::support::ApiResponse;
use super::{Review, check_resource, expect};

const UPDATE: &str = "UPDATE public.orders SET state = 'closed' WHERE region = 'north'";

impl Review {
    /// Holds a statement and returns the id of its approval request.
    fn hold(&self, credential: &str) -> String {
        let project = self.api.emulator.project("prj_1");
        let approval = project.hold(credential, UPDATE).expect("a credential");
        approval["id"].as_str().expect("an id").to_owned()
    }

    async fn decide(&self, decision: &str, id: &str, status: u16, body: &Value) -> ApiResponse {
        let operation = format!("{decision}ApprovalRequest");
        let request = self.api.post(&format!("approvals/{id}/{decision}"), body);
        expect(&operation, status, request).await
    }

    /// Lists the approval requests with this query string and returns their statuses.
    async fn statuses(&self, query: &str) -> Vec<Value> {
        let list = self.api.get(&format!("approvals{query}"));
        let list = expect("listApprovalRequests", 200, list).await.json();
        let approvals = list["approvals"].as_array().expect("a list").iter();
        approvals
            .map(|approval| approval["status"].clone())
            .collect()
    }
}

#[tokio::test]
async fn a_held_statement_is_described() {
    let review = Review::start().await;
    let policy = json!({"name": "p", "approval_timeout_seconds": 60});
    let credential = review.credential(policy).await;
    for rule in [
        json!({"name": "off", "enabled": false}),
        json!({"name": "users", "relation_name": "users"}),
        json!({"name": "orders", "statement_kinds": ["update"], "schema_name": "public"}),
        json!({"name": "all"}),
    ] {
        review.api.create("approval-rules", &rule).await;
    }
    let project = review.api.emulator.project("prj_1");
    let approval = project.hold(&credential, UPDATE).expect("a credential");
    let list = review.api.get("approvals");
    let list = expect("listApprovalRequests", 200, list).await;
    assert_eq!(list.json(), json!({"approvals": [approval]}));
    let policy_id = &project.agent_credentials()[0]["policy_profile_id"];
    let expected = json!({
        "id": approval["id"], "project_id": "prj_1", "credential_id": credential,
        "policy_profile_id": policy_id, "region": "local",
        "session_id": approval["session_id"], "sql": UPDATE,
        "normalized_sql": "UPDATE public.orders SET state = $1 WHERE region = $2",
        "statement_kind": "update", "estimated_rows": null, "target_tables": ["public.orders"],
        "approval_rule_name": "orders", "status": "pending",
        "requested_at": "2026-01-31T12:00:00.000000Z", "decided_at": null, "decided_by": null,
        "expires_at": "2026-01-31T12:01:00.000000Z",
    });
    assert_eq!(approval, expected);

    let unparsed = project.hold(&credential, "SELEC 1").expect("any SQL");
    assert_eq!(unparsed["normalized_sql"], "SELEC $1");
    assert_eq!(unparsed.get("statement_kind"), None);
    expect("listApprovalRequests", 200, review.api.get("approvals")).await;
}

#[tokio::test]
async fn an_approved_statement_is_executed_or_fails() {
    let review = Review::start().await;
    let credential = review.credential(json!({"name": "p"})).await;
    let project = review.api.emulator.project("prj_1");
    let outcomes = [
        (ApprovalOutcome::Executed, "executed"),
        (ApprovalOutcome::Failed, "failed"),
    ];
    for (outcome, status) in outcomes {
        let id = review.hold(&credential);
        let rejection = project.finish_approval(&id, outcome).expect_err("pending");
        assert_eq!(rejection.status, 409);
        review.clock.advance(TimeDelta::seconds(10));
        let body = json!({"reason": "Announced."});
        let approved = review.decide("approve", &id, 200, &body).await.json();
        assert_eq!(approved["status"], "approved");
        assert_eq!(approved["reason"], "Announced.");
        assert_eq!(approved["decided_by"], "usr_emulator");
        assert!(approved["decided_at"].as_str() > approved["requested_at"].as_str());

        // An approved request does not expire.
        review.clock.advance(TimeDelta::hours(1));
        let finished = project.finish_approval(&id, outcome).expect("approved");
        let mut expected = approved.clone();
        expected["status"] = json!(status);
        assert_eq!(finished, expected);
        let rejection = project.finish_approval(&id, outcome).expect_err("finished");
        assert_eq!(rejection.status, 409);
        review
            .decide("reject", &id, 409, &body)
            .await
            .problem(409, "INVALID_STATE");
    }
    assert_eq!(review.statuses("").await, ["failed", "executed"]);
    let unknown = project.finish_approval("apr_x", ApprovalOutcome::Failed);
    assert_eq!(unknown.expect_err("unknown").status, 404);
}

#[tokio::test]
async fn a_request_is_decided_once() {
    let review = Review::start().await;
    let credential = review.credential(json!({"name": "p"})).await;
    let id = review.hold(&credential);
    let too_long = json!({"reason": "x".repeat(501)});
    let invalid = review.decide("reject", &id, 400, &too_long).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["reason"]);
    let without_body = format!("approvals/{id}/reject");
    let without_body = review.api.request(reqwest::Method::POST, &without_body);
    let rejected = expect("rejectApprovalRequest", 200, without_body)
        .await
        .json();
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(rejected.get("reason"), None);
    assert_eq!(rejected["decided_by"], "usr_emulator");
    for decision in ["approve", "reject"] {
        let again = review.decide(decision, &id, 409, &json!({})).await;
        again.problem(409, "INVALID_STATE");
        let unknown = review.decide(decision, "apr_x", 404, &json!({})).await;
        unknown.problem(404, "NOT_FOUND");
    }
    let list = expect("listApprovalRequests", 200, review.api.get("approvals")).await;
    assert_eq!(list.json(), json!({"approvals": [rejected]}), "unchanged");
}

#[tokio::test]
async fn pending_requests_expire() {
    let review = Review::start().await;
    let credential = review.credential(json!({"name": "p"})).await;
    let ids = [review.hold(&credential), review.hold(&credential)];
    review.clock.advance(TimeDelta::seconds(299));
    review.decide("approve", &ids[0], 200, &json!({})).await;
    assert_eq!(review.statuses("?status=pending").await, ["pending"]);
    assert_eq!(review.statuses("?status=expired").await, [json!(null); 0]);

    review.clock.advance(TimeDelta::seconds(1));
    let late = review.decide("approve", &ids[1], 409, &json!({})).await;
    late.problem(409, "INVALID_STATE");
    assert_eq!(review.statuses("").await, ["expired", "approved"]);
    assert_eq!(review.statuses("?status=pending").await, [json!(null); 0]);
    assert_eq!(review.statuses("?status=expired").await, ["expired"]);
    let list = review.api.get("approvals?status=expired");
    let list = expect("listApprovalRequests", 200, list).await.json();
    assert_eq!(list["approvals"][0]["decided_at"], json!(null));

    let unknown = review.api.get("approvals?status=lost");
    let unknown = expect("listApprovalRequests", 400, unknown).await;
    assert_eq!(unknown.problem(400, "INVALID_INPUT"), ["status"]);
}

#[tokio::test]
async fn the_list_has_pages() {
    let review = Review::start().await;
    let credential = review.credential(json!({"name": "p"})).await;
    let ids: Vec<String> = (0..3).map(|_| review.hold(&credential)).collect();
    review.decide("reject", &ids[1], 200, &json!({})).await;
    let path = "approvals?status=pending&page_size=1";
    let first = expect("listApprovalRequests", 200, review.api.get(path))
        .await
        .json();
    assert_eq!(first["approvals"][0]["id"], ids[2]);
    let token = first["next_page_token"].as_str().expect("a token");
    let next = review.api.get(&format!("{path}&page_token={token}"));
    let next = expect("listApprovalRequests", 200, next).await;
    assert_eq!(next.json()["approvals"][0]["id"], ids[0]);
    assert_eq!(next.json().get("next_page_token"), None);
    let unchanged = review.api.get(&format!("{path}&page_token={token}"));
    let unchanged = unchanged.header("if-none-match", next.header("etag"));
    expect("listApprovalRequests", 304, unchanged).await;
}

#[tokio::test]
async fn only_bound_credentials_can_hold_statements() {
    let review = Review::start().await;
    let project = review.api.emulator.project("prj_1");
    let agent = project.agent("agt_1");
    agent.credential("unbound");
    agent.credential("dangling").bind_to("pol_x");
    let revoked = review.credential(json!({"name": "p"})).await;
    let revoke = review.api.delete(&format!("agents/{revoked}"));
    expect("revokeAgentCredential", 204, revoke).await;
    for (credential, sql, status, fields) in [
        ("", "", 400, &["credential_id", "sql"][..]),
        ("unbound", "", 400, &["sql"]),
        ("agt_x", UPDATE, 404, &[]),
        ("unbound", UPDATE, 409, &[]),
        ("dangling", UPDATE, 404, &[]),
        (&revoked, UPDATE, 409, &[]),
    ] {
        let rejection = project.hold(credential, sql).expect_err(credential);
        assert_eq!(rejection.status, status, "{credential}");
        assert!(rejection.fields.iter().map(|(name, _)| name).eq(fields));
    }
    assert_eq!(review.statuses("").await, [json!(null); 0]);
}

#[tokio::test]
async fn approval_rules_are_created_changed_and_deleted() {
    let review = Review::start().await;
    let rule = json!({
        "name": "Large updates", "statement_kinds": ["update", "delete"], "schema_name": "public",
        "relation_name": "orders", "min_affected_rows": 100,
    });
    let blank = review.api.post("approval-rules", &json!({"name": " \t"}));
    let blank = expect("createApprovalRule", 400, blank).await;
    assert_eq!(blank.problem(400, "INVALID_INPUT"), ["name"]);
    let invalid = json!({"name": "", "statement_kinds": ["select"], "min_affected_rows": 0});
    let same_name = json!({"name": "Large updates"});
    check_resource(
        &review,
        "ApprovalRule",
        "approval-rules",
        &rule,
        Some(&same_name),
        &invalid,
    )
    .await;
}

#[tokio::test]
async fn enabled_rules_conflict_with_a_live_enrollment() {
    let review = Review::start().await;
    let org = format!(
        "{}/v1/organizations/org_emulator",
        review.api.emulator.base_url()
    );
    let body = json!({"expires_at": "2026-01-31T13:00:00Z"});
    let enroll = review.api.http.post(format!("{org}/self-host-enrollments"));
    let enroll = enroll.bearer_auth("pbk_test").json(&body);
    assert_eq!(ApiResponse::send(enroll).await.status, 201);

    let rule = |name: &str, enabled: bool| json!({"name": name, "enabled": enabled});
    let create = |rule: Value| review.api.post("approval-rules", &rule);
    expect("createApprovalRule", 409, create(rule("a", true)))
        .await
        .problem(409, "CONFLICT");
    let created = expect("createApprovalRule", 201, create(rule("a", false)))
        .await
        .json();
    let path = super::support::resource_path("approval-rules", &created);
    expect(
        "updateApprovalRule",
        409,
        review.api.put(&path, &json!({"name": "b"})),
    )
    .await;
    review.clock.advance(TimeDelta::hours(1));
    expect(
        "updateApprovalRule",
        200,
        review.api.put(&path, &json!({"name": "b"})),
    )
    .await;
}
