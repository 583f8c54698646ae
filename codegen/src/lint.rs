//! Says what is wrong with a contract before anything is made from it.
//!
//! [`structure`] finds what no code can be generated from, in any contract. [`prose`] holds our
//! own contract to what its readers need: its descriptions become the documentation of the crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::{Error, Fault, Place, Result},
    source::{Node, Value},
};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation and where it stands.
struct Operation<'a> {
    path: &'a str,
    item: &'a Node,
    place: &'a Place,
    node: &'a Node,
    label: String,
}

fn operations(document: &Node) -> impl Iterator<Item = Operation<'_>> {
    let paths = document.get("paths").map(Node::entries).unwrap_or_default();
    paths.iter().flat_map(|path| {
        let methods = path.node.entries().iter();
        methods.filter(|entry| METHODS.contains(&entry.key.as_str())).map(move |entry| Operation {
            path: &path.key,
            item: &path.node,
            place: &entry.place,
            node: &entry.node,
            label: match entry.node.get("operationId").and_then(Node::text) {
                Some(id) => format!("`{id}`"),
                None => format!("{} {}", entry.key.to_uppercase(), path.key),
            },
        })
    })
}

/// Finds what no code can be generated from.
pub fn structure(document: &Node) -> Result<()> {
    let mut faults = Vec::new();
    references(document, document, &mut faults);
    if faults.is_empty() {
        identifiers(document, &mut faults);
        path_parameters(document, &mut faults);
    }
    finish(faults)
}

/// Finds what a reader of our own contract would miss.
pub fn prose(document: &Node) -> Result<()> {
    let mut faults = Vec::new();
    for operation in operations(document) {
        described(operation.node, operation.place, &operation.label, &mut faults);
        if operation.node.get("summary").is_none() {
            fault(&mut faults, operation.place, format!("{} has no summary", operation.label));
        }
        if operation.node.get("tags").map(Node::items).unwrap_or_default().len() != 1 {
            fault(
                &mut faults,
                operation.place,
                format!("{} must have one tag, its area", operation.label),
            );
        }
        let responses = operation.node.get("responses").map(Node::entries).unwrap_or_default();
        if !responses.iter().any(|response| response.key.starts_with('4')) {
            fault(&mut faults, operation.place, format!("{} lists no 4xx answer", operation.label));
        }
    }
    for kind in document.get("components").map(Node::entries).unwrap_or_default() {
        for component in kind.node.entries() {
            let label = format!("`{}`", component.key);
            described(&component.node, &component.place, &label, &mut faults);
            if kind.key == "schemas" {
                fields(&component.node, &component.key, &mut faults);
            }
        }
    }
    unused(document, &mut faults);
    finish(faults)
}

fn finish(mut faults: Vec<Fault>) -> Result<()> {
    faults.sort_by(|a, b| a.place.cmp(&b.place));
    Error::all(faults)
}

fn fault(faults: &mut Vec<Fault>, place: &Place, message: String) {
    faults.push(Fault { place: Some(place.clone()), message });
}

/// Follows a reference such as `#/components/schemas/X`.
fn resolve<'a>(document: &'a Node, reference: &str) -> Option<&'a Node> {
    let rest = reference.strip_prefix("#/components/")?;
    let (kind, name) = rest.split_once('/')?;
    document.at(&["components", kind, name])
}

/// Every `$ref` must lead to a component.
fn references(document: &Node, node: &Node, faults: &mut Vec<Fault>) {
    for item in node.items() {
        references(document, item, faults);
    }
    for entry in node.entries() {
        match (entry.key.as_str(), entry.node.text()) {
            ("$ref", Some(reference)) => {
                if resolve(document, reference).is_none() {
                    fault(faults, &entry.node.place, format!("`{reference}` leads nowhere"));
                }
            }
            // An example is data, and may hold anything.
            ("example" | "examples" | "default", _) => {}
            _ => references(document, &entry.node, faults),
        }
    }
}

/// Every operation must have an id of its own.
fn identifiers(document: &Node, faults: &mut Vec<Fault>) {
    let mut seen = BTreeMap::new();
    for operation in operations(document) {
        match operation.node.get("operationId") {
            Some(id) if id.text().is_some_and(|id| !id.is_empty()) => {
                if let Some(first) = seen.insert(id.text(), &id.place) {
                    let message = format!("{} is defined twice: first at {first}", operation.label);
                    fault(faults, &id.place, message);
                }
            }
            _ => fault(faults, operation.place, format!("{} has no operationId", operation.label)),
        }
    }
}

/// The names in a path and the path parameters must be the same.
fn path_parameters(document: &Node, faults: &mut Vec<Fault>) {
    for operation in operations(document) {
        let lists = [operation.item.get("parameters"), operation.node.get("parameters")];
        let declared: BTreeSet<_> = lists
            .into_iter()
            .flatten()
            .flat_map(Node::items)
            .filter_map(|parameter| match parameter.get("$ref").and_then(Node::text) {
                Some(reference) => resolve(document, reference),
                None => Some(parameter),
            })
            .filter(|parameter| parameter.get("in").and_then(Node::text) == Some("path"))
            .filter_map(|parameter| parameter.get("name")?.text())
            .collect();
        let named: BTreeSet<_> = operation
            .path
            .split('{')
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('}')?.0))
            .collect();
        for name in named.symmetric_difference(&declared) {
            let message = match named.contains(name) {
                true => format!("{} does not declare its path parameter `{name}`", operation.label),
                false => {
                    format!("{} declares `{name}`, which its path does not have", operation.label)
                }
            };
            fault(faults, operation.place, message);
        }
    }
}

fn described(node: &Node, place: &Place, label: &str, faults: &mut Vec<Fault>) {
    let text = node.get("description").and_then(Node::text);
    if text.is_none_or(|text| text.trim().is_empty()) {
        fault(faults, place, format!("{label} has no description"));
    }
}

/// Every field of every object must be described, in the case that the contract uses.
fn fields(schema: &Node, label: &str, faults: &mut Vec<Fault>) {
    for field in schema.get("properties").map(Node::entries).unwrap_or_default() {
        let label = format!("{label}.{}", field.key);
        if field.node.get("$ref").is_none() {
            described(&field.node, &field.place, &format!("`{label}`"), faults);
        }
        if !field.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            fault(faults, &field.place, format!("`{label}` is not in snake case"));
        }
        fields(&field.node, &label, faults);
    }
    if let Some(items) = schema.get("items") {
        fields(items, label, faults);
    }
}

/// Every component must be met from some operation.
fn unused(document: &Node, faults: &mut Vec<Fault>) {
    let mut used = BTreeSet::new();
    let mut open: Vec<&Node> = document.get("paths").into_iter().collect();
    while let Some(node) = open.pop() {
        open.extend(node.items());
        for entry in node.entries() {
            match (entry.key.as_str(), &entry.node.value) {
                ("$ref", Value::Text(reference)) => {
                    if used.insert(reference.clone()) {
                        open.extend(resolve(document, reference));
                    }
                }
                _ => open.push(&entry.node),
            }
        }
    }
    for kind in document.get("components").map(Node::entries).unwrap_or_default() {
        if kind.key == "securitySchemes" {
            continue;
        }
        for component in kind.node.entries() {
            if !used.contains(&format!("#/components/{}/{}", kind.key, component.key)) {
                let message = format!("`{}` is used by no operation", component.key);
                fault(faults, &component.place, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(lint: fn(&Node) -> Result<()>, text: &str) -> Vec<String> {
        let document = Node::parse(text, "a.yaml").unwrap();
        match lint(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.faults().iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_reference_must_lead_somewhere() {
        let text = "paths:\n  /p:\n    get:\n      $ref: '#/components/schemas/Gone'\n      x:\n        $ref: other.yaml\n      example:\n        $ref: data\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:4:13: `#/components/schemas/Gone` leads nowhere",
                "a.yaml:6:15: `other.yaml` leads nowhere",
            ]
        );
    }

    #[test]
    fn an_operation_must_have_an_id_of_its_own() {
        let text = "paths:\n  /p:\n    get: {}\n    put:\n      operationId: a\n    post:\n      operationId: a\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:5: GET /p has no operationId",
                "a.yaml:7:20: `a` is defined twice: first at a.yaml:5:20",
            ]
        );
    }

    #[test]
    fn a_path_and_its_parameters_must_agree() {
        let text = "paths:\n  /p/{a}/{b}:\n    parameters:\n      - {name: a, in: path}\n    get:\n      operationId: x\n      parameters:\n        - {name: c, in: path}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:5:5: `x` does not declare its path parameter `b`",
                "a.yaml:5:5: `x` declares `c`, which its path does not have",
            ]
        );
    }

    #[test]
    fn prose_is_asked_of_every_part() {
        let text = "paths:\n  /p:\n    get:\n      operationId: x\n      responses:\n        '200':\n          $ref: '#/components/schemas/A'\ncomponents:\n  schemas:\n    A:\n      description: An a\n      properties:\n        good:\n          description: g\n        Bad:\n          description: ' '\n    B:\n      description: unused\n";
        assert_eq!(
            faults(prose, text),
            [
                "a.yaml:3:5: `x` has no description",
                "a.yaml:3:5: `x` has no summary",
                "a.yaml:3:5: `x` must have one tag, its area",
                "a.yaml:3:5: `x` lists no 4xx answer",
                "a.yaml:15:9: `A.Bad` has no description",
                "a.yaml:15:9: `A.Bad` is not in snake case",
                "a.yaml:17:5: `B` is used by no operation",
            ]
        );
    }
}
