//! Checks that code can be generated for the operations: ids and parameter names have distinct Rust
//! names, and parameters, bodies and responses use only supported features.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;

use crate::{
    error::ValidationErrors,
    read::document::{Operation, follow_ref, is_json, operations},
    read::{Node, Value},
    rust_names::RESERVED_PARAMETERS,
};

/// Adds an error for each of the following:
///
/// - A path without a leading `/`.
/// - An operation without a valid and unique id, or without a success response.
/// - An operation that does not declare exactly the parameters in the braces of its path.
/// - A parameter, body or response that codegen does not support.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    check_ids(document, errors);
    for path in document.get_entries("paths") {
        // The crate `openapiv3` drops a path without a leading `/`.
        if !path.key.starts_with('/') && !path.key.starts_with("x-") {
            let message = format!("the path `{}` must start with `/`", path.key);
            errors.push(&path.location, message);
        }
    }
    check_path_parameters(document, errors);
    for operation in operations(document) {
        check_parameters(document, &operation, errors);
        check_body(document, &operation, errors);
        check_responses(document, &operation, errors);
    }
}

/// Adds an error for every operation that has no id, an id that is not a valid name, or an id with
/// the same Rust name as the id of an earlier operation.
fn check_ids(document: &Node, errors: &mut ValidationErrors) {
    let mut seen: BTreeMap<String, &Node> = BTreeMap::new();
    for operation in operations(document) {
        let id = operation.node.get("operationId");
        let Some((node, id)) = id.and_then(|node| Some((node, node.as_str()?))) else {
            let message = format!("{} has no operationId", operation.label);
            errors.push(operation.location, message);
            continue;
        };
        if !is_valid_name(id) {
            errors.push(
                &node.location,
                format!("`{id}` is not a valid name: {NAME_RULE}"),
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

const NAME_RULE: &str = "start with a letter, then use letters, digits, `_` and `-`";

/// Returns `true` if a name satisfies [`NAME_RULE`].
fn is_valid_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Adds an error for every operation whose path has an unmatched brace, or that does not declare
/// exactly the path parameters in the braces of its path.
fn check_path_parameters(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        let declared: BTreeSet<_> = operation
            .parameters()
            .filter_map(|parameter| follow_ref(document, parameter))
            .filter(|parameter| parameter.get_str("in") == Some("path"))
            .filter_map(|parameter| parameter.get("name")?.as_str())
            .collect();
        let Some(in_path) = template_parameters(operation.path) else {
            let message = format!("`{}` has an unmatched brace", operation.path);
            errors.push(operation.location, message);
            continue;
        };
        for name in in_path.symmetric_difference(&declared) {
            let message = match in_path.contains(name) {
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

/// Returns the parameter names in the braces of a path; `None` if a brace is unmatched.
fn template_parameters(path: &str) -> Option<BTreeSet<&str>> {
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

/// Adds an error for every parameter that is listed twice, is not in the path, query or a header,
/// has no schema or a schema of type `array` or `object`, or has an invalid, reserved or duplicate
/// Rust name.
///
/// A path parameter must also set `required: true`, and `x-identifier` to `true` or `false`.
fn check_parameters(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
    for list in [operation.path_item, operation.node] {
        let mut seen = BTreeSet::new();
        for node in list.get_items("parameters") {
            let key = follow_ref(document, node)
                .map(|parameter| (parameter.get_str("in"), parameter.get_str("name")));
            if let Some((_, Some(name))) = key
                && !seen.insert(key)
            {
                let message = format!("the parameter `{name}` is listed twice");
                errors.push(&node.location, message);
            }
        }
    }
    // A parameter of the operation overrides the path's parameter with the same name.
    let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for parameter in operation
        .parameters()
        .filter_map(|parameter| follow_ref(document, parameter))
    {
        // `keys` reports a missing `name` or `in`.
        let (Some(name), Some(parameter_in)) = (parameter.get_str("name"), parameter.get_str("in"))
        else {
            continue;
        };
        let label = format!("the parameter `{name}`");
        let location = &parameter.location;
        if !matches!(parameter_in, "path" | "query" | "header") {
            let message = format!("{label} is in `{parameter_in}`, which is not supported");
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
        if parameter_in == "path" && !parameter.is_true("required") {
            let message = format!("{label} is in the path: set `required: true`");
            errors.push(location, message);
        }
        let has_x_identifier = matches!(
            parameter.get("x-identifier"),
            Some(Node {
                value: Value::Bool(_),
                ..
            })
        );
        if parameter_in == "path" && !has_x_identifier {
            let message = format!(
                "{label} is in the path: set `x-identifier` to whether it identifies a resource (true or false)"
            );
            errors.push(location, message);
        }
        let rust_name = name.to_snake_case();
        if !is_valid_name(name) {
            errors.push(
                location,
                format!("`{name}` is not a valid name: {NAME_RULE}"),
            );
        } else if RESERVED_PARAMETERS.contains(&rust_name.as_str()) {
            errors.push(
                location,
                format!("{label} has a name that is reserved in request builders"),
            );
        } else if let Some((first, first_in)) = seen.insert(rust_name, (name, parameter_in))
            && (first, first_in) != (name, parameter_in)
        {
            let message = format!(
                "{} has two parameters with the same Rust name: `{first}` in {first_in} and `{name}` in {parameter_in}",
                operation.label
            );
            errors.push(operation.location, message);
        }
    }
}

/// Adds an error if the request body does not have exactly one media type, `application/json`, or
/// if this media type has no schema.
fn check_body(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
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

/// Adds an error for every invalid status, for an operation without a success response, and for a
/// success response with several media types or with JSON but no schema.
///
/// The SDK returns the content of a media type other than JSON as bytes.
fn check_responses(document: &Node, operation: &Operation<'_>, errors: &mut ValidationErrors) {
    let label = &operation.label;
    let mut has_success = false;
    for entry in operation.node.get_entries("responses") {
        let (status, location) = (&entry.key, &entry.location);
        let is_status = matches!(status.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9']);
        if !is_status && status != "default" && !status.starts_with("x-") {
            let message = format!("`{status}` must be a status, such as '200', or `default`");
            errors.push(location, message);
        }
        if !status.starts_with('2') {
            continue;
        }
        has_success = true;
        let response = follow_ref(document, &entry.node);
        let problem = match response.map(|node| node.get_entries("content")) {
            Some([media]) if is_json(&media.key) && media.node.get("schema").is_none() => {
                "has no schema"
            }
            Some([_, _, ..]) => "has several media types: only one is supported",
            _ => continue,
        };
        errors.push(
            location,
            format!("the response {status} of {label} {problem}"),
        );
    }
    if !has_success {
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
    fn requires_distinct_operation_ids() {
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
    fn requires_the_same_parameters_in_path_and_operation() {
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
    fn rejects_unsupported_parameters_bodies_and_responses() {
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
                "a.yaml:18:9: the response 200 of `1a` has several media types: only one is supported",
                "a.yaml:20:9: the response 201 of `1a` has no schema",
                "a.yaml:27:9: the body of `b` must have a schema",
                "a.yaml:28:30: `2000` must be a status, such as '200', or `default`",
                "a.yaml:28:42: `20O` must be a status, such as '200', or `default`",
            ]
        );
    }

    #[test]
    fn requires_a_leading_slash_in_paths() {
        let text = "paths:\n  p:\n    get: {operationId: a, responses: {'204': {}}}\n  x-p: 1\n";
        assert_eq!(
            messages(structure, text),
            ["a.yaml:2:3: the path `p` must start with `/`"]
        );
    }

    #[test]
    fn rejects_a_parameter_listed_twice() {
        let text = "paths:\n  /p:\n    parameters: [{name: a, in: query, schema: {}}]\n    get:\n      operationId: a\n      parameters:\n        - {name: a, in: query, schema: {}}\n        - {name: a, in: query, schema: {}}\n      responses: {'204': {}}\n";
        assert_eq!(
            messages(structure, text),
            ["a.yaml:8:11: the parameter `a` is listed twice"]
        );
    }
}
