//! `CheckReport`: the failed test cases and the coverage of each policy profile.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::coverage::{Coverage, PolicyCoverage};
use crate::policies::{diff::escape, finding::Finding};

/// The result of [`check`](super::check()): the failed cases, and the coverage of each policy profile.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct CheckReport {
    pub(super) findings: Vec<Finding>,
    pub(super) cases: usize,
    pub(super) coverage: Vec<PolicyCoverage>,
}

impl CheckReport {
    /// Returns `true` if no case failed.
    pub fn is_success(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns a finding for each failed case, in the order of the cases. Each finding has the severity
    /// [`Error`](crate::policies::finding::Severity::Error), the rule `test-failed`, and the field `verdict`, `rule` or
    /// `masked_columns`.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the number of cases.
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// Returns the number of cases whose decision is as expected.
    pub fn passed(&self) -> usize {
        self.cases - self.failed()
    }

    /// Returns the number of failed cases.
    pub fn failed(&self) -> usize {
        self.findings.len()
    }

    /// Returns the coverage of each policy profile of the set, including profiles without cases.
    pub fn coverage(&self) -> &[PolicyCoverage] {
        &self.coverage
    }

    /// Returns the report as plain text: the failed cases, the numbers of passed and failed cases, and for each profile
    /// the parts that are not covered or whose coverage is unknown.
    pub fn to_text(&self) -> String {
        let mut text = crate::policies::finding::to_text(&self.findings);
        let _ = writeln!(
            text,
            "{} passed, {} failed",
            count(self.passed(), "case"),
            self.failed()
        );
        for policy in &self.coverage {
            let covered = policy.with(Coverage::Covered).count();
            let _ = writeln!(
                text,
                "{}: {}, {covered} of {} covered",
                escape(policy.policy()),
                count(policy.cases(), "case"),
                count(policy.items().len(), "part"),
            );
            for item in policy.items() {
                let coverage = match item.coverage() {
                    Coverage::Covered => continue,
                    Coverage::NotCovered => "not covered",
                    Coverage::Unknown => "unknown",
                };
                let _ = writeln!(text, "  {coverage}: {}", escape(&item.to_string()));
            }
        }
        text
    }

    /// Returns the report as a JSON object with the fields `cases`, `passed`, `failed`, `findings` and `coverage`.
    ///
    /// `findings` is the list of [`finding::to_json`](crate::policies::finding::to_json). `coverage` is a list with an
    /// object for each profile: its name in `policy`, its number of `cases`, and its parts in `items`. Each item has
    /// the fields `field`, `entry` and `coverage`, which is `covered`, `not_covered` or `unknown`.
    pub fn to_json(&self) -> Value {
        json!({
            "cases": self.cases,
            "passed": self.passed(),
            "failed": self.failed(),
            "findings": self.findings,
            "coverage": self.coverage,
        })
    }
}

/// Returns a number with a noun, in the plural unless the number is 1.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
