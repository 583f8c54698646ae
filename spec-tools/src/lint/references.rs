//! Every `$ref` must lead to a component of the kind that belongs there.

use super::cycles;
use crate::{
    error::ValidationErrors,
    read::{
        Node,
        document::get_component,
        object_types::{self, ObjectType},
    },
};

/// Checks all references of a document.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    object_types::visit_objects(document, &mut |node, object_type| {
        if let Some(target) = node.get("$ref") {
            reference(document, target, object_type, errors);
        }
    });
    if errors.is_empty() {
        cycles::check(document, errors);
    }
}

fn reference(
    document: &Node,
    target: &Node,
    object_type: &ObjectType,
    errors: &mut ValidationErrors,
) {
    let message = match (target.as_str(), object_type.component) {
        (_, None) => format!("{} that is a reference is not supported", object_type.name),
        (None, _) => "`$ref` must be a string".to_owned(),
        (Some(reference), Some(kind)) => match get_component(document, reference) {
            None => format!("`{reference}` leads nowhere"),
            Some(_) if reference.starts_with(&format!("#/components/{kind}/")) => return,
            Some(_) => format!("`{reference}` is none of `#/components/{kind}`"),
        },
    };
    errors.push(&target.location, message);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{errors, structure};

    #[test]
    fn a_reference_must_lead_somewhere() {
        let text = "paths:\n  /p:\n    get:\n      requestBody:\n        $ref: '#/components/schemas/Gone'\n      parameters:\n        - $ref: other.yaml\n        - {name: a, in: query, example: {$ref: data}, schema: {default: {$ref: data}}}\n";
        assert_eq!(
            errors(structure, text),
            [
                "a.yaml:5:15: `#/components/schemas/Gone` leads nowhere",
                "a.yaml:7:17: `other.yaml` leads nowhere",
            ]
        );
    }

    #[test]
    fn a_reference_must_lead_to_its_kind() {
        let text = "paths:\n  /p:\n    get:\n      operationId: a\n      parameters:\n        - $ref: '#/components/schemas/A'\n      responses:\n        '200':\n          $ref: '#/components/schemas/A'\n  /q:\n    $ref: '#/components/schemas/A'\ncomponents:\n  schemas:\n    A:\n      type: object\n      properties:\n        parameters:\n          $ref: '#/components/schemas/A'\n        default:\n          $ref: '#/components/schemas/Gone'\n        e:\n          $ref: 7\n";
        assert_eq!(
            errors(structure, text),
            [
                "a.yaml:6:17: `#/components/schemas/A` is none of `#/components/parameters`",
                "a.yaml:9:17: `#/components/schemas/A` is none of `#/components/responses`",
                "a.yaml:11:11: a path that is a reference is not supported",
                "a.yaml:20:17: `#/components/schemas/Gone` leads nowhere",
                "a.yaml:22:17: `$ref` must be a string",
            ]
        );
    }

    #[test]
    fn what_stands_beside_a_reference_is_ignored() {
        let text = "components:\n  schemas:\n    A: {type: object, properties: {a: {$ref: '#/components/schemas/A', items: {$ref: gone}}}}\n";
        assert_eq!(errors(structure, text), [""; 0]);
    }
}
