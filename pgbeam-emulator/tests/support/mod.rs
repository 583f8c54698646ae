//! What the tests share: an emulator and a plain HTTP client that knows its prefix.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

pub mod contract;

use pgbeam_emulator::{Emulator, EmulatorBuilder};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub struct Api {
    pub emulator: Emulator,
    pub http: reqwest::Client,
}

impl Api {
    pub async fn start() -> Self {
        Self::with(Emulator::builder()).await
    }

    pub async fn with(builder: EmulatorBuilder) -> Self {
        let emulator = builder.start().await.expect("a free port");
        Self {
            emulator,
            http: reqwest::Client::new(),
        }
    }

    /// A request with a bearer, to a path in the project `prj_1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/projects/prj_1/{path}", self.emulator.base_url());
        self.http.request(method, url).bearer_auth("pbk_test")
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    pub fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::PUT, path).json(body)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    /// Creates something and returns it.
    pub async fn create(&self, path: &str, body: &Value) -> Value {
        let answer = Answer::of(self.post(path, body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// Creates a policy profile with this name and returns its path.
    pub async fn policy(&self, name: &str) -> String {
        path_of(
            "policies",
            &self.create("policies", &json!({"name": name})).await,
        )
    }
}

/// The path of something that was created.
pub fn path_of(collection: &str, created: &Value) -> String {
    format!("{collection}/{}", created["id"].as_str().expect("an id"))
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.expect("an answer")).await
    }

    pub async fn read(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.expect("a body").to_vec(),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks that this is a problem document as the contract has it, and returns the
    /// fields that it names.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Vec<String> {
        let body = self.json();
        assert_eq!(self.status, status, "{body}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["request_id"], self.header("x-request-id"));
        for field in ["type", "title", "detail", "instance", "request_id"] {
            assert!(
                body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {body}"
            );
        }
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| {
                assert!(
                    error["detail"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty()),
                    "{body}"
                );
                error["field"].as_str().expect("a field").to_owned()
            })
            .collect()
    }
}
