//! Tests of accounts, analytics, the platform, payments, the demo and support. Each response is checked against the API
//! contract.

mod account;
mod analytics;
mod demo;
mod payments;
mod platform;
#[path = "../support/mod.rs"]
mod support;
mod support_cases;

use chrono::{DateTime, Utc};
use pgbeam_emulator::{Emulator, ManualClock, Operation};
use reqwest::RequestBuilder;
use serde_json::Value;
use support::contract::Contract;
use support::{Api, ApiResponse};

/// An emulator whose clock starts at 2026-01-31T12:00:00Z, with a client that checks each response.
struct CheckedApi {
    api: Api,
    contract: Contract,
    clock: ManualClock,
}

impl CheckedApi {
    async fn start() -> Self {
        let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
        let clock = ManualClock::new(now);
        let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
        Self {
            api,
            contract: Contract::load(),
            clock,
        }
    }

    fn emulator(&self) -> &Emulator {
        &self.api.emulator
    }

    /// Creates a request without a body. `target` is an `operationId`, optionally followed by `?` and a query string.
    /// `ids` are the values of the path parameters in the order of the path.
    fn request(&self, target: &str, ids: &[&str]) -> RequestBuilder {
        let (id, query) = target.split_once('?').unwrap_or((target, ""));
        let operation: Operation = id.parse().expect("an operation");
        let mut ids = ids.iter();
        let path: Vec<&str> = operation
            .path()
            .split('/')
            .map(|segment| match segment.starts_with('{') {
                true => ids.next().expect("an id for each parameter"),
                false => segment,
            })
            .collect();
        let base_url = self.emulator().base_url();
        let url = format!("{base_url}{}?{query}", path.join("/"));
        let request = self.api.http.request(operation.method(), url);
        request.bearer_auth("pbk_test")
    }

    /// Sends a request and checks the response against the contract.
    async fn send(&self, operation: &str, request: RequestBuilder) -> ApiResponse {
        let response = ApiResponse::send(request).await;
        let (status, headers) = (response.status, &response.headers);
        let violations = self
            .contract
            .violations(operation, status, headers, &response.body);
        assert!(
            violations.is_empty(),
            "{operation}: {violations:#?} {response:?}"
        );
        response
    }

    /// Sends a request with this body, or without a body if it is `null`.
    async fn call(&self, target: &str, ids: &[&str], body: &Value) -> ApiResponse {
        let operation = target.split('?').next().unwrap_or_default();
        let mut request = self.request(target, ids);
        if !body.is_null() {
            request = request.json(body);
        }
        self.send(operation, request).await
    }

    /// Sends a request without a body, with the method of the operation.
    async fn get(&self, target: &str, ids: &[&str]) -> ApiResponse {
        self.call(target, ids, &Value::Null).await
    }

    /// Sets fields of the object with this path, which an operation with the same path returns.
    fn set_object(&self, path: &str, fields: &Value) {
        let fields = fields.as_object().expect("an object").clone();
        self.emulator().set_object(path, fields);
    }
}

/// Returns the string field with this name of a JSON object.
fn string<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {object}"))
}
