//! Finds the place of what does not fit the model of OpenAPI.
//!
//! The model's reader knows the whole document or nothing of it: what it says of a fault names
//! neither file nor line. So the parts of the document are read one by one, down to the smallest
//! that does not fit.

use openapiv3::{Components, Info, Operation, Parameter, RequestBody, Response, Schema};
use serde::de::DeserializeOwned;

use pgbeam_spec::{
    error::{Error, Place},
    read::{Entry, Node, Value},
};

/// The error of a document that does not fit as a whole.
pub fn misfit(document: &Node, whole: &serde_json::Error) -> Error {
    let found = document
        .entries()
        .iter()
        .find_map(|entry| match entry.key.as_str() {
            "info" => alone::<Info>(&entry.node, "the general information"),
            "paths" => each(&entry.node, |path| {
                each(&path.node, |entry| match entry.key.as_str() {
                    "parameters" => entry.node.items().iter().find_map(parameter),
                    "summary" | "description" | "servers" => None,
                    key if key.starts_with("x-") => None,
                    _ => operation(&entry.node),
                })
            }),
            "components" => components(&entry.node),
            _ => None,
        });
    let (place, why) = found.unwrap_or_else(|| (document.place.clone(), without_line(whole)));
    Error::at(&place, format!("not an OpenAPI 3.0 document: {why}"))
}

type Found = Option<(Place, String)>;

fn components(node: &Node) -> Found {
    let inner = each(node, |kind| match kind.key.as_str() {
        "schemas" => each(&kind.node, |component| schema(&component.node)),
        "parameters" => each(&kind.node, |component| parameter(&component.node)),
        "responses" => each(&kind.node, |component| response(&component.node)),
        "requestBodies" => each(&kind.node, |component| body(&component.node)),
        _ => None,
    });
    inner.or_else(|| alone::<Components>(node, "the components"))
}

fn operation(node: &Node) -> Found {
    let inner = each(node, |entry| match entry.key.as_str() {
        "parameters" => entry.node.items().iter().find_map(parameter),
        "requestBody" => body(&entry.node),
        "responses" => each(&entry.node, |answer| response(&answer.node)),
        _ => None,
    });
    inner.or_else(|| alone::<Operation>(node, "an operation"))
}

fn parameter(node: &Node) -> Found {
    let inner = node.get("schema").and_then(schema);
    inner.or_else(|| alone::<Parameter>(node, "a parameter"))
}

fn body(node: &Node) -> Found {
    media(node).or_else(|| alone::<RequestBody>(node, "a body"))
}

fn response(node: &Node) -> Found {
    media(node).or_else(|| alone::<Response>(node, "an answer"))
}

fn media(node: &Node) -> Found {
    each(node.get("content")?, |media| {
        media.node.get("schema").and_then(schema)
    })
}

fn schema(node: &Node) -> Found {
    let inner = each(node, |entry| match entry.key.as_str() {
        "properties" => each(&entry.node, |property| schema(&property.node)),
        "items" | "not" => schema(&entry.node),
        "additionalProperties" if !entry.node.entries().is_empty() => schema(&entry.node),
        "allOf" | "anyOf" | "oneOf" => entry.node.items().iter().find_map(schema),
        _ => None,
    });
    inner.or_else(|| alone::<Schema>(node, "a schema"))
}

fn each(node: &Node, look: impl Fn(&Entry) -> Found) -> Found {
    node.entries().iter().find_map(look)
}

/// What keeps a part from being read: the entry without which it could be, else the part itself.
fn alone<T: DeserializeOwned>(node: &Node, what: &str) -> Found {
    if node.get("$ref").is_some() {
        return None;
    }
    let why = read::<T>(node)?;
    let culprit = node.entries().iter().enumerate().find(|(index, _)| {
        let mut without = node.clone();
        if let Value::Map(entries) = &mut without.value {
            entries.remove(*index);
        }
        read::<T>(&without).is_none()
    });
    match culprit {
        Some((_, entry)) => {
            let message = format!("`{}` of {what} is not as it must be: {why}", entry.key);
            Some((entry.place.clone(), message))
        }
        None => Some((node.place.clone(), format!("{what} cannot be read: {why}"))),
    }
}

/// Why a part cannot be read as a `T`, if it cannot.
fn read<T: DeserializeOwned>(node: &Node) -> Option<String> {
    let json = serde_json::to_string(node).ok()?;
    serde_json::from_str::<T>(&json)
        .err()
        .map(|error| without_line(&error))
}

/// The line and column are those of the JSON that was made on the way.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) if error.line() > 0 => text.get(..end).unwrap_or(&text).to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::Contract;
    use pgbeam_spec::read::Node;

    fn fault(rest: &str) -> String {
        let text = format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\n{rest}");
        match Contract::read(&Node::parse(&text, "a.yaml").unwrap()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_the_smallest_part_that_does_not_fit() {
        let schemas =
            "paths: {}\ncomponents:\n  schemas:\n    A:\n      type: object\n      properties:\n";
        for (rest, want) in [
            ("paths: {}\n", ""),
            (
                "paths: 7\n",
                "a.yaml:1:1: not an OpenAPI 3.0 document: invalid type",
            ),
            (
                &format!("{schemas}        x: {{type: string, maxLength: -1}}\n"),
                "a.yaml:9:27: not an OpenAPI 3.0 document: `maxLength` of a schema is not as it must be",
            ),
            (
                &format!("{schemas}        x: {{items: {{nullable: 3, type: array}}}}\n"),
                "a.yaml:9:21: not an OpenAPI 3.0 document: `nullable` of a schema is not as it must be",
            ),
            (
                "paths:\n  /p:\n    get:\n      deprecated: perhaps\n      responses: {}\n",
                "a.yaml:6:7: not an OpenAPI 3.0 document: `deprecated` of an operation is not as it must be",
            ),
            (
                "paths:\n  /p:\n    get:\n      responses:\n        '200': {}\n",
                "a.yaml:7:16: not an OpenAPI 3.0 document: an answer cannot be read: missing field `description`",
            ),
        ] {
            let fault = fault(rest);
            assert!(
                fault.starts_with(want) && fault.is_empty() == want.is_empty(),
                "{rest}\n{fault}"
            );
            assert!(!fault.contains(" at line "), "{fault}");
        }
    }
}
