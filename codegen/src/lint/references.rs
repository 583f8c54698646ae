//! Every `$ref` must lead to a component of the kind that belongs there.

use super::fault;
use crate::{
    document::{inner, resolve, resolved},
    error::Fault,
    source::Node,
};

/// Checks all references of a document.
pub fn check(document: &Node, faults: &mut Vec<Fault>) {
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
        circles(document, faults);
    }
}

/// Checks a node that stands where a component of `kind` may be referred to.
fn walk(document: &Node, node: &Node, kind: &str, faults: &mut Vec<Fault>) {
    for item in node.items() {
        walk(document, item, kind, faults);
    }
    for entry in node.entries() {
        let below = &entry.node;
        let mut each = |kind: &str| {
            below.items().iter().for_each(|item| walk(document, item, kind, faults));
            below.entries().iter().for_each(|item| walk(document, &item.node, kind, faults));
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

fn reference(document: &Node, node: &Node, kind: &str, faults: &mut Vec<Fault>) {
    let Some(reference) = node.text() else {
        fault(faults, &node.place, "`$ref` must be a text".to_owned());
        return;
    };
    if kind == "pathItems" {
        fault(faults, &node.place, "a path that is a reference is not supported".to_owned());
    } else if resolve(document, reference).is_none() {
        fault(faults, &node.place, format!("`{reference}` leads nowhere"));
    } else if !reference.starts_with(&format!("#/components/{kind}/")) {
        fault(faults, &node.place, format!("`{reference}` is none of `#/components/{kind}`"));
    }
}

/// A component that stands for itself, whether at once or by way of others, stands for nothing.
fn circles(document: &Node, faults: &mut Vec<Fault>) {
    for kind in document.get("components").map(Node::entries).unwrap_or_default() {
        for component in kind.node.entries() {
            let circular = match kind.key.as_str() {
                "schemas" => in_circle(document, &component.node),
                _ => resolved(document, &component.node).is_none(),
            };
            if circular {
                let message = format!("`{}` refers to nothing but itself", component.key);
                fault(faults, &component.place, message);
            }
        }
    }
}

/// Whether a schema can be reached from itself without going into a field or an item, where it
/// may be absent.
fn in_circle(document: &Node, component: &Node) -> bool {
    let mut seen: Vec<*const Node> = Vec::new();
    let mut open = vec![component];
    while let Some(schema) = open.pop() {
        let parts = inner(schema).filter(|(key, _)| key.ends_with("Of") || *key == "not");
        let mut next: Vec<&Node> = parts.map(|(_, part)| part).collect();
        let reference = schema.get("$ref").and_then(Node::text);
        next.extend(reference.and_then(|reference| resolve(document, reference)));
        for schema in next {
            if std::ptr::eq(schema, component) {
                return true;
            }
            if !seen.contains(&std::ptr::from_ref(schema)) {
                seen.push(std::ptr::from_ref(schema));
                open.push(schema);
            }
        }
    }
    false
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

    #[test]
    fn a_component_must_not_stand_for_itself() {
        let text = "components:\n  responses:\n    R:\n      $ref: '#/components/responses/R'\n  schemas:\n    A:\n      $ref: '#/components/schemas/B'\n    B:\n      allOf:\n        - oneOf:\n            - $ref: '#/components/schemas/A'\n    Tree:\n      type: object\n      properties:\n        left: {$ref: '#/components/schemas/Tree'}\n        all: {type: array, items: {$ref: '#/components/schemas/Tree'}}\n    Uses:\n      $ref: '#/components/schemas/A'\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:5: `R` refers to nothing but itself",
                "a.yaml:6:5: `A` refers to nothing but itself",
                "a.yaml:8:5: `B` refers to nothing but itself",
            ]
        );
    }
}
