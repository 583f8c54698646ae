//! Where a change is met, and what it may be a renaming of.

use pgbeam_spec::changes::{Change, Spot};
use pgbeam_tests::contract::format_change;
use serde_json::{Value, json};

use super::support::*;

/// A place in one line.
fn at(spot: &Spot) -> String {
    let path = spot.json_path.as_deref().unwrap_or("-");
    let status = spot
        .part
        .status()
        .map(|status| format!(" {status}"))
        .unwrap_or_default();
    format!("{}{status} {path}", spot.operation)
}

/// All places of a change, sorted.
fn places(change: &Change) -> Vec<String> {
    let mut places: Vec<String> = change.met.iter().map(at).collect();
    places.sort();
    places
}

#[test]
fn one_change_is_told_once_with_every_place() {
    let before = policies();
    let mut after = before.clone();
    after
        .fields("MaskingRule")
        .insert("note".to_owned(), json!({"type": "string"}));
    let report = before.compare(&after);
    let found: Vec<String> = report.changes.iter().map(format_change).collect();
    assert_eq!(
        found,
        [
            "field MaskingRule.note added, request: sdk none, api notice",
            "field MaskingRule.note added, answer: sdk none, api none",
        ]
    );
    assert_eq!(
        places(&report.changes[0]),
        [
            "createPolicyProfile $.masking_rules[*].note",
            "dryEvalPolicy $.policy.masking_rules[*].note",
            "replayPolicy $.policy.masking_rules[*].note",
            "updatePolicyProfile $.masking_rules[*].note",
        ]
    );
    assert_eq!(
        places(&report.changes[1]),
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
fn a_candidate_for_a_new_name_is_of_equal_type() {
    let before = policies();
    let after = policies().with_change(|it| {
        it.fields("DryEvalResult").remove("hint");
        it.fields("DryEvalResult")
            .insert("advice".to_owned(), json!({"type": "string"}));
        it.fields("DryEvalResult")
            .insert("score".to_owned(), json!({"type": "integer"}));
    });
    let report = before.compare(&after);
    let text = pgbeam_spec::report::text::text(&report);
    assert!(
        text.contains("`DryEvalResult.hint`, when received: removed (perhaps renamed to `advice`)"),
        "{text}"
    );
    assert!(
        text.contains("`DryEvalResult.advice`, when received: added (perhaps renamed from `hint`)"),
        "{text}"
    );
    assert!(
        text.contains("`DryEvalResult.score`, when received: added\n"),
        "{text}"
    );
}

/// A schema that holds itself, directly and by way of another.
#[test]
fn what_holds_itself_is_compared() {
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
    let found: Vec<String> = report.changes.iter().map(format_change).collect();
    assert_eq!(
        found,
        ["value Tree.leaf type_changed, answer: sdk breaks, api breaks"]
    );
    assert_eq!(
        places(&report.changes[0]),
        [
            "dryEvalPolicy 200 $.tree.leaf",
            "recommendAgentPolicy 200 $.replay.items[*].result.tree.leaf",
            "replayPolicy 200 $.items[*].result.tree.leaf",
        ]
    );
}

/// A field that is composed of the schema that it is a field of.
#[test]
fn a_composition_that_holds_itself_is_compared() {
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
    let found: Vec<String> = report.changes.iter().map(format_change).collect();
    assert_eq!(
        found,
        ["value Node.next.more type_changed, answer: sdk breaks, api breaks"]
    );
    assert_eq!(composed("string").compare(&composed("string")).changes, []);
}
