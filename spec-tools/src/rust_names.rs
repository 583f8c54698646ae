//! Derives the Rust variant names of enum values, and lists the names that parameters must not have.
//! Lint rejects enums without valid and distinct variant names, and parameters with a reserved name.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;

/// The Rust names that an API parameter must not have, because a request builder can have a method
/// or field with this name.
pub const RESERVED_PARAMETERS: [&str; 5] = ["new", "send", "client", "body", "body_map"];

/// Returns the Rust variant name of each enum value, in order. The name is the value in upper camel
/// case, such as `ReadOnly` for `read_only`.
///
/// A name that would not start with a letter gets the prefix `V`. The names `Unknown` and `Self`
/// get the suffix `Value`.
///
/// # Errors
///
/// Returns a message if a value has no valid Rust name or if two values have the same Rust name.
pub fn variant_names<'a>(values: impl Iterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let mut seen = BTreeSet::new();
    values
        .map(|value| {
            let mut variant = value.to_upper_camel_case();
            if !variant.starts_with(|c: char| c.is_alphabetic()) {
                variant.insert(0, 'V');
            }
            // `Unknown` is the variant for unknown values, and `Self` is a keyword.
            if variant == "Unknown" || variant == "Self" {
                variant.push_str("Value");
            }
            if syn::parse_str::<syn::Ident>(&variant).is_err() {
                Err(format!("the value `{value}` has no valid Rust name"))
            } else if seen.insert(variant.clone()) {
                Ok(variant)
            } else {
                Err(format!("two values have the Rust name `{variant}`"))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[&str]) -> Result<Vec<String>, String> {
        variant_names(values.iter().copied())
    }

    #[test]
    fn derives_distinct_variant_names() {
        assert_eq!(
            names(&[
                "read_only",
                "row-filter",
                "NOT_FOUND",
                "1h",
                "double precision",
                "unknown",
                "self"
            ])
            .unwrap(),
            [
                "ReadOnly",
                "RowFilter",
                "NotFound",
                "V1h",
                "DoublePrecision",
                "UnknownValue",
                "SelfValue"
            ]
        );
        assert_eq!(
            names(&["a_b", "a-b"]).unwrap_err(),
            "two values have the Rust name `AB`"
        );
        assert_eq!(
            names(&["²"]).unwrap_err(),
            "the value `²` has no valid Rust name"
        );
    }
}
