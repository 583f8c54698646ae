//! Functions that read typed values under the keys of a node. A value of another type is an error
//! with the location of the value.

use serde_json::{Number, Value as Json};

use super::api_model::{Attributes, Limit};
use crate::{
    error::{Error, Result},
    read::{Entry, Node, Value},
};

/// Returns `true` for the keys of a schema that are only information for readers and tools:
/// descriptions, titles, examples, `externalDocs`, `xml` and extensions.
fn is_informative(key: &str) -> bool {
    matches!(
        key,
        "description" | "title" | "example" | "examples" | "externalDocs" | "xml"
    ) || key.starts_with("x-")
}

/// Returns the schema in the `allOf` of `node`, if the `allOf` contains exactly one schema. Returns
/// `None` if `node` has no such `allOf`, or if another key of `node` can restrict the values.
///
/// The keys that do not restrict the values are `nullable`, `default`, `deprecated`, `readOnly`,
/// `writeOnly`, descriptions, titles, examples, `externalDocs`, `xml` and extensions.
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

/// Reads the attributes that a schema node sets itself, without the attributes of referenced schemas.
///
/// # Errors
///
/// Returns an error if an attribute other than `default` is not a boolean.
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

/// Returns `true` if the key of the entry starts with `x-`.
pub fn is_extension(entry: &Entry) -> bool {
    entry.key.starts_with("x-")
}

/// Returns the result of `convert` for the value under `key`; `None` if the key is absent.
///
/// # Errors
///
/// Returns an error if `convert` returns `None`. `expected` is the expected type in the message,
/// such as `a map`.
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

/// Returns the entries of the map under `key`; empty if the key is absent. A value of another type
/// is an error.
pub fn get_map<'a>(node: &'a Node, key: &str) -> Result<&'a [Entry]> {
    let entries = get(node, key, "a map", |value| match value {
        Value::Map(entries) => Some(entries.as_slice()),
        _ => None,
    });
    entries.map(Option::unwrap_or_default)
}

/// Returns the items of the list under `key`; empty if the key is absent. A value of another type is
/// an error.
pub fn get_list<'a>(node: &'a Node, key: &str) -> Result<&'a [Node]> {
    let items = get(node, key, "a list", |value| match value {
        Value::List(items) => Some(items.as_slice()),
        _ => None,
    });
    items.map(Option::unwrap_or_default)
}

/// Returns the string under `key`; `None` if the key is absent. A value of another type is an error.
pub fn get_str<'a>(node: &'a Node, key: &str) -> Result<Option<&'a str>> {
    get(node, key, "a string", |value| match value {
        Value::String(text) => Some(text.as_str()),
        _ => None,
    })
}

/// Returns the boolean under `key`; `None` if the key is absent. A value of another type is an
/// error.
pub fn get_bool(node: &Node, key: &str) -> Result<Option<bool>> {
    get(node, key, "true or false", |value| match value {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    })
}

/// Returns the number under `key` as a limit; `None` if the key is absent. A value of another type
/// is an error. `exclusive` is copied into the limit.
pub fn get_limit(node: &Node, key: &str, exclusive: bool) -> Result<Option<Limit>> {
    get(node, key, "a number", |value| match value {
        Value::Number(number) => Some(Limit {
            value: normalize_number(number),
            exclusive,
        }),
        _ => None,
    })
}

/// Converts a float without a fraction to an integer, so that `1.0` equals `1`. Returns all other
/// numbers unchanged, including floats whose absolute value is 1e15 or more.
fn normalize_number(number: &Number) -> Number {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < 1e15 => {
            // A float represents every integer of this range exactly.
            Number::from(value as i64)
        }
        _ => number.clone(),
    }
}

/// Converts a node to JSON. Omits the keys for which `is_omitted` returns `true`, at every depth.
/// Sorts keys and normalizes numbers, so that equal nodes give equal JSON.
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

/// Converts the schema of a `not` to JSON, without descriptions, titles, examples, `externalDocs`,
/// `xml` and extensions.
pub fn to_excluded(node: &Node) -> Json {
    to_json(node, &is_informative)
}
