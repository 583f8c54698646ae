//! Tests of anomaly alerts, from the report to the resolution, and of anomaly rules.

use chrono::TimeDelta;
use pgbeam_emulator::{Anomaly, Emulator};
use serde_json::{Value, json};

use super::support::ApiResponse;
use super::{Review, check_resource, expect};

impl Review {
    /// Reports an anomaly and returns the id of its alert.
    fn report(&self, kind: &str, severity: &str) -> String {
        let project = self.api.emulator.project("prj_1");
        let alert = project.report_anomaly(Anomaly::new(kind, severity));
        alert.expect("valid")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    async fn set_status(&self, id: &str, status: &str, expected: u16) -> ApiResponse {
        let request = self
            .api
            .patch(&format!("anomalies/{id}"), &json!({"status": status}));
        expect("updateAnomalyAlert", expected, request).await
    }

    /// Lists the alerts with this query string and returns their ids.
    async fn alerts(&self, query: &str) -> Vec<String> {
        let list = self.api.get(&format!("anomalies{query}"));
        let list = expect("listAnomalyAlerts", 200, list).await.json();
        let alerts = list["anomalies"].as_array().expect("a list").iter();
        let ids = alerts.map(|alert| alert["id"].as_str().expect("an id").to_owned());
        ids.collect()
    }
}

#[tokio::test]
async fn an_alert_is_acknowledged_once_and_resolved() {
    let review = Review::start().await;
    let id = review.report("egress_spike", "warning");
    let open = expect("listAnomalyAlerts", 200, review.api.get("anomalies"))
        .await
        .json();
    let open = open["anomalies"][0].clone();
    let expected = json!({
        "id": id, "project_id": "prj_1", "credential_id": null, "kind": "egress_spike",
        "severity": "warning", "title": "Anomaly: egress_spike", "details": {}, "status": "open",
        "window_start": null, "window_end": null, "created_at": "2026-01-31T12:00:00.000000Z",
        "acknowledged_at": null, "acknowledged_by": null,
    });
    assert_eq!(open, expected);

    review.clock.advance(TimeDelta::seconds(5));
    let acknowledged = review.set_status(&id, "acknowledged", 200).await.json();
    let mut expected = open.clone();
    expected["status"] = json!("acknowledged");
    expected["acknowledged_at"] = json!("2026-01-31T12:00:05.000000Z");
    expected["acknowledged_by"] = json!("usr_emulator");
    assert_eq!(acknowledged, expected);

    review.clock.advance(TimeDelta::seconds(5));
    let again = review.set_status(&id, "acknowledged", 200).await;
    assert_eq!(again.json(), acknowledged);
    let resolved = review.set_status(&id, "resolved", 200).await.json();
    expected["status"] = json!("resolved");
    assert_eq!(resolved, expected);

    let reopened = review.set_status(&id, "open", 400).await;
    assert_eq!(reopened.problem(400, "INVALID_INPUT"), ["status"]);
    review
        .set_status("ano_x", "resolved", 404)
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_alert_can_be_resolved_without_acknowledgement() {
    let review = Review::start().await;
    let id = review.report("off_hours", "info");
    let resolved = review.set_status(&id, "resolved", 200).await.json();
    assert_eq!(resolved["acknowledged_at"], json!(null));
    assert_eq!(resolved["acknowledged_by"], json!(null));
}

#[tokio::test]
async fn lists_filter_by_status_and_kind() {
    let review = Review::start().await;
    let egress = review.report("egress_spike", "warning");
    let errors = review.report("error_spike", "critical");
    let more_egress = review.report("egress_spike", "info");
    review.set_status(&more_egress, "resolved", 200).await;
    for (query, expected) in [
        ("", vec![&more_egress, &errors, &egress]),
        ("?kind=egress_spike", vec![&more_egress, &egress]),
        ("?status=open", vec![&errors, &egress]),
        ("?status=resolved&kind=egress_spike", vec![&more_egress]),
        ("?status=acknowledged", vec![]),
    ] {
        assert!(review.alerts(query).await.iter().eq(expected), "{query}");
    }
    let unknown = review.api.get("anomalies?kind=x&status=y");
    let unknown = expect("listAnomalyAlerts", 400, unknown).await;
    assert_eq!(unknown.problem(400, "INVALID_INPUT"), ["status", "kind"]);
}

#[tokio::test]
async fn reports_are_validated() {
    let review = Review::start().await;
    let credential = review.credential(json!({"name": "p"})).await;
    let project = review.api.emulator.project("prj_1");
    let invalid = project.report_anomaly(Anomaly::new("off_hours", "fatal"));
    let invalid = invalid.expect_err("an unknown severity");
    assert_eq!(invalid.status, 400);
    assert_eq!(invalid.fields[0].0, "severity");
    let unknown = Anomaly::new("off_hours", "info").credential("agt_x");
    let unknown = project
        .report_anomaly(unknown)
        .expect_err("an unknown credential");
    assert_eq!(unknown.status, 404);

    let start = "2026-01-31T11:00:00Z".parse().expect("a date");
    let details = json!({"queries": 12})
        .as_object()
        .expect("an object")
        .clone();
    let anomaly = Anomaly::new("new_kind", "info")
        .credential(&credential)
        .title("Unusual")
        .details(details)
        .window(start, start + TimeDelta::hours(1));
    let alert = project.report_anomaly(anomaly).expect("valid");
    assert_eq!(alert["credential_id"], credential);
    assert_eq!(alert["title"], "Unusual");
    assert_eq!(alert["details"], json!({"queries": 12}));
    assert_eq!(alert["window_end"], "2026-01-31T12:00:00.000000Z");
    assert_eq!(
        review.alerts("").await,
        [alert["id"].as_str().expect("an id")]
    );
}

#[tokio::test]
async fn strict_projects_must_exist() {
    let emulator = Emulator::builder().strict(true).start().await;
    let project = emulator.expect("a free port").project("prj_1");
    let rejection = project.report_anomaly(Anomaly::new("off_hours", "info"));
    assert_eq!(rejection.expect_err("no project").status, 404);
}

#[tokio::test]
async fn anomaly_rules_are_created_changed_and_deleted() {
    let review = Review::start().await;
    let rule = json!({"metric": "bytes_per_hour", "sigma_threshold": 3.5, "floor": 1_048_576});
    let invalid = json!({"metric": "rows_per_hour", "sigma_threshold": 0});
    let same_metric = json!({"metric": "bytes_per_hour", "credential_id": null});
    check_resource(
        &review,
        "AnomalyRule",
        "anomaly-rules",
        &rule,
        Some(&same_metric),
        &invalid,
    )
    .await;
}

#[tokio::test]
async fn one_rule_covers_a_metric_of_a_credential() {
    let review = Review::start().await;
    let agent = review.api.emulator.project("prj_1").agent("agt_1");
    agent.credential("cred_1");
    let rule =
        |credential: Value| json!({"metric": "errors_per_hour", "credential_id": credential});
    let create = |credential: Value| review.api.post("anomaly-rules", &rule(credential));
    let first = expect("createAnomalyRule", 201, create(json!("cred_1")))
        .await
        .json();
    let second = expect("createAnomalyRule", 201, create(json!(null)))
        .await
        .json();
    expect("createAnomalyRule", 409, create(json!("cred_1"))).await;
    let path = super::support::resource_path("anomaly-rules", &second);
    let taken = review.api.put(&path, &rule(json!("cred_1")));
    expect("updateAnomalyRule", 409, taken)
        .await
        .problem(409, "RESOURCE_EXISTS");
    let path = super::support::resource_path("anomaly-rules", &first);
    let same = review.api.put(&path, &rule(json!("cred_1")));
    expect("updateAnomalyRule", 200, same).await;
}

#[tokio::test]
async fn rules_have_thresholds_only_for_rates_and_name_existing_credentials() {
    let review = Review::start().await;
    for metric in ["distinct_shapes", "active_hours"] {
        let rule = json!({"metric": metric, "sigma_threshold": 2.0, "floor": 5.0});
        let rejected = review.api.post("anomaly-rules", &rule);
        let rejected = expect("createAnomalyRule", 400, rejected).await;
        let fields = rejected.problem(400, "INVALID_INPUT");
        assert_eq!(fields, ["sigma_threshold", "floor"], "{metric}");
        let rule = json!({"metric": metric, "sigma_threshold": null, "floor": null});
        let created = review.api.post("anomaly-rules", &rule);
        expect("createAnomalyRule", 201, created).await;
    }
    let unknown = json!({"metric": "errors_per_hour", "credential_id": "agt_x"});
    let unknown = review.api.post("anomaly-rules", &unknown);
    let unknown = expect("createAnomalyRule", 404, unknown).await;
    unknown.problem(404, "NOT_FOUND");
}
