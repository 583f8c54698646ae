//! The area `anomalies`.

use pgbeam::anomalies::{
    AnomalyKind, AnomalyMetric, AnomalyRuleInput, AnomalyStatus, AnomalyStatusUpdate,
    UpdateAnomalyAlertRequest,
};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listAnomalyAlerts",
            full: |to| {
                page_if(
                    to.project
                        .anomalies()
                        .list()
                        .status(AnomalyStatus::Acknowledged)
                        .kind(AnomalyKind::EgressSpike)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.anomalies().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_anomaly_alerts()
                        .project_id(PROJECT)
                        .status(AnomalyStatus::Acknowledged)
                        .kind(AnomalyKind::EgressSpike)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_anomaly_alerts().project_id(PROJECT))),
        },
        Calls {
            id: "updateAnomalyAlert",
            full: |to| {
                value(
                    to.project
                        .anomalies()
                        .update("ano_1", full_changed_anomaly_alert()),
                )
            },
            least: |to| {
                value(
                    to.project
                        .anomalies()
                        .update("ano_1", least_changed_anomaly_alert()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_anomaly_alert()
                        .project_id(PROJECT)
                        .anomaly_id("ano_1")
                        .body(full_changed_anomaly_alert())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_anomaly_alert()
                        .project_id(PROJECT)
                        .anomaly_id("ano_1")
                        .body(least_changed_anomaly_alert())
                ))
            },
        },
        Calls {
            id: "createAnomalyRule",
            full: |to| {
                value(
                    to.project
                        .anomaly_rules()
                        .create(full_anomaly_rule())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.anomaly_rules().create(least_anomaly_rule())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_anomaly_rule()
                        .project_id(PROJECT)
                        .body(full_anomaly_rule())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_anomaly_rule()
                        .project_id(PROJECT)
                        .body(least_anomaly_rule())
                ))
            },
        },
        Calls {
            id: "listAnomalyRules",
            full: |to| {
                page_if(
                    to.project
                        .anomaly_rules()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.anomaly_rules().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_anomaly_rules()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_anomaly_rules().project_id(PROJECT))),
        },
        Calls {
            id: "getAnomalyRule",
            full: |to| value_if(to.project.anomaly_rules().get("anr_1").if_none_match(ETAG)),
            least: |to| value(to.project.anomaly_rules().get("anr_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                ))
            },
        },
        Calls {
            id: "updateAnomalyRule",
            full: |to| {
                value(
                    to.project
                        .anomaly_rules()
                        .update("anr_1", full_anomaly_rule())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .anomaly_rules()
                        .update("anr_1", least_anomaly_rule()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                        .body(full_anomaly_rule())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                        .body(least_anomaly_rule())
                ))
            },
        },
        Calls {
            id: "deleteAnomalyRule",
            full: |to| nothing(to.project.anomaly_rules().delete("anr_1")),
            least: |to| nothing(to.project.anomaly_rules().delete("anr_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                ))
            },
        },
    ]
}

fn full_anomaly_rule() -> AnomalyRuleInput {
    AnomalyRuleInput::builder()
        .credential_id("cred_1".to_owned())
        .metric(AnomalyMetric::ActiveHours)
        .sigma_threshold(1.5)
        .floor(1.5)
        .enabled(false)
}

fn least_anomaly_rule() -> AnomalyRuleInput {
    AnomalyRuleInput::builder().metric(AnomalyMetric::ActiveHours)
}

fn full_changed_anomaly_alert() -> UpdateAnomalyAlertRequest {
    UpdateAnomalyAlertRequest::builder().status(AnomalyStatusUpdate::Resolved)
}

fn least_changed_anomaly_alert() -> UpdateAnomalyAlertRequest {
    UpdateAnomalyAlertRequest::builder().status(AnomalyStatusUpdate::Resolved)
}
