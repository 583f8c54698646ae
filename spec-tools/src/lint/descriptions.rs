//! What a reader of the contract needs: a description of every part, and nothing that leads
//! nowhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::ValidationErrors,
    read::document::{Operation, follow_ref, get_component, is_json, operations},
    read::{Entry, Node, Value, object_types},
};

/// Finds what a reader of our own contract would miss.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        self::operation(document, &operation, errors);
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
        let refers = node.get("$ref").is_some();
        if object_type.is_documented() && !refers && is_blank(node, "description") {
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
    values(document, errors);
    unused(document, errors);
}

fn is_blank(node: &Node, key: &str) -> bool {
    node.get_str(key).is_none_or(|text| text.trim().is_empty())
}

fn operation(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
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
    let answers = operation.node.get_entries("responses");
    // Somebody can always get a request wrong.
    if !answers.iter().any(|answer| answer.key.starts_with('4')) {
        errors.push(operation.location, format!("{label} has no 4xx response"));
    }
    for answer in answers.iter().filter(|answer| answer.key.starts_with('2')) {
        let bodiless = matches!(answer.key.as_str(), "202" | "204");
        let response = follow_ref(document, &answer.node);
        let media = response
            .map(|node| node.get_entries("content"))
            .unwrap_or_default();
        // That JSON has a schema is asked for elsewhere.
        let bare = |media: &Entry| !is_json(&media.key) && media.node.get("schema").is_none();
        if !bodiless && (media.is_empty() || media.iter().any(bare)) {
            let message = format!(
                "the response {} of {label} has no schema: only 202 and 204 can omit the body",
                answer.key
            );
            errors.push(&answer.location, message);
        }
    }
}

/// Every value of an enumeration must be described, once for each name.
fn values(document: &Node, errors: &mut ValidationErrors) {
    let names = component_names(document);
    let mut described: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut listed: Vec<(String, &Node)> = Vec::new();
    object_types::visit_schemas(document, &mut |schema| {
        let Some(list) = schema.get("enum") else {
            return;
        };
        let name = schema.get_str("x-enum");
        let name = name.or_else(|| names.get(&std::ptr::from_ref(schema)).copied());
        // Without a name, it stands for itself alone.
        let name = name.map_or_else(|| list.location.to_string(), str::to_owned);
        let texts = schema.get_entries("x-enum-descriptions");
        let texts = texts.iter().filter(|entry| {
            entry
                .node
                .as_str()
                .is_some_and(|text| !text.trim().is_empty())
        });
        described
            .entry(name.clone())
            .or_default()
            .extend(texts.map(|entry| entry.key.as_str()));
        listed.push((name, list));
    });
    let mut told = BTreeSet::new();
    for (name, list) in listed {
        for value in list.items() {
            if let Some(text) = value.as_str()
                && !described
                    .get(&name)
                    .is_some_and(|known| known.contains(text))
                && told.insert((name.clone(), text))
            {
                let message =
                    format!("the value `{text}` has no description in `x-enum-descriptions`");
                errors.push(&value.location, message);
            }
        }
    }
}

/// The schemas that are components, by where they are.
fn component_names(document: &Node) -> BTreeMap<*const Node, &str> {
    let schemas = document.get_path_entries(&["components", "schemas"]);
    schemas
        .iter()
        .map(|entry| (std::ptr::from_ref(&entry.node), entry.key.as_str()))
        .collect()
}

/// Every component must be met from some operation.
fn unused(document: &Node, errors: &mut ValidationErrors) {
    let mut used = BTreeSet::new();
    let mut open: Vec<&Node> = document.get("paths").into_iter().collect();
    while let Some(node) = open.pop() {
        open.extend(node.items());
        for entry in node.entries() {
            match (entry.key.as_str(), &entry.node.value) {
                ("$ref", Value::String(reference)) => {
                    if used.insert(reference.clone()) {
                        open.extend(get_component(document, reference));
                    }
                }
                _ => open.push(&entry.node),
            }
        }
    }
    let security = operations(document).filter_map(|of| of.node.get("security"));
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

    /// A contract that lacks nothing.
    const WHOLE: &str = "\
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
    fn every_part_must_be_described() {
        assert_eq!(messages(readability, WHOLE), [""; 0]);
        for (from, to, want) in [
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
            assert_eq!(WHOLE.matches(from).count(), 1, "{from}");
            assert_eq!(
                messages(readability, &WHOLE.replace(from, to)),
                [format!("a.yaml:{want}")],
                "{from}"
            );
        }
    }

    #[test]
    fn success_without_a_body_is_202_or_204() {
        let content =
            "          content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}\n";
        let bare = WHOLE.replace(content, "");
        assert_eq!(
            messages(readability, &bare),
            [
                "a.yaml:14:9: the response 200 of `x` has no schema: only 202 and 204 can omit the body"
            ]
        );
        for status in ["202", "204"] {
            assert_eq!(
                messages(readability, &bare.replace("'200'", &format!("'{status}'"))),
                [""; 0]
            );
        }
    }

    #[test]
    fn a_scheme_that_is_asked_for_is_used() {
        let scheme = "components:\n  securitySchemes:\n    Key: {description: d}\n";
        let text = WHOLE.replace("components:\n", scheme);
        assert_eq!(
            messages(readability, &format!("security: [{{Key: []}}]\n{text}")),
            [""; 0]
        );
    }
}
