//! Previews: the effect of a policy change on recorded statements, as evidence that the change is safe.
//!
//! [`Policies::preview`](super::Policies::preview) replays recorded statements of agents against a candidate, for
//! example the new version of a policy profile. The [`Preview`] contains the statements that would be newly blocked or
//! newly allowed. The gates of a preview are methods that check a requirement, such as
//! [`require_no_newly_blocked`](Preview::require_no_newly_blocked). If the requirement is not met, a gate returns a
//! [`GateError`] with the statements that violate the requirement.
//!
//! # Evidence
//!
//! "Nothing is newly blocked" means little if nothing was replayed. A preview is [evidence](Preview::is_evidence) only
//! if it has no [gap](Gap). A preview has a gap, for example, if no statement was replayed, if a recorded statement of
//! the time range was left out, or if no credential refers to the policy profile of
//! [`bound_policy`](PreviewRequest::bound_policy). Every gate fails for a preview that is no evidence.
//!
//! # From traffic to a policy
//!
//! 1. [`recommend`](super::Policies::recommend) proposes the narrowest policy that allows an agent's recorded
//!    statements.
//! 2. `preview` shows how this policy affects the statements of all credentials that refer to the current profile.
//! 3. [`plan`](super::Policies::plan) shows the change and which credentials it reaches.
//! 4. [`apply`](super::Policies::apply) makes the change. The change applies to live sessions immediately.
//! 5. [`rollback`](super::Policies::rollback) makes a plan that restores the values from before the change.
//!
//! ```
//! use pgbeam::policies::{PolicyProfileInput, document::PolicySet};
//! # use pgbeam_emulator::Traffic;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = pgbeam_emulator::Emulator::start().await?;
//! # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
//! # let policies = client.project("prj_xxx")?.policies();
//! # let stored = policies.create(PolicyProfileInput::new("Support")).await?;
//! # let project = emulator.project("prj_xxx");
//! # project.agent("cred_xxx").credential("cred_xxx").bind_to(&stored.id)
//! #     .record_traffic(Traffic::allowed("SELECT id FROM orders").times(40));
//! # let policy_id = stored.id.as_str();
//! let recommendation = policies.recommend("cred_xxx").await?.into_inner();
//! let candidate = recommendation.candidate.ok_or("the history is too short")?.name("Support");
//!
//! let preview = policies.preview(&candidate).bound_policy(policy_id).await?;
//! println!("{}", preview.to_text());
//! preview.require_no_newly_blocked()?.require_no_newly_allowed()?;
//!
//! let plan = policies.plan(&PolicySet::new().profile(&candidate)).await?;
//! println!("{}", plan.to_text());
//! let report = policies.apply(plan).await?;
//!
//! // If the change was a mistake:
//! let rollback = policies.rollback(&report).await?;
//! policies.apply(rollback).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The candidate can also come from a policy file: see [`Policies::preview`](super::Policies::preview).

mod evidence;
mod gate;
mod render;
mod request;

pub use evidence::Gap;
pub use gate::GateError;
pub use request::PreviewRequest;

use super::{PolicyReplayItem, PolicyReplayResult, PolicyReplaySummary, ReplayChange};

/// The effect of a candidate, for example the new version of a policy profile, on recorded statements.
///
/// Created by [`Policies::preview`](super::Policies::preview), or from the result of a
/// [replay](super::Policies::replay). Recorded statements that differ only in literal values are one statement of the
/// preview. The statements are sorted by the number of occurrences, the most frequent first.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    summary: PolicyReplaySummary,
    items: Vec<PolicyReplayItem>,
}

impl Preview {
    /// Creates a preview from the result of a replay.
    pub fn new(replay: PolicyReplayResult) -> Self {
        let PolicyReplayResult {
            summary, mut items, ..
        } = replay;
        items.sort_by_key(|item| std::cmp::Reverse(item.occurrences));
        Self { summary, items }
    }

    /// Returns the totals, as the API counts them.
    pub fn summary(&self) -> &PolicyReplaySummary {
        &self.summary
    }

    /// Returns all evaluated statements.
    pub fn statements(&self) -> &[PolicyReplayItem] {
        &self.items
    }

    /// Returns the statements that were allowed when they were recorded, and that the candidate blocks.
    pub fn newly_blocked(&self) -> impl Iterator<Item = &PolicyReplayItem> {
        self.with(ReplayChange::NewlyBlocked)
    }

    /// Returns the statements that were blocked when they were recorded, and that the candidate allows.
    pub fn newly_allowed(&self) -> impl Iterator<Item = &PolicyReplayItem> {
        self.with(ReplayChange::NewlyAllowed)
    }

    /// Returns first the statements that the candidate still allows, then the statements that it still blocks. Masks
    /// and row filters can differ from the recorded decision.
    pub fn unchanged(&self) -> impl Iterator<Item = &PolicyReplayItem> {
        let still_allowed = self.with(ReplayChange::StillAllowed);
        still_allowed.chain(self.with(ReplayChange::StillBlocked))
    }

    /// Returns the number of agent credentials that refer to the policy profile of
    /// [`bound_policy`](PreviewRequest::bound_policy). `None` if `bound_policy` was not set.
    pub fn bound_credentials(&self) -> Option<i64> {
        self.summary.bound_credentials
    }

    /// Returns the share of the allowed traffic that the candidate blocks, from 0 to 1. This is the number of
    /// occurrences of newly blocked statements, divided by the number of occurrences of all statements that were
    /// allowed when they were recorded. Returns 0 if no statement was allowed.
    pub fn newly_blocked_share(&self) -> f64 {
        let blocked = occurrences(self.newly_blocked());
        let allowed = occurrences(self.with(ReplayChange::StillAllowed));
        match blocked + allowed {
            0 => 0.0,
            total => blocked as f64 / total as f64,
        }
    }

    fn with(&self, change: ReplayChange) -> impl Iterator<Item = &PolicyReplayItem> {
        self.items.iter().filter(move |item| item.change == change)
    }
}

impl From<PolicyReplayResult> for Preview {
    fn from(replay: PolicyReplayResult) -> Self {
        Self::new(replay)
    }
}

/// Returns the sum of the occurrences of these statements.
fn occurrences<'a>(items: impl Iterator<Item = &'a PolicyReplayItem>) -> i128 {
    items.map(|item| i128::from(item.occurrences.max(0))).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns an item of a replay as JSON. The first value of `blocked` is whether the statement was blocked, the
    /// second whether the candidate blocks it.
    pub(super) fn item(sql: &str, occurrences: i64, blocked: (bool, bool)) -> Value {
        let change = match blocked {
            (false, true) => "newly_blocked",
            (true, false) => "newly_allowed",
            (false, false) => "still_allowed",
            (true, true) => "still_blocked",
        };
        let (verdict, rule) = match blocked.1 {
            true => ("block", "table_denied"),
            false => ("allow", "ok"),
        };
        json!({
            "query_hash": sql, "sql": sql, "occurrences": occurrences,
            "first_seen": "2026-01-08T07:00:00Z", "last_seen": "2026-01-09T07:00:00Z",
            "recorded_event": "query", "change": change,
            "result": {"verdict": verdict, "rule": rule, "reason": "why"},
        })
    }

    /// Returns the result of a replay with these items. Its summary matches the items, except for the fields in
    /// `summary`.
    pub(super) fn replay(items: &[Value], summary: Value) -> PolicyReplayResult {
        let count = |field: &str, value: &str| {
            let has_value = |item: &&Value| item.pointer(field) == Some(&value.into());
            items.iter().filter(has_value).count()
        };
        let occurrences = items.iter().filter_map(|item| item["occurrences"].as_i64());
        let mut all = json!({
            "traffic_scope": "bound_credentials", "bound_credentials": 2,
            "entries_scanned": occurrences.fold(0, i64::saturating_add),
            "distinct_queries": items.len(), "evaluated": items.len(),
            "would_allow": count("/result/verdict", "allow"),
            "would_block": count("/result/verdict", "block"),
            "would_mask": 0, "would_row_filter": 0,
            "newly_blocked": count("/change", "newly_blocked"),
            "newly_allowed": count("/change", "newly_allowed"),
            "skipped_unparseable": 0, "truncated": false,
        });
        for (field, value) in summary.as_object().unwrap() {
            all[field] = value.clone();
        }
        serde_json::from_value(json!({"summary": all, "items": items})).unwrap()
    }

    pub(super) fn preview(items: &[Value], summary: Value) -> Preview {
        Preview::new(replay(items, summary))
    }

    #[test]
    fn statements_are_grouped_by_change_and_sorted_by_occurrences() {
        let items = [
            item("a", 1, (false, false)),
            item("b", 5, (false, true)),
            item("c", 9, (true, false)),
            item("d", 7, (true, true)),
            item("e", 8, (false, true)),
        ];
        let preview = preview(&items, json!({}));
        let sql = |items: Vec<&PolicyReplayItem>| -> Vec<String> {
            items.iter().map(|item| item.sql.clone()).collect()
        };
        assert_eq!(sql(preview.newly_blocked().collect()), ["e", "b"]);
        assert_eq!(sql(preview.newly_allowed().collect()), ["c"]);
        assert_eq!(sql(preview.unchanged().collect()), ["a", "d"]);
        assert_eq!(
            sql(preview.statements().iter().collect()),
            ["c", "e", "d", "b", "a"]
        );
        assert_eq!(preview.bound_credentials(), Some(2));
    }

    #[test]
    fn the_newly_blocked_share_ignores_traffic_that_was_blocked() {
        // (items, share)
        let cases = [
            (vec![], 0.0),
            (
                vec![item("a", 5, (true, true)), item("b", 5, (true, false))],
                0.0,
            ),
            (vec![item("a", 5, (false, true))], 1.0),
            (
                vec![
                    item("a", 1, (false, true)),
                    item("b", 3, (false, false)),
                    item("c", 96, (true, true)),
                ],
                0.25,
            ),
            (
                vec![
                    item("a", i64::MAX, (false, true)),
                    item("b", i64::MAX, (false, false)),
                ],
                0.5,
            ),
        ];
        for (items, share) in cases {
            assert_eq!(
                preview(&items, json!({})).newly_blocked_share(),
                share,
                "{items:?}"
            );
        }
    }
}
