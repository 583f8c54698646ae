//! Tests of organizations, members, invitations, onboarding and the account export.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{CheckedApi, string};

#[tokio::test]
async fn an_organization_always_has_an_owner() {
    let api = CheckedApi::start().await;
    let members = api.get("listOrgMembers", &["org_1"]).await.json();
    assert_eq!(members["members"].as_array().map(Vec::len), Some(1));
    let owner = members["members"][0].clone();
    assert_eq!(
        (&owner["role"], &owner["email"]),
        (&json!("owner"), &json!("user@example.com"))
    );
    assert_eq!(owner["created_at"], "2026-01-31T12:00:00.000000Z");

    let ids = ["org_1", string(&owner, "id")];
    let admin = json!({"role": "admin"});
    let demoted = api.call("updateOrgMemberRole", &ids, &admin).await;
    demoted.problem(409, "INVALID_STATE");
    let removed = api.get("removeOrgMember", &ids).await;
    removed.problem(409, "INVALID_STATE");
    let invalid = api
        .call("updateOrgMemberRole", &ids, &json!({"role": "owner"}))
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["role"]);

    let unknown = ["org_1", "mem_none"];
    api.call("updateOrgMemberRole", &unknown, &admin)
        .await
        .problem(404, "NOT_FOUND");
    api.get("removeOrgMember", &unknown)
        .await
        .problem(404, "NOT_FOUND");
    let other = ["org_2", string(&owner, "id")];
    api.get("removeOrgMember", &other)
        .await
        .problem(404, "NOT_FOUND");
    assert_eq!(api.get("listOrgMembers", &["org_1"]).await.json(), members);
}

#[tokio::test]
async fn an_accepted_invitation_makes_a_member() {
    let api = CheckedApi::start().await;
    let body = json!({"email": "new@example.com"});
    let created = api.call("createOrgInvitation", &["org_1"], &body).await;
    assert_eq!(created.status, 201);
    let invitation = created.json();
    let expected = json!({
        "id": invitation["id"], "email": "new@example.com", "role": "member", "status": "pending",
        "expires_at": "2026-02-07T12:00:00.000000Z", "created_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(invitation, expected);
    for email in ["NEW@example.com", "user@example.com"] {
        let again = api
            .call("createOrgInvitation", &["org_1"], &json!({"email": email}))
            .await;
        again.problem(409, "RESOURCE_EXISTS");
    }
    let invalid = api
        .call("createOrgInvitation", &["org_1"], &json!({"role": "owner"}))
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["email", "role"]);

    let organization = api.emulator().organization("org_1");
    let id = string(&invitation, "id");
    let member = organization.accept_invitation(id).expect("pending");
    assert_eq!(organization.accept_invitation(id), None);
    let listed = api
        .get("listOrgMembers?page_size=1", &["org_1"])
        .await
        .json();
    let next = format!(
        "listOrgMembers?page_token={}",
        string(&listed, "next_page_token")
    );
    let listed = api.get(&next, &["org_1"]).await.json();
    assert_eq!(listed, json!({"members": [member]}));
    let revoked = api.get("revokeOrgInvitation", &["org_1", id]).await;
    revoked.problem(404, "NOT_FOUND");
    let again = api.call("createOrgInvitation", &["org_1"], &body).await;
    again.problem(409, "RESOURCE_EXISTS");

    let ids = ["org_1", string(&member, "id")];
    let updated = api
        .call(
            "updateOrgMemberRole",
            &ids,
            &json!({"role": "policy-author"}),
        )
        .await;
    assert_eq!(
        (updated.status, &updated.json()["role"]),
        (200, &json!("policy-author"))
    );
    assert_eq!(api.get("removeOrgMember", &ids).await.status, 204);
    api.get("removeOrgMember", &ids)
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_invitation_is_revoked_or_expires() {
    let api = CheckedApi::start().await;
    let body = json!({"email": "a@example.com", "role": "auditor"});
    let create = || api.call("createOrgInvitation", &["org_1"], &body);
    let first = create().await.json();
    let ids = ["org_1", string(&first, "id")];
    assert_eq!(api.get("revokeOrgInvitation", &ids).await.status, 204);
    api.get("revokeOrgInvitation", &ids)
        .await
        .problem(404, "NOT_FOUND");
    let second = create().await.json();
    let statuses = |list: Value| -> Vec<Value> {
        let items = list["invitations"].as_array().cloned().expect("a list");
        items.iter().map(|item| item["status"].clone()).collect()
    };
    let all = api.get("listOrgInvitations", &["org_1"]).await.json();
    assert_eq!(statuses(all), ["canceled", "pending"]);
    let pending = api
        .get("listOrgInvitations?status=pending", &["org_1"])
        .await
        .json();
    assert_eq!(pending["invitations"], json!([second]));
    let invalid = api
        .get("listOrgInvitations?status=expired", &["org_1"])
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["status"]);

    api.clock.advance(TimeDelta::days(7));
    let organization = api.emulator().organization("org_1");
    assert_eq!(organization.accept_invitation(string(&second, "id")), None);
    assert_eq!(
        create().await.status,
        201,
        "the earlier invitation has expired"
    );
}

#[tokio::test]
async fn organizations_are_those_of_the_user() {
    let api = CheckedApi::start().await;
    let list = api.get("listOrganizations", &[]).await;
    let default = json!({"id": "org_emulator", "name": "org_emulator", "slug": "org_emulator", "role": "owner"});
    assert_eq!(list.json(), json!({"organizations": [default]}));
    let unchanged = api.request("listOrganizations", &[]);
    let unchanged = unchanged.header("if-none-match", list.header("etag"));
    assert_eq!(api.send("listOrganizations", unchanged).await.status, 304);
    api.get("getOrganizationPlan", &["org_2"]).await;
    let list = api.get("listOrganizations", &[]).await.json();
    assert_eq!(list["organizations"][1]["id"], "org_2");
}

#[tokio::test]
async fn resources_and_updates_mark_onboarding_steps() {
    let api = CheckedApi::start().await;
    let ids = ["org_emulator"];
    let before = api.get("getOnboardingProgress", &ids).await.json();
    let expected = json!({
        "organization_id": "org_emulator", "org_created": true, "project_created": false, "database_added": false,
        "connection_tested": false, "connection_string_copied": false, "first_query_run": false,
        "agent_credential_created": false, "dismissed": false, "completed": false, "steps_completed": 1,
        "steps_total": 7,
    });
    assert_eq!(before, expected);

    let policy = api.api.policy("p").await;
    let policy = policy.trim_start_matches("policies/");
    let agent = json!({"name": "a", "policy_profile_id": policy});
    api.api.create("agents", &agent).await;
    let progress = api.get("getOnboardingProgress", &ids).await;
    let steps = ["project_created", "agent_credential_created"];
    assert!(
        steps.iter().all(|step| progress.json()[step] == true),
        "{progress:?}"
    );
    let unchanged = api.request("getOnboardingProgress", &ids);
    let unchanged = unchanged.header("if-none-match", progress.header("etag"));
    assert_eq!(
        api.send("getOnboardingProgress", unchanged).await.status,
        304
    );

    let update = |body: Value| {
        let api = &api;
        async move { api.call("updateOnboardingProgress", &ids, &body).await }
    };
    let invalid = update(json!({"step": "org_created"})).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["step"]);
    let dismissed = update(json!({"dismiss": true})).await.json();
    assert_eq!(
        (&dismissed["dismissed"], &dismissed["steps_completed"]),
        (&json!(true), &json!(3))
    );
    let unchanged = update(json!({"dismiss": false})).await.json();
    assert_eq!(unchanged, dismissed);
    for step in [
        "database_added",
        "connection_tested",
        "connection_string_copied",
    ] {
        update(json!({"step": step})).await;
    }
    let done = update(json!({"step": "first_query_run"})).await.json();
    assert_eq!(
        (&done["completed"], &done["steps_completed"]),
        (&json!(true), &json!(7))
    );
    assert_eq!(done["completed_at"], "2026-01-31T12:00:00.000000Z");
    api.clock.advance(TimeDelta::hours(1));
    let read = api.get("getOnboardingProgress", &ids).await.json();
    assert_eq!(read, done, "a complete onboarding does not change");
}

#[tokio::test]
async fn the_export_contains_the_projects_of_the_user() {
    let api = CheckedApi::start().await;
    let project = api
        .api
        .request(Method::PATCH, "")
        .json(&json!({"description": "d"}));
    assert_eq!(project.send().await.expect("a response").status(), 200);
    let export = api.get("exportAccountData", &[]).await;
    let body = export.json();
    assert_eq!(body["user"]["id"], "usr_emulator");
    assert_eq!(body["organizations"][0]["role"], "owner");
    assert_eq!(body["projects"][0]["id"], "prj_1");
    assert_eq!(body["projects"][0]["description"], "d");
    assert_eq!(body["exported_at"], "2026-01-31T12:00:00.000000Z");
    let unchanged = api.request("exportAccountData", &[]);
    let unchanged = unchanged.header("if-none-match", export.header("etag"));
    assert_eq!(api.send("exportAccountData", unchanged).await.status, 304);
}
