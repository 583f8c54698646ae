//! Checks the structure of the document: every object has its required keys and no unknown keys,
//! and every value has the type that OpenAPI 3.0 defines for its key.

use crate::{
    error::ValidationErrors,
    read::{
        Node, Value,
        object_types::{self, ObjectType, ValueKind},
    },
};

/// Adds an error for every unknown key, missing required key and value of the wrong type. Skips
/// extensions (`x-…`) and objects with a `$ref`.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    object_types::visit_objects(document, &mut |node, object_type| {
        check_object(node, object_type, errors)
    });
}

fn check_object(node: &Node, object_type: &ObjectType, errors: &mut ValidationErrors) {
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
                if let Some(expected) = mismatch(&entry.node, kind) {
                    errors.push(
                        location,
                        format!("`{key}` of {} must be {expected}", object_type.name),
                    );
                }
            }
            None => {
                let hint = match nearest(key, object_type) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => "extension names start with `x-`".to_owned(),
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
                format!("{} must have `{key}`", object_type.name),
            );
        }
    }
}

/// Returns a description of the expected type, such as `a string`, if the value does not have the
/// type `kind`. Returns `None` if the value has this type.
fn mismatch(node: &Node, kind: &ValueKind) -> Option<&'static str> {
    let (matches, expected) = match (kind, &node.value) {
        // `check_object` checks objects.
        (ValueKind::Any | ValueKind::Object(_), _) => (true, ""),
        (ValueKind::String, value) => (matches!(value, Value::String(_)), "a string"),
        (ValueKind::Bool, value) => (matches!(value, Value::Bool(_)), "true or false"),
        (ValueKind::Number, value) => (matches!(value, Value::Number(_)), "a number"),
        (ValueKind::UnsignedInteger, value) => (
            matches!(value, Value::Number(number) if number.is_u64()),
            "a non-negative integer",
        ),
        (ValueKind::List(ValueKind::String), value) => {
            let are_strings = node.items().iter().all(|item| item.as_str().is_some());
            (
                matches!(value, Value::List(_)) && are_strings,
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
    (!matches).then_some(expected)
}

/// Returns the known key that is most similar to a misspelled key; `None` if all known keys have an
/// edit distance above 2.
fn nearest(key: &str, object_type: &ObjectType) -> Option<&'static str> {
    let known = object_type
        .keys()
        .map(|known| (edit_distance(key, known), known));
    let (distance, known) = known.min()?;
    (distance <= 2).then_some(known)
}

/// Returns the Levenshtein distance of two strings, ignoring letter case.
fn edit_distance(one: &str, other: &str) -> usize {
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
    use super::super::tests::{messages, run};

    fn check_document(text: &str) -> Vec<String> {
        messages(
            run(super::check),
            &format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\n{text}"),
        )
    }

    fn check_schema(schema: &str) -> Vec<String> {
        check_document(&format!(
            "paths: {{}}\ncomponents:\n  schemas: {{A: {schema}}}\n"
        ))
    }

    #[test]
    fn suggests_the_key_for_a_misspelling() {
        for (schema, expected) in [
            ("{type: string, minLength: 1, x-any: 1}", ""),
            ("{properties: {minimun: {type: integer}}}", ""),
            (
                "{minimun: 1}",
                "a.yaml:5:17: a schema has no key `minimun`: did you mean `minimum`?",
            ),
            (
                "{items: {maxlength: 1}}",
                "a.yaml:5:25: a schema has no key `maxlength`: did you mean `maxLength`?",
            ),
            (
                "{allOf: [{additionalProperty: false}]}",
                "a.yaml:5:26: a schema has no key `additionalProperty`: extension names start with `x-`",
            ),
            (
                "{const: 1}",
                "a.yaml:5:17: a schema has no key `const`: extension names start with `x-`",
            ),
            ("{default: {minimun: 1}, example: {$ref: x}}", ""),
        ] {
            assert_eq!(check_schema(schema).join("\n"), expected, "{schema}");
        }
    }

    #[test]
    fn rejects_values_of_the_wrong_type() {
        for (schema, expected) in [
            ("7", "a.yaml:5:16: a schema must be a map"),
            (
                "{maxLength: -1}",
                "a.yaml:5:17: `maxLength` of a schema must be a non-negative integer",
            ),
            (
                "{maxLength: '1'}",
                "a.yaml:5:17: `maxLength` of a schema must be a non-negative integer",
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
                check_schema(schema).first().map(String::as_str),
                Some(expected),
                "{schema}"
            );
        }
    }

    #[test]
    fn checks_every_object() {
        let text = "paths:\n  x-a: 1\n  /p:\n    gett: {}\n    get:\n      deprecated: perhaps\n      parameters: [{name: a, in: query, requird: true}, {in: query}]\n      requestBody: {}\n      responses:\n        x-b: 1\n        '200': {headers: {x-a: {schema: {tpe: string}}}}\n";
        assert_eq!(
            check_document(text),
            [
                "a.yaml:6:5: a path has no key `gett`: did you mean `get`?",
                "a.yaml:8:7: `deprecated` of an operation must be true or false",
                "a.yaml:9:41: a parameter has no key `requird`: did you mean `required`?",
                "a.yaml:9:57: a parameter must have `name`",
                "a.yaml:10:20: a body must have `content`",
                "a.yaml:13:16: a response must have `description`",
                "a.yaml:13:42: a schema has no key `tpe`: did you mean `type`?",
            ]
        );
        assert_eq!(
            check_document("servers: []\n"),
            ["a.yaml:1:1: the document must have `paths`"]
        );
    }
}
