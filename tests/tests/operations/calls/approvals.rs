//! The area `approvals`.

use pgbeam::approvals::{
    ApprovalDecisionRequest, ApprovalRuleInput, ApprovalRuleStatementKind, ApprovalStatus,
};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listApprovalRequests",
            full: |to| {
                page_if(
                    to.project
                        .approvals()
                        .list()
                        .status(ApprovalStatus::Approved)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.approvals().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_approval_requests()
                        .project_id(PROJECT)
                        .status(ApprovalStatus::Approved)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_approval_requests().project_id(PROJECT))),
        },
        Calls {
            id: "approveApprovalRequest",
            full: |to| {
                value(
                    to.project
                        .approvals()
                        .approve("apr_1")
                        .body(full_approval_decision()),
                )
            },
            least: |to| value(to.project.approvals().approve("apr_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .approve_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                        .body(full_approval_decision())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .approve_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                ))
            },
        },
        Calls {
            id: "rejectApprovalRequest",
            full: |to| {
                value(
                    to.project
                        .approvals()
                        .reject("apr_1")
                        .body(full_approval_decision()),
                )
            },
            least: |to| value(to.project.approvals().reject("apr_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .reject_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                        .body(full_approval_decision())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .reject_approval_request()
                        .project_id(PROJECT)
                        .approval_id("apr_1")
                ))
            },
        },
        Calls {
            id: "createApprovalRule",
            full: |to| {
                value(
                    to.project
                        .approval_rules()
                        .create(full_approval_rule())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.approval_rules().create(least_approval_rule())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_approval_rule()
                        .project_id(PROJECT)
                        .body(full_approval_rule())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_approval_rule()
                        .project_id(PROJECT)
                        .body(least_approval_rule())
                ))
            },
        },
        Calls {
            id: "listApprovalRules",
            full: |to| {
                page_if(
                    to.project
                        .approval_rules()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.approval_rules().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_approval_rules()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_approval_rules().project_id(PROJECT))),
        },
        Calls {
            id: "getApprovalRule",
            full: |to| value_if(to.project.approval_rules().get("apl_1").if_none_match(ETAG)),
            least: |to| value(to.project.approval_rules().get("apl_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                ))
            },
        },
        Calls {
            id: "updateApprovalRule",
            full: |to| {
                value(
                    to.project
                        .approval_rules()
                        .update("apl_1", full_approval_rule())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .approval_rules()
                        .update("apl_1", least_approval_rule()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                        .body(full_approval_rule())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                        .body(least_approval_rule())
                ))
            },
        },
        Calls {
            id: "deleteApprovalRule",
            full: |to| nothing(to.project.approval_rules().delete("apl_1")),
            least: |to| nothing(to.project.approval_rules().delete("apl_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_approval_rule()
                        .project_id(PROJECT)
                        .approval_rule_id("apl_1")
                ))
            },
        },
    ]
}

fn full_approval_decision() -> ApprovalDecisionRequest {
    ApprovalDecisionRequest::builder()
        .reason("The closing of these orders was announced.".to_owned())
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

fn least_approval_rule() -> ApprovalRuleInput {
    ApprovalRuleInput::builder().name("Large updates of orders")
}
