//! The check of requests finds what is wrong with one, whatever it is.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method},
};
use serde_json::{Value, json};

use crate::support::{
    Contract,
    request::{Extent, faults},
    server::{PREFIX, Request},
    values::{IDEMPOTENCY_KEY, KEY},
};

/// A request as the SDK sends it.
fn request(method: Method, target: &str, body: Option<Value>) -> Request {
    let mut headers = HeaderMap::new();
    let agent = concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"));
    headers.insert("authorization", format!("Bearer {KEY}").parse().unwrap());
    headers.insert("accept", "application/json".parse().unwrap());
    headers.insert("user-agent", agent.parse().unwrap());
    headers.insert("host", "127.0.0.1".parse().unwrap());
    if body.is_some() {
        headers.insert("content-type", "application/json".parse().unwrap());
    }
    let body = body
        .map(|body| Bytes::from(body.to_string()))
        .unwrap_or_default();
    Request {
        method,
        uri: format!("{PREFIX}{target}").parse().unwrap(),
        headers,
        body,
    }
}

/// The least `createWebhookEndpoint` with this body.
fn create(body: &Value) -> Request {
    let request = request(
        Method::POST,
        "/v1/projects/prj_1/webhooks",
        Some(body.clone()),
    );
    with(
        request,
        "idempotency-key",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    )
}

fn list(query: &str) -> Request {
    request(
        Method::GET,
        &format!("/v1/projects/prj_1/webhooks{query}"),
        None,
    )
}

fn with(mut request: Request, name: &'static str, value: &str) -> Request {
    request.headers.insert(name, value.parse().unwrap());
    request
}

fn without(mut request: Request, name: &str) -> Request {
    request.headers.remove(name);
    request
}

#[test]
fn what_is_wrong_is_found() {
    use Extent::{Full, Least};
    let contract = Contract::load();
    let least = json!({"url": "https://a.example"});
    let whole = json!({
        "url": "https://a.example", "secret": "s", "format": "json", "enabled": true,
        "event_types": ["masked"], "description": "d",
    });
    let full = "?page_size=50&page_token=tok_a.b-c";
    let cases = [
        ("createWebhookEndpoint", Least, create(&least), None),
        (
            "createWebhookEndpoint",
            Full,
            with(create(&whole), "idempotency-key", IDEMPOTENCY_KEY),
            None,
        ),
        ("listWebhookEndpoints", Least, list(""), None),
        (
            "listWebhookEndpoints",
            Full,
            with(list(full), "if-none-match", "\"v1\""),
            None,
        ),
        // The request line.
        ("deleteWebhookEndpoint", Least, list(""), Some("method GET")),
        (
            "listAnomalyRules",
            Least,
            list(""),
            Some("path /base/v1/projects/prj_1/webhooks: "),
        ),
        (
            "listProjects",
            Least,
            list(""),
            Some("path /base/v1/projects/prj_1/webhooks"),
        ),
        (
            "getProject",
            Least,
            request(Method::GET, "/v1/projects/prj_2", None),
            Some("project_id is"),
        ),
        (
            "getProject",
            Least,
            request(Method::GET, "/v1/projects/prj%201", None),
            Some("project_id breaks pattern"),
        ),
        // The query.
        (
            "listWebhookEndpoints",
            Least,
            list("?page_size=50"),
            Some("query page_size was not set"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list("?page_size=50"),
            Some("query page_token is missing"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list("?page_size=101"),
            Some("page_size breaks maximum"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list("?page_size=x"),
            Some("page_size breaks type"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list("?page_size=20"),
            Some("page_size is \"20\""),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list("?limit=7"),
            Some("query limit is not declared"),
        ),
        (
            "listWebhookEndpoints",
            Full,
            list("?page_size=50&page_size=50"),
            Some("page_size is there twice"),
        ),
        (
            "listAnomalyAlerts",
            Full,
            request(Method::GET, "/v1/projects/prj_1/anomalies?status=odd", None),
            Some("status breaks enum"),
        ),
        // The head.
        (
            "listWebhookEndpoints",
            Full,
            list(full),
            Some("header If-None-Match is missing"),
        ),
        (
            "listWebhookEndpoints",
            Least,
            with(list(""), "if-none-match", "\"v1\""),
            Some("header If-None-Match was not set"),
        ),
        (
            "listWebhookEndpoints",
            Least,
            with(list(""), "x-odd", "1"),
            Some("header x-odd is not declared"),
        ),
        (
            "listWebhookEndpoints",
            Least,
            without(list(""), "authorization"),
            Some("header authorization is None"),
        ),
        (
            "listWebhookEndpoints",
            Least,
            with(list(""), "content-type", "application/json"),
            Some("header content-type"),
        ),
        (
            "listWebhookEndpoints",
            Least,
            with(list(""), "idempotency-key", IDEMPOTENCY_KEY),
            Some("the idempotency key is Some"),
        ),
        (
            "createWebhookEndpoint",
            Least,
            without(create(&least), "idempotency-key"),
            Some("the idempotency key is None"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create(&whole),
            Some("the idempotency key is Some"),
        ),
        (
            "createWebhookEndpoint",
            Least,
            with(
                create(&least),
                "idempotency-key",
                "0f8fad5b-d9cb-169f-a165-70867728950e",
            ),
            Some("the idempotency key is Some"),
        ),
        (
            "scanText",
            Least,
            with(
                request(Method::POST, "/v1/scan/text", Some(json!({"text": "a"}))),
                "idempotency-key",
                "0f8fad5b-d9cb-469f-a165-70867728950e",
            ),
            Some("the idempotency key is Some"),
        ),
        // The body.
        (
            "createWebhookEndpoint",
            Least,
            create(&whole),
            Some("$.enabled was not set"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create(&least),
            Some("$.secret is not set"),
        ),
        (
            "createWebhookEndpoint",
            Least,
            create(&json!({})),
            Some("$.url is missing"),
        ),
        (
            "createWebhookEndpoint",
            Least,
            create(&json!({"url": ""})),
            Some("$.url breaks minLen"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create(&json!({"url": "u", "odd": 1})),
            Some("$.odd is not declared"),
        ),
        (
            "createWebhookEndpoint",
            Full,
            create(&json!({"url": "u", "event_types": []})),
            Some("$.event_types is empty"),
        ),
        (
            "createWebhookEndpoint",
            Least,
            Request {
                body: Bytes::new(),
                ..create(&least)
            },
            Some("the body is"),
        ),
        (
            "createWebhookEndpoint",
            Least,
            Request {
                body: Bytes::from_static(b"{"),
                ..create(&least)
            },
            Some("the body is no JSON"),
        ),
        (
            "listWebhookEndpoints",
            Least,
            Request {
                body: Bytes::from_static(b"{}"),
                ..list("")
            },
            Some("the body is"),
        ),
    ];
    for (id, extent, request, wanted) in cases {
        let found = faults(&contract, id, &request, extent);
        let good = match wanted {
            None => found.is_empty(),
            Some(wanted) => found.iter().any(|fault| fault.starts_with(wanted)),
        };
        assert!(good, "{id} {extent:?}, {wanted:?}: {found:?}");
    }
}
