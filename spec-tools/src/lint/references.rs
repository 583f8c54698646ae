//! Checks that every `$ref` refers to an existing component of the kind that its place requires,
//! such as a schema, and that references form no cycle. References in the fields, items and map
//! values of a schema are not checked for cycles.

use super::cycles;
use crate::{
    error::ValidationErrors,
    read::{
        Node,
        document::get_component,
        object_types::{self, ObjectType},
    },
};

/// Adds an error for every `$ref` that is not a string, is in an object that cannot be a component,
/// or names a missing component or a component of another kind. If every `$ref` is valid, adds an
/// error for every component that is in a reference cycle or leads into a cycle (see `cycles`).
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    object_types::visit_objects(document, &mut |node, object_type| {
        if let Some(target) = node.get("$ref") {
            check_reference(document, target, object_type, errors);
        }
    });
    if errors.is_empty() {
        cycles::check(document, errors);
    }
}

fn check_reference(
    document: &Node,
    target: &Node,
    object_type: &ObjectType,
    errors: &mut ValidationErrors,
) {
    let message = match (target.as_str(), object_type.component) {
        (_, None) => format!("`$ref` is not supported in {}", object_type.name),
        (None, _) => "`$ref` must be a string".to_owned(),
        (Some(reference), Some(kind)) => match get_component(document, reference) {
            None => format!("`{reference}` does not exist"),
            Some(_) if reference.starts_with(&format!("#/components/{kind}/")) => return,
            Some(_) => format!("`{reference}` is not in `#/components/{kind}`"),
        },
    };
    errors.push(&target.location, message);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, structure};

    #[test]
    fn rejects_a_reference_to_a_missing_component() {
        let text = "paths:\n  /p:\n    get:\n      requestBody:\n        $ref: '#/components/schemas/Gone'\n      parameters:\n        - $ref: other.yaml\n        - {name: a, in: query, example: {$ref: data}, schema: {default: {$ref: data}}}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:5:15: `#/components/schemas/Gone` does not exist",
                "a.yaml:7:17: `other.yaml` does not exist",
            ]
        );
    }

    #[test]
    fn rejects_a_reference_to_another_kind() {
        let text = "paths:\n  /p:\n    get:\n      operationId: a\n      parameters:\n        - $ref: '#/components/schemas/A'\n      responses:\n        '200':\n          $ref: '#/components/schemas/A'\n  /q:\n    $ref: '#/components/schemas/A'\ncomponents:\n  schemas:\n    A:\n      type: object\n      properties:\n        parameters:\n          $ref: '#/components/schemas/A'\n        default:\n          $ref: '#/components/schemas/Gone'\n        e:\n          $ref: 7\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:6:17: `#/components/schemas/A` is not in `#/components/parameters`",
                "a.yaml:9:17: `#/components/schemas/A` is not in `#/components/responses`",
                "a.yaml:11:11: `$ref` is not supported in a path",
                "a.yaml:20:17: `#/components/schemas/Gone` does not exist",
                "a.yaml:22:17: `$ref` must be a string",
            ]
        );
    }

    #[test]
    fn ignores_keys_beside_a_reference() {
        let text = "components:\n  schemas:\n    A: {type: object, properties: {a: {$ref: '#/components/schemas/A', items: {$ref: gone}}}}\n";
        assert_eq!(messages(structure, text), [""; 0]);
    }
}
