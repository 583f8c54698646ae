//! Calls of the `anomalies` area.

use pgbeam::anomalies::{
    AnomalyKind, AnomalyMetric, AnomalyRuleInput, AnomalyStatus, AnomalyStatusUpdate,
    UpdateAnomalyAlertRequest,
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listAnomalyAlerts",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .anomalies()
                        .list()
                        .status(AnomalyStatus::Acknowledged)
                        .kind(AnomalyKind::EgressSpike)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.anomalies().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_anomaly_alerts()
                        .project_id(PROJECT)
                        .status(AnomalyStatus::Acknowledged)
                        .kind(AnomalyKind::EgressSpike)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_anomaly_alerts().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "updateAnomalyAlert",
            full: |sdk| {
                value(
                    sdk.project
                        .anomalies()
                        .update("ano_1", full_anomaly_alert_update()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .anomalies()
                        .update("ano_1", minimal_anomaly_alert_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_anomaly_alert()
                        .project_id(PROJECT)
                        .anomaly_id("ano_1")
                        .body(full_anomaly_alert_update())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_anomaly_alert()
                        .project_id(PROJECT)
                        .anomaly_id("ano_1")
                        .body(minimal_anomaly_alert_update())
                ))
            },
        },
        Calls {
            id: "createAnomalyRule",
            full: |sdk| {
                value(
                    sdk.project
                        .anomaly_rules()
                        .create(full_anomaly_rule())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.anomaly_rules().create(minimal_anomaly_rule())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_anomaly_rule()
                        .project_id(PROJECT)
                        .body(full_anomaly_rule())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_anomaly_rule()
                        .project_id(PROJECT)
                        .body(minimal_anomaly_rule())
                ))
            },
        },
        Calls {
            id: "listAnomalyRules",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .anomaly_rules()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.anomaly_rules().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_anomaly_rules()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_anomaly_rules().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getAnomalyRule",
            full: |sdk| {
                conditional_value(sdk.project.anomaly_rules().get("anr_1").if_none_match(ETAG))
            },
            minimal: |sdk| value(sdk.project.anomaly_rules().get("anr_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                ))
            },
        },
        Calls {
            id: "updateAnomalyRule",
            full: |sdk| {
                value(
                    sdk.project
                        .anomaly_rules()
                        .update("anr_1", full_anomaly_rule())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .anomaly_rules()
                        .update("anr_1", minimal_anomaly_rule()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                        .body(full_anomaly_rule())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                        .body(minimal_anomaly_rule())
                ))
            },
        },
        Calls {
            id: "deleteAnomalyRule",
            full: |sdk| empty(sdk.project.anomaly_rules().delete("anr_1")),
            minimal: |sdk| empty(sdk.project.anomaly_rules().delete("anr_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_anomaly_rule()
                        .project_id(PROJECT)
                        .anomaly_rule_id("anr_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
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

fn minimal_anomaly_rule() -> AnomalyRuleInput {
    AnomalyRuleInput::builder().metric(AnomalyMetric::ActiveHours)
}

fn full_anomaly_alert_update() -> UpdateAnomalyAlertRequest {
    UpdateAnomalyAlertRequest::builder().status(AnomalyStatusUpdate::Resolved)
}

fn minimal_anomaly_alert_update() -> UpdateAnomalyAlertRequest {
    UpdateAnomalyAlertRequest::builder().status(AnomalyStatusUpdate::Resolved)
}
