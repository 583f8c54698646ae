//! Tests that the contract check in `support` finds violations in values.

use serde_json::json;

use crate::support::contract::Contract;

#[test]
fn the_check_finds_violations() {
    let contract = Contract::load();
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let cases = [
        ("FieldError", json!({"field": "a", "detail": "b"}), ""),
        ("FieldError", json!({"field": "a"}), "$.detail is missing"),
        (
            "FieldError",
            json!({"field": 1, "detail": "b"}),
            "$.field breaks type",
        ),
        (
            "FieldError",
            json!({"field": null, "detail": "b"}),
            "$.field breaks type",
        ),
        (
            "FieldError",
            json!({"field": "a", "detail": "b", "c": 1}),
            "$.c is not declared",
        ),
        ("FieldError", json!([]), "$ breaks type"),
        (
            "MaskingRule",
            json!({"table": "a", "column": "b", "kind": "x"}),
            "$.kind breaks enum",
        ),
        (
            "PolicyRecommendationInput",
            json!({"limit": 501}),
            "$.limit breaks maximum",
        ),
        (
            "PolicyRecommendationInput",
            json!({"limit": 1.0}),
            "$.limit breaks type",
        ),
        (
            "PolicyProfileInput",
            json!({"name": ""}),
            "$.name breaks minLength",
        ),
        (
            "PolicyProfileInput",
            json!({"name": "a", "masking_rules": [{}]}),
            "$.masking_rules[0].",
        ),
        (
            "PolicyReplayInput",
            json!({"end_ts": "2026-01-01"}),
            "$.end_ts breaks format",
        ),
        (
            "QueryTemplateInput",
            json!({"name": "A b", "sql": "x"}),
            "$.name breaks pattern",
        ),
        ("UpdateSpendLimitRequest", json!({"spend_limit": null}), ""),
        ("UpdateSpendLimitRequest", json!({"spend_limit": 1.5}), ""),
        (
            "UpdateSpendLimitRequest",
            json!({"spend_limit": "1"}),
            "$.spend_limit breaks type",
        ),
        (
            "AnomalyRuleInput",
            json!({"floor": 0}),
            "$.floor breaks exclusiveMinimum",
        ),
        (
            "BatchRequest",
            json!({"operations": []}),
            "$.operations breaks minItems",
        ),
        (
            "UpdateProjectRequest",
            json!({"tags": vec!["a"; 11]}),
            "$.tags breaks maxItems",
        ),
        (
            "ApprovalRuleInput",
            json!({"min_affected_rows": 2_i64.pow(31)}),
            "$.min_affected_rows ",
        ),
    ];
    for (name, value, expected) in cases {
        let mut violations = Vec::new();
        contract.check(&schema(name), &value, "$", &mut violations);
        let is_found = violations
            .iter()
            .any(|violation| violation.starts_with(expected));
        assert!(
            if expected.is_empty() {
                violations.is_empty()
            } else {
                is_found
            },
            "{value}: {violations:?}"
        );
    }
}
