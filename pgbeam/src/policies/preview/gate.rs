//! Gates: methods of a `Preview` that return an error if a requirement for a policy change is not met. The error
//! contains the statements that violate the requirement.

use std::fmt;

use super::{Preview, occurrences};
use crate::policies::{PolicyReplayItem, check::count, diff::escape, document::quote};

/// The maximum number of statements that `Display` of a [`GateError`] prints.
const SHOWN: usize = 20;

/// The error of a gate: a [`Preview`] does not meet a requirement, so do not apply the candidate.
///
/// `Display` prints the reason, and one line for each of the 20 most frequent of the [`statements`](Self::statements).
#[derive(Clone, Debug, PartialEq)]
pub struct GateError {
    reason: String,
    statements: Vec<PolicyReplayItem>,
}

impl GateError {
    fn new<'a>(
        reason: impl Into<String>,
        statements: impl Iterator<Item = &'a PolicyReplayItem>,
    ) -> Self {
        Self {
            reason: reason.into(),
            statements: statements.cloned().collect(),
        }
    }

    /// Returns the reason, without the statements.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the statements that violate the requirement, the most frequent first. Empty if the preview is no
    /// evidence. If the preview has too few statements, returns all statements of the preview.
    pub fn statements(&self) -> &[PolicyReplayItem] {
        &self.statements
    }
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        for item in self.statements.iter().take(SHOWN) {
            write!(f, "\n  {}", line(item))?;
        }
        match self.statements.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for GateError {}

/// Formats a statement in one line: its occurrences, the verdict and rule under the candidate, the rule that blocked it
/// when it was recorded, if any, and the SQL.
pub(super) fn line(item: &PolicyReplayItem) -> String {
    let times = count(
        usize::try_from(item.occurrences).unwrap_or_default(),
        "time",
    );
    let result = &item.result;
    let decision = match result.rule.as_str() {
        "ok" => result.verdict.to_string(),
        rule => format!("{} by {rule}", result.verdict),
    };
    let recorded = item.recorded_rule.as_deref();
    let before = recorded.map(|rule| format!(", before: block by {rule}"));
    escape(&format!(
        "{times}, {decision}{}: {}",
        before.unwrap_or_default(),
        quote(&item.sql)
    ))
}

impl Preview {
    /// Requires that the preview is [evidence](Self::is_evidence).
    ///
    /// # Errors
    ///
    /// The preview has [gaps](Self::gaps). [`GateError::reason`] lists them.
    pub fn require_evidence(&self) -> Result<&Self, GateError> {
        let gaps = self.gaps();
        let gaps: Vec<_> = gaps.iter().map(ToString::to_string).collect();
        let reason = format!(
            "the preview is no evidence that the change is safe: {}",
            gaps.join("; ")
        );
        pass(self, gaps.is_empty(), || GateError::new(reason, [].iter()))
    }

    /// Requires [evidence](Self::is_evidence) that the candidate blocks no statement that was allowed.
    ///
    /// # Errors
    ///
    /// The preview is no evidence, or at least one statement would be newly blocked.
    pub fn require_no_newly_blocked(&self) -> Result<&Self, GateError> {
        self.require_evidence()?;
        let number = self.newly_blocked().count();
        pass(self, number == 0, || {
            let reason = format!("{} would be newly blocked", count(number, "statement"));
            GateError::new(reason, self.newly_blocked())
        })
    }

    /// Requires [evidence](Self::is_evidence) that the candidate allows no statement that was blocked.
    ///
    /// # Errors
    ///
    /// The preview is no evidence, or at least one statement would be newly allowed.
    pub fn require_no_newly_allowed(&self) -> Result<&Self, GateError> {
        self.require_evidence()?;
        let number = self.newly_allowed().count();
        pass(self, number == 0, || {
            let reason = format!("{} would be newly allowed", count(number, "statement"));
            GateError::new(reason, self.newly_allowed())
        })
    }

    /// Requires [evidence](Self::is_evidence) from at least this number of distinct statements. Recorded statements
    /// that differ only in literal values are one distinct statement.
    ///
    /// # Errors
    ///
    /// The preview is no evidence, or has fewer statements. If the preview has fewer statements, choose a longer time
    /// range.
    pub fn require_min_statements(&self, statements: usize) -> Result<&Self, GateError> {
        self.require_evidence()?;
        let number = self.items.len();
        pass(self, number >= statements, || {
            let reason = format!(
                "{} evaluated, at least {statements} required: choose a longer time range",
                match number {
                    1 => "1 statement was".to_owned(),
                    _ => format!("{number} statements were"),
                }
            );
            GateError::new(reason, self.items.iter())
        })
    }

    /// Requires [evidence](Self::is_evidence) that the [`newly_blocked_share`](Self::newly_blocked_share) is at most
    /// `share`. `share` is between 0 and 1: 0.01 is one percent.
    ///
    /// # Errors
    ///
    /// The preview is no evidence, its `newly_blocked_share` is greater than `share`, or `share` is NaN.
    pub fn require_max_newly_blocked_share(&self, share: f64) -> Result<&Self, GateError> {
        self.require_evidence()?;
        let actual = self.newly_blocked_share();
        pass(self, actual <= share, || {
            let reason = format!(
                "{} of the allowed traffic would be newly blocked ({}), at most {} required",
                percent(actual),
                count(
                    usize::try_from(occurrences(self.newly_blocked())).unwrap_or(usize::MAX),
                    "time"
                ),
                percent(share),
            );
            GateError::new(reason, self.newly_blocked())
        })
    }
}

fn pass(
    preview: &Preview,
    is_met: bool,
    error: impl FnOnce() -> GateError,
) -> Result<&Preview, GateError> {
    match is_met {
        true => Ok(preview),
        false => Err(error()),
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{item, preview};
    use super::*;

    type Gate = fn(&Preview) -> Result<&Preview, GateError>;

    const NO_BLOCKED: Gate = Preview::require_no_newly_blocked;
    const NO_ALLOWED: Gate = Preview::require_no_newly_allowed;
    const TWO: Gate = |preview| preview.require_min_statements(2);
    const QUARTER: Gate = |preview| preview.require_max_newly_blocked_share(0.25);

    #[test]
    fn gates_pass_or_list_the_statements() {
        let allowed = || item("SELECT a", 3, (false, false));
        let blocked = || item("SELECT b", 1, (false, true));
        let lifted = || item("SELECT c", 2, (true, false));
        // (gate, items, error)
        let cases: Vec<(Gate, Vec<Value>, Option<&str>)> = vec![
            (NO_BLOCKED, vec![allowed(), lifted()], None),
            (
                NO_BLOCKED,
                vec![allowed(), blocked()],
                Some(
                    "1 statement would be newly blocked\n  1 time, block by table_denied: `SELECT b`",
                ),
            ),
            (NO_ALLOWED, vec![allowed(), blocked()], None),
            (
                NO_ALLOWED,
                vec![lifted()],
                Some("1 statement would be newly allowed\n  2 times, allow: `SELECT c`"),
            ),
            (TWO, vec![allowed(), lifted()], None),
            (
                TWO,
                vec![allowed()],
                Some(
                    "1 statement was evaluated, at least 2 required: choose a longer time range\n  3 \
                     times, allow: `SELECT a`",
                ),
            ),
            (QUARTER, vec![allowed(), blocked()], None),
            (
                QUARTER,
                vec![blocked(), lifted()],
                Some(
                    "100.00 % of the allowed traffic would be newly blocked (1 time), at most 25.00 % \
                     required\n  1 time, block by table_denied: `SELECT b`",
                ),
            ),
        ];
        for (gate, items, error) in cases {
            let preview = preview(&items, json!({}));
            let result = gate(&preview).map_err(|error| error.to_string());
            assert_eq!(result.err().as_deref(), error, "{items:?}");
        }
    }

    #[test]
    fn no_gate_passes_without_evidence() {
        let items = [item("a", 3, (false, false)), item("b", 3, (false, false))];
        for summary in [
            json!({"bound_credentials": 0}),
            json!({"truncated": true}),
            json!({"skipped_unparseable": 1}),
            json!({"evaluated": 3}),
        ] {
            let preview = preview(&items, summary.clone());
            for gate in [
                NO_BLOCKED,
                NO_ALLOWED,
                TWO,
                QUARTER,
                Preview::require_evidence,
            ] {
                let error = gate(&preview).expect_err(&summary.to_string());
                assert!(
                    error.reason().starts_with("the preview is no evidence"),
                    "{error}"
                );
                assert_eq!(error.statements(), []);
            }
        }
        assert!(preview(&[], json!({})).require_min_statements(0).is_err());
    }

    #[test]
    fn a_share_that_is_not_a_number_fails() {
        let preview = preview(&[item("a", 3, (false, false))], json!({}));
        assert!(preview.require_max_newly_blocked_share(0.0).is_ok());
        for share in [f64::NAN, -0.1] {
            assert!(
                preview.require_max_newly_blocked_share(share).is_err(),
                "{share}"
            );
        }
    }

    #[test]
    fn gates_can_be_chained_and_long_lists_are_cut() {
        let items: Vec<_> = (0..25)
            .map(|n| item(&format!("{n}\n"), 25 - n, (false, true)))
            .collect();
        let preview = preview(&items, json!({}));
        let error = preview
            .require_evidence()
            .and_then(Preview::require_no_newly_allowed)
            .and_then(Preview::require_no_newly_blocked)
            .unwrap_err();
        assert_eq!(error.statements().len(), 25);
        let text = error.to_string();
        assert_eq!(text.lines().count(), 22, "{text}");
        assert!(
            text.contains("\n  25 times, block by table_denied: `0\\n`\n"),
            "{text}"
        );
        assert!(text.ends_with("\n  and 5 more"), "{text}");
    }
}
