//! What the SDK must know to retry a PATCH.

use crate::{
    error::ValidationErrors,
    read::document::{follow_ref, operations},
    read::{Node, Value},
};

/// Every PATCH without an `Idempotency-Key` header must say in `x-idempotent` whether the same body
/// again leaves the same state: without a key, only such a PATCH may be retried.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for operation in operations(document) {
        let keyed = operation
            .parameters()
            .filter_map(|parameter| follow_ref(document, parameter))
            .filter(|parameter| parameter.get("in").and_then(Node::as_str) == Some("header"))
            .any(|parameter| {
                let name = parameter.get("name").and_then(Node::as_str);
                name.is_some_and(|name| name.eq_ignore_ascii_case("Idempotency-Key"))
            });
        let needed = operation.method == "patch" && !keyed;
        let label = &operation.label;
        match operation.node.get("x-idempotent") {
            Some(given) if !matches!(given.value, Value::Bool(_)) => {
                errors.push(&given.location, "`x-idempotent` must be true or false")
            }
            Some(given) if !needed => {
                let message = format!(
                    "{label} is no PATCH without `Idempotency-Key`: leave `x-idempotent` out"
                );
                errors.push(&given.location, message);
            }
            None if needed => {
                let message = format!(
                    "{label} declares no `Idempotency-Key`: say in `x-idempotent` whether the same \
                     body again leaves the same state"
                );
                errors.push(operation.location, message);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{errors, prose};

    #[test]
    fn a_patch_without_a_key_says_whether_it_sets_values() {
        let found = |method: &str, given: &str, header: &str| {
            let text = format!(
                "paths:\n  /p:\n    {method}:\n      operationId: a\n      {given}\n      parameters: [{{name: {header}, in: header, schema: {{}}}}]\n"
            );
            let mut found = errors(prose, &text);
            found.retain(|error| error.contains("x-idempotent"));
            found
        };
        let (key, none) = ("idempotency-KEY", "X-Other");
        for (method, given, header) in [
            ("patch", "x-idempotent: true", none),
            ("patch", "x-idempotent: false", none),
            ("patch", "tags: []", key),
            ("post", "tags: []", none),
        ] {
            assert!(found(method, given, header).is_empty(), "{method} {given}");
        }
        assert_eq!(
            found("patch", "tags: []", none),
            [
                "a.yaml:3:5: `a` declares no `Idempotency-Key`: say in `x-idempotent` whether the same body again leaves the same state"
            ]
        );
        assert_eq!(
            found("patch", "x-idempotent: yes", none),
            ["a.yaml:5:21: `x-idempotent` must be true or false"]
        );
        let misplaced =
            "a.yaml:5:21: `a` is no PATCH without `Idempotency-Key`: leave `x-idempotent` out";
        assert_eq!(found("patch", "x-idempotent: true", key), [misplaced]);
        assert_eq!(found("post", "x-idempotent: true", none), [misplaced]);
    }
}
