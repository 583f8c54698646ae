//! What the suites share: the contract, examples of its answers, a server that gives them, and what
//! is asked of the requests that it got.

#[path = "../../../../pgbeam-emulator/tests/support/contract.rs"]
#[allow(dead_code, reason = "the emulator's tests use other parts of it")]
mod contract;
pub mod example;
pub mod outcome;
pub mod request;
pub mod server;
pub mod values;

pub use contract::Contract;

use pgbeam::{Client, Organization, Project, RetryPolicy};
use serde_json::Value;

use server::Server;
use values::{KEY, ORGANIZATION, PROJECT};

/// Where calls go: a client of a server, and what they begin with.
pub struct To {
    pub client: Client,
    pub project: Project,
    pub organization: Organization,
}

impl To {
    /// Calls of this server that send each request once.
    pub fn once(server: &Server) -> Self {
        Self::with(server, RetryPolicy::none())
    }

    /// Calls of this server that are repeated as a policy says.
    pub fn with(server: &Server, retry: RetryPolicy) -> Self {
        let builder = Client::builder()
            .base_url(server.url())
            .api_key(KEY)
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

    /// The low-level client.
    pub fn api(&self) -> &pgbeam::api::Client {
        self.client.api()
    }
}

/// What the contract says of one answer.
pub struct Declared {
    pub status: u16,
    /// The media type of its body and the schema that it has; `None` where there is no body.
    pub content: Option<(String, Value)>,
}

/// All answers that an operation declares; one that has several media types is several.
pub fn answers(contract: &Contract, id: &str) -> Vec<Declared> {
    let (_, operation) = contract.operation(id);
    let mut answers = Vec::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let status = status.parse().unwrap();
        let response = contract.resolve(response);
        let content = response["content"].as_object();
        if content.is_none_or(serde_json::Map::is_empty) {
            answers.push(Declared {
                status,
                content: None,
            });
        }
        for (media_type, body) in content.into_iter().flatten() {
            let content = (media_type.clone(), body["schema"].clone());
            answers.push(Declared {
                status,
                content: Some(content),
            });
        }
    }
    answers
}

/// The one answer of success that an operation declares.
pub fn success(contract: &Contract, id: &str) -> Declared {
    let mut answers = answers(contract, id);
    answers.retain(|answer| (200..300).contains(&answer.status));
    assert_eq!(
        answers.len(),
        1,
        "{id} should declare one answer of success"
    );
    answers.remove(0)
}

/// The identifiers of all operations of the contract.
pub fn all(contract: &Contract) -> Vec<String> {
    let id = |operation: &Value| operation["operationId"].as_str().unwrap().to_owned();
    contract
        .operations()
        .map(|(_, operation)| id(operation))
        .collect()
}

/// Whether an operation declares an answer with this status.
pub fn declares(contract: &Contract, id: &str, status: u16) -> bool {
    answers(contract, id)
        .iter()
        .any(|answer| answer.status == status)
}
