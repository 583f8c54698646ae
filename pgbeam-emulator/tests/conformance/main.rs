//! Checks responses against the API contract: a success response of every operation and, for the operations of
//! policies, agent credentials and the settings of a project, a response with every declared status.

mod every_operation;
mod projects;
#[path = "../support/mod.rs"]
mod support;
mod violations;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use pgbeam_emulator::{Emulator, Fault, ManualClock, Operation, Traffic};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use support::contract::Contract;
use support::{Api, ApiResponse, resource_path};

/// The operations of other tags than `Policies` of which every declared status is checked.
const OTHER_OPERATIONS: [&str; 8] = [
    "getProject",
    "updateProject",
    "createAgentCredential",
    "listAgentCredentials",
    "getAgentCredential",
    "updateAgentCredentialStatus",
    "revokeAgentCredential",
    "rotateAgentCredential",
];

fn checked_operations() -> impl Iterator<Item = Operation> {
    Operation::all().filter(|operation| {
        operation.tag() == "Policies" || OTHER_OPERATIONS.contains(&operation.id())
    })
}

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
    for operation in Operation::all() {
        let route = format!("{} {}", operation.method(), operation.path());
        assert_eq!(contract.route(operation.id()), route);
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
    projects::project(&mut check).await;
    projects::agent_credentials(&mut check).await;
    evaluations(&mut check).await;
    rejections(&mut check).await;

    assert!(check.violations.is_empty(), "{:#?}", check.violations);
    let declared: BTreeSet<_> = checked_operations()
        .flat_map(|operation| check.contract.statuses_of(operation.id()))
        .collect();
    assert_eq!(check.statuses, declared, "exactly the declared statuses");
}

/// Checks create, list, get, update and delete of one kind of resource. `name` is the name of the kind in operation
/// ids. `path` is the path of the collection in the project. `body` and `other` are two valid request bodies.
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
    for operation in checked_operations() {
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
