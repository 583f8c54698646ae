//! Typed access to the nodes of a document. A node of another type is an error.

use serde_json::{Number, Value as Json};

use super::api_model::{Attributes, Limit};
use crate::{
    error::{Error, Result},
    read::{Entry, Node, Value},
};

/// Whether a key does not change the values that a schema allows.
fn is_informative(key: &str) -> bool {
    matches!(
        key,
        "description" | "title" | "example" | "examples" | "externalDocs" | "xml"
    ) || key.starts_with("x-")
}

/// Returns the single part of an `allOf`, if the other keys do not narrow the schema.
pub fn single_part(node: &Node) -> Option<&Node> {
    let keeps_values = |key: &str| {
        let attributes = ["nullable", "default", "deprecated", "readOnly", "writeOnly"];
        key == "allOf" || attributes.contains(&key) || is_informative(key)
    };
    let [part] = node.get("allOf")?.items() else {
        return None;
    };
    node.entries()
        .iter()
        .all(|entry| keeps_values(&entry.key))
        .then_some(part)
}

/// Returns the attributes that a node states.
pub fn get_attributes(node: &Node) -> Result<Attributes> {
    Ok(Attributes {
        nullable: get_bool(node, "nullable")?,
        default: node.get("default").map(|value| to_json(value, &|_| false)),
        deprecated: get_bool(node, "deprecated")?,
        read_only: get_bool(node, "readOnly")?,
        write_only: get_bool(node, "writeOnly")?,
        secret: get_bool(node, "x-secret")?,
    })
}

/// Whether the entry is an `x-*` extension.
pub fn is_extension(entry: &Entry) -> bool {
    entry.key.starts_with("x-")
}

/// Returns the converted value of a key; `None` if the key is absent.
///
/// # Errors
///
/// If `convert` returns `None`.
fn get<'a, T>(
    node: &'a Node,
    key: &str,
    expected: &str,
    convert: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>> {
    let Some(child) = node.get(key) else {
        return Ok(None);
    };
    let type_error = || {
        Error::at(
            &child.location,
            format!("not OpenAPI 3.0: `{key}` must be {expected}"),
        )
    };
    convert(&child.value).ok_or_else(type_error).map(Some)
}

/// Returns the map of a key; empty if the key is absent.
pub fn get_map<'a>(node: &'a Node, key: &str) -> Result<&'a [Entry]> {
    let entries = get(node, key, "a map", |value| match value {
        Value::Map(entries) => Some(entries.as_slice()),
        _ => None,
    });
    entries.map(Option::unwrap_or_default)
}

/// Returns the list of a key; empty if the key is absent.
pub fn get_list<'a>(node: &'a Node, key: &str) -> Result<&'a [Node]> {
    let items = get(node, key, "a list", |value| match value {
        Value::List(items) => Some(items.as_slice()),
        _ => None,
    });
    items.map(Option::unwrap_or_default)
}

/// Returns the string of a key.
pub fn get_str<'a>(node: &'a Node, key: &str) -> Result<Option<&'a str>> {
    get(node, key, "a string", |value| match value {
        Value::String(text) => Some(text.as_str()),
        _ => None,
    })
}

/// Returns the boolean of a key.
pub fn get_bool(node: &Node, key: &str) -> Result<Option<bool>> {
    get(node, key, "true or false", |value| match value {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    })
}

/// Returns the limit of a key.
pub fn get_limit(node: &Node, key: &str, exclusive: bool) -> Result<Option<Limit>> {
    get(node, key, "a number", |value| match value {
        Value::Number(number) => Some(Limit {
            value: normalize_number(number),
            exclusive,
        }),
        _ => None,
    })
}

/// Turns a float without a fraction into an integer, so that `1.0` equals `1`.
fn normalize_number(number: &Number) -> Number {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < 1e15 => {
            // A float represents every integer of this range exactly.
            Number::from(value as i64)
        }
        _ => number.clone(),
    }
}

/// Converts a node to JSON, without the keys for which `is_omitted` returns true. Keys are sorted and
/// numbers normalized.
pub fn to_json(node: &Node, is_omitted: &dyn Fn(&str) -> bool) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => Json::Number(normalize_number(number)),
        Value::String(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(|item| to_json(item, is_omitted)).collect(),
        Value::Map(entries) => {
            let mut entries: Vec<&Entry> = entries
                .iter()
                .filter(|entry| !is_omitted(&entry.key))
                .collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            let pairs = entries.into_iter();
            pairs
                .map(|entry| (entry.key.clone(), to_json(&entry.node, is_omitted)))
                .collect()
        }
    }
}

/// Converts a `not` to JSON, without descriptions.
pub fn to_excluded(node: &Node) -> Json {
    to_json(node, &is_informative)
}
