//! Builds the mistake for a value of the wrong type, with a remedy that fits the value.

use super::{
    quantity::{self, Mistake, Spelling, UNLIMITED},
    suggest::join,
};
use crate::policies::{
    document::{
        errors::quote,
        node::{Node, Value},
    },
    schema::{Kind, Schema},
};

/// Returns the mistake for a value that does not have the type of its field.
pub(super) fn wrong_type(field: &str, schema: &Schema, node: &Node) -> Mistake {
    let has_null_value = schema.values.iter().any(|value| value == "null");
    if node.value == Value::Null && has_null_value {
        return (
            "wrong-type",
            format!("`{field}` is the value null, not the string `null`"),
            "write \"null\" in quotes".into(),
        );
    }
    if node.value == Value::Null {
        let message = format!("`{field}` has no value");
        let remedy = "write a value, or remove the field";
        return ("wrong-type", message, remedy.into());
    }
    let expected = match schema.kind {
        Kind::Integer => "a whole number",
        Kind::Boolean => "`true` or `false`",
        Kind::String => "a string",
        Kind::Array => "a list",
        Kind::Object => "a mapping",
    };
    let remedy = match (schema.kind, &node.value) {
        (Kind::Integer, Value::String(text)) => number_remedy(field, text),
        (Kind::String, Value::Number(_) | Value::Bool(_)) => "write it in quotes".into(),
        (Kind::Array, Value::String(text)) => {
            format!("write the list `[{}]`", quote(text).trim_matches('`'))
        }
        (Kind::Object, _) => format!("write a mapping with {}", join(schema.field_names())),
        _ => format!("write {expected}"),
    };
    let message = format!(
        "`{field}` {}",
        node.mismatch(&format!("must be {expected}"))
    );
    ("wrong-type", message, remedy)
}

/// Returns the remedy for a string in an integer field.
fn number_remedy(field: &str, text: &str) -> String {
    if text.parse::<i64>().is_ok() {
        return "remove the quotes".into();
    }
    match Spelling::for_field(field) {
        Some(spelling) if spelling.parse(text).is_ok() => format!(
            "`{field}` takes no unit: write `{}: {text}`, or a number of {}",
            spelling.name, spelling.contract_unit_name
        ),
        Some(spelling) => format!("write a number of {}", spelling.contract_unit_name),
        None if quantity::zero_is_unlimited(field) => {
            format!("write a whole number, or `{UNLIMITED}`")
        }
        None => "write a whole number".into(),
    }
}
