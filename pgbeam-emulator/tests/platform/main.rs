//! Tests of projects, databases, batches, branches, schema annotations and migrations. Each response is checked against
//! the API contract.

mod batch;
mod databases;
mod list;
mod migrations;
mod project_resources;
mod projects;
mod schema_annotations;
#[path = "../support/mod.rs"]
mod support;

use pgbeam_emulator::{Emulator, EmulatorBuilder, Operation};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::contract::Contract;
use support::{Api, ApiResponse};

/// An emulator and the API contract that its responses must match.
struct Platform {
    api: Api,
    contract: Contract,
}

impl Platform {
    async fn start() -> Self {
        Self::from_builder(Emulator::builder()).await
    }

    async fn from_builder(builder: EmulatorBuilder) -> Self {
        Self {
            api: Api::from_builder(builder).await,
            contract: Contract::load(),
        }
    }

    /// Creates a request. `ids` are the values of the path parameters in the order of the path. If `body` is `null`,
    /// the request has no body.
    fn request(&self, operation: &str, ids: &[&str], body: &Value) -> RequestBuilder {
        let operation: Operation = operation.parse().expect("an operation");
        let mut url = format!("{}{}", self.api.emulator.base_url(), operation.path());
        for id in ids {
            let (start, end) = (url.find('{'), url.find('}'));
            url.replace_range(start.expect("a parameter")..=end.expect("its end"), id);
        }
        let request = self.api.http.request(operation.method(), url);
        let request = request.bearer_auth("pbk_test");
        if body.is_null() {
            request
        } else {
            request.json(body)
        }
    }

    /// Creates a request with these query parameters and without a body.
    fn query(&self, operation: &str, ids: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let request = self.request(operation, ids, &Value::Null);
        let (client, request) = request.build_split();
        let mut request = request.expect("a request");
        request.url_mut().query_pairs_mut().extend_pairs(query);
        RequestBuilder::from_parts(client, request)
    }

    /// Sends a request and checks the response against the contract.
    async fn send(&self, operation: &str, request: RequestBuilder) -> ApiResponse {
        let response = ApiResponse::send(request).await;
        let violations = self.contract.violations(
            operation,
            response.status,
            &response.headers,
            &response.body,
        );
        assert!(
            violations.is_empty(),
            "{operation}: {violations:?} {response:?}"
        );
        response
    }

    async fn call(&self, operation: &str, ids: &[&str], body: &Value) -> ApiResponse {
        self.send(operation, self.request(operation, ids, body))
            .await
    }

    /// Sends a request and returns the body of the response; `null` if it is empty. The response must have this status.
    async fn expect(&self, status: u16, operation: &str, ids: &[&str], body: &Value) -> Value {
        let response = self.call(operation, ids, body).await;
        assert_eq!(response.status, status, "{operation}: {response:?}");
        if response.body.is_empty() {
            Value::Null
        } else {
            response.json()
        }
    }

    /// Creates a database in the project `prj_1` and returns its id.
    async fn database(&self) -> String {
        let created = self
            .expect(201, "createDatabase", &["prj_1"], &database())
            .await;
        id(&created)
    }
}

/// Returns a body of `createDatabase`.
fn database() -> Value {
    json!({
        "host": "db.example.com", "port": 5432, "name": "shop", "username": "app",
        "password": "s3cret",
    })
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}
