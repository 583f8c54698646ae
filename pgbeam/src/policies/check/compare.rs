//! Compares the decision about a statement with the expectations of its test case.

use std::{collections::BTreeSet, fmt::Write as _};

use super::suite::{TestCase, masked};
use crate::policies::{
    DryEvalResult, Verdict,
    document::quote,
    finding::{Finding, Severity},
};

/// The value of `Finding::rule` for a failed case.
pub(super) const TEST_FAILED: &str = "test-failed";

/// Returns a finding if the decision does not match the case. The field of the finding is the first of `verdict`,
/// `rule` and `masked_columns` that differs.
pub(super) fn compare(policy: &str, case: &TestCase, result: &DryEvalResult) -> Option<Finding> {
    let columns = result.masked_columns().iter();
    let columns: BTreeSet<String> = columns
        .map(|column| masked(&column.column, column.kind.as_str()))
        .collect();
    let is_same_rule = case.rule.as_ref().is_none_or(|rule| *rule == result.rule);
    let are_same_columns = case
        .masked_columns
        .as_ref()
        .is_none_or(|expected| *expected == columns);
    let field = if case.verdict != result.verdict {
        "verdict"
    } else if !is_same_rule {
        "rule"
    } else if !are_same_columns {
        "masked_columns"
    } else {
        return None;
    };
    let expected = decision(
        &case.verdict,
        case.rule.as_deref(),
        case.masked_columns.as_ref(),
    );
    let shown_columns = case.masked_columns.as_ref().map(|_| &columns);
    let actual = decision(&result.verdict, Some(&result.rule), shown_columns);
    let mut message = format!("expected {expected}, got {actual}");
    if !result.reason.is_empty() {
        let _ = write!(message, " ({})", result.reason);
    }
    let _ = write!(message, " for {}", quote(&case.sql));
    let finding = Finding::new(TEST_FAILED, Severity::Error, message)
        .policy(policy)
        .field(field)
        .remedy("correct the policy or the test")
        .location(case.location.clone());
    Some(finding)
}

/// Formats a decision, such as `block by table_denied` or `mask with email:redact`.
fn decision(verdict: &Verdict, rule: Option<&str>, columns: Option<&BTreeSet<String>>) -> String {
    let mut text = verdict.as_str().to_owned();
    if let Some(rule) = rule
        && rule != "ok"
    {
        let _ = write!(text, " by {rule}");
    }
    match columns {
        Some(columns) if !columns.is_empty() => {
            let columns: Vec<_> = columns.iter().map(String::as_str).collect();
            let _ = write!(text, " with {}", columns.join(", "));
        }
        Some(_) if *verdict != Verdict::Block && *verdict != Verdict::Allow => {
            text.push_str(" without masked columns");
        }
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_finding_contains_the_expected_and_the_actual_decision() {
        let allow = json!({"verdict": "allow", "rule": "ok", "reason": ""});
        let denied = json!({"verdict": "block", "rule": "table_denied", "reason": "no"});
        let mask = json!({"verdict": "mask", "rule": "ok", "reason": "", "masked_columns": [
            {"column": "Email", "kind": "redact"}, {"column": "contact", "kind": "redact"},
        ]});
        let filter = json!({"verdict": "row-filter", "rule": "ok", "reason": ""});
        // (case, result, message)
        let cases = [
            (TestCase::allow("S"), &allow, None),
            (
                TestCase::allow("S").rule("ok").masked_columns([""; 0]),
                &allow,
                None,
            ),
            (TestCase::block("S"), &denied, None),
            (TestCase::block("S").rule("table_denied"), &denied, None),
            (
                TestCase::block("S").rule("table_denied"),
                &allow,
                Some("verdict: expected block by table_denied, got allow for `S`"),
            ),
            (
                TestCase::allow("S"),
                &denied,
                Some("verdict: expected allow, got block by table_denied (no) for `S`"),
            ),
            (
                TestCase::block("S").rule("read_only"),
                &denied,
                Some("rule: expected block by read_only, got block by table_denied (no) for `S`"),
            ),
            (TestCase::mask("S"), &mask, None),
            (
                TestCase::mask("S").masked_columns([
                    "contact:redact",
                    "email:redact",
                    "EMAIL:redact",
                ]),
                &mask,
                None,
            ),
            (
                TestCase::mask("S").masked_columns(["email:hash"]),
                &mask,
                Some(
                    "masked_columns: expected mask with email:hash, got mask with contact:redact, \
                     email:redact for `S`",
                ),
            ),
            (TestCase::row_filter("S"), &filter, None),
            (
                TestCase::row_filter("S").masked_columns(["email:null"]),
                &filter,
                Some(
                    "masked_columns: expected row-filter with email:null, got row-filter without masked \
                     columns for `S`",
                ),
            ),
            (
                TestCase::new("S", "quarantine"),
                &allow,
                Some("verdict: expected quarantine, got allow for `S`"),
            ),
        ];
        for (case, result, message) in cases {
            let result = serde_json::from_value(result.clone()).unwrap();
            let finding = compare("Support", &case, &result);
            let text = finding.map(|finding| format!("{}: {}", finding.field, finding.message));
            assert_eq!(text.as_deref(), message, "{case:?}");
        }
    }
}
