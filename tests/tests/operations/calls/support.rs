//! Calls of the `support` area.

use pgbeam::support::{
    CreateSupportCaseRequest, CreateSupportMessageRequest, SupportCaseStatus,
    UpdateSupportCaseRequest,
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, ORGANIZATION, PAGE_TOKEN, RESERVED_CHARACTERS},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listSupportCases",
            full: |sdk| {
                conditional_page(
                    sdk.organization
                        .support_cases()
                        .list()
                        .status(SupportCaseStatus::Closed)
                        .search(RESERVED_CHARACTERS)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .page(3)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.organization.support_cases().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_support_cases()
                        .org_id(ORGANIZATION)
                        .status(SupportCaseStatus::Closed)
                        .search(RESERVED_CHARACTERS)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .page(3)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_support_cases().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "createSupportCase",
            full: |sdk| {
                value(
                    sdk.organization
                        .support_cases()
                        .create(full_new_support_case())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .support_cases()
                        .create(minimal_new_support_case()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_support_case()
                        .org_id(ORGANIZATION)
                        .body(full_new_support_case())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_support_case()
                        .org_id(ORGANIZATION)
                        .body(minimal_new_support_case())
                ))
            },
        },
        Calls {
            id: "getSupportCase",
            full: |sdk| {
                conditional_value(
                    sdk.organization
                        .support_cases()
                        .get("case_1")
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.organization.support_cases().get("case_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                ))
            },
        },
        Calls {
            id: "updateSupportCase",
            full: |sdk| {
                value(
                    sdk.organization
                        .support_cases()
                        .update("case_1", full_support_case_update()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .support_cases()
                        .update("case_1", minimal_support_case_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(full_support_case_update())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_support_case()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(minimal_support_case_update())
                ))
            },
        },
        Calls {
            id: "createSupportMessage",
            full: |sdk| {
                value(
                    sdk.organization
                        .support_cases()
                        .create_message("case_1", full_new_support_message())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .support_cases()
                        .create_message("case_1", minimal_new_support_message()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_support_message()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(full_new_support_message())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_support_message()
                        .org_id(ORGANIZATION)
                        .case_id("case_1")
                        .body(minimal_new_support_message())
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

fn minimal_new_support_case() -> CreateSupportCaseRequest {
    CreateSupportCaseRequest::builder()
        .org_id(ORGANIZATION)
        .title("Agent cannot connect after a password change")
        .body("Since this morning every connection is refused.")
}

fn full_new_support_message() -> CreateSupportMessageRequest {
    CreateSupportMessageRequest::builder().body("The connection works again.")
}

fn minimal_new_support_message() -> CreateSupportMessageRequest {
    CreateSupportMessageRequest::builder().body("The connection works again.")
}

fn full_support_case_update() -> UpdateSupportCaseRequest {
    UpdateSupportCaseRequest::builder().status(SupportCaseStatus::Closed)
}

fn minimal_support_case_update() -> UpdateSupportCaseRequest {
    UpdateSupportCaseRequest::builder()
}
