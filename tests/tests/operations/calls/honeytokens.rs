//! The area `honeytokens`.

use pgbeam::honeytokens::{HoneytokenAction, HoneytokenInput};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createHoneytoken",
            full: |to| {
                value(
                    to.project
                        .honeytokens()
                        .create(full_honeytoken())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.honeytokens().create(least_honeytoken())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_honeytoken()
                        .project_id(PROJECT)
                        .body(full_honeytoken())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_honeytoken()
                        .project_id(PROJECT)
                        .body(least_honeytoken())
                ))
            },
        },
        Calls {
            id: "listHoneytokens",
            full: |to| {
                page_if(
                    to.project
                        .honeytokens()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.honeytokens().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_honeytokens()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_honeytokens().project_id(PROJECT))),
        },
        Calls {
            id: "getHoneytoken",
            full: |to| value_if(to.project.honeytokens().get("hny_1").if_none_match(ETAG)),
            least: |to| value(to.project.honeytokens().get("hny_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                ))
            },
        },
        Calls {
            id: "updateHoneytoken",
            full: |to| {
                value(
                    to.project
                        .honeytokens()
                        .update("hny_1", full_honeytoken())
                        .if_match(ETAG),
                )
            },
            least: |to| value(to.project.honeytokens().update("hny_1", least_honeytoken())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                        .body(full_honeytoken())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                        .body(least_honeytoken())
                ))
            },
        },
        Calls {
            id: "deleteHoneytoken",
            full: |to| nothing(to.project.honeytokens().delete("hny_1")),
            least: |to| nothing(to.project.honeytokens().delete("hny_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_honeytoken()
                        .project_id(PROJECT)
                        .honeytoken_id("hny_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
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

fn least_honeytoken() -> HoneytokenInput {
    HoneytokenInput::builder()
        .relation_name("payroll_archive")
        .action(HoneytokenAction::Kill)
}
