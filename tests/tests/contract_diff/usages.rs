//! Tests of the usages of a change (the operations and JSON paths that it affects), of rename candidates, and
//! of recursive schemas.

use pgbeam_spec::changes::{Change, Usage};
use pgbeam_tests::contract::format_change;
use serde_json::{Value, json};

use super::support::*;

/// Renders a usage in one line: the operation, the status if it is of a response, and the JSON path.
fn usage_line(usage: &Usage) -> String {
    let path = usage.json_path.as_deref().unwrap_or("-");
    let status = usage
        .part
        .status()
        .map(|status| format!(" {status}"))
        .unwrap_or_default();
    format!("{}{status} {path}", usage.operation)
}

/// Returns the lines of all usages of a change, sorted.
fn usages(change: &Change) -> Vec<String> {
    let mut usages: Vec<String> = change.usages.iter().map(usage_line).collect();
    usages.sort();
    usages
}

#[test]
fn reports_a_change_once_with_all_usages() {
    let before = policies();
    let mut after = before.clone();
    after
        .fields("MaskingRule")
        .insert("note".to_owned(), json!({"type": "string"}));
    let report = before.compare(&after);
    let changes: Vec<String> = report.changes.iter().map(format_change).collect();
    assert_eq!(
        changes,
        [
            "field MaskingRule.note added, request: sdk none, api notice",
            "field MaskingRule.note added, response: sdk none, api none",
        ]
    );
    assert_eq!(
        usages(&report.changes[0]),
        [
            "createPolicyProfile $.masking_rules[*].note",
            "dryEvalPolicy $.policy.masking_rules[*].note",
            "replayPolicy $.policy.masking_rules[*].note",
            "updatePolicyProfile $.masking_rules[*].note",
        ]
    );
    assert_eq!(
        usages(&report.changes[1]),
        [
            "createPolicyProfile 201 $.masking_rules[*].note",
            "getPolicyProfile 200 $.masking_rules[*].note",
            "listPolicyProfiles 200 $.policies[*].masking_rules[*].note",
            "recommendAgentPolicy 200 $.candidate.masking_rules[*].note",
            "updatePolicyProfile 200 $.masking_rules[*].note",
        ]
    );
}

#[test]
fn rename_candidates_have_the_same_type() {
    let before = policies();
    let after = policies().with_change(|it| {
        it.fields("DryEvalResult").remove("hint");
        it.fields("DryEvalResult")
            .insert("advice".to_owned(), json!({"type": "string"}));
        it.fields("DryEvalResult")
            .insert("score".to_owned(), json!({"type": "integer"}));
    });
    let report = before.compare(&after);
    let text = pgbeam_spec::report::text::render(&report);
    assert!(
        text.contains("`DryEvalResult.hint` in responses: removed (possibly renamed to `advice`)"),
        "{text}"
    );
    assert!(
        text.contains("`DryEvalResult.advice` in responses: added (possibly renamed from `hint`)"),
        "{text}"
    );
    assert!(
        text.contains("`DryEvalResult.score` in responses: added\n"),
        "{text}"
    );
}

/// Compares contracts with a schema that refers to itself, directly and through another schema.
#[test]
fn compares_recursive_schemas() {
    let recursive = |inner: Value| {
        policies().with_change(|it| {
            it.0["components"]["schemas"]["Tree"] = json!({"type": "object", "properties": {
                "left": {"$ref": "#/components/schemas/Tree"},
                "right": {"allOf": [{"$ref": "#/components/schemas/Tree"}], "nullable": true},
                "all": {"type": "array", "items": {"$ref": "#/components/schemas/Twig"}},
                "leaf": inner,
            }});
            it.0["components"]["schemas"]["Twig"] = json!({"type": "object", "properties": {
                "tree": {"$ref": "#/components/schemas/Tree"},
            }});
            let tree = json!({"$ref": "#/components/schemas/Tree"});
            it.fields("DryEvalResult").insert("tree".to_owned(), tree);
        })
    };
    let report =
        recursive(json!({"type": "string"})).compare(&recursive(json!({"type": "integer"})));
    let changes: Vec<String> = report.changes.iter().map(format_change).collect();
    assert_eq!(
        changes,
        ["value Tree.leaf type_changed, response: sdk breaks, api breaks"]
    );
    assert_eq!(
        usages(&report.changes[0]),
        [
            "dryEvalPolicy 200 $.tree.leaf",
            "recommendAgentPolicy 200 $.replay.items[*].result.tree.leaf",
            "replayPolicy 200 $.items[*].result.tree.leaf",
        ]
    );
}

/// Compares contracts with a schema whose field has an `allOf` that refers to that schema.
#[test]
fn compares_recursive_compositions() {
    let composed = |kind: &str| {
        policies().with_change(|it| {
            let whole = json!({"$ref": "#/components/schemas/Node"});
            it.0["components"]["schemas"]["Node"] = json!({"type": "object", "properties": {
                "next": {"allOf": [whole, {"type": "object", "properties": {"more": {"type": kind}}}]},
            }});
            it.fields("DryEvalResult").insert("node".to_owned(), whole);
        })
    };
    let report = composed("string").compare(&composed("integer"));
    let changes: Vec<String> = report.changes.iter().map(format_change).collect();
    assert_eq!(
        changes,
        ["value Node.next.more type_changed, response: sdk breaks, api breaks"]
    );
    assert_eq!(composed("string").compare(&composed("string")).changes, []);
}
