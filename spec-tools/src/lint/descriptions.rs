//! Checks that the contract is documented: descriptions of operations, components, fields and enum
//! values, one tag per operation, error responses, schemas of success responses, and no unused
//! components.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::ValidationErrors,
    read::document::{Operation, follow_ref, get_component, is_json, operations},
    read::{Entry, Node, Value, object_types},
};

/// Adds an error for every missing description, for every unused component, and for every operation
/// that lacks a summary, a 4xx response or the schema of a success response, or that does not have
/// exactly one tag. Success responses with status 202 and 204 need no schema.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        check_operation(document, &operation, errors);
    }
    for component in document
        .get_entries("components")
        .iter()
        .flat_map(|kind| kind.node.entries())
    {
        if is_blank(&component.node, "description") {
            let message = format!("`{}` has no description", component.key);
            errors.push(&component.location, message);
        }
    }
    object_types::visit_objects(document, &mut |node, object_type| {
        let is_reference = node.get("$ref").is_some();
        if object_type.is_documented() && !is_reference && is_blank(node, "description") {
            errors.push(
                &node.location,
                format!("{} has no description", object_type.name),
            );
        }
        for field in node
            .get_entries("properties")
            .iter()
            .filter(|_| object_type.is_schema())
        {
            if field.node.get("$ref").is_none() && is_blank(&field.node, "description") {
                let message = format!("the field `{}` has no description", field.key);
                errors.push(&field.location, message);
            }
        }
    });
    check_enum_values(document, errors);
    check_unused(document, errors);
}

fn is_blank(node: &Node, key: &str) -> bool {
    node.get_str(key)
        .is_none_or(|string| string.trim().is_empty())
}

fn check_operation(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
    let label = &operation.label;
    for key in ["summary", "description"] {
        if is_blank(operation.node, key) {
            errors.push(operation.location, format!("{label} has no {key}"));
        }
    }
    if operation.node.get_items("tags").len() != 1 {
        errors.push(
            operation.location,
            format!("{label} must have one tag, its area"),
        );
    }
    let responses = operation.node.get_entries("responses");
    // Every operation can receive an invalid request, so it must declare a 4xx response.
    if !responses.iter().any(|entry| entry.key.starts_with('4')) {
        errors.push(operation.location, format!("{label} has no 4xx response"));
    }
    for entry in responses.iter().filter(|entry| entry.key.starts_with('2')) {
        let can_omit_body = matches!(entry.key.as_str(), "202" | "204");
        let response = follow_ref(document, &entry.node);
        let media = response
            .map(|node| node.get_entries("content"))
            .unwrap_or_default();
        // `operations` reports JSON without a schema.
        let lacks_schema =
            |media: &Entry| !is_json(&media.key) && media.node.get("schema").is_none();
        if !can_omit_body && (media.is_empty() || media.iter().any(lacks_schema)) {
            let message = format!(
                "the response {} of {label} has no schema: only 202 and 204 can omit the body",
                entry.key
            );
            errors.push(&entry.location, message);
        }
    }
}

/// Adds an error for every enum value without a description in `x-enum-descriptions`. Enums with
/// the same name (`x-enum` or component name) share their descriptions: a value needs a description
/// in only one of these enums.
fn check_enum_values(document: &Node, errors: &mut ValidationErrors) {
    let names = component_names(document);
    let mut described: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut listed: Vec<(String, &Node)> = Vec::new();
    object_types::visit_schemas(document, &mut |schema| {
        let Some(list) = schema.get("enum") else {
            return;
        };
        let name = schema.get_str("x-enum");
        let name = name.or_else(|| names.get(&std::ptr::from_ref(schema)).copied());
        // The location identifies an enum without a name.
        let name = name.map_or_else(|| list.location.to_string(), str::to_owned);
        let descriptions = schema.get_entries("x-enum-descriptions");
        let descriptions = descriptions.iter().filter(|entry| {
            entry
                .node
                .as_str()
                .is_some_and(|string| !string.trim().is_empty())
        });
        described
            .entry(name.clone())
            .or_default()
            .extend(descriptions.map(|entry| entry.key.as_str()));
        listed.push((name, list));
    });
    let mut reported = BTreeSet::new();
    for (name, list) in listed {
        for value in list.items() {
            if let Some(string) = value.as_str()
                && !described
                    .get(&name)
                    .is_some_and(|known| known.contains(string))
                && reported.insert((name.clone(), string))
            {
                let message =
                    format!("the value `{string}` has no description in `x-enum-descriptions`");
                errors.push(&value.location, message);
            }
        }
    }
}

/// Returns the names of the component schemas. The key is the address of the schema's node.
fn component_names(document: &Node) -> BTreeMap<*const Node, &str> {
    let schemas = document.get_path_entries(&["components", "schemas"]);
    schemas
        .iter()
        .map(|entry| (std::ptr::from_ref(&entry.node), entry.key.as_str()))
        .collect()
}

/// Adds an error for every component that no operation uses, directly or through another component.
fn check_unused(document: &Node, errors: &mut ValidationErrors) {
    let mut used = BTreeSet::new();
    let mut stack: Vec<&Node> = document.get("paths").into_iter().collect();
    while let Some(node) = stack.pop() {
        stack.extend(node.items());
        for entry in node.entries() {
            match (entry.key.as_str(), &entry.node.value) {
                ("$ref", Value::String(reference)) => {
                    if used.insert(reference.clone()) {
                        stack.extend(get_component(document, reference));
                    }
                }
                _ => stack.push(&entry.node),
            }
        }
    }
    let security = operations(document).filter_map(|operation| operation.node.get("security"));
    let security = document.get("security").into_iter().chain(security);
    let schemes = security.flat_map(Node::items).flat_map(Node::entries);
    used.extend(schemes.map(|scheme| format!("#/components/securitySchemes/{}", scheme.key)));
    for kind in document.get_entries("components") {
        for component in kind.node.entries() {
            if !used.contains(&format!("#/components/{}/{}", kind.key, component.key)) {
                let message = format!("`{}` is not used by any operation", component.key);
                errors.push(&component.location, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, readability};

    /// A contract for which `readability` returns no errors. The tests remove parts of it.
    const VALID: &str = "\
paths:
  /p:
    get:
      operationId: x
      tags: [A]
      summary: s
      description: d
      parameters:
        - {name: q, in: query, description: d, schema: {type: string}}
      requestBody:
        description: d
        content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}
      responses:
        '200':
          description: d
          headers: {H: {description: d, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}
        '400': {description: d}
components:
  schemas:
    A:
      description: d
      properties:
        good: {description: d}
        mode: {type: string, description: d, enum: [a, b], x-enum: M, x-enum-descriptions: {a: A.}}
        again: {type: string, description: d, enum: [a, b], x-enum: M, x-enum-descriptions: {b: B.}}
        deep: {description: d, type: array, items: {properties: {n: {description: d}}}}
        other: {$ref: '#/components/schemas/E'}
    E: {type: string, description: d, enum: [x], x-enum-descriptions: {x: X.}}
";

    #[test]
    fn requires_a_description_of_every_part() {
        assert_eq!(messages(readability, VALID), [""; 0]);
        for (from, to, expected) in [
            ("      summary: s\n", "", "3:5: `x` has no summary"),
            ("summary: s", "summary: ' '", "3:5: `x` has no summary"),
            (
                "      description: d\n      parameters",
                "      parameters",
                "3:5: `x` has no description",
            ),
            (
                "tags: [A]",
                "tags: [A, B]",
                "3:5: `x` must have one tag, its area",
            ),
            (
                "tags: [A]",
                "tags: []",
                "3:5: `x` must have one tag, its area",
            ),
            (
                "in: query, description: d",
                "in: query",
                "9:11: a parameter has no description",
            ),
            (
                "        description: d\n        content",
                "        content",
                "11:9: a body has no description",
            ),
            (
                "        '200':\n          description: d\n",
                "        '200':\n",
                "15:11: a response has no description",
            ),
            (
                "H: {description: d, ",
                "H: {",
                "16:24: a header has no description",
            ),
            (
                "'400': {description: d}",
                "'400': {description: ''}",
                "18:16: a response has no description",
            ),
            (
                "        '400': {description: d}\n",
                "",
                "3:5: `x` has no 4xx response",
            ),
            (
                "    A:\n      description: d\n",
                "    A:\n",
                "21:5: `A` has no description",
            ),
            (
                "good: {description: d}",
                "good: {}",
                "24:9: the field `good` has no description",
            ),
            (
                "n: {description: d}",
                "n: {}",
                "27:66: the field `n` has no description",
            ),
            (
                "x-enum-descriptions: {a: A.}",
                "x-note: {}",
                "25:53: the value `a` has no description in `x-enum-descriptions`",
            ),
            (
                "x-enum-descriptions: {x: X.}",
                "x-enum-descriptions: {x: ' '}",
                "29:46: the value `x` has no description in `x-enum-descriptions`",
            ),
            (
                "        other: {$ref: '#/components/schemas/E'}\n",
                "",
                "28:5: `E` is not used by any operation",
            ),
            (
                "components:\n",
                "components:\n  securitySchemes:\n    Key: {description: d}\n",
                "21:5: `Key` is not used by any operation",
            ),
        ] {
            assert_eq!(VALID.matches(from).count(), 1, "{from}");
            assert_eq!(
                messages(readability, &VALID.replace(from, to)),
                [format!("a.yaml:{expected}")],
                "{from}"
            );
        }
    }

    #[test]
    fn allows_a_missing_body_for_202_and_204_only() {
        let content =
            "          content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}\n";
        let without_body = VALID.replace(content, "");
        assert_eq!(
            messages(readability, &without_body),
            [
                "a.yaml:14:9: the response 200 of `x` has no schema: only 202 and 204 can omit the body"
            ]
        );
        for status in ["202", "204"] {
            assert_eq!(
                messages(
                    readability,
                    &without_body.replace("'200'", &format!("'{status}'"))
                ),
                [""; 0]
            );
        }
    }

    #[test]
    fn counts_security_requirements_as_uses() {
        let scheme = "components:\n  securitySchemes:\n    Key: {description: d}\n";
        let text = VALID.replace("components:\n", scheme);
        assert_eq!(
            messages(readability, &format!("security: [{{Key: []}}]\n{text}")),
            [""; 0]
        );
    }
}
