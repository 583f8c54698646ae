//! Tests of request bodies: null differs from absent, and invalid numbers are rejected.

use pgbeam::{
    Nullable,
    analytics::UpdateSpendLimitRequest,
    anomalies::{AnomalyMetric, AnomalyRuleInput},
    projects::UpdateProjectRequest,
};
use serde_json::{Value, json};

use crate::support::{
    Sdk,
    call::{Call, value},
    server::{Server, StubResponse},
};

/// Makes a call, to which the server responds with status 418, and returns the body of the request.
async fn sent_body(server: &Server, call: Box<dyn Call>) -> Value {
    server.respond_with([StubResponse::empty(418)]);
    call.send().await.err().expect("status 418");
    serde_json::from_slice(&server.received()[0].body).unwrap()
}

#[tokio::test]
async fn project_update_distinguishes_null_from_absent() {
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    let update = UpdateProjectRequest::builder;
    for (update, body) in [
        (update(), json!({})),
        (
            update().agents_disabled(true),
            json!({"agents_disabled": true}),
        ),
        (
            update().default_policy_profile_id(Nullable::Null),
            json!({"default_policy_profile_id": null}),
        ),
        (
            update().default_policy_profile_id(Nullable::from("pol_1")),
            json!({"default_policy_profile_id": "pol_1"}),
        ),
    ] {
        let call = value(sdk.client.projects().update("prj_1", update.clone()));
        assert_eq!(sent_body(&server, call).await, body);
        let deserialized: UpdateProjectRequest = serde_json::from_value(body.clone()).unwrap();
        let call = value(sdk.client.projects().update("prj_1", deserialized));
        assert_eq!(sent_body(&server, call).await, body);
    }
}

#[tokio::test]
async fn rejects_a_non_finite_spend_limit() {
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    server.respond_with([StubResponse::empty(418)]);
    // JSON has no NaN or infinity: a null in their place would remove the limit.
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let limit = UpdateSpendLimitRequest::builder().spend_limit(number);
        let error = sdk
            .organization
            .spend_limit()
            .update(limit)
            .await
            .unwrap_err();
        assert_eq!(
            (error.attempts(), error.field_errors()[0].field()),
            (0, "spend_limit")
        );
    }
    assert!(server.received().is_empty());
    let limit = UpdateSpendLimitRequest::builder().spend_limit(12.5);
    let call = value(sdk.organization.spend_limit().update(limit));
    assert_eq!(sent_body(&server, call).await, json!({"spend_limit": 12.5}));
}

#[tokio::test]
async fn rejects_numbers_at_or_below_an_exclusive_minimum() {
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    server.respond_with([StubResponse::empty(418)]);
    let rule = AnomalyRuleInput::builder().metric(AnomalyMetric::BytesPerHour);
    let rule = rule.floor(0.0).sigma_threshold(-1.0);
    let error = sdk.project.anomaly_rules().create(rule).await.unwrap_err();
    let field_errors: Vec<_> = error
        .field_errors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        field_errors,
        [
            "floor: must be more than 0, is 0",
            "sigma_threshold: must be more than 0, is -1"
        ]
    );
    assert!(server.received().is_empty());
}
