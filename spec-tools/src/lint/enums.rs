//! Checks enums: the values are strings with distinct Rust names, and enums with the same `x-enum`
//! name list the same values in the same order.

use std::collections::BTreeMap;

use heck::ToPascalCase;

use crate::{
    error::{SourceLocation, ValidationErrors},
    read::object_types::visit_schemas,
    read::{Node, Value},
    rust_names::variant_names,
};

/// Adds an error for every enum that is empty, has a value that is neither a string nor null, has
/// values without valid and distinct Rust names, or has an `x-enum` name that is not in Pascal
/// case. Adds an error for every enum whose list of values differs from the list of the first enum
/// with the same `x-enum` name.
///
/// Null values are ignored.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    let mut sets: BTreeMap<&str, (Vec<&str>, &SourceLocation)> = BTreeMap::new();
    visit_schemas(document, &mut |schema| {
        let Some(list) = schema.get("enum") else {
            return;
        };
        let values: Option<Vec<&str>> = match &list.value {
            // A nullable enum also lists null.
            Value::List(items) if !items.is_empty() => items
                .iter()
                .filter(|item| !matches!(item.value, Value::Null))
                .map(Node::as_str)
                .collect(),
            _ => {
                let message = "`enum` must list at least one value".to_owned();
                errors.push(&list.location, message);
                return;
            }
        };
        let Some(values) = values else {
            let message = "`enum` must list strings: other values are not supported".to_owned();
            errors.push(&list.location, message);
            return;
        };
        let name = schema.get("x-enum");
        if let Err(reason) = variant_names(values.iter().copied()) {
            let label = match name.and_then(Node::as_str) {
                Some(name) => format!("the enum `{name}`"),
                None => "the enum".to_owned(),
            };
            errors.push(&list.location, format!("{label}: {reason}"));
            return;
        }
        let Some(name) = name else { return };
        let Some(type_name) = name
            .as_str()
            .filter(|type_name| *type_name == type_name.to_pascal_case())
        else {
            let message =
                "`x-enum` must be a type name in Pascal case, such as `AccessMode`".to_owned();
            errors.push(&name.location, message);
            return;
        };
        let (first, location) = sets
            .entry(type_name)
            .or_insert((values.clone(), &list.location));
        if *first != values {
            let message = format!(
                "`{type_name}` has different values than at {location}: {} instead of {}",
                values.join(", "),
                first.join(", ")
            );
            errors.push(&list.location, message);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, structure};

    #[test]
    fn rejects_enums_with_one_name_and_different_values() {
        let text = "components:\n  schemas:\n    A: {type: string, x-enum: Mode, enum: [a, b]}\n    B:\n      type: object\n      properties:\n        m: {type: string, x-enum: Mode, enum: [a, c]}\n        n: {type: string, x-enum: Mode, enum: [a, b]}\n        o: {type: string, x-enum: 'a mode', enum: [a, null]}\n        p: {type: string, enum: []}\n        q: {type: string, enum: [yes, 1]}\n        r: {type: string, enum: [a-b, a_b]}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:7:47: `Mode` has different values than at a.yaml:3:43: a, c instead of a, b",
                "a.yaml:9:35: `x-enum` must be a type name in Pascal case, such as `AccessMode`",
                "a.yaml:10:33: `enum` must list at least one value",
                "a.yaml:11:33: `enum` must list strings: other values are not supported",
                "a.yaml:12:33: the enum: two values have the Rust name `AB`",
            ]
        );
    }
}
