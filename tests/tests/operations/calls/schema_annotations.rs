//! Calls of the `schema_annotations` area.

use pgbeam::schema_annotations::SchemaAnnotationInput;

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, PAGE_TOKEN, PROJECT, RESERVED_CHARACTERS},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listSchemaAnnotations",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .schema_annotations()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.schema_annotations().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_schema_annotations()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_schema_annotations().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "putSchemaAnnotation",
            full: |sdk| {
                value(
                    sdk.project
                        .schema_annotations()
                        .put(full_schema_annotation()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .schema_annotations()
                        .put(minimal_schema_annotation()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .put_schema_annotation()
                        .project_id(PROJECT)
                        .body(full_schema_annotation())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .put_schema_annotation()
                        .project_id(PROJECT)
                        .body(minimal_schema_annotation())
                ))
            },
        },
        Calls {
            id: "deleteSchemaAnnotation",
            full: |sdk| {
                empty(
                    sdk.project
                        .schema_annotations()
                        .delete(RESERVED_CHARACTERS)
                        .schema_name(RESERVED_CHARACTERS)
                        .column_name(RESERVED_CHARACTERS),
                )
            },
            minimal: |sdk| empty(sdk.project.schema_annotations().delete(RESERVED_CHARACTERS)),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_schema_annotation()
                        .project_id(PROJECT)
                        .table_name(RESERVED_CHARACTERS)
                        .schema_name(RESERVED_CHARACTERS)
                        .column_name(RESERVED_CHARACTERS)
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_schema_annotation()
                        .project_id(PROJECT)
                        .table_name(RESERVED_CHARACTERS)
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
        .description("State of the order. Shipped and cancelled are final.")
}

fn minimal_schema_annotation() -> SchemaAnnotationInput {
    SchemaAnnotationInput::builder()
        .table_name("orders")
        .description("State of the order. Shipped and cancelled are final.")
}
