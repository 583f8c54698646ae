//! For every status that the API contract declares for the operations of the emulator, checks a response against the
//! contract.

mod support;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use pgbeam_emulator::{Emulator, Fault, ManualClock, Operation, Traffic};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use support::contract::Contract;
use support::{Api, ApiResponse, resource_path};

/// The tag whose operations are all served.
const TAG: &str = "Policies";

/// Sends requests and collects contract violations and the statuses of the responses.
struct ConformanceCheck {
    api: Api,
    contract: Contract,
    violations: Vec<String>,
    statuses: BTreeSet<(String, u16)>,
}

impl ConformanceCheck {
    async fn expect(
        &mut self,
        operation: &str,
        status: u16,
        request: RequestBuilder,
    ) -> ApiResponse {
        let response = ApiResponse::send(request).await;
        assert_eq!(response.status, status, "{operation}: {response:?}");
        let violations = self.contract.violations(
            operation,
            response.status,
            &response.headers,
            &response.body,
        );
        self.violations.extend(
            violations
                .into_iter()
                .map(|violation| format!("{operation} {status}: {violation}")),
        );
        self.statuses.insert((operation.to_owned(), status));
        response
    }
}

fn policy() -> Value {
    json!({
        "name": "full", "access_mode": "read_write",
        "statement_rules": {"deny": ["ddl"]}, "table_allowlist": ["orders", "users"],
        "table_denylist": ["secrets"],
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 1"}],
        "budget_queries_per_day": 10, "approval_mode": "writes", "query_mode": "sql",
    })
}

fn template(name: &str) -> Value {
    json!({
        "name": name, "description": "d", "sql": "SELECT id FROM orders WHERE id = $1",
        "params": [{"name": "id", "type": "double precision", "nullable": true}],
        "include_sql": true,
    })
}

#[test]
fn serves_the_operations_of_the_contract() {
    let contract = Contract::load();
    for operation in Operation::ALL {
        let route = format!("{} {}", operation.method(), operation.path());
        assert_eq!(contract.route(operation.id()), route);
    }
    for (id, _) in contract.statuses(TAG) {
        assert!(id.parse::<Operation>().is_ok(), "{id} is not served");
    }
}

#[tokio::test]
async fn returns_every_declared_status_with_a_valid_body() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let api = Api::from_builder(Emulator::builder().clock(ManualClock::new(now))).await;
    let (contract, violations, statuses) = (Contract::load(), Vec::new(), BTreeSet::new());
    let mut check = ConformanceCheck {
        api,
        contract,
        violations,
        statuses,
    };

    resources(
        &mut check,
        "PolicyProfile",
        "policies",
        &policy(),
        &policy(),
    )
    .await;
    resources(
        &mut check,
        "QueryTemplate",
        "query-templates",
        &template("a"),
        &template("b"),
    )
    .await;
    project(&mut check).await;
    agent_credentials(&mut check).await;
    evaluations(&mut check).await;
    rejections(&mut check).await;

    assert!(check.violations.is_empty(), "{:#?}", check.violations);
    let declared: BTreeSet<_> = Operation::ALL
        .iter()
        .flat_map(|operation| check.contract.statuses_of(operation.id()))
        .collect();
    assert_eq!(check.statuses, declared, "exactly the declared statuses");
}

/// Checks create, list, get, update and delete of one kind of resource. `name` is the name of the kind in operation
/// ids, `path` the path of the list, and `body` and `other` are two valid request bodies.
async fn resources(
    check: &mut ConformanceCheck,
    name: &str,
    path: &str,
    body: &Value,
    other: &Value,
) {
    let [create, list, get, update, delete] =
        ["create", "list", "get", "update", "delete"].map(|verb| match verb {
            "list" => format!("{verb}{name}s"),
            _ => format!("{verb}{name}"),
        });
    let keyed = check.api.post(path, body).header("idempotency-key", path);
    let created = check.expect(&create, 201, keyed).await.json();
    let keyed = check
        .api
        .post(path, other)
        .header("idempotency-key", format!("{path}-2"));
    check.expect(&create, 201, keyed).await;
    let reused = check
        .api
        .post(path, &json!({}))
        .header("idempotency-key", path);
    check.expect(&create, 409, reused).await;
    check
        .expect(&create, 400, check.api.post(path, &json!({})))
        .await;

    let page = check
        .expect(&list, 200, check.api.get(&format!("{path}?page_size=1")))
        .await;
    assert!(page.json()["next_page_token"].is_string());
    let unchanged = check.api.get(&format!("{path}?page_size=1"));
    let unchanged = unchanged.header("if-none-match", page.header("etag"));
    check.expect(&list, 304, unchanged).await;
    check
        .expect(&list, 400, check.api.get(&format!("{path}?page_size=0")))
        .await;

    let item = resource_path(path, &created);
    let etag = check
        .expect(&get, 200, check.api.get(&item))
        .await
        .header("etag")
        .to_owned();
    check
        .expect(
            &get,
            304,
            check.api.get(&item).header("if-none-match", &etag),
        )
        .await;
    check
        .expect(
            &update,
            200,
            check.api.put(&item, body).header("if-match", &etag),
        )
        .await;
    check
        .expect(
            &update,
            412,
            check.api.put(&item, body).header("if-match", "\"x\""),
        )
        .await;
    check
        .expect(&update, 400, check.api.put(&item, &json!({})))
        .await;
    if name == "PolicyProfile" {
        let id = created["id"].as_str().expect("an id");
        let credential = check
            .api
            .emulator
            .project("prj_1")
            .agent("a")
            .credential("c");
        credential.bind_to(id);
        check.expect(&delete, 409, check.api.delete(&item)).await;
        credential.unbind();
    } else {
        check
            .expect(&update, 409, check.api.put(&item, other))
            .await;
    }
    check.expect(&delete, 204, check.api.delete(&item)).await;
    for (operation, method) in [(&get, Method::GET), (&delete, Method::DELETE)] {
        check
            .expect(operation, 404, check.api.request(method.clone(), &item))
            .await;
        let invalid = check.api.request(method, &format!("{path}/a%20b"));
        check.expect(operation, 400, invalid).await;
    }
    check.expect(&update, 404, check.api.put(&item, body)).await;
}

/// Checks the operations of the project itself.
async fn project(check: &mut ConformanceCheck) {
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
async fn agent_credentials(check: &mut ConformanceCheck) {
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
    let keyed = |body: &Value| check.api.post("agents", body).header("idempotency-key", "a");
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

/// Checks dry evaluation, replay, recommendation and statement kinds.
async fn evaluations(check: &mut ConformanceCheck) {
    let project = check.api.emulator.project("prj_1");
    let stored = project.create_policy(policy()).expect("valid");
    let id = stored["id"].as_str().expect("an id").to_owned();
    let statements = [
        "SELECT id FROM users",
        "SELECT * FROM users, orders",
        "SELECT id FROM orders",
        "SELECT email FROM users",
        "UPDATE users SET a = email WHERE email > ''",
        "DROP TABLE users",
        "SELECT * FROM audit.orders",
        "COPY orders TO STDOUT",
        "SELECT 1; SELECT 2",
        "SELEC",
        "INSERT INTO users VALUES (1) RETURNING *",
    ];
    for sql in statements {
        let by_id = check
            .api
            .post("policy-evaluations", &json!({"sql": sql, "policy_id": id}));
        check.expect("dryEvalPolicy", 200, by_id).await;
    }
    let by_template =
        json!({"sql": template("")["sql"], "policy": {"name": "t", "query_mode": "templates"}});
    let by_template = check.api.post("policy-evaluations", &by_template);
    let allowed = check.expect("dryEvalPolicy", 200, by_template).await;
    assert_eq!(allowed.json()["template"], "b");

    let credential = project.agent("agt").credential("cred").bind_to(&id);
    let no_traffic = check
        .api
        .post("agents/agt/policy-recommendation", &json!({}));
    check.expect("recommendAgentPolicy", 200, no_traffic).await;
    for sql in statements {
        credential.record_traffic(Traffic::allowed(sql).times(2));
    }
    credential.record_traffic(Traffic::blocked("SELECT 'x'", "max_rows"));
    let start = "2026-01-01T00:00:00+02:00";
    for body in [
        json!({"policy_id": id}),
        json!({"policy": policy(), "bound_policy_id": id, "limit": 3, "start_ts": start}),
    ] {
        let replay = check.expect("replayPolicy", 200, check.api.post("policy-replays", &body));
        assert!(
            !replay.await.json()["items"]
                .as_array()
                .expect("items")
                .is_empty()
        );
    }
    let recommend = check
        .api
        .request(Method::POST, "agents/agt/policy-recommendation");
    let recommended = check.expect("recommendAgentPolicy", 200, recommend).await;
    assert!(recommended.json()["candidate"].is_object());
    let kinds = check.api.get(&format!("policies/{id}/statement-kinds"));
    check.expect("getPolicyStatementKinds", 200, kinds).await;

    for (operation, path) in [
        ("dryEvalPolicy", "policy-evaluations"),
        ("replayPolicy", "policy-replays"),
    ] {
        check
            .expect(operation, 400, check.api.post(path, &json!({})))
            .await;
        let unknown = check
            .api
            .post(path, &json!({"sql": "SELECT 1", "policy_id": "none"}));
        check.expect(operation, 404, unknown).await;
    }
    let invalid = check
        .api
        .post("agents/agt/policy-recommendation", &json!({"limit": 0}));
    check.expect("recommendAgentPolicy", 400, invalid).await;
    let unknown = check
        .api
        .post("agents/none/policy-recommendation", &json!({}));
    check.expect("recommendAgentPolicy", 404, unknown).await;
    for (path, status) in [("policies/none", 404), ("policies/a%20b", 400)] {
        let kinds = check.api.get(&format!("{path}/statement-kinds"));
        check.expect("getPolicyStatementKinds", status, kinds).await;
    }
}

/// Checks the errors that all operations share. Errors that the emulator never returns by itself are
/// injected.
async fn rejections(check: &mut ConformanceCheck) {
    for operation in Operation::ALL {
        let path = operation
            .path()
            .replace("{project_id}", "prj_1")
            .replace(['{', '}'], "");
        let url = format!("{}{path}", check.api.emulator.base_url());
        let request = || check.api.http.request(operation.method(), &url);
        let id = operation.id();
        let declared: Vec<u16> = check
            .contract
            .statuses_of(id)
            .map(|(_, status)| status)
            .collect();
        let requests = [
            (401, request()),
            (
                413,
                request()
                    .bearer_auth("x")
                    .json(&json!({"x": "a".repeat(3 * 1024 * 1024)})),
            ),
            (415, request().bearer_auth("x").body("<xml/>")),
        ];
        for (status, request) in requests {
            if declared.contains(&status) {
                check.expect(id, status, request).await;
            }
        }
        for status in [403, 404, 409, 429, 500] {
            if declared.contains(&status) {
                let fault = Fault::status(status).on(id);
                let fault = if status == 429 {
                    fault.retry_after(1)
                } else {
                    fault
                };
                check.api.emulator.inject_fault(fault);
                let request = check
                    .api
                    .http
                    .request(operation.method(), &url)
                    .bearer_auth("x");
                check.expect(id, status, request).await;
            }
        }
    }
}

#[test]
fn the_check_finds_violations() {
    let contract = Contract::load();
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let cases = [
        ("FieldError", json!({"field": "a", "detail": "b"}), ""),
        ("FieldError", json!({"field": "a"}), "$.detail is missing"),
        (
            "FieldError",
            json!({"field": 1, "detail": "b"}),
            "$.field breaks type",
        ),
        (
            "FieldError",
            json!({"field": null, "detail": "b"}),
            "$.field breaks type",
        ),
        (
            "FieldError",
            json!({"field": "a", "detail": "b", "c": 1}),
            "$.c is not declared",
        ),
        ("FieldError", json!([]), "$ breaks type"),
        (
            "MaskingRule",
            json!({"table": "a", "column": "b", "kind": "x"}),
            "$.kind breaks enum",
        ),
        (
            "PolicyRecommendationInput",
            json!({"limit": 501}),
            "$.limit breaks maximum",
        ),
        (
            "PolicyRecommendationInput",
            json!({"limit": 1.0}),
            "$.limit breaks type",
        ),
        (
            "PolicyProfileInput",
            json!({"name": ""}),
            "$.name breaks minLength",
        ),
        (
            "PolicyProfileInput",
            json!({"name": "a", "masking_rules": [{}]}),
            "$.masking_rules[0].",
        ),
        (
            "PolicyReplayInput",
            json!({"end_ts": "2026-01-01"}),
            "$.end_ts breaks format",
        ),
        (
            "QueryTemplateInput",
            json!({"name": "A b", "sql": "x"}),
            "$.name breaks pattern",
        ),
        ("UpdateSpendLimitRequest", json!({"spend_limit": null}), ""),
        ("UpdateSpendLimitRequest", json!({"spend_limit": 1.5}), ""),
        (
            "UpdateSpendLimitRequest",
            json!({"spend_limit": "1"}),
            "$.spend_limit breaks type",
        ),
        (
            "AnomalyRuleInput",
            json!({"floor": 0}),
            "$.floor breaks exclusiveMinimum",
        ),
        (
            "BatchRequest",
            json!({"operations": []}),
            "$.operations breaks minItems",
        ),
        (
            "UpdateProjectRequest",
            json!({"tags": vec!["a"; 11]}),
            "$.tags breaks maxItems",
        ),
        (
            "ApprovalRuleInput",
            json!({"min_affected_rows": 2_i64.pow(31)}),
            "$.min_affected_rows ",
        ),
    ];
    for (name, value, expected) in cases {
        let mut violations = Vec::new();
        contract.check(&schema(name), &value, "$", &mut violations);
        let is_found = violations
            .iter()
            .any(|violation| violation.starts_with(expected));
        assert!(
            if expected.is_empty() {
                violations.is_empty()
            } else {
                is_found
            },
            "{value}: {violations:?}"
        );
    }
}
