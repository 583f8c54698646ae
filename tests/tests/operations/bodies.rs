//! Bodies in which the wrong word would do harm.

use pgbeam::{
    Nullable,
    analytics::UpdateSpendLimitRequest,
    anomalies::{AnomalyMetric, AnomalyRuleInput},
    projects::UpdateProjectRequest,
};
use serde_json::{Value, json};

use crate::support::{
    To,
    outcome::{Request, value},
    server::{Reply, Server},
};

/// The body that a request sends.
async fn sent(server: &Server, request: Box<dyn Request>) -> Value {
    server.answer([Reply::empty(418)]);
    request.send().await.err().expect("a teapot");
    serde_json::from_slice(&server.received()[0].body).unwrap()
}

#[tokio::test]
async fn a_projects_default_profile_is_taken_away_by_null_and_kept_by_silence() {
    let server = Server::start().await;
    let to = To::once(&server);
    let change = UpdateProjectRequest::builder;
    for (change, body) in [
        (change(), json!({})),
        (
            change().agents_disabled(true),
            json!({"agents_disabled": true}),
        ),
        (
            change().default_policy_profile_id(Nullable::Null),
            json!({"default_policy_profile_id": null}),
        ),
        (
            change().default_policy_profile_id(Nullable::from("pol_1")),
            json!({"default_policy_profile_id": "pol_1"}),
        ),
    ] {
        let request = value(to.client.projects().update("prj_1", change.clone()));
        assert_eq!(sent(&server, request).await, body);
        // What was read from a text is sent as it stood there.
        let read: UpdateProjectRequest = serde_json::from_value(body.clone()).unwrap();
        let request = value(to.client.projects().update("prj_1", read));
        assert_eq!(sent(&server, request).await, body);
    }
}

#[tokio::test]
async fn a_spend_limit_that_is_no_number_is_not_sent_as_no_limit() {
    let server = Server::start().await;
    let to = To::once(&server);
    server.answer([Reply::empty(418)]);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let limit = UpdateSpendLimitRequest::builder().spend_limit(number);
        let error = to
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
    let request = value(to.organization.spend_limit().update(limit));
    assert_eq!(sent(&server, request).await, json!({"spend_limit": 12.5}));
}

#[tokio::test]
async fn a_threshold_that_must_be_more_than_0_is_refused_at_0() {
    let server = Server::start().await;
    let to = To::once(&server);
    server.answer([Reply::empty(418)]);
    let rule = AnomalyRuleInput::builder().metric(AnomalyMetric::BytesPerHour);
    let rule = rule.floor(0.0).sigma_threshold(-1.0);
    let error = to.project.anomaly_rules().create(rule).await.unwrap_err();
    let lines: Vec<_> = error
        .field_errors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "floor: must be more than 0, is 0",
            "sigma_threshold: must be more than 0, is -1"
        ]
    );
    assert!(server.received().is_empty());
}
