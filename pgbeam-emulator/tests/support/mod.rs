//! Shared test helpers: an emulator with an HTTP client.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses only some helpers"
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
        Self::from_builder(Emulator::builder()).await
    }

    pub async fn from_builder(builder: EmulatorBuilder) -> Self {
        let emulator = builder.start().await.expect("a free port");
        Self {
            emulator,
            http: reqwest::Client::new(),
        }
    }

    /// Creates a request with a bearer token to a path below the project `prj_1`, or to the project if `path` is empty.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let separator = if path.is_empty() { "" } else { "/" };
        let base_url = self.emulator.base_url();
        let url = format!("{base_url}/v1/projects/prj_1{separator}{path}");
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

    pub fn patch(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::PATCH, path).json(body)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    /// Creates a resource and returns it.
    pub async fn create(&self, path: &str, body: &Value) -> Value {
        let response = ApiResponse::send(self.post(path, body)).await;
        assert_eq!(response.status, 201, "{response:?}");
        response.json()
    }

    /// Creates a policy profile with this name and returns its path.
    pub async fn policy(&self, name: &str) -> String {
        resource_path(
            "policies",
            &self.create("policies", &json!({"name": name})).await,
        )
    }
}

/// Returns the path of a created resource.
pub fn resource_path(collection: &str, created: &Value) -> String {
    format!("{collection}/{}", created["id"].as_str().expect("an id"))
}

/// A response with its whole body.
#[derive(Debug)]
pub struct ApiResponse {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl ApiResponse {
    pub async fn send(request: RequestBuilder) -> Self {
        Self::read(request.send().await.expect("a response")).await
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

    /// Checks that the response is a problem document of the API contract with this status and code. Returns the
    /// fields of its validation errors.
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
                body[field].as_str().is_some_and(|value| !value.is_empty()),
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
                        .is_some_and(|value| !value.is_empty()),
                    "{body}"
                );
                error["field"].as_str().expect("a field").to_owned()
            })
            .collect()
    }
}
