//! The area `support`.

use pgbeam::support::{
    CreateSupportCaseRequest, CreateSupportMessageRequest, SupportCaseStatus,
    UpdateSupportCaseRequest,
};

use super::Calls;
use crate::support::{
    outcome::{low, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, ORGANIZATION, PAGE, TEXT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listSupportCases",
            full: |to| {
                page_if(
                    to.organization
                        .support_cases()
                        .list()
                        .status(SupportCaseStatus::Closed)
                        .search(TEXT)
                        .page_size(50)
                        .page_token(PAGE)
                        .page(3)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.organization.support_cases().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_support_cases()
                        .org_id(ORGANIZATION)
                        .status(SupportCaseStatus::Closed)
                        .search(TEXT)
                        .page_size(50)
                        .page_token(PAGE)
                        .page(3)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_support_cases().org_id(ORGANIZATION))),
        },
        Calls {
            id: "createSupportCase",
            full: |to| {
                value(
                    to.organization
                        .support_cases()
                        .create(full_new_support_case())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .support_cases()
                        .create(least_new_support_case()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_support_case()
                        .org_id(ORGANIZATION)
                        .body(full_new_support_case())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_support_case()
                        .org_id(ORGANIZATION)
                        .body(least_new_support_case())
                ))
            },
        },
        Calls {
            id: "getSupportCase",
            full: |to| {
                value_if(
                    to.organization
                        .support_cases()
                        .get("case_1")
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.organization.support_cases().get("case_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                ))
            },
        },
        Calls {
            id: "updateSupportCase",
            full: |to| {
                value(
                    to.organization
                        .support_cases()
                        .update("case_1", full_changed_support_case()),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .support_cases()
                        .update("case_1", least_changed_support_case()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(full_changed_support_case())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(least_changed_support_case())
                ))
            },
        },
        Calls {
            id: "createSupportMessage",
            full: |to| {
                value(
                    to.organization
                        .support_cases()
                        .create_message("case_1", full_new_support_message())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .support_cases()
                        .create_message("case_1", least_new_support_message()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_support_message()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(full_new_support_message())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_support_message()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(least_new_support_message())
                ))
            },
        },
    ]
}

fn full_new_support_case() -> CreateSupportCaseRequest {
    CreateSupportCaseRequest::builder()
        .org_id(ORGANIZATION)
        .title("Agent cannot connect after a password change")
        .severity(3)
        .body("Since this morning every connection is refused.")
}

fn least_new_support_case() -> CreateSupportCaseRequest {
    CreateSupportCaseRequest::builder()
        .org_id(ORGANIZATION)
        .title("Agent cannot connect after a password change")
        .body("Since this morning every connection is refused.")
}

fn full_new_support_message() -> CreateSupportMessageRequest {
    CreateSupportMessageRequest::builder().body("The connection works again.")
}

fn least_new_support_message() -> CreateSupportMessageRequest {
    CreateSupportMessageRequest::builder().body("The connection works again.")
}

fn full_changed_support_case() -> UpdateSupportCaseRequest {
    UpdateSupportCaseRequest::builder().status(SupportCaseStatus::Closed)
}

fn least_changed_support_case() -> UpdateSupportCaseRequest {
    UpdateSupportCaseRequest::builder()
}
