//! Parts of a document as plain values, or an error that says what a part must be.

use serde_json::{Number, Value as Json};

use super::api_model::{Attributes, Limit};
use crate::{
    error::{Error, Result},
    read::{Entry, Node, Value},
};

/// What does not change which values a schema admits.
fn is_beside_meaning(key: &str) -> bool {
    matches!(
        key,
        "description" | "title" | "example" | "examples" | "externalDocs" | "xml"
    ) || key.starts_with("x-")
}

/// The one part of an `allOf` beside which nothing is said that narrows it.
pub fn only_part(node: &Node) -> Option<&Node> {
    let harmless = |key: &str| {
        let attributes = ["nullable", "default", "deprecated", "readOnly", "writeOnly"];
        key == "allOf" || attributes.contains(&key) || is_beside_meaning(key)
    };
    let [part] = node.get("allOf")?.items() else {
        return None;
    };
    node.entries()
        .iter()
        .all(|entry| harmless(&entry.key))
        .then_some(part)
}

/// What a node says of itself beyond the values that it admits.
pub fn attributes(node: &Node) -> Result<Attributes> {
    Ok(Attributes {
        nullable: flag(node, "nullable")?,
        default: node.get("default").map(|value| json(value, &|_| false)),
        deprecated: flag(node, "deprecated")?,
        read_only: flag(node, "readOnly")?,
        write_only: flag(node, "writeOnly")?,
        secret: flag(node, "x-secret")?,
    })
}

/// Whether an entry is an extension, which says nothing here.
pub fn is_extension(entry: &Entry) -> bool {
    entry.key.starts_with("x-")
}

/// What stands under a key, if `read` takes it; `None` if nothing does.
fn part<'a, T>(
    node: &'a Node,
    key: &str,
    must: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>> {
    let Some(found) = node.get(key) else {
        return Ok(None);
    };
    let wrong = || {
        Error::at(
            &found.place,
            format!("not OpenAPI 3.0: `{key}` must be {must}"),
        )
    };
    read(&found.value).ok_or_else(wrong).map(Some)
}

/// A map under a key; empty if it is absent.
pub fn map<'a>(node: &'a Node, key: &str) -> Result<&'a [Entry]> {
    let found = part(node, key, "a map", |value| match value {
        Value::Map(entries) => Some(entries.as_slice()),
        _ => None,
    });
    found.map(Option::unwrap_or_default)
}

/// A list under a key; empty if it is absent.
pub fn list<'a>(node: &'a Node, key: &str) -> Result<&'a [Node]> {
    let found = part(node, key, "a list", |value| match value {
        Value::List(items) => Some(items.as_slice()),
        _ => None,
    });
    found.map(Option::unwrap_or_default)
}

/// A text under a key.
pub fn text<'a>(node: &'a Node, key: &str) -> Result<Option<&'a str>> {
    part(node, key, "a text", |value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

/// True or false under a key.
pub fn flag(node: &Node, key: &str) -> Result<Option<bool>> {
    part(node, key, "true or false", |value| match value {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    })
}

/// A bound under a key.
pub fn limit(node: &Node, key: &str, exclusive: bool) -> Result<Option<Limit>> {
    part(node, key, "a number", |value| match value {
        Value::Number(number) => Some(Limit {
            value: plain(number),
            exclusive,
        }),
        _ => None,
    })
}

/// A whole number is written without a fraction.
fn plain(number: &Number) -> Number {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < 1e15 => {
            // In this range every whole number has its own.
            Number::from(value as i64)
        }
        _ => number.clone(),
    }
}

/// A node as plain JSON, in which equal things are equal, without the keys that are `left_out`.
pub fn json(node: &Node, left_out: &dyn Fn(&str) -> bool) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => Json::Number(plain(number)),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(|item| json(item, left_out)).collect(),
        Value::Map(entries) => {
            let mut entries: Vec<&Entry> = entries
                .iter()
                .filter(|entry| !left_out(&entry.key))
                .collect();
            entries.sort_by(|one, other| one.key.cmp(&other.key));
            let pairs = entries.into_iter();
            pairs
                .map(|entry| (entry.key.clone(), json(&entry.node, left_out)))
                .collect()
        }
    }
}

/// A `not` as it is written, without prose.
pub fn excluded(node: &Node) -> Json {
    json(node, &is_beside_meaning)
}
