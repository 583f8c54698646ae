//! What is asked of schemas: types that there are, and names that can be Rust's.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::{
    error::Faults,
    read::document::each_schema,
    read::{Entry, Node, Value},
};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Checks all schemas of a document.
pub fn check(document: &Node, faults: &mut Faults) {
    let components = document.entries_at(&["components", "schemas"]);
    distinct(
        components,
        |name| name.to_upper_camel_case(),
        "types",
        faults,
    );
    for component in components {
        if !component.key.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let message = format!("`{}` can be no type: begin with a letter", component.key);
            faults.at(&component.place, message);
        }
    }
    each_schema(document, &mut |schema| {
        kind(schema, faults);
        keywords(schema, faults);
        bounds(schema, faults);
        required(schema, faults);
        let properties = schema.entries_of("properties");
        distinct(properties, |name| name.to_snake_case(), "fields", faults);
    });
}

fn kind(schema: &Node, faults: &mut Faults) {
    if !matches!(schema.value, Value::Map(_) | Value::Bool(_)) {
        faults.at(&schema.place, "a schema must be a map".to_owned());
    }
    let Some(kind) = schema.get("type") else {
        return;
    };
    match kind.text() {
        Some(text) if TYPES.contains(&text) => {}
        Some(text) => faults.at(
            &kind.place,
            format!("`{text}` is no type: OpenAPI 3.0 has {}", TYPES.join(", ")),
        ),
        None => faults.at(
            &kind.place,
            "`type` must be one text: OpenAPI 3.0 has no lists of types, and `nullable` for null"
                .to_owned(),
        ),
    }
}

/// Keywords, and the types that they say something of.
pub const OF_TYPE: [(&str, &[&str]); 15] = [
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

/// A keyword without its type would be passed over.
fn keywords(schema: &Node, faults: &mut Faults) {
    let kind = schema.text_of("type");
    for entry in schema.entries() {
        let of = OF_TYPE.iter().find(|(keyword, _)| *keyword == entry.key);
        if let Some((keyword, types)) = of
            && !kind.is_some_and(|kind| types.contains(&kind))
        {
            let message = format!(
                "`{keyword}` needs `type: {}` beside it",
                types.join("` or `type: ")
            );
            faults.at(&entry.place, message);
        }
    }
}

/// In OpenAPI 3.0, what is exclusive is a bound that stands beside it.
fn bounds(schema: &Node, faults: &mut Faults) {
    for (flag, bound) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        let Some(node) = schema.get(flag) else {
            continue;
        };
        if !matches!(node.value, Value::Bool(_)) {
            let message =
                format!("`{flag}` must be true or false: OpenAPI 3.0 has the number in `{bound}`");
            faults.at(&node.place, message);
        } else if schema.get(bound).is_none() {
            faults.at(&node.place, format!("`{flag}` needs a `{bound}` beside it"));
        }
    }
}

/// What is required of an object must be one of its fields.
fn required(schema: &Node, faults: &mut Faults) {
    let Some(properties) = schema.get("properties") else {
        return;
    };
    for name in schema.items_of("required") {
        match name.text() {
            Some(text) if properties.get(text).is_none() => {
                faults.at(
                    &name.place,
                    format!("`{text}` is required, but is no field"),
                );
            }
            Some(_) => {}
            None => faults.at(&name.place, "`required` must list names".to_owned()),
        }
    }
}

/// Keys that become Rust names must not become the same one.
fn distinct(entries: &[Entry], rust: fn(&str) -> String, what: &str, faults: &mut Faults) {
    let mut seen: BTreeMap<String, &Entry> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for entry in entries {
        if let Some(first) = seen.insert(rust(&entry.key), entry)
            && told.insert(&entry.key)
        {
            let message = format!(
                "the {what} `{}` and `{}` have one name in Rust; the first is at {}",
                first.key, entry.key, first.place
            );
            faults.at(&entry.place, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{structure, tests::faults};

    #[test]
    fn a_schema_must_be_one_of_openapi_3_0() {
        let text = "components:\n  schemas:\n    A_b: {type: object, required: [x, gone, 7], properties: {x: {type: strng}, X: {type: [string, 'null']}, y: 1}}\n    AB: {type: integer, exclusiveMinimum: true}\n    Ab: {type: integer, exclusiveMaximum: 5, maximum: 4}\n    1C: {type: string}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:39: `gone` is required, but is no field",
                "a.yaml:3:45: `required` must list names",
                "a.yaml:3:72: `strng` is no type: OpenAPI 3.0 has array, boolean, integer, number, object, string",
                "a.yaml:3:80: the fields `x` and `X` have one name in Rust; the first is at a.yaml:3:62",
                "a.yaml:3:90: `type` must be one text: OpenAPI 3.0 has no lists of types, and `nullable` for null",
                "a.yaml:3:112: a schema must be a map",
                "a.yaml:4:43: `exclusiveMinimum` needs a `minimum` beside it",
                "a.yaml:5:5: the types `AB` and `Ab` have one name in Rust; the first is at a.yaml:4:5",
                "a.yaml:5:43: `exclusiveMaximum` must be true or false: OpenAPI 3.0 has the number in `maximum`",
                "a.yaml:6:5: `1C` can be no type: begin with a letter",
            ]
        );
    }

    #[test]
    fn a_keyword_needs_its_type() {
        let text = "components:\n  schemas:\n    A: {minLength: 1}\n    B: {type: string, maximum: 1, pattern: a}\n    C: {type: object, properties: {minLength: {type: integer, minimum: 1}}}\n    D: {allOf: [{type: object}], required: [a]}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:9: `minLength` needs `type: string` beside it",
                "a.yaml:4:23: `maximum` needs `type: integer` or `type: number` beside it",
                "a.yaml:6:34: `required` needs `type: object` beside it",
            ]
        );
    }
}
