//! Every object has only the keys that OpenAPI 3.0 knows, each with a value of the right kind.

use crate::{
    error::ValidationErrors,
    read::{
        Node, Value,
        object_types::{self, ObjectType, ValueKind},
    },
};

/// Checks all objects of a document.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    object_types::visit_objects(document, &mut |node, object_type| {
        object(node, object_type, errors)
    });
}

fn object(node: &Node, object_type: &ObjectType, errors: &mut ValidationErrors) {
    if !matches!(node.value, Value::Map(_)) {
        errors.push(
            &node.location,
            format!("{} must be a map", object_type.name),
        );
        return;
    }
    if node.get("$ref").is_some() {
        return;
    }
    for entry in node.entries() {
        let (key, location) = (&entry.key, &entry.location);
        match object_type.kind(key) {
            _ if key.starts_with("x-") => {}
            Some(kind) => {
                if let Some(must) = mismatch(&entry.node, kind) {
                    errors.push(
                        location,
                        format!("`{key}` of {} must be {must}", object_type.name),
                    );
                }
            }
            None => {
                let hint = match nearest(key, object_type) {
                    Some(known) => format!("is `{known}` meant?"),
                    None => "names of extensions begin with `x-`".to_owned(),
                };
                errors.push(
                    location,
                    format!("{} has no key `{key}`: {hint}", object_type.name),
                );
            }
        }
    }
    for key in object_type.required {
        if node.get(key).is_none() {
            errors.push(
                &node.location,
                format!("{} without `{key}`", object_type.name),
            );
        }
    }
}

/// What a value must be, if it is not.
fn mismatch(node: &Node, kind: &ValueKind) -> Option<&'static str> {
    let (fits, must) = match (kind, &node.value) {
        // An object is checked by itself.
        (ValueKind::Any | ValueKind::Object(_), _) => (true, ""),
        (ValueKind::String, value) => (matches!(value, Value::String(_)), "a string"),
        (ValueKind::Bool, value) => (matches!(value, Value::Bool(_)), "true or false"),
        (ValueKind::Number, value) => (matches!(value, Value::Number(_)), "a number"),
        (ValueKind::UnsignedInteger, value) => (
            matches!(value, Value::Number(number) if number.is_u64()),
            "a whole number from 0",
        ),
        (ValueKind::List(ValueKind::String), value) => {
            let texts = node.items().iter().all(|item| item.as_str().is_some());
            (
                matches!(value, Value::List(_)) && texts,
                "a list of strings",
            )
        }
        (ValueKind::List(_), value) => (matches!(value, Value::List(_)), "a list"),
        (ValueKind::Map(_) | ValueKind::MapWithExtensions(_), value) => {
            (matches!(value, Value::Map(_)), "a map")
        }
        (ValueKind::ObjectOrBool(_), value) => (
            matches!(value, Value::Map(_) | Value::Bool(_)),
            "a schema, true or false",
        ),
    };
    (!fits).then_some(must)
}

/// The known key that an unknown one is most likely a misspelling of.
fn nearest(key: &str, object_type: &ObjectType) -> Option<&'static str> {
    let known = object_type
        .keys()
        .map(|known| (distance(key, known), known));
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
    use super::super::{keys, tests::errors};
    use crate::error::ValidationErrors;

    fn said(text: &str) -> Vec<String> {
        let check = |document: &_| {
            let mut errors = ValidationErrors::default();
            keys::check(document, &mut errors);
            errors.finish()
        };
        errors(
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
