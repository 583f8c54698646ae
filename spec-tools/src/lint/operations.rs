//! What is asked of operations: names that can be Rust's, and only what the client can send and
//! read.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;

use crate::{
    error::Faults,
    read::document::{Operation, is_json, operations, resolved},
    read::{Node, Value},
    rust_names::RESERVED,
};

/// Checks all operations of a document.
pub fn check(document: &Node, faults: &mut Faults) {
    identifiers(document, faults);
    path_parameters(document, faults);
    for operation in operations(document) {
        parameters(document, &operation, faults);
        body(document, &operation, faults);
        answers(document, &operation, faults);
    }
}

/// Every operation must have an id of its own, which is a name in Rust.
fn identifiers(document: &Node, faults: &mut Faults) {
    let mut seen: BTreeMap<String, &Node> = BTreeMap::new();
    for operation in operations(document) {
        let id = operation.node.get("operationId");
        let Some((node, id)) = id.and_then(|node| Some((node, node.text()?))) else {
            let message = format!("{} has no operationId", operation.label);
            faults.at(operation.place, message);
            continue;
        };
        if !is_name(id) {
            faults.at(&node.place, format!("`{id}` can be no name: {NAME}"));
        } else if let Some(first) = seen.insert(id.to_snake_case(), node) {
            let message = match first.text() == Some(id) {
                true => format!("`{id}` is defined twice: first at {}", first.place),
                false => {
                    let other = first.text().unwrap_or_default();
                    format!(
                        "`{id}` and `{other}` at {} have one name in Rust",
                        first.place
                    )
                }
            };
            faults.at(&node.place, message);
        }
    }
}

const NAME: &str = "begin with a letter and go on with letters, digits, `_` and `-`";

/// Whether a Rust name can be made of a text.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The names in a path and the path parameters must be the same.
fn path_parameters(document: &Node, faults: &mut Faults) {
    for operation in operations(document) {
        let declared: BTreeSet<_> = operation
            .parameters()
            .filter_map(|parameter| resolved(document, parameter))
            .filter(|parameter| parameter.text_of("in") == Some("path"))
            .filter_map(|parameter| parameter.get("name")?.text())
            .collect();
        let Some(named) = names_in(operation.path) else {
            let message = format!("`{}` has a brace without its partner", operation.path);
            faults.at(operation.place, message);
            continue;
        };
        for name in named.symmetric_difference(&declared) {
            let message = match named.contains(name) {
                true => format!(
                    "{} does not declare its path parameter `{name}`",
                    operation.label
                ),
                false => {
                    format!(
                        "{} declares `{name}`, which its path does not have",
                        operation.label
                    )
                }
            };
            faults.at(operation.place, message);
        }
    }
}

/// The names in braces; `None` where braces do not come in pairs.
fn names_in(path: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if before.contains('}') || name.contains('{') {
            return None;
        }
        names.insert(name);
        rest = after;
    }
    (!rest.contains('}')).then_some(names)
}

/// Parameters must be of a kind that can be sent, and their names must not meet in Rust.
fn parameters(document: &Node, operation: &Operation<'_>, faults: &mut Faults) {
    // A parameter of the operation takes the place of one of the path with its name.
    let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for parameter in operation
        .parameters()
        .filter_map(|one| resolved(document, one))
    {
        let mut text = |key: &str| {
            let value = parameter.text_of(key);
            if value.is_none() {
                faults.at(&parameter.place, format!("a parameter has no `{key}`"));
            }
            value
        };
        let (Some(name), Some(location)) = (text("name"), text("in")) else {
            continue;
        };
        let label = format!("the parameter `{name}`");
        let place = &parameter.place;
        if !matches!(location, "path" | "query" | "header") {
            let message = format!("{label} is in `{location}`, which is not supported");
            faults.at(place, message);
            continue;
        }
        match parameter
            .get("schema")
            .map(|schema| resolved(document, schema))
        {
            None => faults.at(place, format!("{label} has no schema")),
            Some(schema) => {
                let kind = schema.and_then(|schema| schema.get("type")?.text());
                if let Some(kind @ ("array" | "object")) = kind
                    && !is_repeated(kind, location, parameter)
                {
                    let message = format!("{label} is of type `{kind}`, which is not supported");
                    faults.at(place, message);
                }
            }
        }
        let required = matches!(
            parameter.get("required").map(|node| &node.value),
            Some(Value::Bool(true))
        );
        if location == "path" && !required {
            faults.at(
                place,
                format!("{label} is in the path, and must be `required: true`"),
            );
        }
        let rust = name.to_snake_case();
        if !is_name(name) {
            faults.at(place, format!("`{name}` can be no name: {NAME}"));
        } else if RESERVED.contains(&rust.as_str()) {
            faults.at(
                place,
                format!("{label} has the name of a method of every request"),
            );
        } else if let Some((first, of)) = seen.insert(rust, (name, location))
            && (first, of) != (name, location)
        {
            let message = format!(
                "{} has two parameters with one name in Rust: `{first}` in {of} and `{name}` in {location}",
                operation.label
            );
            faults.at(operation.place, message);
        }
    }
}

/// Whether a parameter is a list in the query whose every item is sent under the name again: the
/// one way to send several values that is supported, and what OpenAPI takes for granted.
fn is_repeated(kind: &str, location: &str, parameter: &Node) -> bool {
    let style = parameter.text_of("style").unwrap_or("form");
    let apart = !matches!(
        parameter.get("explode").map(|of| &of.value),
        Some(Value::Bool(false))
    );
    kind == "array" && location == "query" && style == "form" && apart
}

/// A body must be JSON, among other things perhaps.
fn body(document: &Node, operation: &Operation<'_>, faults: &mut Faults) {
    let body = operation
        .node
        .get("requestBody")
        .and_then(|body| resolved(document, body));
    let Some(body) = body else { return };
    let media = body.entries_of("content");
    match media.iter().find(|media| is_json(&media.key)) {
        Some(json) => {
            if json.node.get("schema").is_none() {
                let message = format!("the body of {} has no schema", operation.label);
                faults.at(&json.place, message);
            }
        }
        None => {
            let message = format!(
                "the body of {} must have the media type `application/json`",
                operation.label
            );
            faults.at(&body.place, message);
        }
    }
}

/// An operation must say what success is, and what it answers then must be JSON, among other things
/// perhaps, or of one other media type, which is given as bytes.
fn answers(document: &Node, operation: &Operation<'_>, faults: &mut Faults) {
    let answers = operation.node.entries_of("responses");
    for answer in answers {
        let digits = answer.key.as_bytes();
        let fits = match digits {
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] | [b'1'..=b'5', b'X', b'X'] => true,
            _ => answer.key == "default" || answer.key.starts_with("x-"),
        };
        if !fits {
            let message = format!(
                "`{}` is no status, such as '200', and no `default`",
                answer.key
            );
            faults.at(&answer.place, message);
        }
    }
    let good: Vec<_> = answers
        .iter()
        .filter(|answer| answer.key.starts_with('2'))
        .collect();
    if good.is_empty() {
        let message = format!("{} lists no answer of success", operation.label);
        faults.at(operation.place, message);
    }
    for answer in good {
        let Some(response) = resolved(document, &answer.node) else {
            continue;
        };
        let content = response.entries_of("content");
        let json = content.iter().find(|media| is_json(&media.key));
        let fault_at = match (json, content) {
            (Some(json), _) if json.node.get("schema").is_none() => Some((json, "has no schema")),
            (None, [_, second, ..]) => Some((
                second,
                "has several media types, and none is `application/json`",
            )),
            _ => None,
        };
        if let Some((media, problem)) = fault_at {
            let message = format!("the answer {} of {} {problem}", answer.key, operation.label);
            faults.at(&media.place, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{structure, tests::faults};

    #[test]
    fn an_operation_must_have_an_id_of_its_own() {
        let text = "paths:\n  /p:\n    get: {responses: {'204': {}}}\n    put:\n      operationId: a\n      responses: {'204': {}}\n    post:\n      operationId: a\n      responses: {'204': {}}\n    patch:\n      operationId: A\n      responses: {'204': {}}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:5: GET /p has no operationId",
                "a.yaml:8:20: `a` is defined twice: first at a.yaml:5:20",
                "a.yaml:11:20: `A` and `a` at a.yaml:8:20 have one name in Rust",
            ]
        );
    }

    #[test]
    fn a_path_and_its_parameters_must_agree() {
        let text = "paths:\n  /p/{a}/{b}:\n    parameters:\n      - {name: a, in: path, required: true, schema: {}}\n    get:\n      operationId: x\n      parameters:\n        - {name: c, in: path, required: true, schema: {}}\n      responses: {'204': {}}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:5:5: `x` does not declare its path parameter `b`",
                "a.yaml:5:5: `x` declares `c`, which its path does not have",
            ]
        );
    }

    #[test]
    fn only_what_can_be_sent_and_read_is_admitted() {
        let text = "paths:\n  /p/{a}/{b:\n    get: {operationId: a}\n  /q/{t}:\n    get:\n      operationId: 1a\n      parameters:\n        - {name: t, in: path, schema: {}}\n        - {name: c, in: cookie, schema: {}}\n        - {name: client, in: query, schema: {}}\n        - {name: X-Y, in: header, schema: {}}\n        - {name: x_y, in: query}\n        - {in: query}\n        - {name: l, in: header, schema: {type: array}}\n      requestBody:\n        content: {text/plain: {}}\n      responses:\n        '200':\n          content: {text/csv: {schema: {}}, text/plain: {schema: {}}}\n        '201':\n          content: {application/json: {}}\n    put:\n      operationId: b\n      parameters:\n        - {name: t, in: path, required: true, schema: {}}\n      requestBody:\n        content: {application/json: {}}\n      responses: {'204': {}, '2000': {}, 20O: {}}\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:5: `/p/{a}/{b` has a brace without its partner",
                "a.yaml:3:5: `a` lists no answer of success",
                "a.yaml:5:5: `1a` has two parameters with one name in Rust: `X-Y` in header and `x_y` in query",
                "a.yaml:6:20: `1a` can be no name: begin with a letter and go on with letters, digits, `_` and `-`",
                "a.yaml:8:11: the parameter `t` is in the path, and must be `required: true`",
                "a.yaml:9:11: the parameter `c` is in `cookie`, which is not supported",
                "a.yaml:10:11: the parameter `client` has the name of a method of every request",
                "a.yaml:12:11: the parameter `x_y` has no schema",
                "a.yaml:13:11: a parameter has no `name`",
                "a.yaml:14:11: the parameter `l` is of type `array`, which is not supported",
                "a.yaml:16:9: the body of `1a` must have the media type `application/json`",
                "a.yaml:19:45: the answer 200 of `1a` has several media types, and none is `application/json`",
                "a.yaml:21:21: the answer 201 of `1a` has no schema",
                "a.yaml:27:19: the body of `b` has no schema",
                "a.yaml:28:30: `2000` is no status, such as '200', and no `default`",
                "a.yaml:28:42: `20O` is no status, such as '200', and no `default`",
            ]
        );
    }

    #[test]
    fn a_list_is_admitted_where_its_items_are_sent_one_by_one() {
        let one = |more: &str| {
            let text = format!(
                "paths:\n  /p:\n    get:\n      operationId: a\n      parameters:\n        - {{name: l, schema: {{type: array, items: {{}}}}, {more}}}\n      responses: {{'204': {{}}}}\n"
            );
            faults(structure, &text)
        };
        for more in [
            "in: query",
            "in: query, explode: true",
            "in: query, style: form",
        ] {
            assert!(one(more).is_empty(), "{more}");
        }
        let refused = "a.yaml:6:11: the parameter `l` is of type `array`, which is not supported";
        for more in [
            "in: query, explode: false",
            "in: query, style: pipeDelimited",
            "in: header",
        ] {
            assert_eq!(one(more), [refused], "{more}");
        }
    }
}
