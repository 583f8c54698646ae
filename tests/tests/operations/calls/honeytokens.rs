//! Calls of the `honeytokens` area.

use pgbeam::honeytokens::{HoneytokenAction, HoneytokenInput};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createHoneytoken",
            full: |sdk| {
                value(
                    sdk.project
                        .honeytokens()
                        .create(full_honeytoken())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.honeytokens().create(minimal_honeytoken())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_honeytoken()
                        .project_id(PROJECT)
                        .body(full_honeytoken())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_honeytoken()
                        .project_id(PROJECT)
                        .body(minimal_honeytoken())
                ))
            },
        },
        Calls {
            id: "listHoneytokens",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .honeytokens()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.honeytokens().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_honeytokens()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(sdk.api().list_honeytokens().project_id(PROJECT)))
            },
        },
        Calls {
            id: "getHoneytoken",
            full: |sdk| {
                conditional_value(sdk.project.honeytokens().get("hny_1").if_none_match(ETAG))
            },
            minimal: |sdk| value(sdk.project.honeytokens().get("hny_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                ))
            },
        },
        Calls {
            id: "updateHoneytoken",
            full: |sdk| {
                value(
                    sdk.project
                        .honeytokens()
                        .update("hny_1", full_honeytoken())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .honeytokens()
                        .update("hny_1", minimal_honeytoken()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                        .body(full_honeytoken())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                        .body(minimal_honeytoken())
                ))
            },
        },
        Calls {
            id: "deleteHoneytoken",
            full: |sdk| empty(sdk.project.honeytokens().delete("hny_1")),
            minimal: |sdk| empty(sdk.project.honeytokens().delete("hny_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                ))
            },
        },
    ]
}

fn full_honeytoken() -> HoneytokenInput {
    HoneytokenInput::builder()
        .schema_name("public".to_owned())
        .relation_name("payroll_archive")
        .action(HoneytokenAction::Kill)
}

fn minimal_honeytoken() -> HoneytokenInput {
    HoneytokenInput::builder()
        .relation_name("payroll_archive")
        .action(HoneytokenAction::Kill)
}
