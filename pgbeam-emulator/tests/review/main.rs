//! Tests of approval requests, anomaly alerts, and the webhook events about them.

mod anomalies;
mod approvals;
mod receiver;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::contract::Contract;
use support::{Api, ApiResponse};

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::load);

/// An emulator whose clock starts at 2026-01-31T12:00:00Z and only moves when a test advances it.
struct Review {
    api: Api,
    clock: ManualClock,
}

impl Review {
    async fn start() -> Self {
        let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
        let clock = ManualClock::new(now);
        let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
        Self { api, clock }
    }

    /// Creates a policy profile with these fields, and an agent credential that is bound to it. Returns the id of the
    /// credential.
    async fn credential(&self, policy: Value) -> String {
        let policy = self.api.create("policies", &policy).await;
        let body = json!({"name": "a", "policy_profile_id": policy["id"]});
        let created = self.api.create("agents", &body).await;
        let id = created["credential"]["id"].as_str().expect("an id");
        id.to_owned()
    }
}

/// Sends a request, checks its status, and checks the response against the API contract.
async fn expect(operation: &str, status: u16, request: RequestBuilder) -> ApiResponse {
    let response = ApiResponse::send(request).await;
    assert_eq!(response.status, status, "{operation}: {response:?}");
    let violations = CONTRACT.violations(operation, status, &response.headers, &response.body);
    assert!(violations.is_empty(), "{operation}: {violations:#?}");
    response
}

/// Checks the operations that create, list, get, replace and delete a resource.
///
/// `name` is the name of the resource in operation ids, and `path` is the path of its list. `body` is a valid body and
/// `invalid` an invalid one. `conflict` is a body that conflicts with `body`; `None` if the resource has no conflicts.
async fn check_resource(
    review: &Review,
    name: &str,
    path: &str,
    body: &Value,
    conflict: Option<&Value>,
    invalid: &Value,
) {
    let api = &review.api;
    let operation = |verb: &str| format!("{verb}{name}");
    let created = expect(&operation("create"), 201, api.post(path, body)).await;
    let created = created.json();
    for (field, value) in body.as_object().expect("an object") {
        assert_eq!(created.get(field).unwrap_or(value), value, "{field}");
    }
    let rejected = expect(&operation("create"), 400, api.post(path, invalid)).await;
    assert!(!rejected.problem(400, "INVALID_INPUT").is_empty());
    if let Some(conflict) = conflict {
        let rejected = expect(&operation("create"), 409, api.post(path, conflict)).await;
        rejected.problem(409, "RESOURCE_EXISTS");
    }
    let list = expect(&format!("list{name}s"), 200, api.get(path)).await;
    let lists: Vec<Value> = list
        .json()
        .as_object()
        .expect("a page")
        .values()
        .cloned()
        .collect();
    assert_eq!(lists, [json!([created])]);

    let item = support::resource_path(path, &created);
    let read = expect(&operation("get"), 200, api.get(&item)).await;
    assert_eq!(read.json(), created);
    let replace = |body: &Value| api.put(&item, body).header("if-match", read.header("etag"));
    expect(&operation("update"), 400, replace(invalid)).await;
    let mut disabled = body.clone();
    disabled["enabled"] = json!(false);
    let replaced = expect(&operation("update"), 200, replace(&disabled)).await;
    assert_eq!(replaced.json()["enabled"], false);
    expect(&operation("update"), 412, replace(body)).await;
    let enabled = expect(&operation("update"), 200, api.put(&item, body)).await;
    assert_eq!(enabled.json()["enabled"], true, "the default");

    expect(&operation("delete"), 204, api.delete(&item)).await;
    expect(&operation("delete"), 404, api.delete(&item)).await;
    expect(&operation("get"), 404, api.get(&item)).await;
    expect(&operation("update"), 404, api.put(&item, body)).await;
}
