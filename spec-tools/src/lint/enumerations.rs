//! One name, one set of values.

use std::collections::BTreeMap;

use heck::ToPascalCase;

use crate::{
    error::{Faults, Place},
    read::shape::each_schema,
    read::{Node, Value},
    rust_names::variants,
};

/// Checks that equal `x-enum` names have equal values.
pub fn check(document: &Node, faults: &mut Faults) {
    let mut sets: BTreeMap<&str, (Vec<&str>, &Place)> = BTreeMap::new();
    each_schema(document, &mut |schema| {
        let Some(list) = schema.get("enum") else {
            return;
        };
        let values: Option<Vec<&str>> = match &list.value {
            // A nullable enumeration lists null, too.
            Value::List(items) if !items.is_empty() => items
                .iter()
                .filter(|item| !matches!(item.value, Value::Null))
                .map(Node::text)
                .collect(),
            _ => {
                let message = "`enum` must be a list of at least one value".to_owned();
                faults.at(&list.place, message);
                return;
            }
        };
        let Some(values) = values else {
            let message = "`enum` must list texts: other values are not supported".to_owned();
            faults.at(&list.place, message);
            return;
        };
        let name = schema.get("x-enum");
        if let Err(why) = variants(values.iter().copied()) {
            let of = match name.and_then(Node::text) {
                Some(name) => format!("the enumeration `{name}`"),
                None => "the enumeration".to_owned(),
            };
            faults.at(&list.place, format!("{of}: {why}"));
            return;
        }
        let Some(name) = name else { return };
        let Some(text) = name.text().filter(|text| *text == text.to_pascal_case()) else {
            let message = "`x-enum` must be the name of a type, such as `AccessMode`".to_owned();
            faults.at(&name.place, message);
            return;
        };
        let (first, place) = sets.entry(text).or_insert((values.clone(), &list.place));
        if *first != values {
            let message = format!(
                "`{text}` has other values here than at {place}: {} instead of {}",
                values.join(", "),
                first.join(", ")
            );
            faults.at(&list.place, message);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faults, structure};

    #[test]
    fn one_name_has_one_set_of_values() {
        let text = "components:\n  schemas:\n    A: {type: string, x-enum: Mode, enum: [a, b]}\n    B:\n      type: object\n      properties:\n        m: {type: string, x-enum: Mode, enum: [a, c]}\n        n: {type: string, x-enum: Mode, enum: [a, b]}\n        o: {type: string, x-enum: 'a mode', enum: [a, null]}\n        p: {type: string, enum: []}\n        q: {type: string, enum: [yes, 1]}\n        r: {type: string, enum: [a-b, a_b]}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:7:47: `Mode` has other values here than at a.yaml:3:43: a, c instead of a, b",
                "a.yaml:9:35: `x-enum` must be the name of a type, such as `AccessMode`",
                "a.yaml:10:33: `enum` must be a list of at least one value",
                "a.yaml:11:33: `enum` must list texts: other values are not supported",
                "a.yaml:12:33: the enumeration: two values are named `AB`",
            ]
        );
    }
}
