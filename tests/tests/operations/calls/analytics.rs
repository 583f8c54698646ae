//! Calls of the `analytics` area.

use pgbeam::analytics::{CancellationFeedbackRequest, InsightsRange, UpdateSpendLimitRequest};

use super::Calls;
use crate::support::{
    call::{conditional_value, empty, low_level, value},
    values::{ETAG, ORGANIZATION, PROJECT, date},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPlans",
            full: |sdk| conditional_value(sdk.client.plans().list().if_none_match(ETAG)),
            minimal: |sdk| value(sdk.client.plans().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(sdk.api().list_plans().if_none_match(ETAG)))
            },
            low_level_minimal: |sdk| conditional_value(low_level!(sdk.api().list_plans())),
        },
        Calls {
            id: "getOrganizationPlan",
            full: |sdk| conditional_value(sdk.organization.plan().get().if_none_match(ETAG)),
            minimal: |sdk| value(sdk.organization.plan().get()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_organization_plan()
                        .org_id(ORGANIZATION)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().get_organization_plan().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "getVercelInstallation",
            full: |sdk| {
                conditional_value(
                    sdk.organization
                        .vercel_installation()
                        .get()
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.organization.vercel_installation().get()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_vercel_installation()
                        .org_id(ORGANIZATION)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().get_vercel_installation().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "updateSpendLimit",
            full: |sdk| {
                value(
                    sdk.organization
                        .spend_limit()
                        .update(full_spend_limit_update()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .spend_limit()
                        .update(minimal_spend_limit_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_spend_limit()
                        .org_id(ORGANIZATION)
                        .body(full_spend_limit_update())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_spend_limit()
                        .org_id(ORGANIZATION)
                        .body(minimal_spend_limit_update())
                ))
            },
        },
        Calls {
            id: "submitCancellationFeedback",
            full: |sdk| {
                empty(
                    sdk.organization
                        .cancellation_feedback()
                        .submit(full_cancellation_feedback()),
                )
            },
            minimal: |sdk| {
                empty(
                    sdk.organization
                        .cancellation_feedback()
                        .submit(minimal_cancellation_feedback()),
                )
            },
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .submit_cancellation_feedback()
                        .org_id(ORGANIZATION)
                        .body(full_cancellation_feedback())
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .submit_cancellation_feedback()
                        .org_id(ORGANIZATION)
                        .body(minimal_cancellation_feedback())
                ))
            },
        },
        Calls {
            id: "getProjectInsights",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .insights()
                        .get()
                        .range(InsightsRange::V6h)
                        .limit(7)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.insights().get()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_project_insights()
                        .project_id(PROJECT)
                        .range(InsightsRange::V6h)
                        .limit(7)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().get_project_insights().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getOrganizationUsage",
            full: |sdk| {
                conditional_value(
                    sdk.organization
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03"))
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03")),
                )
            },
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_organization_usage()
                        .org_id(ORGANIZATION)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_organization_usage()
                        .org_id(ORGANIZATION)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                ))
            },
        },
        Calls {
            id: "getProjectUsage",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03"))
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03")),
                )
            },
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_project_usage()
                        .project_id(PROJECT)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_project_usage()
                        .project_id(PROJECT)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                ))
            },
        },
    ]
}

fn full_cancellation_feedback() -> CancellationFeedbackRequest {
    CancellationFeedbackRequest::builder()
        .reason("missing_feature".to_owned())
        .feedback("We have moved the service to another region.".to_owned())
}

fn minimal_cancellation_feedback() -> CancellationFeedbackRequest {
    CancellationFeedbackRequest::builder()
}

fn full_spend_limit_update() -> UpdateSpendLimitRequest {
    UpdateSpendLimitRequest::builder().spend_limit(1.5)
}

fn minimal_spend_limit_update() -> UpdateSpendLimitRequest {
    UpdateSpendLimitRequest::builder()
}
