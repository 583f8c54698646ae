//! Derives the Rust names and the documentation of operations.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use quote::format_ident;
use syn::Ident;

use crate::contract::Operation;

/// Returns the method name of an operation or parameter: the name in snake case. A Rust keyword gets a trailing
/// `_`.
pub fn method_name(name: &str) -> Ident {
    let snake = name.to_snake_case();
    syn::parse_str(&snake).unwrap_or_else(|_| format_ident!("{snake}_"))
}

/// Returns the name of an operation's builder type.
pub fn builder_name(operation: &Operation) -> Ident {
    format_ident!("{}", operation.id.to_upper_camel_case())
}

/// Returns the name of the static in the operation table for the operation with this id.
pub fn table_name(id: &str) -> Ident {
    format_ident!("{}", id.to_shouty_snake_case())
}

/// Returns the documentation of an operation: summary, description, id, method and path.
pub fn operation_doc(operation: &Operation) -> String {
    let mut parts = Vec::new();
    let summary = operation.summary.as_deref();
    parts.extend(summary.map(|text| format!("{}.", text.trim_end_matches('.'))));
    parts.extend(operation.description.clone());
    let Operation {
        id, method, path, ..
    } = operation;
    parts.push(format!("Operation `{id}`: `{method} {path}`."));
    parts.join("\n\n")
}
