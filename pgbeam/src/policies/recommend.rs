//! Recommendation: the rules that an agent's own traffic suggests.

use pgbeam_api::{Error, Response, operations, types};
use serde::Deserialize;
use serde_json::Value;

use super::{PolicyProfileInput, Replay, replay};
use crate::{
    CallOptions, Project, Timestamp,
    body::{self, Members},
    original::{self, Kept, Original, written_as_it_came},
    request::{self, awaitable},
};

/// Asks for rules that fit what an agent does; from
/// [`Policies::recommend`](super::Policies::recommend).
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct RecommendPolicy {
    project: Project,
    agent: String,
    members: Members,
    options: CallOptions,
}

impl RecommendPolicy {
    pub(super) fn new(project: Project, agent: &str) -> Self {
        let agent = agent.to_owned();
        Self {
            project,
            agent,
            members: Members::new(),
            options: CallOptions::new(),
        }
    }

    /// Looks back this many days: 1 to 365. Default: 30.
    pub fn lookback_days(mut self, days: i64) -> Self {
        self.members
            .insert("lookback_days".to_owned(), Value::from(days));
        self
    }

    /// Sets how many distinct statements are looked at, at the most: 1 to 500. Default: 200.
    pub fn limit(mut self, statements: i64) -> Self {
        self.members
            .insert("limit".to_owned(), Value::from(statements));
        self
    }

    call_options!(options);

    async fn run(self) -> Result<Response<Recommendation>, Error> {
        let operation = &operations::RECOMMEND_AGENT_POLICY;
        let call = request::call(&self.project, operation, self.options);
        let call = call.path("agent_id", self.agent);
        // The body is optional, so nothing is sent where nothing is set.
        let call = if self.members.is_empty() {
            call
        } else {
            let faults = body::check::<types::PolicyRecommendationInput>(&self.members);
            call.invalid(faults).json(&self.members)
        };
        Ok(original::read::<Wire>(call.send().await?)?.map(Into::into))
    }
}

awaitable!(RecommendPolicy => Response<Recommendation>);

/// The answer, with the candidate as it came: a newer API may recommend a protection that this
/// version does not know, and it must not be lost when the candidate is put to use.
#[derive(Deserialize)]
struct Wire {
    candidate: Option<PolicyProfileInput>,
    replay: Option<Kept<replay::Wire>>,
    sufficient_history: bool,
    message: Option<String>,
    observed_queries: i64,
    observed_entries: i64,
    window_start: Timestamp,
    window_end: Timestamp,
    notes: Option<Vec<String>>,
}

/// The rules that an agent's traffic suggests. Asking for them changes nothing. Serialized, it is
/// the JSON that the API sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    candidate: Option<PolicyProfileInput>,
    replay: Option<Replay>,
    sufficient_history: bool,
    message: Option<String>,
    observed_queries: i64,
    observed_entries: i64,
    window: (Timestamp, Timestamp),
    notes: Vec<String>,
    original: Original,
}

written_as_it_came!(Recommendation);

impl From<Kept<Wire>> for Recommendation {
    fn from(
        Kept {
            value: of,
            original,
        }: Kept<Wire>,
    ) -> Self {
        Self {
            candidate: of.candidate,
            replay: of.replay.map(Into::into),
            sufficient_history: of.sufficient_history,
            message: of.message,
            observed_queries: of.observed_queries,
            observed_entries: of.observed_entries,
            window: (of.window_start, of.window_end),
            notes: of.notes.unwrap_or_default(),
            original,
        }
    }
}

impl Recommendation {
    /// Whether there was enough traffic to recommend anything. If not, there is no candidate.
    pub fn sufficient_history(&self) -> bool {
        self.sufficient_history
    }

    /// What there is to say about it, for a person.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The recommended rules, to be reviewed and given to
    /// [`Policies::create`](super::Policies::create).
    pub fn candidate(&self) -> Option<&PolicyProfileInput> {
        self.candidate.as_ref()
    }

    /// What the candidate would have done with the traffic that it was made from.
    pub fn replay(&self) -> Option<&Replay> {
        self.replay.as_ref()
    }

    /// Whether the candidate, tried on what was recorded, would have refused nothing that ran.
    ///
    /// No where there is no candidate, or where nothing was judged, which is no evidence. It speaks
    /// of what was recorded and read alone: see the replay's
    /// [`truncated`](super::ReplaySummary::truncated) and
    /// [`skipped_unparseable`](super::ReplaySummary::skipped_unparseable).
    pub fn blocks_nothing_recorded(&self) -> bool {
        let Some(replay) = self.candidate.as_ref().and(self.replay.as_ref()) else {
            return false;
        };
        let summary = replay.summary();
        let governed = summary.bound_credentials() != Some(0);
        governed && summary.evaluated() > 0 && summary.newly_blocked() == 0
    }

    /// Distinct statements that were looked at.
    pub fn observed_queries(&self) -> i64 {
        self.observed_queries
    }

    /// Recorded entries that were looked at.
    pub fn observed_entries(&self) -> i64 {
        self.observed_entries
    }

    /// The time that was looked at: its start, and its end, which is not part of it.
    pub fn window(&self) -> (Timestamp, Timestamp) {
        self.window
    }

    /// What the candidate does not cover, and other remarks.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
