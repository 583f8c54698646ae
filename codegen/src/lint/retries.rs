//! What the SDK must know to retry a PATCH.

use super::fault;
use crate::{
    document::{operations, resolved},
    error::Fault,
    source::{Node, Value},
};

/// Every PATCH without an `Idempotency-Key` header must say in `x-sets-values` whether the same body
/// again leaves the same state: without a key, only such a PATCH may be retried.
pub fn check(document: &Node, faults: &mut Vec<Fault>) {
    for operation in operations(document) {
        let keyed = operation
            .parameters()
            .filter_map(|parameter| resolved(document, parameter))
            .filter(|parameter| parameter.get("in").and_then(Node::text) == Some("header"))
            .filter_map(|parameter| parameter.get("name")?.text())
            .any(|name| name.eq_ignore_ascii_case("Idempotency-Key"));
        let needed = operation.method == "patch" && !keyed;
        let label = &operation.label;
        match operation.node.get("x-sets-values") {
            Some(given) if !matches!(given.value, Value::Bool(_)) => fault(
                faults,
                &given.place,
                "`x-sets-values` must be true or false".to_owned(),
            ),
            Some(given) if !needed => {
                let message = format!(
                    "{label} is no PATCH without `Idempotency-Key`: leave `x-sets-values` out"
                );
                fault(faults, &given.place, message);
            }
            None if needed => {
                let message = format!(
                    "{label} declares no `Idempotency-Key`: say in `x-sets-values` whether the same \
                     body again leaves the same state"
                );
                fault(faults, operation.place, message);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{prose, tests::faults};

    #[test]
    fn a_patch_without_a_key_says_whether_it_sets_values() {
        let found = |method: &str, given: &str, header: &str| {
            let text = format!(
                "paths:\n  /p:\n    {method}:\n      operationId: a\n      {given}\n      parameters: [{{name: {header}, in: header, schema: {{}}}}]\n"
            );
            let mut found = faults(prose, &text);
            found.retain(|fault| fault.contains("x-sets-values"));
            found
        };
        let (key, none) = ("idempotency-KEY", "X-Other");
        for (method, given, header) in [
            ("patch", "x-sets-values: true", none),
            ("patch", "x-sets-values: false", none),
            ("patch", "tags: []", key),
            ("post", "tags: []", none),
        ] {
            assert!(found(method, given, header).is_empty(), "{method} {given}");
        }
        assert_eq!(
            found("patch", "tags: []", none),
            [
                "a.yaml:3:5: `a` declares no `Idempotency-Key`: say in `x-sets-values` whether the same body again leaves the same state"
            ]
        );
        assert_eq!(
            found("patch", "x-sets-values: yes", none),
            ["a.yaml:5:22: `x-sets-values` must be true or false"]
        );
        let misplaced =
            "a.yaml:5:22: `a` is no PATCH without `Idempotency-Key`: leave `x-sets-values` out";
        assert_eq!(found("patch", "x-sets-values: true", key), [misplaced]);
        assert_eq!(found("post", "x-sets-values: true", none), [misplaced]);
    }
}
