//! Checks the extension `x-idempotent`, which says whether a retry of a PATCH without an
//! `Idempotency-Key` is safe.

use crate::{
    error::ValidationErrors,
    read::document::{follow_ref, operations},
    read::{Node, Value},
};

/// Requires `x-idempotent` (true or false) on every PATCH operation without an `Idempotency-Key`
/// header parameter, and rejects `x-idempotent` on all other operations.
///
/// `x-idempotent: true` means that a retry with the same body leaves the server in the same state.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        let has_key = operation
            .parameters()
            .filter_map(|parameter| follow_ref(document, parameter))
            .filter(|parameter| parameter.get_str("in") == Some("header"))
            .any(|parameter| {
                let name = parameter.get_str("name");
                name.is_some_and(|name| name.eq_ignore_ascii_case("Idempotency-Key"))
            });
        let is_required = operation.method == "patch" && !has_key;
        let label = &operation.label;
        match operation.node.get("x-idempotent") {
            Some(flag) if !matches!(flag.value, Value::Bool(_)) => {
                errors.push(&flag.location, "`x-idempotent` must be true or false")
            }
            Some(flag) if !is_required => {
                let message = format!(
                    "remove `x-idempotent` from {label}: it is only for a PATCH without `Idempotency-Key`"
                );
                errors.push(&flag.location, message);
            }
            None if is_required => {
                let message = format!(
                    "{label} is a PATCH without `Idempotency-Key`: set `x-idempotent` to whether a retry \
                     with the same body leaves the same state"
                );
                errors.push(operation.location, message);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, readability};

    #[test]
    fn requires_x_idempotent_for_a_patch_without_idempotency_key() {
        let lint = |method: &str, extra: &str, header: &str| {
            let text = format!(
                "paths:\n  /p:\n    {method}:\n      operationId: a\n      {extra}\n      parameters: [{{name: {header}, in: header, schema: {{}}}}]\n"
            );
            let mut messages = messages(readability, &text);
            messages.retain(|message| message.contains("x-idempotent"));
            messages
        };
        let (key, none) = ("idempotency-KEY", "X-Other");
        for (method, extra, header) in [
            ("patch", "x-idempotent: true", none),
            ("patch", "x-idempotent: false", none),
            ("patch", "tags: []", key),
            ("post", "tags: []", none),
        ] {
            assert!(lint(method, extra, header).is_empty(), "{method} {extra}");
        }
        assert_eq!(
            lint("patch", "tags: []", none),
            [
                "a.yaml:3:5: `a` is a PATCH without `Idempotency-Key`: set `x-idempotent` to whether a retry with the same body leaves the same state"
            ]
        );
        assert_eq!(
            lint("patch", "x-idempotent: yes", none),
            ["a.yaml:5:21: `x-idempotent` must be true or false"]
        );
        let misplaced = "a.yaml:5:21: remove `x-idempotent` from `a`: it is only for a PATCH without `Idempotency-Key`";
        assert_eq!(lint("patch", "x-idempotent: true", key), [misplaced]);
        assert_eq!(lint("post", "x-idempotent: true", none), [misplaced]);
    }
}
