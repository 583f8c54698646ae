//! What a reader of the contract needs: descriptions, and nothing that leads nowhere.

use std::collections::BTreeSet;

use super::{fault, finish};
use crate::{
    document::{operations, resolve},
    error::{Fault, Place, Result},
    source::{Node, Value},
};

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
        let irregular = field.node.get("x-irregular-name").is_some();
        if !irregular && !is_snake(&field.key) {
            fault(faults, &field.place, format!("`{label}` is not in snake case"));
        }
        fields(&field.node, &label, faults);
    }
    if let Some(items) = schema.get("items") {
        fields(items, label, faults);
    }
}

fn is_snake(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
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
    use super::{super::tests::faults, *};

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
