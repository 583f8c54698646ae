//! The area `analytics`.

use pgbeam::analytics::{CancellationFeedbackRequest, InsightsRange, UpdateSpendLimitRequest};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, value, value_if},
    values::{ETAG, ORGANIZATION, PROJECT, date},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPlans",
            full: |to| value_if(to.client.plans().list().if_none_match(ETAG)),
            least: |to| value(to.client.plans().list()),
            low_full: |to| value_if(low!(to.api().list_plans().if_none_match(ETAG))),
            low_least: |to| value_if(low!(to.api().list_plans())),
        },
        Calls {
            id: "getOrganizationPlan",
            full: |to| value_if(to.organization.plan().get().if_none_match(ETAG)),
            least: |to| value(to.organization.plan().get()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_organization_plan()
                        .org_id(ORGANIZATION)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().get_organization_plan().org_id(ORGANIZATION))),
        },
        Calls {
            id: "getVercelInstallation",
            full: |to| {
                value_if(
                    to.organization
                        .vercel_installation()
                        .get()
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.organization.vercel_installation().get()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_vercel_installation()
                        .org_id(ORGANIZATION)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api().get_vercel_installation().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "updateSpendLimit",
            full: |to| {
                value(
                    to.organization
                        .spend_limit()
                        .update(full_changed_spend_limit()),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .spend_limit()
                        .update(least_changed_spend_limit()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_spend_limit()
                        .org_id(ORGANIZATION)
                        .body(full_changed_spend_limit())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_spend_limit()
                        .org_id(ORGANIZATION)
                        .body(least_changed_spend_limit())
                ))
            },
        },
        Calls {
            id: "submitCancellationFeedback",
            full: |to| {
                nothing(
                    to.organization
                        .cancellation_feedback()
                        .submit(full_cancellation_feedback()),
                )
            },
            least: |to| {
                nothing(
                    to.organization
                        .cancellation_feedback()
                        .submit(least_cancellation_feedback()),
                )
            },
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .submit_cancellation_feedback()
                        .org_id(ORGANIZATION)
                        .body(full_cancellation_feedback())
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .submit_cancellation_feedback()
                        .org_id(ORGANIZATION)
                        .body(least_cancellation_feedback())
                ))
            },
        },
        Calls {
            id: "getProjectInsights",
            full: |to| {
                value_if(
                    to.project
                        .insights()
                        .get()
                        .range(InsightsRange::V6h)
                        .limit(7)
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.project.insights().get()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_project_insights()
                        .project_id(PROJECT)
                        .range(InsightsRange::V6h)
                        .limit(7)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().get_project_insights().project_id(PROJECT))),
        },
        Calls {
            id: "getOrganizationUsage",
            full: |to| {
                value_if(
                    to.organization
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03"))
                        .if_none_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03")),
                )
            },
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_organization_usage()
                        .org_id(ORGANIZATION)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_organization_usage()
                        .org_id(ORGANIZATION)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                ))
            },
        },
        Calls {
            id: "getProjectUsage",
            full: |to| {
                value_if(
                    to.project
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03"))
                        .if_none_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .usage()
                        .get(date("2026-01-02"), date("2026-02-03")),
                )
            },
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_project_usage()
                        .project_id(PROJECT)
                        .start_date(date("2026-01-02"))
                        .end_date(date("2026-02-03"))
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
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

fn least_cancellation_feedback() -> CancellationFeedbackRequest {
    CancellationFeedbackRequest::builder()
}

fn full_changed_spend_limit() -> UpdateSpendLimitRequest {
    UpdateSpendLimitRequest::builder().spend_limit(1.5)
}

fn least_changed_spend_limit() -> UpdateSpendLimitRequest {
    UpdateSpendLimitRequest::builder()
}
