//! Tests of the code that codegen generates from small documents. The document of a module is
//! `fixtures/codegen/<module>.yaml`.
//!
//! Most modules test one defect of progenitor: progenitor fails, or its code has the defect, and the code of
//! codegen does not have it. `areas` and `parameters` test only the code of codegen.

mod areas;
mod constraints;
mod defaults;
mod enums;
mod lists;
mod nulls;
mod optional_body;
mod parameters;
mod path_ids;
mod responses;
mod secrets;

/// The code that codegen generated from the documents in `fixtures/codegen`.
#[allow(dead_code, reason = "a test uses a part of the generated code")]
mod fixtures {
    include!(concat!(env!("OUT_DIR"), "/codegen.rs"));
}

/// Returns the validation errors of an error of kind `Invalid`, each as `field: message`.
fn validation_errors(error: &pgbeam_api::Error) -> Vec<String> {
    assert_eq!(error.kind(), pgbeam_api::ErrorKind::Invalid, "{error}");
    error
        .field_errors()
        .iter()
        .map(ToString::to_string)
        .collect()
}
