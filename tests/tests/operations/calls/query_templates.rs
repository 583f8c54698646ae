//! Calls of the query templates in the `policies` area.

use pgbeam::policies::QueryTemplateInput;

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    example::{ExampleKind, deserialize_example},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listQueryTemplates",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .query_templates()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.query_templates().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_query_templates()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_query_templates().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "createQueryTemplate",
            full: |sdk| {
                value(
                    sdk.project
                        .query_templates()
                        .create(full_template())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.query_templates().create(minimal_template())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_query_template()
                        .project_id(PROJECT)
                        .body(full_template())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_query_template()
                        .project_id(PROJECT)
                        .body(minimal_template())
                ))
            },
        },
        Calls {
            id: "getQueryTemplate",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .query_templates()
                        .get("qt_1")
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.query_templates().get("qt_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                ))
            },
        },
        Calls {
            id: "updateQueryTemplate",
            full: |sdk| {
                value(
                    sdk.project
                        .query_templates()
                        .update("qt_1", full_template())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .query_templates()
                        .update("qt_1", minimal_template()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .body(full_template())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .body(minimal_template())
                ))
            },
        },
        Calls {
            id: "deleteQueryTemplate",
            full: |sdk| empty(sdk.project.query_templates().delete("qt_1")),
            minimal: |sdk| empty(sdk.project.query_templates().delete("qt_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                ))
            },
        },
    ]
}

/// Returns a template with every field that the contract declares.
fn full_template() -> QueryTemplateInput {
    deserialize_example("QueryTemplateInput", ExampleKind::AllFields)
}

fn minimal_template() -> QueryTemplateInput {
    deserialize_example("QueryTemplateInput", ExampleKind::RequiredFields)
}
