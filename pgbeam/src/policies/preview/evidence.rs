//! `Gap`: a reason why a preview is no evidence that a policy change is safe.

use std::fmt;

use super::Preview;
use crate::policies::{PolicyReplayItem, ReplayChange, TrafficScope, Verdict};

/// A reason why a preview is no evidence that a policy change is safe.
///
/// `Display` prints the reason and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gap {
    /// No agent credential refers to the policy profile of [`bound_policy`](super::PreviewRequest::bound_policy), so no
    /// recorded statement shows the effect of a change of the profile.
    NoCredentials,
    /// No statement was evaluated.
    NoTraffic,
    /// There were more distinct statements than the [`limit`](super::PreviewRequest::limit), so older statements were
    /// not evaluated.
    Truncated,
    /// Some statements were not evaluated, because only a part of their SQL was recorded. The value is the number of
    /// these statements.
    Unparseable(i64),
    /// The response of the API has a value that this version of the crate does not know, or its summary contradicts its
    /// statements. The value describes the problem.
    Inconsistent(String),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredentials => f.write_str(
                "no agent credential refers to the policy: preview the policy that the agents use",
            ),
            Self::NoTraffic => {
                f.write_str("no recorded statement was evaluated: choose a longer time range")
            }
            Self::Truncated => f.write_str(
                "older statements were not evaluated: raise the limit, at most 500, or choose a shorter time range",
            ),
            Self::Unparseable(1) => f.write_str(
                "1 statement was recorded in part and not evaluated: check it by hand",
            ),
            Self::Unparseable(count) => write!(
                f,
                "{count} statements were recorded in part and not evaluated: check them by hand"
            ),
            Self::Inconsistent(reason) => {
                write!(f, "{reason}: update this crate, or report it to PgBeam")
            }
        }
    }
}

impl Preview {
    /// Returns `true` if the preview has no [gaps](Self::gaps). All selected statements of the time range were then
    /// evaluated, and there was at least one.
    ///
    /// A preview cannot show the effect on statements that agents did not send in the time range. Choose a time range
    /// in which the agents did all kinds of their work.
    pub fn is_evidence(&self) -> bool {
        self.gaps().is_empty()
    }

    /// Returns the reasons why the preview is no evidence that a policy change is safe; empty if the preview is
    /// evidence.
    pub fn gaps(&self) -> Vec<Gap> {
        let summary = &self.summary;
        let mut gaps = Vec::new();
        if summary.bound_credentials.is_some_and(|count| count <= 0) {
            gaps.push(Gap::NoCredentials);
        }
        if self.items.is_empty() || summary.evaluated <= 0 || summary.entries_scanned <= 0 {
            gaps.push(Gap::NoTraffic);
        }
        if summary.truncated {
            gaps.push(Gap::Truncated);
        }
        if summary.skipped_unparseable > 0 {
            gaps.push(Gap::Unparseable(summary.skipped_unparseable));
        }
        if let Some(reason) = self.contradiction() {
            gaps.push(Gap::Inconsistent(reason));
        }
        gaps
    }

    /// Returns the text of [`Gap::Inconsistent`] if the response has an unknown value or contradicts itself.
    fn contradiction(&self) -> Option<String> {
        let summary = &self.summary;
        match &summary.traffic_scope {
            TrafficScope::Project => {}
            TrafficScope::BoundCredentials if summary.bound_credentials.is_some() => {}
            TrafficScope::BoundCredentials => {
                return Some("the number of credentials is missing".into());
            }
            scope => return Some(format!("the traffic scope `{scope}` is unknown")),
        }
        let unknown = self.items.iter().find(|item| !is_consistent(item));
        if let Some(item) = unknown {
            let (change, verdict) = (&item.change, &item.result.verdict);
            return Some(format!(
                "a statement has the change `{change}` and the verdict `{verdict}`"
            ));
        }
        let counts = [
            ("evaluated", summary.evaluated, self.items.len()),
            (
                "newly blocked",
                summary.newly_blocked,
                self.newly_blocked().count(),
            ),
            (
                "newly allowed",
                summary.newly_allowed,
                self.newly_allowed().count(),
            ),
        ];
        let differs =
            |(_, expected, actual): &(&str, i64, usize)| i64::try_from(*actual) != Ok(*expected);
        let (noun, expected, actual) = counts.into_iter().find(differs)?;
        Some(format!(
            "the summary counts {expected} {noun} statements, but the response has {actual}"
        ))
    }
}

/// Returns `true` if the change and the verdict of a statement are known and do not contradict each other.
fn is_consistent(item: &PolicyReplayItem) -> bool {
    let is_blocked = match item.result.verdict {
        Verdict::Block => true,
        Verdict::Allow | Verdict::Mask | Verdict::RowFilter => false,
        _ => return false,
    };
    match item.change {
        ReplayChange::NewlyBlocked | ReplayChange::StillBlocked => is_blocked,
        ReplayChange::NewlyAllowed | ReplayChange::StillAllowed => !is_blocked,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{item, preview};
    use super::*;

    #[test]
    fn a_preview_with_gaps_is_no_evidence() {
        let allowed = || item("a", 3, (false, false));
        let with = |pointer: &str, value: &str| {
            let mut item = allowed();
            *item.pointer_mut(pointer).unwrap() = value.into();
            item
        };
        let inconsistent = |reason: &str| Gap::Inconsistent(reason.to_owned());
        // (items, summary, gaps)
        let cases: Vec<(Vec<Value>, Value, Vec<Gap>)> = vec![
            (vec![allowed()], json!({}), vec![]),
            (vec![item("a", 1, (false, true))], json!({}), vec![]),
            (
                vec![allowed()],
                json!({"traffic_scope": "project", "bound_credentials": null}),
                vec![],
            ),
            (
                vec![allowed()],
                json!({"bound_credentials": 0}),
                vec![Gap::NoCredentials],
            ),
            (vec![], json!({}), vec![Gap::NoTraffic]),
            (
                vec![],
                json!({"bound_credentials": 0}),
                vec![Gap::NoCredentials, Gap::NoTraffic],
            ),
            (
                vec![allowed()],
                json!({"entries_scanned": 0}),
                vec![Gap::NoTraffic],
            ),
            (
                vec![allowed()],
                json!({"truncated": true}),
                vec![Gap::Truncated],
            ),
            (
                vec![allowed()],
                json!({"skipped_unparseable": 2}),
                vec![Gap::Unparseable(2)],
            ),
            (
                vec![allowed()],
                json!({"truncated": true, "skipped_unparseable": 1}),
                vec![Gap::Truncated, Gap::Unparseable(1)],
            ),
            (
                vec![allowed()],
                json!({"bound_credentials": null}),
                vec![inconsistent("the number of credentials is missing")],
            ),
            (
                vec![allowed()],
                json!({"traffic_scope": "galaxy"}),
                vec![inconsistent("the traffic scope `galaxy` is unknown")],
            ),
            (
                vec![allowed()],
                json!({"newly_blocked": 1}),
                vec![inconsistent(
                    "the summary counts 1 newly blocked statements, but the response has 0",
                )],
            ),
            (
                vec![allowed()],
                json!({"evaluated": 2}),
                vec![inconsistent(
                    "the summary counts 2 evaluated statements, but the response has 1",
                )],
            ),
            (
                vec![with("/change", "newly_delayed")],
                json!({}),
                vec![inconsistent(
                    "a statement has the change `newly_delayed` and the verdict `allow`",
                )],
            ),
            (
                vec![with("/result/verdict", "block")],
                json!({}),
                vec![inconsistent(
                    "a statement has the change `still_allowed` and the verdict `block`",
                )],
            ),
        ];
        for (items, summary, gaps) in cases {
            let preview = preview(&items, summary.clone());
            assert_eq!(preview.gaps(), gaps, "{items:?} {summary}");
            assert_eq!(preview.is_evidence(), gaps.is_empty());
        }
    }
}
