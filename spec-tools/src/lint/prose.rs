//! What a reader of the contract needs: a description of every part, and nothing that leads
//! nowhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::{Faults, Place},
    read::document::{Operation, inner, is_json, operations, resolve, resolved},
    read::shape::each_schema,
    read::{Entry, Node, Value},
};

/// Finds what a reader of our own contract would miss.
pub fn check(document: &Node, faults: &mut Faults) {
    for operation in operations(document) {
        said(
            operation.node,
            "summary",
            operation.place,
            &operation.label,
            faults,
        );
        described(operation.node, operation.place, &operation.label, faults);
        parts(document, &operation, faults);
        let answers = operation.node.entries_of("responses");
        // Somebody can always get a request wrong.
        if !answers.iter().any(|answer| answer.key.starts_with('4')) {
            faults.at(
                operation.place,
                format!("{} lists no 4xx answer", operation.label),
            );
        }
        if operation.node.items_of("tags").len() != 1 {
            let message = format!("{} must have one tag, its area", operation.label);
            faults.at(operation.place, message);
        }
    }
    for kind in document.entries_of("components") {
        for component in kind.node.entries() {
            let label = format!("`{}`", component.key);
            described(&component.node, &component.place, &label, faults);
            if kind.key == "schemas" {
                fields(&component.node, &component.key, faults);
            }
            media_fields(&component.node, &component.key, faults);
            headers(&component.node, &label, faults);
        }
    }
    values(document, faults);
    unused(document, faults);
}

fn said(node: &Node, key: &str, place: &Place, label: &str, faults: &mut Faults) {
    let text = node.text_of(key);
    if text.is_none_or(|text| text.trim().is_empty()) {
        faults.at(place, format!("{label} has no {key}"));
    }
}

fn described(node: &Node, place: &Place, label: &str, faults: &mut Faults) {
    said(node, "description", place, label, faults);
}

/// Whether something stands for a component, which has the description.
fn refers(node: &Node) -> bool {
    node.get("$ref").is_some()
}

/// The parameters, the body and the answers that an operation writes out itself.
fn parts(document: &Node, operation: &Operation<'_>, faults: &mut Faults) {
    let label = &operation.label;
    for parameter in operation
        .parameters()
        .filter(|parameter| !refers(parameter))
    {
        let name = parameter.text_of("name").unwrap_or_default();
        described(
            parameter,
            &parameter.place,
            &format!("the parameter `{name}`"),
            faults,
        );
    }
    if let Some(body) = entry(operation.node, "requestBody") {
        if !refers(&body.node) {
            described(
                &body.node,
                &body.place,
                &format!("the body of {label}"),
                faults,
            );
        }
        media_fields(&body.node, &format!("{label} body"), faults);
    }
    for answer in operation.node.entries_of("responses") {
        if answer.key.starts_with("x-") {
            continue;
        }
        let what = format!("the answer {} of {label}", answer.key);
        if !refers(&answer.node) {
            described(&answer.node, &answer.place, &what, faults);
        }
        headers(&answer.node, &what, faults);
        media_fields(&answer.node, &what, faults);
        if answer.key.starts_with('2') && !matches!(answer.key.as_str(), "202" | "204") {
            success(document, answer, &what, faults);
        }
    }
}

/// Success must say what it answers, unless its status says that there is nothing.
fn success(document: &Node, answer: &Entry, label: &str, faults: &mut Faults) {
    let content = resolved(document, &answer.node).and_then(|node| node.get("content"));
    let media = content.map(Node::entries).unwrap_or_default();
    // That JSON has a schema is asked for elsewhere.
    let bare = |media: &Entry| !is_json(&media.key) && media.node.get("schema").is_none();
    if media.is_empty() || media.iter().any(bare) {
        let message = format!("{label} has no schema: only 202 and 204 may do without a body");
        faults.at(&answer.place, message);
    }
}

fn entry<'a>(node: &'a Node, key: &str) -> Option<&'a Entry> {
    node.entries().iter().find(|entry| entry.key == key)
}

/// The headers that an answer writes out itself.
fn headers(answer: &Node, label: &str, faults: &mut Faults) {
    for header in answer.entries_of("headers") {
        if !refers(&header.node) {
            let what = format!("the header `{}` of {label}", header.key);
            described(&header.node, &header.place, &what, faults);
        }
    }
}

/// The fields of schemas that a body or an answer writes out itself.
fn media_fields(holder: &Node, label: &str, faults: &mut Faults) {
    for media in holder.entries_of("content") {
        if let Some(schema) = media.node.get("schema") {
            fields(schema, label.trim_matches('`'), faults);
        }
    }
}

/// Every field of every object must be described.
fn fields(schema: &Node, label: &str, faults: &mut Faults) {
    for field in schema.entries_of("properties") {
        let label = format!("{label}.{}", field.key);
        if !refers(&field.node) {
            described(&field.node, &field.place, &format!("`{label}`"), faults);
        }
        fields(&field.node, &label, faults);
    }
    for (_, inner) in inner(schema).filter(|(key, _)| *key != "properties") {
        fields(inner, label, faults);
    }
}

/// Every value of an enumeration must be described, once for each name.
fn values(document: &Node, faults: &mut Faults) {
    let names = component_names(document);
    let mut described: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut listed: Vec<(String, &Node)> = Vec::new();
    each_schema(document, &mut |schema| {
        let Some(list) = schema.get("enum") else {
            return;
        };
        let name = schema.text_of("x-enum");
        let name = name.or_else(|| names.get(&std::ptr::from_ref(schema)).copied());
        // Without a name, it stands for itself alone.
        let name = name.map_or_else(|| list.place.to_string(), str::to_owned);
        let texts = schema.entries_of("x-enum-descriptions");
        let texts = texts.iter().filter(|entry| {
            entry
                .node
                .text()
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
            if let Some(text) = value.text()
                && !described
                    .get(&name)
                    .is_some_and(|known| known.contains(text))
                && told.insert((name.clone(), text))
            {
                let message = format!("the value `{text}` has no line in `x-enum-descriptions`");
                faults.at(&value.place, message);
            }
        }
    }
}

/// The schemas that are components, by where they are.
fn component_names(document: &Node) -> BTreeMap<*const Node, &str> {
    let schemas = document.entries_at(&["components", "schemas"]);
    schemas
        .iter()
        .map(|entry| (std::ptr::from_ref(&entry.node), entry.key.as_str()))
        .collect()
}

/// Every component must be met from some operation.
fn unused(document: &Node, faults: &mut Faults) {
    let mut used = BTreeSet::new();
    let mut open: Vec<&Node> = document.get("paths").into_iter().collect();
    while let Some(node) = open.pop() {
        open.extend(node.items());
        for entry in node.entries() {
            match (entry.key.as_str(), &entry.node.value) {
                ("$ref", Value::Text(reference)) => {
                    if used.insert(reference.clone()) {
                        open.extend(resolve(document, reference));
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
    for kind in document.entries_of("components") {
        for component in kind.node.entries() {
            if !used.contains(&format!("#/components/{}/{}", kind.key, component.key)) {
                let message = format!("`{}` is used by no operation", component.key);
                faults.at(&component.place, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{faults, prose};

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
        assert_eq!(faults(prose, WHOLE), [""; 0]);
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
                "9:11: the parameter `q` has no description",
            ),
            (
                "        description: d\n        content",
                "        content",
                "10:7: the body of `x` has no description",
            ),
            (
                "        '200':\n          description: d\n",
                "        '200':\n",
                "14:9: the answer 200 of `x` has no description",
            ),
            (
                "H: {description: d, ",
                "H: {",
                "16:21: the header `H` of the answer 200 of `x` has no description",
            ),
            (
                "'400': {description: d}",
                "'400': {description: ''}",
                "18:9: the answer 400 of `x` has no description",
            ),
            (
                "        '400': {description: d}\n",
                "",
                "3:5: `x` lists no 4xx answer",
            ),
            (
                "    A:\n      description: d\n",
                "    A:\n",
                "21:5: `A` has no description",
            ),
            (
                "good: {description: d}",
                "good: {}",
                "24:9: `A.good` has no description",
            ),
            (
                "n: {description: d}",
                "n: {}",
                "27:66: `A.deep.n` has no description",
            ),
            (
                "x-enum-descriptions: {a: A.}",
                "x-note: {}",
                "25:53: the value `a` has no line in `x-enum-descriptions`",
            ),
            (
                "x-enum-descriptions: {x: X.}",
                "x-enum-descriptions: {x: ' '}",
                "29:46: the value `x` has no line in `x-enum-descriptions`",
            ),
            (
                "        other: {$ref: '#/components/schemas/E'}\n",
                "",
                "28:5: `E` is used by no operation",
            ),
            (
                "components:\n",
                "components:\n  securitySchemes:\n    Key: {description: d}\n",
                "21:5: `Key` is used by no operation",
            ),
        ] {
            assert_eq!(WHOLE.matches(from).count(), 1, "{from}");
            assert_eq!(
                faults(prose, &WHOLE.replace(from, to)),
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
            faults(prose, &bare),
            [
                "a.yaml:14:9: the answer 200 of `x` has no schema: only 202 and 204 may do without a body"
            ]
        );
        for status in ["202", "204"] {
            assert_eq!(
                faults(prose, &bare.replace("'200'", &format!("'{status}'"))),
                [""; 0]
            );
        }
    }

    #[test]
    fn a_scheme_that_is_asked_for_is_used() {
        let scheme = "components:\n  securitySchemes:\n    Key: {description: d}\n";
        let text = WHOLE.replace("components:\n", scheme);
        assert_eq!(
            faults(prose, &format!("security: [{{Key: []}}]\n{text}")),
            [""; 0]
        );
    }
}
