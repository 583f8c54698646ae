//! Defaults and examples must be values of their schema.

use crate::{
    error::{SourceLocation, ValidationErrors},
    read::{Node, Value, document::follow_ref, object_types},
};

/// Checks all defaults and examples of a document, whose references lead somewhere.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    object_types::visit_objects(document, &mut |node, object_type| {
        let schema = match object_type.is_schema() {
            true => Some(node),
            false => node.get("schema"),
        };
        let Some(schema) = schema else { return };
        let own = ["default", "example"].into_iter();
        let named = node.get_entries("examples").iter();
        let values = own.filter_map(|key| Some((key, node.get(key)?)));
        let values =
            values.chain(named.filter_map(|one| Some(("example", one.node.get("value")?))));
        for (key, value) in values {
            if let Some((location, why)) = mismatch(document, schema, value) {
                errors.push(
                    location,
                    format!("the {key} is no value of its schema: {why}"),
                );
            }
        }
    });
}

/// Where and why a value is none of a schema, if it is not.
fn mismatch<'a>(
    document: &Node,
    schema: &Node,
    value: &'a Node,
) -> Option<(&'a SourceLocation, String)> {
    let schema = follow_ref(document, schema)?;
    if matches!(value.value, Value::Null) && schema.is_true("nullable") {
        return None;
    }
    for part in schema.get_items("allOf") {
        if let Some(found) = mismatch(document, part, value) {
            return Some(found);
        }
    }
    let wrong = |why: String| Some((&value.location, why));
    let kind = schema.get_str("type").unwrap_or_default();
    let fits = match (&value.value, kind) {
        (Value::Null, "") => schema.get("allOf").is_some(),
        (_, "") => true,
        (Value::Bool(_), kind) => kind == "boolean",
        (Value::Number(number), "integer") => number.is_i64() || number.is_u64(),
        (Value::Number(_), kind) => kind == "number",
        (Value::String(_), kind) => kind == "string",
        (Value::List(_), kind) => kind == "array",
        (Value::Map(_), kind) => kind == "object",
        (Value::Null, _) => false,
    };
    if !fits {
        return wrong(format!("it must be of type `{kind}`"));
    }
    let listed = schema.get_items("enum");
    if let Some(text) = value.as_str()
        && !listed.is_empty()
        && !listed.iter().any(|one| one.as_str() == Some(text))
    {
        let listed: Vec<&str> = listed.iter().filter_map(Node::as_str).collect();
        return wrong(format!("`{text}` is not among {}", listed.join(", ")));
    }
    let items = value.items().iter();
    let items = items.filter_map(|item| mismatch(document, schema.get("items")?, item));
    let properties = schema.get("properties");
    let fields = value.entries().iter();
    let fields =
        fields.filter_map(|field| mismatch(document, properties?.get(&field.key)?, &field.node));
    let required = schema.get_items("required").iter().filter_map(Node::as_str);
    let missing = required.filter(|name| !value.entries().is_empty() && value.get(name).is_none());
    let missing = missing.map(|name| (&value.location, format!("`{name}` is missing")));
    items.chain(fields).chain(missing).next()
}

#[cfg(test)]
mod tests {
    use super::super::tests::errors;
    use crate::error::ValidationErrors;

    fn said(text: &str) -> Vec<String> {
        let check = |document: &_| {
            let mut errors = ValidationErrors::default();
            super::check(document, &mut errors);
            errors.finish()
        };
        errors(check, text)
    }

    #[test]
    fn a_default_and_an_example_are_of_their_schema() {
        for (schema, want) in [
            ("{type: integer, default: 1, example: 2}", ""),
            (
                "{type: integer, default: '1'}",
                "the default is no value of its schema: it must be of type `integer`",
            ),
            (
                "{type: integer, example: 1.5}",
                "the example is no value of its schema: it must be of type `integer`",
            ),
            ("{type: number, example: 1}", ""),
            (
                "{type: string, default: true}",
                "the default is no value of its schema: it must be of type `string`",
            ),
            (
                "{type: string, default: null}",
                "the default is no value of its schema: it must be of type `string`",
            ),
            ("{type: string, nullable: true, default: null}", ""),
            (
                "{type: string, enum: [a, b], default: c}",
                "the default is no value of its schema: `c` is not among a, b",
            ),
            (
                "{type: array, items: {type: string}, example: [a, 1]}",
                "the example is no value of its schema: it must be of type `string`",
            ),
            (
                "{type: object, properties: {a: {type: string}}, example: {a: b, c: 1}}",
                "",
            ),
            (
                "{type: object, properties: {a: {type: string}}, example: {a: 1}}",
                "the example is no value of its schema: it must be of type `string`",
            ),
            (
                "{type: object, required: [a], properties: {a: {}, b: {}}, example: {b: 1}}",
                "the example is no value of its schema: `a` is missing",
            ),
            (
                "{allOf: [{$ref: '#/components/schemas/B'}], default: 1}",
                "the default is no value of its schema: it must be of type `string`",
            ),
            (
                "{allOf: [{$ref: '#/components/schemas/B'}], nullable: true, default: null}",
                "",
            ),
            ("{default: {$ref: '#/nowhere'}}", ""),
        ] {
            let text =
                format!("components:\n  schemas:\n    B: {{type: string}}\n    A: {schema}\n");
            let said = said(&text).join("\n");
            let message = said.split_once(": ").map_or("", |(location, message)| {
                assert!(location.starts_with("a.yaml:4:"), "{said}");
                message
            });
            assert_eq!(message, want, "{schema}");
        }
    }

    #[test]
    fn examples_of_parameters_and_media_types_are_checked() {
        let text = "paths:\n  /p:\n    get:\n      parameters:\n        - {name: a, in: query, schema: {type: string}, example: 1}\n      responses:\n        '200':\n          content:\n            application/json:\n              schema: {type: string}\n              examples: {one: {value: 1}, two: {value: a}}\n";
        assert_eq!(
            said(text),
            [
                "a.yaml:5:65: the example is no value of its schema: it must be of type `string`",
                "a.yaml:11:39: the example is no value of its schema: it must be of type `string`",
            ]
        );
    }
}
