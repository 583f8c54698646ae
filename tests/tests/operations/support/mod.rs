//! Shared helpers: the contract, example values, a stub server and the request check.

pub mod call;
#[path = "../../../../pgbeam-emulator/tests/support/contract.rs"]
#[allow(dead_code, reason = "the emulator's tests use other parts of it")]
mod contract;
pub mod example;
pub mod request_check;
pub mod server;
pub mod values;

pub use contract::Contract;

use pgbeam::{Client, Organization, Project, RetryPolicy};
use serde_json::Value;

use server::Server;
use values::{API_KEY, ORGANIZATION, PROJECT};

/// A client of the stub server, with its handles.
pub struct Sdk {
    pub client: Client,
    pub project: Project,
    pub organization: Organization,
}

impl Sdk {
    pub fn without_retries(server: &Server) -> Self {
        Self::with_retry_policy(server, RetryPolicy::none())
    }

    pub fn with_retry_policy(server: &Server, retry: RetryPolicy) -> Self {
        let builder = Client::builder()
            .base_url(server.url())
            .api_key(API_KEY)
            .env(|_| None);
        let client = builder.retry(retry).build().unwrap();
        let project = client.project(PROJECT).unwrap();
        let organization = client.organization(ORGANIZATION).unwrap();
        Self {
            client,
            project,
            organization,
        }
    }

    /// Returns the low-level client.
    pub fn api(&self) -> &pgbeam::api::Client {
        self.client.api()
    }
}

/// A response that the contract declares.
pub struct DeclaredResponse {
    pub status: u16,
    /// The media type and schema of the body; `None` if the response has no body.
    pub content: Option<(String, Value)>,
}

/// Returns the declared responses of an operation, one for each status and media type.
pub fn declared_responses(contract: &Contract, id: &str) -> Vec<DeclaredResponse> {
    let (_, operation) = contract.operation(id);
    let mut responses = Vec::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let status = status.parse().unwrap();
        let response = contract.resolve(response);
        let content = response["content"].as_object();
        if content.is_none_or(serde_json::Map::is_empty) {
            responses.push(DeclaredResponse {
                status,
                content: None,
            });
        }
        for (media_type, body) in content.into_iter().flatten() {
            let content = (media_type.clone(), body["schema"].clone());
            responses.push(DeclaredResponse {
                status,
                content: Some(content),
            });
        }
    }
    responses
}

/// Returns the success response of an operation. Panics unless exactly one is declared.
pub fn success_response(contract: &Contract, id: &str) -> DeclaredResponse {
    let mut responses = declared_responses(contract, id);
    responses.retain(|response| (200..300).contains(&response.status));
    assert_eq!(
        responses.len(),
        1,
        "{id} should declare one success response"
    );
    responses.remove(0)
}

/// Returns the ids of all operations of the contract.
pub fn operation_ids(contract: &Contract) -> Vec<String> {
    let id = |operation: &Value| operation["operationId"].as_str().unwrap().to_owned();
    contract
        .operations()
        .map(|(_, operation)| id(operation))
        .collect()
}

/// Returns `true` if an operation declares a response with this status.
pub fn declares_status(contract: &Contract, id: &str, status: u16) -> bool {
    declared_responses(contract, id)
        .iter()
        .any(|response| response.status == status)
}
