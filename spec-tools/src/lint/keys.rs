//! Every object has only the keys that OpenAPI 3.0 knows, each with a value of the right kind.

use crate::{
    error::Faults,
    read::{
        Node, Value,
        shape::{self, Kind, Shape},
    },
};

/// Checks all objects of a document.
pub fn check(document: &Node, faults: &mut Faults) {
    shape::each(document, &mut |node, shape| object(node, shape, faults));
}

fn object(node: &Node, shape: &Shape, faults: &mut Faults) {
    if !matches!(node.value, Value::Map(_)) {
        faults.at(&node.place, format!("{} must be a map", shape.name));
        return;
    }
    if node.get("$ref").is_some() {
        return;
    }
    for entry in node.entries() {
        let (key, place) = (&entry.key, &entry.place);
        match shape.kind(key) {
            _ if key.starts_with("x-") => {}
            Some(kind) => {
                if let Some(must) = mismatch(&entry.node, kind) {
                    faults.at(place, format!("`{key}` of {} must be {must}", shape.name));
                }
            }
            None => {
                let hint = match nearest(key, shape) {
                    Some(known) => format!("is `{known}` meant?"),
                    None => "names of extensions begin with `x-`".to_owned(),
                };
                faults.at(place, format!("{} has no key `{key}`: {hint}", shape.name));
            }
        }
    }
    for key in shape.required {
        if node.get(key).is_none() {
            faults.at(&node.place, format!("{} without `{key}`", shape.name));
        }
    }
}

/// What a value must be, if it is not.
fn mismatch(node: &Node, kind: &Kind) -> Option<&'static str> {
    let (fits, must) = match (kind, &node.value) {
        // An object is checked by itself.
        (Kind::Any | Kind::One(_), _) => (true, ""),
        (Kind::Text, value) => (matches!(value, Value::Text(_)), "a string"),
        (Kind::Flag, value) => (matches!(value, Value::Bool(_)), "true or false"),
        (Kind::Number, value) => (matches!(value, Value::Number(_)), "a number"),
        (Kind::Count, value) => (
            matches!(value, Value::Number(number) if number.is_u64()),
            "a whole number from 0",
        ),
        (Kind::List(Kind::Text), value) => {
            let texts = node.items().iter().all(|item| item.text().is_some());
            (
                matches!(value, Value::List(_)) && texts,
                "a list of strings",
            )
        }
        (Kind::List(_), value) => (matches!(value, Value::List(_)), "a list"),
        (Kind::Names(_) | Kind::Extensible(_), value) => (matches!(value, Value::Map(_)), "a map"),
        (Kind::OneOrFlag(_), value) => (
            matches!(value, Value::Map(_) | Value::Bool(_)),
            "a schema, true or false",
        ),
    };
    (!fits).then_some(must)
}

/// The known key that an unknown one is most likely a misspelling of.
fn nearest(key: &str, shape: &Shape) -> Option<&'static str> {
    let known = shape.keys().map(|known| (distance(key, known), known));
    let (distance, known) = known.min()?;
    (distance <= 2).then_some(known)
}

/// How many letters to insert, delete or replace, whatever their case.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.chars().enumerate() {
            let replaced = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::super::{keys, tests::faults};
    use crate::error::Faults;

    fn said(text: &str) -> Vec<String> {
        let check = |document: &_| {
            let mut faults = Faults::default();
            keys::check(document, &mut faults);
            faults.finish()
        };
        faults(
            check,
            &format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\n{text}"),
        )
    }

    fn of_schema(schema: &str) -> Vec<String> {
        said(&format!(
            "paths: {{}}\ncomponents:\n  schemas: {{A: {schema}}}\n"
        ))
    }

    #[test]
    fn a_misspelled_keyword_names_the_right_one() {
        for (schema, want) in [
            ("{type: string, minLength: 1, x-any: 1}", ""),
            ("{properties: {minimun: {type: integer}}}", ""),
            (
                "{minimun: 1}",
                "a.yaml:5:17: a schema has no key `minimun`: is `minimum` meant?",
            ),
            (
                "{items: {maxlength: 1}}",
                "a.yaml:5:25: a schema has no key `maxlength`: is `maxLength` meant?",
            ),
            (
                "{allOf: [{additionalProperty: false}]}",
                "a.yaml:5:26: a schema has no key `additionalProperty`: names of extensions begin with `x-`",
            ),
            (
                "{const: 1}",
                "a.yaml:5:17: a schema has no key `const`: names of extensions begin with `x-`",
            ),
            ("{default: {minimun: 1}, example: {$ref: x}}", ""),
        ] {
            assert_eq!(of_schema(schema).join("\n"), want, "{schema}");
        }
    }

    #[test]
    fn a_value_must_be_of_its_kind() {
        for (schema, want) in [
            ("7", "a.yaml:5:16: a schema must be a map"),
            (
                "{maxLength: -1}",
                "a.yaml:5:17: `maxLength` of a schema must be a whole number from 0",
            ),
            (
                "{maxLength: '1'}",
                "a.yaml:5:17: `maxLength` of a schema must be a whole number from 0",
            ),
            (
                "{minimum: x}",
                "a.yaml:5:17: `minimum` of a schema must be a number",
            ),
            (
                "{nullable: 3}",
                "a.yaml:5:17: `nullable` of a schema must be true or false",
            ),
            (
                "{description: 3}",
                "a.yaml:5:17: `description` of a schema must be a string",
            ),
            (
                "{required: [a, 1]}",
                "a.yaml:5:17: `required` of a schema must be a list of strings",
            ),
            (
                "{required: a}",
                "a.yaml:5:17: `required` of a schema must be a list of strings",
            ),
            (
                "{properties: []}",
                "a.yaml:5:17: `properties` of a schema must be a map",
            ),
            (
                "{allOf: {}}",
                "a.yaml:5:17: `allOf` of a schema must be a list",
            ),
            (
                "{additionalProperties: 1}",
                "a.yaml:5:17: `additionalProperties` of a schema must be a schema, true or false",
            ),
        ] {
            assert_eq!(
                of_schema(schema).first().map(String::as_str),
                Some(want),
                "{schema}"
            );
        }
    }

    #[test]
    fn every_object_is_checked() {
        let text = "paths:\n  x-a: 1\n  /p:\n    gett: {}\n    get:\n      deprecated: perhaps\n      parameters: [{name: a, in: query, requird: true}, {in: query}]\n      requestBody: {}\n      responses:\n        x-b: 1\n        '200': {headers: {x-a: {schema: {tpe: string}}}}\n";
        assert_eq!(
            said(text),
            [
                "a.yaml:6:5: a path has no key `gett`: is `get` meant?",
                "a.yaml:8:7: `deprecated` of an operation must be true or false",
                "a.yaml:9:41: a parameter has no key `requird`: is `required` meant?",
                "a.yaml:9:57: a parameter without `name`",
                "a.yaml:10:20: a body without `content`",
                "a.yaml:13:16: a response without `description`",
                "a.yaml:13:42: a schema has no key `tpe`: is `type` meant?",
            ]
        );
        assert_eq!(
            said("servers: []\n"),
            ["a.yaml:1:1: the document without `paths`"]
        );
    }
}
