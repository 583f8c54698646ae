//! The area `schema_annotations`.

use pgbeam::schema_annotations::SchemaAnnotationInput;

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, PAGE, PROJECT, TEXT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listSchemaAnnotations",
            full: |to| {
                page_if(
                    to.project
                        .schema_annotations()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.schema_annotations().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_schema_annotations()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_schema_annotations().project_id(PROJECT))),
        },
        Calls {
            id: "putSchemaAnnotation",
            full: |to| {
                value(
                    to.project
                        .schema_annotations()
                        .put(full_schema_annotation()),
                )
            },
            least: |to| {
                value(
                    to.project
                        .schema_annotations()
                        .put(least_schema_annotation()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .put_schema_annotation()
                        .project_id(PROJECT)
                        .body(full_schema_annotation())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .put_schema_annotation()
                        .project_id(PROJECT)
                        .body(least_schema_annotation())
                ))
            },
        },
        Calls {
            id: "deleteSchemaAnnotation",
            full: |to| {
                nothing(
                    to.project
                        .schema_annotations()
                        .delete(TEXT)
                        .schema_name(TEXT)
                        .column_name(TEXT),
                )
            },
            least: |to| nothing(to.project.schema_annotations().delete(TEXT)),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_schema_annotation()
                        .project_id(PROJECT)
                        .table_name(TEXT)
                        .schema_name(TEXT)
                        .column_name(TEXT)
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_schema_annotation()
                        .project_id(PROJECT)
                        .table_name(TEXT)
                ))
            },
        },
    ]
}

fn full_schema_annotation() -> SchemaAnnotationInput {
    SchemaAnnotationInput::builder()
        .schema_name("public".to_owned())
        .table_name("orders")
        .column_name("state".to_owned())
        .description("Where the order stands. It is final once it is shipped or cancelled.")
}

fn least_schema_annotation() -> SchemaAnnotationInput {
    SchemaAnnotationInput::builder()
        .table_name("orders")
        .description("Where the order stands. It is final once it is shipped or cancelled.")
}
