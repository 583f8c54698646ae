//! What is asked of operations: names that can be Rust's, and only what the client can send and
//! read.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;

use crate::{
    error::ValidationErrors,
    read::document::{Operation, follow_ref, is_json, operations},
    read::{Node, Value},
    rust_names::RESERVED,
};

/// Checks all operations of a document.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    identifiers(document, errors);
    for path in document.get_entries("paths") {
        // The parser of the model would drop it.
        if !path.key.starts_with('/') && !path.key.starts_with("x-") {
            let message = format!("the path `{}` must start with `/`", path.key);
            errors.push(&path.location, message);
        }
    }
    path_parameters(document, errors);
    for operation in operations(document) {
        parameters(document, &operation, errors);
        body(document, &operation, errors);
        answers(document, &operation, errors);
    }
}

/// Every operation must have an id of its own, which is a name in Rust.
fn identifiers(document: &Node, errors: &mut ValidationErrors) {
    let mut seen: BTreeMap<String, &Node> = BTreeMap::new();
    for operation in operations(document) {
        let id = operation.node.get("operationId");
        let Some((node, id)) = id.and_then(|node| Some((node, node.as_str()?))) else {
            let message = format!("{} has no operationId", operation.label);
            errors.push(operation.location, message);
            continue;
        };
        if !is_name(id) {
            errors.push(
                &node.location,
                format!("`{id}` is not a valid name: {NAME}"),
            );
        } else if let Some(first) = seen.insert(id.to_snake_case(), node) {
            let message = match first.as_str() == Some(id) {
                true => format!("`{id}` is defined twice: first at {}", first.location),
                false => {
                    let other = first.as_str().unwrap_or_default();
                    format!(
                        "`{id}` and `{other}` at {} have the same Rust name",
                        first.location
                    )
                }
            };
            errors.push(&node.location, message);
        }
    }
}

const NAME: &str = "start with a letter, then use letters, digits, `_` and `-`";

/// Whether a Rust name can be made of a text.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The names in a path and the path parameters must be the same.
fn path_parameters(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        let declared: BTreeSet<_> = operation
            .parameters()
            .filter_map(|parameter| follow_ref(document, parameter))
            .filter(|parameter| parameter.get_str("in") == Some("path"))
            .filter_map(|parameter| parameter.get("name")?.as_str())
            .collect();
        let Some(named) = names_in(operation.path) else {
            let message = format!("`{}` has an unmatched brace", operation.path);
            errors.push(operation.location, message);
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
                        "{} declares `{name}`, which is not in its path",
                        operation.label
                    )
                }
            };
            errors.push(operation.location, message);
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
fn parameters(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
    for list in [operation.item, operation.node] {
        let mut seen = BTreeSet::new();
        for node in list.get_items("parameters") {
            let key = follow_ref(document, node).map(|of| (of.get_str("in"), of.get_str("name")));
            if let Some((_, Some(name))) = key
                && !seen.insert(key)
            {
                let message = format!("the parameter `{name}` is listed twice");
                errors.push(&node.location, message);
            }
        }
    }
    // A parameter of the operation takes the location of one of the path with its name.
    let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for parameter in operation
        .parameters()
        .filter_map(|one| follow_ref(document, one))
    {
        // That a parameter has both is asked for with its keys.
        let (Some(name), Some(param_in)) = (parameter.get_str("name"), parameter.get_str("in"))
        else {
            continue;
        };
        let label = format!("the parameter `{name}`");
        let location = &parameter.location;
        if !matches!(param_in, "path" | "query" | "header") {
            let message = format!("{label} is in `{param_in}`, which is not supported");
            errors.push(location, message);
            continue;
        }
        match parameter.get("schema") {
            None => errors.push(location, format!("{label} has no schema")),
            Some(schema) => {
                let kind = follow_ref(document, schema).and_then(|schema| schema.get_str("type"));
                if let Some(kind @ ("array" | "object")) = kind {
                    let message = format!("{label} is of type `{kind}`, which is not supported");
                    errors.push(location, message);
                }
            }
        }
        if param_in == "path" && !parameter.is_true("required") {
            let message = format!("{label} is in the path: set `required: true`");
            errors.push(location, message);
        }
        let declared = matches!(
            parameter.get("x-identifier"),
            Some(Node {
                value: Value::Bool(_),
                ..
            })
        );
        if param_in == "path" && !declared {
            let message = format!(
                "{label} is in the path: set `x-identifier` to whether it identifies a resource (true or false)"
            );
            errors.push(location, message);
        }
        let rust = name.to_snake_case();
        if !is_name(name) {
            errors.push(location, format!("`{name}` is not a valid name: {NAME}"));
        } else if RESERVED.contains(&rust.as_str()) {
            errors.push(
                location,
                format!("{label} has a name that is reserved in request builders"),
            );
        } else if let Some((first, of)) = seen.insert(rust, (name, param_in))
            && (first, of) != (name, param_in)
        {
            let message = format!(
                "{} has two parameters with the same Rust name: `{first}` in {of} and `{name}` in {param_in}",
                operation.label
            );
            errors.push(operation.location, message);
        }
    }
}

/// A body must be JSON and nothing else.
fn body(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
    let body = operation.node.get("requestBody");
    let Some(body) = body.and_then(|body| follow_ref(document, body)) else {
        return;
    };
    let message = match body.get_entries("content") {
        [media] if is_json(&media.key) && media.node.get("schema").is_some() => return,
        [media] if is_json(&media.key) => "must have a schema",
        _ => "must have exactly one media type, `application/json`",
    };
    errors.push(
        &body.location,
        format!("the body of {} {message}", operation.label),
    );
}

/// An operation must list a success response, of one media type: JSON, or another that is given as
/// bytes.
fn answers(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
    let label = &operation.label;
    let mut succeeds = false;
    for answer in operation.node.get_entries("responses") {
        let (status, location) = (&answer.key, &answer.location);
        let is_status = matches!(status.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9']);
        if !is_status && status != "default" && !status.starts_with("x-") {
            let message = format!("`{status}` must be a status, such as '200', or `default`");
            errors.push(location, message);
        }
        if !status.starts_with('2') {
            continue;
        }
        succeeds = true;
        let response = follow_ref(document, &answer.node);
        let problem = match response.map(|node| node.get_entries("content")) {
            Some([media]) if is_json(&media.key) && media.node.get("schema").is_none() => {
                "has no schema"
            }
            Some([_, _, ..]) => {
                "has several media types: only one is supported: only one is supported"
            }
            _ => continue,
        };
        errors.push(
            location,
            format!("the response {status} of {label} {problem}"),
        );
    }
    if !succeeds {
        errors.push(
            operation.location,
            format!("{label} has no success response"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, structure};

    #[test]
    fn an_operation_must_have_an_id_of_its_own() {
        let text = "paths:\n  /p:\n    get: {responses: {'204': {}}}\n    put:\n      operationId: a\n      responses: {'204': {}}\n    post:\n      operationId: a\n      responses: {'204': {}}\n    patch:\n      operationId: A\n      responses: {'204': {}}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:3:5: GET /p has no operationId",
                "a.yaml:8:20: `a` is defined twice: first at a.yaml:5:20",
                "a.yaml:11:20: `A` and `a` at a.yaml:8:20 have the same Rust name",
            ]
        );
    }

    #[test]
    fn a_path_and_its_parameters_must_agree() {
        let text = "paths:\n  /p/{a}/{b}:\n    parameters:\n      - {name: a, in: path, required: true, x-identifier: true, schema: {}}\n    get:\n      operationId: x\n      parameters:\n        - {name: c, in: path, required: true, x-identifier: true, schema: {}}\n      responses: {'204': {}}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:5:5: `x` does not declare its path parameter `b`",
                "a.yaml:5:5: `x` declares `c`, which is not in its path",
            ]
        );
    }

    #[test]
    fn only_what_can_be_sent_and_read_is_admitted() {
        let text = "paths:\n  /p/{a}/{b:\n    get: {operationId: a}\n  /q/{t}:\n    get:\n      operationId: 1a\n      parameters:\n        - {name: t, in: path, x-identifier: yes, schema: {}}\n        - {name: c, in: cookie, schema: {}}\n        - {name: client, in: query, schema: {}}\n        - {name: X-Y, in: header, schema: {}}\n        - {name: x_y, in: query}\n        - {in: query}\n        - {name: l, in: header, schema: {type: array}}\n      requestBody:\n        content: {text/plain: {}}\n      responses:\n        '200':\n          content: {text/csv: {schema: {}}, text/plain: {schema: {}}}\n        '201':\n          content: {application/json: {}}\n    put:\n      operationId: b\n      parameters:\n        - {name: t, in: path, required: true, x-identifier: true, schema: {}}\n      requestBody:\n        content: {application/json: {}}\n      responses: {'204': {}, '2000': {}, 20O: {}}\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:3:5: `/p/{a}/{b` has an unmatched brace",
                "a.yaml:3:5: `a` has no success response",
                "a.yaml:5:5: `1a` has two parameters with the same Rust name: `X-Y` in header and `x_y` in query",
                "a.yaml:6:20: `1a` is not a valid name: start with a letter, then use letters, digits, `_` and `-`",
                "a.yaml:8:11: the parameter `t` is in the path: set `required: true`",
                "a.yaml:8:11: the parameter `t` is in the path: set `x-identifier` to whether it identifies a resource (true or false)",
                "a.yaml:9:11: the parameter `c` is in `cookie`, which is not supported",
                "a.yaml:10:11: the parameter `client` has a name that is reserved in request builders",
                "a.yaml:12:11: the parameter `x_y` has no schema",
                "a.yaml:14:11: the parameter `l` is of type `array`, which is not supported",
                "a.yaml:16:9: the body of `1a` must have exactly one media type, `application/json`",
                "a.yaml:18:9: the response 200 of `1a` has several media types: only one is supported: only one is supported",
                "a.yaml:20:9: the response 201 of `1a` has no schema",
                "a.yaml:27:9: the body of `b` must have a schema",
                "a.yaml:28:30: `2000` must be a status, such as '200', or `default`",
                "a.yaml:28:42: `20O` must be a status, such as '200', or `default`",
            ]
        );
    }

    #[test]
    fn a_path_must_begin_with_a_slash() {
        let text = "paths:\n  p:\n    get: {operationId: a, responses: {'204': {}}}\n  x-p: 1\n";
        assert_eq!(
            messages(structure, text),
            ["a.yaml:2:3: the path `p` must start with `/`"]
        );
    }

    #[test]
    fn a_parameter_is_listed_once() {
        let text = "paths:\n  /p:\n    parameters: [{name: a, in: query, schema: {}}]\n    get:\n      operationId: a\n      parameters:\n        - {name: a, in: query, schema: {}}\n        - {name: a, in: query, schema: {}}\n      responses: {'204': {}}\n";
        assert_eq!(
            messages(structure, text),
            ["a.yaml:8:11: the parameter `a` is listed twice"]
        );
    }
}
