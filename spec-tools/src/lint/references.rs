//! Every `$ref` must lead to a component of the kind that belongs there.

use super::cycles;
use crate::{
    error::Faults,
    read::{
        Node,
        document::resolve,
        shape::{self, Shape},
    },
};

/// Checks all references of a document.
pub fn check(document: &Node, faults: &mut Faults) {
    shape::each(document, &mut |node, shape| {
        if let Some(target) = node.get("$ref") {
            reference(document, target, shape, faults);
        }
    });
    if faults.is_empty() {
        cycles::check(document, faults);
    }
}

fn reference(document: &Node, target: &Node, shape: &Shape, faults: &mut Faults) {
    let message = match (target.text(), shape.component) {
        (_, None) => format!("{} that is a reference is not supported", shape.name),
        (None, _) => "`$ref` must be a string".to_owned(),
        (Some(reference), Some(kind)) => match resolve(document, reference) {
            None => format!("`{reference}` leads nowhere"),
            Some(_) if reference.starts_with(&format!("#/components/{kind}/")) => return,
            Some(_) => format!("`{reference}` is none of `#/components/{kind}`"),
        },
    };
    faults.at(&target.place, message);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faults, structure};

    #[test]
    fn a_reference_must_lead_somewhere() {
        let text = "paths:\n  /p:\n    get:\n      requestBody:\n        $ref: '#/components/schemas/Gone'\n      parameters:\n        - $ref: other.yaml\n        - {name: a, in: query, example: {$ref: data}, schema: {default: {$ref: data}}}\n";
        assert_eq!(
            faults(structure, text),
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
            faults(structure, text),
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
        assert_eq!(faults(structure, text), [""; 0]);
    }
}
