//! Checks that defaults and examples match their schema: type, enum values, items, fields and
//! required fields. Constraints and formats are not checked.

use crate::{
    error::{SourceLocation, ValidationErrors},
    read::{Node, Value, document::follow_ref, object_types},
};

/// Adds an error for every `default`, `example` and entry of `examples` that does not match its
/// schema.
///
/// Call this only if `references::check` found no error: a value whose schema is a reference without
/// a target is skipped.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    object_types::visit_objects(document, &mut |node, object_type| {
        let schema = match object_type.is_schema() {
            true => Some(node),
            false => node.get("schema"),
        };
        let Some(schema) = schema else { return };
        let direct = ["default", "example"].into_iter();
        let named = node.get_entries("examples").iter();
        let values = direct.filter_map(|key| Some((key, node.get(key)?)));
        let values =
            values.chain(named.filter_map(|entry| Some(("example", entry.node.get("value")?))));
        for (key, value) in values {
            if let Some((location, reason)) = mismatch(document, schema, value) {
                errors.push(
                    location,
                    format!("the {key} does not match its schema: {reason}"),
                );
            }
        }
    });
}

/// Returns the location and the reason of the first mismatch between a value and its schema. Returns
/// `None` if the value matches, or if the schema is a reference without a target. An empty object
/// matches even if the schema requires fields.
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
        if let Some(mismatch) = mismatch(document, part, value) {
            return Some(mismatch);
        }
    }
    let mismatch_at_value = |reason: String| Some((&value.location, reason));
    let kind = schema.get_str("type").unwrap_or_default();
    let has_type = match (&value.value, kind) {
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
    if !has_type {
        return mismatch_at_value(format!("it must be of type `{kind}`"));
    }
    let allowed = schema.get_items("enum");
    if let Some(string) = value.as_str()
        && !allowed.is_empty()
        && !allowed.iter().any(|node| node.as_str() == Some(string))
    {
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::as_str).collect();
        return mismatch_at_value(format!("`{string}` is not one of {}", allowed.join(", ")));
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
    use super::super::tests::{messages, run};

    fn lint(text: &str) -> Vec<String> {
        messages(run(super::check), text)
    }

    #[test]
    fn rejects_defaults_and_examples_that_do_not_match() {
        for (schema, expected) in [
            ("{type: integer, default: 1, example: 2}", ""),
            (
                "{type: integer, default: '1'}",
                "the default does not match its schema: it must be of type `integer`",
            ),
            (
                "{type: integer, example: 1.5}",
                "the example does not match its schema: it must be of type `integer`",
            ),
            ("{type: number, example: 1}", ""),
            (
                "{type: string, default: true}",
                "the default does not match its schema: it must be of type `string`",
            ),
            (
                "{type: string, default: null}",
                "the default does not match its schema: it must be of type `string`",
            ),
            ("{type: string, nullable: true, default: null}", ""),
            (
                "{type: string, enum: [a, b], default: c}",
                "the default does not match its schema: `c` is not one of a, b",
            ),
            (
                "{type: array, items: {type: string}, example: [a, 1]}",
                "the example does not match its schema: it must be of type `string`",
            ),
            (
                "{type: object, properties: {a: {type: string}}, example: {a: b, c: 1}}",
                "",
            ),
            (
                "{type: object, properties: {a: {type: string}}, example: {a: 1}}",
                "the example does not match its schema: it must be of type `string`",
            ),
            (
                "{type: object, required: [a], properties: {a: {}, b: {}}, example: {b: 1}}",
                "the example does not match its schema: `a` is missing",
            ),
            (
                "{allOf: [{$ref: '#/components/schemas/B'}], default: 1}",
                "the default does not match its schema: it must be of type `string`",
            ),
            (
                "{allOf: [{$ref: '#/components/schemas/B'}], nullable: true, default: null}",
                "",
            ),
            ("{default: {$ref: '#/nowhere'}}", ""),
        ] {
            let text =
                format!("components:\n  schemas:\n    B: {{type: string}}\n    A: {schema}\n");
            let actual = lint(&text).join("\n");
            let message = actual.split_once(": ").map_or("", |(location, message)| {
                assert!(location.starts_with("a.yaml:4:"), "{actual}");
                message
            });
            assert_eq!(message, expected, "{schema}");
        }
    }

    #[test]
    fn checks_examples_of_parameters_and_media_types() {
        let text = "paths:\n  /p:\n    get:\n      parameters:\n        - {name: a, in: query, schema: {type: string}, example: 1}\n      responses:\n        '200':\n          content:\n            application/json:\n              schema: {type: string}\n              examples: {one: {value: 1}, two: {value: a}}\n";
        assert_eq!(
            lint(text),
            [
                "a.yaml:5:65: the example does not match its schema: it must be of type `string`",
                "a.yaml:11:39: the example does not match its schema: it must be of type `string`",
            ]
        );
    }
}
