//! Calls of the `approvals` area.

use pgbeam::approvals::{
    ApprovalDecisionRequest, ApprovalRuleInput, ApprovalRuleStatementKind, ApprovalStatus,
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listApprovalRequests",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .approvals()
                        .list()
                        .status(ApprovalStatus::Approved)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.approvals().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_approval_requests()
                        .project_id(PROJECT)
                        .status(ApprovalStatus::Approved)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_approval_requests().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "approveApprovalRequest",
            full: |sdk| {
                value(
                    sdk.project
                        .approvals()
                        .approve("apr_1")
                        .body(full_approval_decision()),
                )
            },
            minimal: |sdk| value(sdk.project.approvals().approve("apr_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .approve_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                        .body(full_approval_decision())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .approve_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                ))
            },
        },
        Calls {
            id: "rejectApprovalRequest",
            full: |sdk| {
                value(
                    sdk.project
                        .approvals()
                        .reject("apr_1")
                        .body(full_approval_decision()),
                )
            },
            minimal: |sdk| value(sdk.project.approvals().reject("apr_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .reject_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                        .body(full_approval_decision())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .reject_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                ))
            },
        },
        Calls {
            id: "createApprovalRule",
            full: |sdk| {
                value(
                    sdk.project
                        .approval_rules()
                        .create(full_approval_rule())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.approval_rules().create(minimal_approval_rule())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_approval_rule()
                        .project_id(PROJECT)
                        .body(full_approval_rule())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_approval_rule()
                        .project_id(PROJECT)
                        .body(minimal_approval_rule())
                ))
            },
        },
        Calls {
            id: "listApprovalRules",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .approval_rules()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.approval_rules().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_approval_rules()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_approval_rules().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getApprovalRule",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .approval_rules()
                        .get("apl_1")
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.approval_rules().get("apl_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                ))
            },
        },
        Calls {
            id: "updateApprovalRule",
            full: |sdk| {
                value(
                    sdk.project
                        .approval_rules()
                        .update("apl_1", full_approval_rule())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .approval_rules()
                        .update("apl_1", minimal_approval_rule()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                        .body(full_approval_rule())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                        .body(minimal_approval_rule())
                ))
            },
        },
        Calls {
            id: "deleteApprovalRule",
            full: |sdk| empty(sdk.project.approval_rules().delete("apl_1")),
            minimal: |sdk| empty(sdk.project.approval_rules().delete("apl_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                ))
            },
        },
    ]
}

fn full_approval_decision() -> ApprovalDecisionRequest {
    ApprovalDecisionRequest::builder().reason("The change to these orders is planned.".to_owned())
}

fn full_approval_rule() -> ApprovalRuleInput {
    ApprovalRuleInput::builder()
        .name("Large updates of orders")
        .statement_kinds(vec![ApprovalRuleStatementKind::Ddl])
        .schema_name("public".to_owned())
        .relation_name("orders".to_owned())
        .min_affected_rows(100)
        .enabled(false)
}

fn minimal_approval_rule() -> ApprovalRuleInput {
    ApprovalRuleInput::builder().name("Large updates of orders")
}
