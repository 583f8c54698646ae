//! Tests of the helper `violations`, which checks a request against the contract.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};
use serde_json::{Value, json};

use crate::support::{
    Contract,
    request_check::{Inputs, violations},
    server::{BASE_PATH, Request},
    values::{API_KEY, IDEMPOTENCY_KEY},
};

/// Returns a request with the headers that the SDK sends.
fn request(method: Method, target: &str, body: Option<Value>) -> Request {
    let mut headers = HeaderMap::new();
    let user_agent = concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"));
    headers.insert(
        "authorization",
        format!("Bearer {API_KEY}").parse().unwrap(),
    );
    headers.insert("accept", "application/json".parse().unwrap());
    headers.insert("user-agent", user_agent.parse().unwrap());
    headers.insert("host", "127.0.0.1".parse().unwrap());
    if body.is_some() {
        headers.insert("content-type", "application/json".parse().unwrap());
    }
    let body = body
        .map(|body| Bytes::from(body.to_string()))
        .unwrap_or_default();
    Request {
        method,
        uri: format!("{BASE_PATH}{target}").parse().unwrap(),
        headers,
        body,
    }
}

/// Returns a `createWebhookEndpoint` request with an idempotency key of the form that the SDK generates.
fn create_request(body: &Value) -> Request {
    let request = request(
        Method::POST,
        "/v1/projects/prj_1/webhooks",
        Some(body.clone()),
    );
    with_header(
        request,
        "idempotency-key",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    )
}

fn list_request(query: &str) -> Request {
    request(
        Method::GET,
        &format!("/v1/projects/prj_1/webhooks{query}"),
        None,
    )
}

fn with_header(mut request: Request, name: &'static str, value: &str) -> Request {
    request.headers.insert(name, value.parse().unwrap());
    request
}

fn without_header(mut request: Request, name: &str) -> Request {
    request.headers.remove(name);
    request
}

#[test]
fn reports_each_violation() {
    use Inputs::{Full, Minimal};
    let contract = Contract::load();
    let minimal_body = json!({"url": "https://a.example"});
    let full_body = json!({
        "url": "https://a.example", "secret": "s", "format": "json", "enabled": true,
        "event_types": ["masked"], "description": "d",
    });
    let full_query = "?page_size=50&page_token=tok_a.b-c";
    let cases = [
        (
            "createWebhookEndpoint",
            Minimal,
            create_request(&minimal_body),
            None,
        ),
        (
            "createWebhookEndpoint",
            Full,
            with_header(
                create_request(&full_body),
                "idempotency-key",
                IDEMPOTENCY_KEY,
            ),
            None,
        ),
        ("listWebhookEndpoints", Minimal, list_request(""), None),
        (
            "listWebhookEndpoints",
            Full,
            with_header(list_request(full_query), "if-none-match", "\"v1\""),
            None,
        ),
        // Method and path.
        (
            "deleteWebhookEndpoint",
            Minimal,
            list_request(""),
            Some("method GET"),
        ),
        (
            "listAnomalyRules",
            Minimal,
            list_request(""),
            Some("path /base/v1/projects/prj_1/webhooks: "),
        ),
        (
            "listProjects",
            Minimal,
            list_request(""),
            Some("path /base/v1/projects/prj_1/webhooks"),
        ),
        (
            "getProject",
            Minimal,
            request(Method::GET, "/v1/projects/prj_2", None),
            Some("project_id is"),
        ),
        (
            "getProject",
            Minimal,
            request(Method::GET, "/v1/projects/prj%201", None),
            Some("project_id breaks pattern"),
        ),
        // Query.
        (
            "listWebhookEndpoints",
            Minimal,
            list_request("?page_size=50"),
            Some("query page_size is unexpected"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list_request("?page_size=50"),
            Some("query page_token is missing"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list_request("?page_size=101"),
            Some("page_size breaks maximum"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list_request("?page_size=x"),
            Some("page_size breaks type"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list_request("?page_size=20"),
            Some("page_size is \"20\""),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list_request("?limit=7"),
            Some("query limit is not declared"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list_request("?page_size=50&page_size=50"),
            Some("page_size is duplicated"),
        ),
        (
            "listAnomalyAlerts",
            Full,
            request(Method::GET, "/v1/projects/prj_1/anomalies?status=odd", None),
            Some("status breaks enum"),
        ),
        // Headers.
        (
            "listWebhookEndpoints",
            Full,
            list_request(full_query),
            Some("header If-None-Match is missing"),
        ),
        (
            "listWebhookEndpoints",
            Minimal,
            with_header(list_request(""), "if-none-match", "\"v1\""),
            Some("header If-None-Match is unexpected"),
        ),
        (
            "listWebhookEndpoints",
            Minimal,
            with_header(list_request(""), "x-odd", "1"),
            Some("header x-odd is not declared"),
        ),
        (
            "listWebhookEndpoints",
            Minimal,
            without_header(list_request(""), "authorization"),
            Some("header authorization is None"),
        ),
        (
            "listWebhookEndpoints",
            Minimal,
            with_header(list_request(""), "content-type", "application/json"),
            Some("header content-type"),
        ),
        (
            "listWebhookEndpoints",
            Minimal,
            with_header(list_request(""), "idempotency-key", IDEMPOTENCY_KEY),
            Some("the idempotency key is Some"),
        ),
        (
            "createWebhookEndpoint",
            Minimal,
            without_header(create_request(&minimal_body), "idempotency-key"),
            Some("the idempotency key is None"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create_request(&full_body),
            Some("the idempotency key is Some"),
        ),
        (
            "createWebhookEndpoint",
            Minimal,
            with_header(
                create_request(&minimal_body),
                "idempotency-key",
                "0f8fad5b-d9cb-169f-a165-70867728950e",
            ),
            Some("the idempotency key is Some"),
        ),
        (
            "scanText",
            Minimal,
            with_header(
                request(Method::POST, "/v1/scan/text", Some(json!({"text": "a"}))),
                "idempotency-key",
                "0f8fad5b-d9cb-469f-a165-70867728950e",
            ),
            Some("the idempotency key is Some"),
        ),
        // Body.
        (
            "createWebhookEndpoint",
            Minimal,
            create_request(&full_body),
            Some("$.enabled is unexpected"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create_request(&minimal_body),
            Some("$.secret is not set"),
        ),
        (
            "createWebhookEndpoint",
            Minimal,
            create_request(&json!({})),
            Some("$.url is missing"),
        ),
        (
            "createWebhookEndpoint",
            Minimal,
            create_request(&json!({"url": ""})),
            Some("$.url breaks minLen"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create_request(&json!({"url": "u", "odd": 1})),
            Some("$.odd is not declared"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create_request(&json!({"url": "u", "event_types": []})),
            Some("$.event_types is empty"),
        ),
        (
            "createWebhookEndpoint",
            Minimal,
            Request {
                body: Bytes::new(),
                ..create_request(&minimal_body)
            },
            Some("the body is"),
        ),
        (
            "createWebhookEndpoint",
            Minimal,
            Request {
                body: Bytes::from_static(b"{"),
                ..create_request(&minimal_body)
            },
            Some("the body is not JSON"),
        ),
        (
            "listWebhookEndpoints",
            Minimal,
            Request {
                body: Bytes::from_static(b"{}"),
                ..list_request("")
            },
            Some("the body is"),
        ),
    ];
    for (id, inputs, request, expected) in cases {
        let violations = violations(&contract, id, &request, inputs);
        let is_expected = match expected {
            None => violations.is_empty(),
            Some(expected) => violations
                .iter()
                .any(|violation| violation.starts_with(expected)),
        };
        assert!(
            is_expected,
            "{id} {inputs:?}, expected {expected:?}: {violations:?}"
        );
    }
}
