//! Sends a valid request to every operation of the API contract, in an order that an application could use, and
//! checks each response against the contract.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use pgbeam_emulator::{Emulator, ManualClock, Operation};
use reqwest::Method;
use serde_json::Value;

use crate::support::contract::Contract;
use crate::support::{Api, ApiResponse};

/// The requests in order. Each has three parts: the `operationId`, or the path of a POST to an admin route after
/// `/_emulator/`; the query; and the JSON body, or `""` for none. `{name}` stands for the id of that name, which an
/// earlier response contained.
const STEPS: &[(&str, &str, &str)] = &[
    ("getHealth", "", ""),
    ("listRegions", "", ""),
    ("listPlans", "", ""),
    ("listOrganizations", "", ""),
    ("exportAccountData", "", ""),
    ("scanText", "", r#"{"text": "hello"}"#),
    // The organization.
    ("listOrgMembers", "", ""),
    (
        "createOrgInvitation",
        "",
        r#"{"email": "b@example.com", "role": "member"}"#,
    ),
    ("listOrgInvitations", "", ""),
    ("revokeOrgInvitation", "", ""),
    (
        "createOrgInvitation",
        "",
        r#"{"email": "c@example.com", "role": "member"}"#,
    ),
    (
        "organizations/{org_id}/invitations/{invitation_id}/accept",
        "",
        "",
    ),
    ("updateOrgMemberRole", "", r#"{"role": "auditor"}"#),
    ("removeOrgMember", "", ""),
    ("getOnboardingProgress", "", ""),
    ("updateOnboardingProgress", "", r#"{"dismiss": true}"#),
    ("getOrganizationPlan", "", ""),
    ("updateSpendLimit", "", r#"{"spend_limit": 10}"#),
    ("getVercelInstallation", "", ""),
    (
        "getOrganizationUsage",
        "start_date=2026-01-01&end_date=2026-01-31",
        "",
    ),
    // A project with databases.
    (
        "createProject",
        "",
        r#"{"name": "p", "org_id": "{org_id}", "database": {"host": "db.example.com", "port": 5432,
            "name": "app", "username": "u", "password": "secret"}}"#,
    ),
    ("listProjects", "org_id={org_id}", ""),
    ("getProject", "", ""),
    ("updateProject", "", r#"{"description": "d"}"#),
    (
        "createDatabase",
        "",
        r#"{"host": "db.example.com", "port": 5432, "name": "app", "username": "u", "password": "secret"}"#,
    ),
    ("listDatabases", "", ""),
    ("getDatabase", "", ""),
    ("updateDatabase", "", r#"{"port": 5433}"#),
    ("testDatabaseConnection", "", ""),
    ("scanDatabaseForPii", "", ""),
    ("getSchemaCatalog", "", ""),
    (
        "createReplica",
        "",
        r#"{"host": "replica.example.com", "port": 5432}"#,
    ),
    ("listReplicas", "", ""),
    ("createCustomDomain", "", r#"{"domain": "db.example.com"}"#),
    ("listCustomDomains", "", ""),
    ("verifyCustomDomain", "", ""),
    (
        "putSchemaAnnotation",
        "",
        r#"{"table_name": "orders", "description": "d"}"#,
    ),
    ("listSchemaAnnotations", "", ""),
    (
        "lintMigration",
        "",
        r#"{"sql": "ALTER TABLE orders ADD COLUMN note text"}"#,
    ),
    // Policies and credentials.
    (
        "createQueryTemplate",
        "",
        r#"{"name": "all_orders", "sql": "SELECT id FROM orders"}"#,
    ),
    ("listQueryTemplates", "", ""),
    ("getQueryTemplate", "", ""),
    (
        "updateQueryTemplate",
        "",
        r#"{"name": "orders", "sql": "SELECT id FROM orders"}"#,
    ),
    ("createPolicyProfile", "", r#"{"name": "p"}"#),
    ("listPolicyProfiles", "", ""),
    ("getPolicyProfile", "", ""),
    (
        "updatePolicyProfile",
        "",
        r#"{"name": "p", "max_rows": 10}"#,
    ),
    ("getPolicyStatementKinds", "", ""),
    (
        "dryEvalPolicy",
        "",
        r#"{"sql": "SELECT 1", "policy_id": "{policy_id}"}"#,
    ),
    (
        "createAgentCredential",
        "",
        r#"{"name": "a", "policy_profile_id": "{policy_id}"}"#,
    ),
    ("listAgentCredentials", "", ""),
    ("getAgentCredential", "", ""),
    ("updateAgentCredentialStatus", "", r#"{"status": "active"}"#),
    ("rotateAgentCredential", "", ""),
    (
        "createHoneytoken",
        "",
        r#"{"relation_name": "bait", "action": "audit_only"}"#,
    ),
    ("listHoneytokens", "", ""),
    ("getHoneytoken", "", ""),
    (
        "updateHoneytoken",
        "",
        r#"{"relation_name": "bait", "action": "kill"}"#,
    ),
    (
        "createWebhookEndpoint",
        "",
        r#"{"url": "https://hooks.example.com/a", "secret": "s"}"#,
    ),
    ("listWebhookEndpoints", "", ""),
    ("getWebhookEndpoint", "", ""),
    (
        "updateWebhookEndpoint",
        "",
        r#"{"url": "https://hooks.example.com/b"}"#,
    ),
    ("testWebhookEndpoint", "", ""),
    // What agents do.
    (
        "projects/{project_id}/statements",
        "",
        r#"{"credential_id": "{agent_id}", "sql": "SELECT id FROM orders"}"#,
    ),
    ("listCacheRules", "", ""),
    ("updateCacheRule", "", r#"{"cache_enabled": true}"#),
    ("listAuditLogs", "", ""),
    ("exportAuditLogs", "", ""),
    ("getAuditSessionSummary", "", ""),
    ("verifyAuditChain", "", ""),
    ("getAgentUsageBreakdown", "", ""),
    (
        "getProjectUsage",
        "start_date=2026-01-01&end_date=2026-01-31",
        "",
    ),
    ("getProjectInsights", "", ""),
    ("getProjectMetrics", "", ""),
    ("replayPolicy", "", r#"{"policy_id": "{policy_id}"}"#),
    ("recommendAgentPolicy", "", ""),
    ("createApprovalRule", "", r#"{"name": "r"}"#),
    ("listApprovalRules", "", ""),
    ("getApprovalRule", "", ""),
    ("updateApprovalRule", "", r#"{"name": "r2"}"#),
    (
        "projects/{project_id}/approvals",
        "",
        r#"{"credential_id": "{agent_id}", "sql": "DELETE FROM orders"}"#,
    ),
    ("listApprovalRequests", "", ""),
    ("approveApprovalRequest", "", r#"{"reason": "fine"}"#),
    (
        "projects/{project_id}/approvals",
        "",
        r#"{"credential_id": "{agent_id}", "sql": "DELETE FROM orders"}"#,
    ),
    ("rejectApprovalRequest", "", ""),
    ("createAnomalyRule", "", r#"{"metric": "queries_per_hour"}"#),
    ("listAnomalyRules", "", ""),
    ("getAnomalyRule", "", ""),
    ("updateAnomalyRule", "", r#"{"metric": "bytes_per_hour"}"#),
    (
        "projects/{project_id}/anomalies",
        "",
        r#"{"kind": "volume_spike", "severity": "warning"}"#,
    ),
    ("listAnomalyAlerts", "", ""),
    ("updateAnomalyAlert", "", r#"{"status": "acknowledged"}"#),
    (
        "projects/{project_id}/branches",
        "",
        r#"{"status": "ready"}"#,
    ),
    ("listDatabaseBranches", "", ""),
    ("discardDatabaseBranch", "", ""),
    (
        "executeBatch",
        "",
        r#"{"mode": "atomic", "operations": [{"id": "op-1", "op": "set_agent_credential_status",
            "agent_id": "{agent_id}", "agent_status": "active"}]}"#,
    ),
    // Support, payments, the demo.
    (
        "createSupportCase",
        "",
        r#"{"org_id": "{org_id}", "title": "t", "body": "b"}"#,
    ),
    ("listSupportCases", "", ""),
    ("getSupportCase", "", ""),
    ("updateSupportCase", "", r#"{"status": "closed"}"#),
    ("createSupportMessage", "", r#"{"body": "b"}"#),
    ("listPaymentResources", "", ""),
    ("createBudgetTopup", "", r#"{"packs": 1}"#),
    ("getDemo", "", ""),
    ("createDemoCredential", "", "{}"),
    (
        "releaseDemoCredential",
        "",
        r#"{"mcp_token": "{mcp_token}"}"#,
    ),
    // Deletions.
    ("deleteSchemaAnnotation", "table_name=orders", ""),
    ("deleteWebhookEndpoint", "", ""),
    ("deleteHoneytoken", "", ""),
    ("deleteAnomalyRule", "", ""),
    ("deleteApprovalRule", "", ""),
    ("revokeAgentCredential", "", ""),
    ("deletePolicyProfile", "", ""),
    ("deleteQueryTemplate", "", ""),
    ("createCustomDomain", "", r#"{"domain": "db2.example.com"}"#),
    ("deleteCustomDomain", "", ""),
    ("deleteReplica", "", ""),
    ("deleteDatabase", "", ""),
    ("deleteProject", "", ""),
    ("createSelfHostEnrollment", "", "{}"),
    ("listSelfHostEnrollments", "", ""),
    ("rotateSelfHostEnrollment", "", ""),
    ("revokeSelfHostEnrollment", "", ""),
    ("submitCancellationFeedback", "", r#"{"reason": "other"}"#),
];

/// The values for `{name}` in a step, by name.
#[derive(Debug)]
struct Ids(BTreeMap<String, String>);

impl Ids {
    fn fill(&self, template: &str) -> String {
        let mut filled = template.to_owned();
        for (name, id) in &self.0 {
            filled = filled.replace(&format!("{{{name}}}"), id);
        }
        filled
    }

    /// Stores the ids in a response. `path` is the path of the operation, with its parameters in braces.
    fn learn(&mut self, path: &str, response: &Value) {
        // If `path` is a collection, the path of one of its resources contains the name of the id.
        let child = format!("{path}/{{");
        let item = Operation::all()
            .filter_map(|operation| operation.path().strip_prefix(&child))
            .find_map(|rest| rest.split_once('}'));
        let mut objects = vec![response];
        objects.extend(
            response
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, value)| value),
        );
        let first = |value: &Value| value.as_array().and_then(|items| items.first().cloned());
        let listed: Vec<Value> = objects.iter().filter_map(|value| first(value)).collect();
        objects.extend(&listed);
        let id = objects.iter().find_map(|object| object.get("id")?.as_str());
        if let (Some((name, _)), Some(id)) = (item, id) {
            self.0.insert(name.to_owned(), id.to_owned());
        }
        for name in ["session_id", "mcp_token", "query_hash"] {
            if let Some(value) = objects.iter().find_map(|object| object.get(name)?.as_str()) {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

#[tokio::test]
async fn every_operation_succeeds_with_a_valid_body() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let api = Api::from_builder(
        Emulator::builder()
            .clock(ManualClock::new(now))
            .strict(true),
    )
    .await;
    let contract = Contract::load();
    let base_url = api.emulator.base_url();
    let known = [
        ("org_id", "org_emulator"),
        ("query_hash", "0123456789abcdef"),
    ];
    let mut ids = Ids(known
        .map(|(name, id)| (name.to_owned(), id.to_owned()))
        .into_iter()
        .collect());
    let mut served = BTreeSet::new();
    for (step, query, body) in STEPS {
        let operation = step.parse::<Operation>().ok();
        let (method, path) = match operation {
            Some(operation) => (operation.method(), operation.path().to_owned()),
            None => (Method::POST, format!("/_emulator/{step}")),
        };
        let separator = if query.is_empty() { "" } else { "?" };
        let target = ids.fill(&format!("{path}{separator}{query}"));
        assert!(
            !target.contains('{'),
            "{step}: no step returned an id of {target}"
        );
        let mut request = api.http.request(method, format!("{base_url}{target}"));
        if operation.is_some() {
            request = request.bearer_auth("pbk_test");
        }
        if *step == "createBudgetTopup" {
            request = request.header("Payment-Authorization", "proof");
        }
        if !body.is_empty() {
            let json: Value = serde_json::from_str(&ids.fill(body)).expect("JSON");
            request = request.json(&json);
        }
        let response = ApiResponse::send(request).await;
        assert!(
            (200..300).contains(&response.status),
            "{step}: {response:?}"
        );
        let json = serde_json::from_slice(&response.body).unwrap_or_default();
        match operation {
            Some(operation) => {
                let id = operation.id();
                let (status, headers) = (response.status, &response.headers);
                let violations = contract.violations(id, status, headers, &response.body);
                assert!(violations.is_empty(), "{id}: {violations:#?} {response:?}");
                served.insert(id.to_owned());
                ids.learn(operation.path(), &json);
            }
            None => {
                let collection = match step.rsplit_once('/') {
                    Some((_, "accept")) => "/v1/organizations/{org_id}/members".to_owned(),
                    _ => format!("/v1/{step}"),
                };
                ids.learn(&collection, &json);
            }
        }
    }
    let all: BTreeSet<_> = Operation::all()
        .map(|operation| operation.id().to_owned())
        .collect();
    assert_eq!(served, all, "a request for every operation");
}
