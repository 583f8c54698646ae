//! Tests of webhook endpoints and the events that they receive.

use pgbeam_emulator::Anomaly;
use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::support::resource_path;
use super::{Review, check_resource, expect};

const SECRET: &str = "s3cret";

impl Review {
    /// Creates an endpoint for the receiver, with a secret and these fields. Returns its path.
    async fn endpoint(&self, receiver: &Receiver, fields: Value) -> String {
        let mut body = json!({"url": receiver.url, "secret": SECRET});
        for (name, value) in fields.as_object().expect("an object") {
            body[name] = value.clone();
        }
        resource_path("webhooks", &self.api.create("webhooks", &body).await)
    }

    /// Sends a test event to an endpoint. Returns the body of the response.
    async fn test_endpoint(&self, endpoint: &str) -> Value {
        let request = self.api.request(Method::POST, &format!("{endpoint}/test"));
        expect("testWebhookEndpoint", 202, request).await.json()
    }

    /// Waits until no delivery attempt is pending. Returns the states of all attempts.
    async fn delivery_states(&self) -> Vec<Value> {
        loop {
            let deliveries = self.api.emulator.webhook_deliveries();
            let states: Vec<Value> = deliveries.iter().map(|d| d["state"].clone()).collect();
            if !states.contains(&json!("pending")) {
                return states;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn endpoints_are_created_changed_and_deleted() {
    let review = Review::start().await;
    let endpoint = json!({
        "url": "https://hooks.example.com/pgbeam", "secret": SECRET, "format": "datadog",
        "event_types": ["query_blocked", "approval_requested"], "description": "d",
    });
    let invalid = json!({"url": "", "format": "xml", "secret": "x".repeat(257)});
    check_resource(
        &review,
        "WebhookEndpoint",
        "webhooks",
        &endpoint,
        None,
        &invalid,
    )
    .await;
}

#[tokio::test]
async fn endpoints_have_defaults_and_no_secret() {
    let review = Review::start().await;
    let body = json!({"url": "https://hooks.example.com/", "secret": SECRET});
    let created = expect(
        "createWebhookEndpoint",
        201,
        review.api.post("webhooks", &body),
    )
    .await;
    let created = created.json();
    let expected = json!({
        "id": created["id"], "project_id": "prj_1", "url": "https://hooks.example.com/",
        "format": "json", "event_types": [], "enabled": true,
        "created_at": "2026-01-31T12:00:00.000000Z", "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(created, expected);

    let types = json!({"url": "https://a.example", "event_types": ["masked", "webhook.test"]});
    let invalid = expect(
        "createWebhookEndpoint",
        400,
        review.api.post("webhooks", &types),
    )
    .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["event_types[1]"]);
}

#[tokio::test]
async fn a_test_event_is_delivered_and_signed() {
    let review = Review::start().await;
    let mut receiver = Receiver::start().await;
    // A test event is sent even if the endpoint is disabled and subscribed only to other events.
    let fields = json!({"enabled": false, "event_types": ["masked"]});
    let endpoint = review.endpoint(&receiver, fields).await;
    let response = review.test_endpoint(&endpoint).await;
    assert_eq!(response["status"], "pending");

    let delivery = receiver.next().await;
    delivery.assert_signed_with(SECRET);
    assert_eq!(
        response["delivery_id"],
        delivery.header("x-pgbeam-delivery")
    );
    let event = delivery.event();
    assert_eq!(event["type"], "webhook.test");
    assert_eq!(
        format!(
            "webhooks/{}",
            event["data"]["endpoint_id"].as_str().expect("an id")
        ),
        endpoint
    );
    assert_eq!(review.delivery_states().await, ["delivered"]);
    let log = review.api.emulator.webhook_deliveries();
    assert_eq!(log[0]["id"], response["delivery_id"]);
    assert_eq!(log[0]["event_id"], event["id"]);
    assert_eq!(log[0]["status_code"], 200);
    assert!(!format!("{log:?}").contains(SECRET));

    let unknown = review.api.request(Method::POST, "webhooks/whk_x/test");
    expect("testWebhookEndpoint", 404, unknown).await;
}

#[tokio::test]
async fn other_machines_get_no_test_event() {
    let review = Review::start().await;
    for url in ["https://hooks.example.com/", "no URL"] {
        let created = review.api.create("webhooks", &json!({ "url": url })).await;
        let response = review
            .test_endpoint(&resource_path("webhooks", &created))
            .await;
        assert_eq!(response["status"], "skipped");
        assert!(response["error"].is_string());
    }
    assert_eq!(review.delivery_states().await, ["skipped", "skipped"]);
}

#[tokio::test]
async fn a_replacement_without_a_secret_removes_it() {
    let review = Review::start().await;
    let mut receiver = Receiver::start().await;
    let endpoint = review.endpoint(&receiver, json!({})).await;
    let replace = async |body: Value| {
        expect(
            "updateWebhookEndpoint",
            200,
            review.api.put(&endpoint, &body),
        )
        .await;
        review.test_endpoint(&endpoint).await;
    };
    replace(json!({"url": receiver.url, "secret": "other"})).await;
    receiver.next().await.assert_signed_with("other");
    replace(json!({"url": receiver.url})).await;
    assert_eq!(receiver.next().await.header("x-pgbeam-signature"), "");
}

#[tokio::test]
async fn approval_requests_and_anomaly_alerts_are_published() {
    let review = Review::start().await;
    let mut approvals = Receiver::start().await;
    let mut all = Receiver::start().await;
    let mut none = Receiver::start().await;
    let only_approvals = json!({"event_types": ["approval_requested"]});
    review.endpoint(&approvals, only_approvals).await;
    review.endpoint(&all, json!({})).await;
    review.endpoint(&none, json!({"enabled": false})).await;
    let credential = review.credential(json!({"name": "p"})).await;
    let project = review.api.emulator.project("prj_1");

    let approval = project
        .hold(&credential, "DELETE FROM orders WHERE id = 7")
        .expect("valid");
    for receiver in [&mut approvals, &mut all] {
        let delivery = receiver.next().await;
        delivery.assert_signed_with(SECRET);
        let event = delivery.event();
        assert_eq!(event["type"], "approval_requested");
        assert_eq!(event["project_id"], "prj_1");
        assert_eq!(event["occurred_at"], "2026-01-31T12:00:00.000Z");
        let data = &event["data"];
        assert!(
            data["audit_id"]
                .as_str()
                .is_some_and(|id| id.starts_with("aud_"))
        );
        for (name, value) in [
            ("event", &json!("approval_requested")),
            ("credential_id", &json!(credential)),
            ("sql", &approval["sql"]),
            ("normalized_sql", &approval["normalized_sql"]),
            ("statement_kind", &json!("delete")),
            ("session_id", &approval["session_id"]),
        ] {
            assert_eq!(&data[name], value, "{name}");
        }
    }

    let anomaly = Anomaly::new("volume_spike", "critical").credential(&credential);
    let alert = project.report_anomaly(anomaly).expect("valid");
    let delivery = all.next().await;
    delivery.assert_signed_with(SECRET);
    let event = delivery.event();
    assert_eq!(event["type"], "anomaly_alert");
    let expected = json!({
        "id": alert["id"], "project_id": "prj_1", "credential_id": credential,
        "kind": "volume_spike", "severity": "critical", "title": "Anomaly: volume_spike",
        "details": {}, "window_start": null, "window_end": null,
    });
    assert_eq!(event["data"], expected);

    assert_eq!(review.delivery_states().await, ["delivered"; 3]);
    assert!(approvals.is_empty() && all.is_empty() && none.is_empty());
}
