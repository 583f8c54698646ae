//! Every `$ref` must lead to a component of the kind that belongs there.

use super::circles;
use crate::{
    error::Faults,
    read::{Node, document::resolve},
};

/// Checks all references of a document.
pub fn check(document: &Node, faults: &mut Faults) {
    for entry in document.entries() {
        let each = entry.node.entries().iter();
        match entry.key.as_str() {
            "paths" => each.for_each(|path| walk(document, &path.node, "pathItems", faults)),
            "components" => {
                for kind in each {
                    for component in kind.node.entries() {
                        walk(document, &component.node, &kind.key, faults);
                    }
                }
            }
            _ => {}
        }
    }
    if faults.is_empty() {
        circles::check(document, faults);
    }
}

/// Checks a node that stands where a component of `kind` may be referred to.
fn walk(document: &Node, node: &Node, kind: &str, faults: &mut Faults) {
    for item in node.items() {
        walk(document, item, kind, faults);
    }
    for entry in node.entries() {
        let below = &entry.node;
        let mut each = |kind: &str| {
            below
                .items()
                .iter()
                .for_each(|item| walk(document, item, kind, faults));
            below
                .entries()
                .iter()
                .for_each(|item| walk(document, &item.node, kind, faults));
        };
        match entry.key.as_str() {
            "$ref" => reference(document, below, kind, faults),
            // An example is data, and may hold anything.
            "example" | "examples" | "default" | "enum" | "callbacks" | "links" => {}
            key if key.starts_with("x-") => {}
            // Maps whose keys are names, which may be spelled like keywords.
            "properties" => each("schemas"),
            kind @ ("parameters" | "responses" | "headers") => each(kind),
            "content" => each("media types"),
            "requestBody" => walk(document, below, "requestBodies", faults),
            _ => walk(document, below, "schemas", faults),
        }
    }
}

fn reference(document: &Node, node: &Node, kind: &str, faults: &mut Faults) {
    let Some(reference) = node.text() else {
        faults.at(&node.place, "`$ref` must be a text".to_owned());
        return;
    };
    if kind == "pathItems" {
        faults.at(
            &node.place,
            "a path that is a reference is not supported".to_owned(),
        );
    } else if resolve(document, reference).is_none() {
        faults.at(&node.place, format!("`{reference}` leads nowhere"));
    } else if !reference.starts_with(&format!("#/components/{kind}/")) {
        faults.at(
            &node.place,
            format!("`{reference}` is none of `#/components/{kind}`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{structure, tests::faults};

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
    fn a_reference_must_lead_to_its_kind() {
        let text = "paths:\n  /p:\n    get:\n      operationId: a\n      parameters:\n        - $ref: '#/components/schemas/A'\n      responses:\n        '200':\n          $ref: '#/components/schemas/A'\n  /q:\n    $ref: '#/components/schemas/A'\ncomponents:\n  schemas:\n    A:\n      type: object\n      properties:\n        parameters:\n          $ref: '#/components/schemas/A'\n        default:\n          $ref: '#/components/schemas/Gone'\n        e:\n          $ref: 7\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:6:17: `#/components/schemas/A` is none of `#/components/parameters`",
                "a.yaml:9:17: `#/components/schemas/A` is none of `#/components/responses`",
                "a.yaml:11:11: a path that is a reference is not supported",
                "a.yaml:20:17: `#/components/schemas/Gone` leads nowhere",
                "a.yaml:22:17: `$ref` must be a text",
            ]
        );
    }
}
