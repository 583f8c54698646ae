//! Each fault of the bare generator, before and after: what it makes of a small document, and what
//! the code that codegen makes of the same document does when it runs.
//!
//! One module a pass; the document of the same name is in `fixtures/codegen`.

mod answers;
mod areas;
mod bounds;
mod defaults;
mod enums;
mod lists;
mod nulls;
mod optional_body;
mod parameters;
mod path_ids;
mod secrets;

/// What codegen made of the documents in `fixtures/codegen`.
#[allow(dead_code, reason = "a test looks at a part of what is made")]
mod fixtures {
    include!(concat!(env!("OUT_DIR"), "/codegen.rs"));
}

/// The fields of an error and what is wrong with them, a line each.
fn refused(error: &pgbeam_api::Error) -> Vec<String> {
    assert_eq!(error.kind(), pgbeam_api::ErrorKind::Invalid, "{error}");
    error
        .field_errors()
        .iter()
        .map(ToString::to_string)
        .collect()
}
