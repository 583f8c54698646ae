//! The query templates of the area `policies`.

use pgbeam::policies::QueryTemplateInput;

use super::Calls;
use crate::support::{
    example::{Fill, input},
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listQueryTemplates",
            full: |to| {
                page_if(
                    to.project
                        .query_templates()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.query_templates().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_query_templates()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_query_templates().project_id(PROJECT))),
        },
        Calls {
            id: "createQueryTemplate",
            full: |to| {
                value(
                    to.project
                        .query_templates()
                        .create(full_template())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.query_templates().create(least_template())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_query_template()
                        .project_id(PROJECT)
                        .body(full_template())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_query_template()
                        .project_id(PROJECT)
                        .body(least_template())
                ))
            },
        },
        Calls {
            id: "getQueryTemplate",
            full: |to| value_if(to.project.query_templates().get("qt_1").if_none_match(ETAG)),
            least: |to| value(to.project.query_templates().get("qt_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                ))
            },
        },
        Calls {
            id: "updateQueryTemplate",
            full: |to| {
                value(
                    to.project
                        .query_templates()
                        .update("qt_1", full_template())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .query_templates()
                        .update("qt_1", least_template()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .body(full_template())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .body(least_template())
                ))
            },
        },
        Calls {
            id: "deleteQueryTemplate",
            full: |to| nothing(to.project.query_templates().delete("qt_1")),
            least: |to| nothing(to.project.query_templates().delete("qt_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                ))
            },
        },
    ]
}

/// A template with every field that the contract has.
fn full_template() -> QueryTemplateInput {
    input("QueryTemplateInput", Fill::Whole)
}

fn least_template() -> QueryTemplateInput {
    input("QueryTemplateInput", Fill::Bare)
}
