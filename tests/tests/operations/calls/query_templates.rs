//! The query templates of the area `policies`.

use pgbeam::{
    api::types::{self, builder},
    query_templates::{Param, ParamType, QueryTemplateInput},
};

use super::{Calls, policies_read::template};
use crate::support::{
    outcome::{low, nothing, page_of, page_of_if, read, read_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listQueryTemplates",
            full: |to| {
                page_of_if(
                    to.project
                        .query_templates()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                    template,
                )
            },
            least: |to| page_of(to.project.query_templates().list(), template),
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
                read(
                    to.project
                        .query_templates()
                        .create(full_template())
                        .idempotency_key(IDEMPOTENCY_KEY),
                    template,
                )
            },
            least: |to| {
                read(
                    to.project.query_templates().create(least_template()),
                    template,
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_query_template()
                        .project_id(PROJECT)
                        .body(full_query_template())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_query_template()
                        .project_id(PROJECT)
                        .body(least_query_template())
                ))
            },
        },
        Calls {
            id: "getQueryTemplate",
            full: |to| {
                read_if(
                    to.project.query_templates().get("qt_1").if_none_match(ETAG),
                    template,
                )
            },
            least: |to| read(to.project.query_templates().get("qt_1"), template),
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
                read(
                    to.project
                        .query_templates()
                        .update("qt_1", full_template())
                        .if_match(ETAG),
                    template,
                )
            },
            least: |to| {
                read(
                    to.project
                        .query_templates()
                        .update("qt_1", least_template()),
                    template,
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .body(full_query_template())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_query_template()
                        .project_id(PROJECT)
                        .query_template_id("qt_1")
                        .body(least_query_template())
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

/// A template as the SDK takes it, with all that it can hold.
fn full_template() -> QueryTemplateInput {
    QueryTemplateInput::new("orders_of", "SELECT * FROM orders WHERE id = $1")
        .description("One order.")
        .param(Param::new("id", ParamType::Bigint).nullable(true))
        .include_sql(true)
        .enabled(false)
}

fn least_template() -> QueryTemplateInput {
    QueryTemplateInput::new("one", "SELECT 1")
}

/// The same as the low-level client takes it.
fn full_query_template() -> builder::QueryTemplateInput {
    let param = types::QueryTemplateParam::builder()
        .name("id")
        .type_(ParamType::Bigint);
    types::QueryTemplateInput::builder()
        .name("orders_of")
        .description("One order.".to_owned())
        .sql("SELECT * FROM orders WHERE id = $1")
        .params(vec![param.nullable(true).try_into().unwrap()])
        .include_sql(true)
        .enabled(false)
}

fn least_query_template() -> builder::QueryTemplateInput {
    types::QueryTemplateInput::builder()
        .name("one")
        .sql("SELECT 1")
}
