//! The names and the documentation of operations.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use quote::format_ident;
use syn::Ident;

use crate::contract::Operation;

/// The name of an operation's or parameter's method.
pub fn method_name(name: &str) -> Ident {
    let snake = name.to_snake_case();
    syn::parse_str(&snake).unwrap_or_else(|_| format_ident!("{snake}_"))
}

/// The name of an operation's builder.
pub fn builder_name(operation: &Operation) -> Ident {
    format_ident!("{}", operation.id.to_upper_camel_case())
}

/// The name of an operation in the table.
pub fn table_name(id: &str) -> Ident {
    format_ident!("{}", id.to_shouty_snake_case())
}

/// The documentation of an operation: its own, and its method and path.
pub fn operation_doc(operation: &Operation) -> String {
    let mut parts = Vec::new();
    let summary = operation.summary.as_deref();
    parts.extend(summary.map(|text| format!("{}.", text.trim_end_matches('.'))));
    parts.extend(operation.description.clone());
    let Operation {
        id, method, path, ..
    } = operation;
    parts.push(format!("`{id}`: `{method} {path}`"));
    parts.join("\n\n")
}
