//! Checks that codegen supports the schemas: component names, types, keywords, `required`,
//! compositions, and distinct Rust names of fields.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToPascalCase, ToSnakeCase};

use crate::{
    error::ValidationErrors,
    read::object_types::visit_schemas,
    read::{Entry, Node, Value},
};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Adds an error for every component schema that has an invalid name, cannot become a struct or
/// enum, or sets `nullable`. Adds an error for every schema that has an unsupported type, keyword,
/// constraint, `required` or composition, or fields with the same Rust name.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    let components = document.get_path_entries(&["components", "schemas"]);
    for component in components {
        check_component(component, errors);
    }
    visit_schemas(document, &mut |schema| {
        check_type(schema, errors);
        check_keywords(schema, errors);
        check_constraints(schema, errors);
        check_required(schema, errors);
        check_compositions(schema, errors);
        let properties = schema.get_entries("properties");
        check_distinct_names(properties, errors);
    });
}

/// Adds an error if the name of a component schema is not in Pascal case, if the schema has neither
/// `properties` nor `enum`, or if the schema sets `nullable`. `nullable` must be set where the
/// component is used.
fn check_component(component: &Entry, errors: &mut ValidationErrors) {
    let (name, schema) = (&component.key, &component.node);
    if *name != name.to_pascal_case() || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let message = format!("`{name}` must be a type name in Pascal case, such as `SslMode`");
        errors.push(&component.location, message);
    }
    if schema.get("properties").is_none() && schema.get("enum").is_none() {
        let message = format!(
            "`{name}` must be an object with fields or an enum: define any other schema inline"
        );
        errors.push(&component.location, message);
    }
    if let Some(nullable) = schema.get("nullable") {
        let message = format!("`nullable` must be set where `{name}` is used");
        errors.push(&nullable.location, message);
    }
}

/// Adds an error for `oneOf`, `anyOf`, and an `allOf` that does not have exactly one schema.
///
/// An `allOf` with one schema is supported, because it adds attributes such as `nullable` to a
/// reference.
fn check_compositions(schema: &Node, errors: &mut ValidationErrors) {
    for key in ["oneOf", "anyOf"] {
        if let Some(node) = schema.get(key) {
            errors.push(&node.location, format!("`{key}` is not supported"));
        }
    }
    if let Some(parts) = schema.get("allOf")
        && parts.items().len() != 1
    {
        errors.push(&parts.location, "`allOf` must have exactly one schema");
    }
}

fn check_type(schema: &Node, errors: &mut ValidationErrors) {
    let Some(kind) = schema.get("type") else {
        return;
    };
    let message = match kind.as_str() {
        Some(string) if TYPES.contains(&string) => return,
        Some(string) => format!("`{string}` is not a type: use one of {}", TYPES.join(", ")),
        None => {
            "`type` must be a string: OpenAPI 3.0 has no lists of types; use `nullable` for null"
                .to_owned()
        }
    };
    errors.push(&kind.location, message);
}

/// For each keyword, the values of `type` with which it has an effect.
const KEYWORD_TYPES: [(&str, &[&str]); 15] = [
    ("minLength", &["string"]),
    ("maxLength", &["string"]),
    ("pattern", &["string"]),
    ("enum", &["string"]),
    ("minimum", &["integer", "number"]),
    ("maximum", &["integer", "number"]),
    ("multipleOf", &["integer", "number"]),
    ("items", &["array"]),
    ("minItems", &["array"]),
    ("maxItems", &["array"]),
    ("properties", &["object"]),
    ("required", &["object"]),
    ("additionalProperties", &["object"]),
    ("minProperties", &["object"]),
    ("maxProperties", &["object"]),
];

/// Adds an error for every keyword in [`KEYWORD_TYPES`] without a matching `type`. Codegen would
/// ignore the keyword.
fn check_keywords(schema: &Node, errors: &mut ValidationErrors) {
    let kind = schema.get_str("type");
    for entry in schema.entries() {
        let known = KEYWORD_TYPES
            .iter()
            .find(|(keyword, _)| *keyword == entry.key);
        if let Some((keyword, types)) = known
            && !kind.is_some_and(|kind| types.contains(&kind))
        {
            let message = format!(
                "`{keyword}` requires `type: {}`",
                types.join("` or `type: ")
            );
            errors.push(&entry.location, message);
        }
    }
}

/// Adds an error if `minimum`, `maximum` or `multipleOf` of an integer is not an integer, or if
/// `exclusiveMinimum` or `exclusiveMaximum` is not a boolean or is set without `minimum` or
/// `maximum`.
fn check_constraints(schema: &Node, errors: &mut ValidationErrors) {
    for key in ["minimum", "maximum", "multipleOf"] {
        if let Some(node) = schema.get(key)
            && schema.get_str("type") == Some("integer")
            && !matches!(&node.value, Value::Number(number) if number.is_i64())
        {
            errors.push(
                &node.location,
                format!("`{key}` of an integer must be an integer"),
            );
        }
    }
    for (flag, limit) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        let Some(node) = schema.get(flag) else {
            continue;
        };
        if !matches!(node.value, Value::Bool(_)) {
            let message = format!(
                "`{flag}` must be true or false: in OpenAPI 3.0 the number is in `{limit}`"
            );
            errors.push(&node.location, message);
        } else if schema.get(limit).is_none() {
            errors.push(&node.location, format!("`{flag}` requires `{limit}`"));
        }
    }
}

/// Adds an error for every name in `required` that is not in `properties`. Skips a schema without
/// `properties`.
fn check_required(schema: &Node, errors: &mut ValidationErrors) {
    let Some(properties) = schema.get("properties") else {
        return;
    };
    for name in schema.get_items("required") {
        if let Some(string) = name.as_str()
            && properties.get(string).is_none()
        {
            errors.push(
                &name.location,
                format!("`{string}` is in `required` but not in `properties`"),
            );
        }
    }
}

/// Adds an error for every field that has the same Rust name as an earlier field. The Rust name is
/// the name in snake case.
fn check_distinct_names(fields: &[Entry], errors: &mut ValidationErrors) {
    let mut seen: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut reported = BTreeSet::new();
    for entry in fields {
        if let Some(first) = seen.insert(entry.key.to_snake_case(), entry)
            && reported.insert(&entry.key)
        {
            let message = format!(
                "the fields `{}` and `{}` have the same Rust name; the first is at {}",
                first.key, entry.key, first.location
            );
            errors.push(&entry.location, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, structure};

    #[test]
    fn rejects_schemas_that_are_not_openapi_3_0() {
        let text = "components:\n  schemas:\n    A_b: {type: object, required: [x, gone, 7], properties: {x: {type: strng}, X: {type: [string, 'null']}, y: 1}}\n    AB: {properties: {x: {type: integer, exclusiveMinimum: true}}, type: object}\n    Ab: {properties: {x: {type: integer, exclusiveMaximum: 5, maximum: 4.5}}, type: object}\n    1C: {type: string, enum: [a]}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:3:5: `A_b` must be a type name in Pascal case, such as `SslMode`",
                "a.yaml:3:39: `gone` is in `required` but not in `properties`",
                "a.yaml:3:72: `strng` is not a type: use one of array, boolean, integer, number, object, string",
                "a.yaml:3:80: the fields `x` and `X` have the same Rust name; the first is at a.yaml:3:62",
                "a.yaml:3:90: `type` must be a string: OpenAPI 3.0 has no lists of types; use `nullable` for null",
                "a.yaml:4:5: `AB` must be a type name in Pascal case, such as `SslMode`",
                "a.yaml:4:60: `exclusiveMinimum` requires `minimum`",
                "a.yaml:5:60: `exclusiveMaximum` must be true or false: in OpenAPI 3.0 the number is in `maximum`",
                "a.yaml:5:72: `maximum` of an integer must be an integer",
                "a.yaml:6:5: `1C` must be a type name in Pascal case, such as `SslMode`",
            ]
        );
    }

    #[test]
    fn requires_the_type_of_a_keyword() {
        let text = "components:\n  schemas:\n    A: {type: object, properties: {\n      a: {minLength: 1},\n      b: {type: string, maximum: 1, pattern: a},\n      minLength: {type: integer, minimum: 1},\n      d: {allOf: [{type: object}], required: [a]}}}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:4:11: `minLength` requires `type: string`",
                "a.yaml:5:25: `maximum` requires `type: integer` or `type: number`",
                "a.yaml:7:36: `required` requires `type: object`",
            ]
        );
    }

    #[test]
    fn rejects_unsupported_schemas() {
        let text = "components:\n  schemas:\n    A: {type: string}\n    B: {type: string, enum: [a], nullable: true}\n    C:\n      type: object\n      properties:\n        a: {oneOf: []}\n        b: {anyOf: []}\n        c: {allOf: [{type: string}, {nullable: true}]}\n        d: {allOf: [{type: string}]}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:3:5: `A` must be an object with fields or an enum: define any other schema inline",
                "a.yaml:4:44: `nullable` must be set where `B` is used",
                "a.yaml:8:20: `oneOf` is not supported",
                "a.yaml:9:20: `anyOf` is not supported",
                "a.yaml:10:20: `allOf` must have exactly one schema",
            ]
        );
    }
}
