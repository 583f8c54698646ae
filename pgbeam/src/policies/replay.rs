//! Replay: what a policy would have done with recorded traffic.

use pgbeam_api::{Error, FieldError, Response, operations, runtime::check_id, types};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Evaluation, PolicySubject};
use crate::{
    CallOptions, Project, Timestamp,
    body::{self, Members},
    original::{self, Kept, Original, written_as_it_came},
    request::{self, awaitable},
};

pub use pgbeam_api::types::{ReplayChange, TrafficScope};

/// Judges recorded traffic by a policy; from [`Policies::replay`](super::Policies::replay).
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct ReplayPolicy {
    project: Project,
    subject: PolicySubject,
    credential: Option<String>,
    bound_policy: Option<String>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    limit: Option<i64>,
    options: CallOptions,
}

impl ReplayPolicy {
    pub(super) fn new(project: Project, subject: PolicySubject) -> Self {
        Self {
            project,
            subject,
            credential: None,
            bound_policy: None,
            start: None,
            end: None,
            limit: None,
            options: CallOptions::new(),
        }
    }

    /// Takes only the traffic of this agent credential. Excludes
    /// [`bound_policy`](Self::bound_policy).
    pub fn credential(mut self, id: impl AsRef<str>) -> Self {
        self.credential = Some(id.as_ref().to_owned());
        self
    }

    /// Takes only the traffic of the credentials that refer to this policy profile. Excludes
    /// [`credential`](Self::credential).
    pub fn bound_policy(mut self, id: impl AsRef<str>) -> Self {
        self.bound_policy = Some(id.as_ref().to_owned());
        self
    }

    /// Takes traffic from this time on. Default: 7 days before the end.
    pub fn start(mut self, time: impl Into<Timestamp>) -> Self {
        self.start = Some(time.into());
        self
    }

    /// Takes traffic before this time. Default: now.
    pub fn end(mut self, time: impl Into<Timestamp>) -> Self {
        self.end = Some(time.into());
        self
    }

    /// Sets how many distinct statements are judged at the most: 1 to 500. Default: 200.
    pub fn limit(mut self, statements: i64) -> Self {
        self.limit = Some(statements);
        self
    }

    call_options!(options);

    fn body(&self) -> (Members, Vec<FieldError>) {
        let mut body = Members::new();
        let mut faults = self.subject.put(&mut body);
        let texts = [
            ("credential_id", &self.credential),
            ("bound_policy_id", &self.bound_policy),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                // An empty one might be taken for an absent one, and judge other traffic.
                let fault = check_id(name, value).err();
                faults.extend(fault.map(|fault| FieldError::new(fault.field(), fault.reason())));
                body.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        for (name, value) in [("start_ts", &self.start), ("end_ts", &self.end)] {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        if let Some(limit) = self.limit {
            body.insert("limit".to_owned(), Value::from(limit));
        }
        if self.credential.is_some() && self.bound_policy.is_some() {
            let detail = "excludes `credential_id`: give one of the two";
            faults.push(FieldError::new("bound_policy_id", detail));
        }
        faults.extend(body::check::<types::PolicyReplayInput>(&body));
        (body, faults)
    }

    async fn run(self) -> Result<Response<Replay>, Error> {
        let (body, faults) = self.body();
        let call = request::call(&self.project, &operations::REPLAY_POLICY, self.options);
        let call = call.invalid(faults).json(&body);
        Ok(original::read::<Wire>(call.send().await?)?.map(Into::into))
    }
}

awaitable!(ReplayPolicy => Response<Replay>);

/// The answer, with each result as it came.
#[derive(Deserialize)]
pub(super) struct Wire {
    summary: types::PolicyReplaySummary,
    items: Vec<WireItem>,
}

#[derive(Deserialize)]
struct WireItem {
    query_hash: String,
    sql: String,
    statement_kind: Option<String>,
    occurrences: i64,
    first_seen: Timestamp,
    last_seen: Timestamp,
    recorded_event: String,
    recorded_rule: Option<String>,
    change: ReplayChange,
    result: Kept<types::DryEvalResult>,
}

/// What a policy would have done with recorded traffic. Serialized, it is the JSON that the API
/// sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    summary: ReplaySummary,
    items: Vec<ReplayItem>,
    original: Original,
}

written_as_it_came!(Replay);

impl From<Kept<Wire>> for Replay {
    fn from(
        Kept {
            value: of,
            original,
        }: Kept<Wire>,
    ) -> Self {
        Self {
            summary: ReplaySummary { of: of.summary },
            items: of.items.into_iter().map(Into::into).collect(),
            original,
        }
    }
}

impl Replay {
    /// The counts.
    pub fn summary(&self) -> &ReplaySummary {
        &self.summary
    }

    /// One entry a distinct statement.
    pub fn items(&self) -> &[ReplayItem] {
        &self.items
    }

    /// The statements that ran when they were recorded and that the policy would refuse.
    pub fn newly_blocked(&self) -> impl Iterator<Item = &ReplayItem> {
        self.items
            .iter()
            .filter(|item| item.change == ReplayChange::NewlyBlocked)
    }
}

/// The counts of a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplaySummary {
    of: types::PolicyReplaySummary,
}

impl ReplaySummary {
    /// Whose traffic was taken.
    pub fn traffic_scope(&self) -> &TrafficScope {
        &self.of.traffic_scope
    }

    /// How many credentials the traffic was taken from, where it was taken by credential. 0 means
    /// that nothing was governed: no evidence of safety.
    pub fn bound_credentials(&self) -> Option<i64> {
        self.of.bound_credentials
    }

    /// Recorded entries that were read.
    pub fn entries_scanned(&self) -> i64 {
        self.of.entries_scanned
    }

    /// Distinct statements among them.
    pub fn distinct_queries(&self) -> i64 {
        self.of.distinct_queries
    }

    /// Distinct statements that were judged.
    pub fn evaluated(&self) -> i64 {
        self.of.evaluated
    }

    /// Statements that would be admitted as they are.
    pub fn would_allow(&self) -> i64 {
        self.of.would_allow
    }

    /// Statements that would be refused.
    pub fn would_block(&self) -> i64 {
        self.of.would_block
    }

    /// Statements whose results would be masked.
    pub fn would_mask(&self) -> i64 {
        self.of.would_mask
    }

    /// Statements whose rows would be filtered.
    pub fn would_row_filter(&self) -> i64 {
        self.of.would_row_filter
    }

    /// Statements that ran when they were recorded and would be refused.
    pub fn newly_blocked(&self) -> i64 {
        self.of.newly_blocked
    }

    /// Statements that were refused when they were recorded and would run.
    pub fn newly_allowed(&self) -> i64 {
        self.of.newly_allowed
    }

    /// Statements that could not be judged because they could not be parsed.
    pub fn skipped_unparseable(&self) -> i64 {
        self.of.skipped_unparseable
    }

    /// Whether there was more traffic than the limit let through, so that the counts are of a part.
    pub fn truncated(&self) -> bool {
        self.of.truncated
    }
}

/// A distinct statement of recorded traffic, and what the policy would do with it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReplayItem {
    /// What the statement's occurrences have in common.
    pub query_hash: String,
    /// The statement.
    pub sql: String,
    /// Its kind, such as `select`, where it could be told.
    pub statement_kind: Option<String>,
    /// How often it occurs.
    pub occurrences: i64,
    /// When it was first recorded.
    pub first_seen: Timestamp,
    /// When it was last recorded.
    pub last_seen: Timestamp,
    /// What was done with it then.
    pub recorded_event: String,
    /// The rule that decided then.
    pub recorded_rule: Option<String>,
    /// How the policy's verdict differs from what was recorded.
    pub change: ReplayChange,
    /// The policy's verdict.
    pub result: Evaluation,
}

impl From<WireItem> for ReplayItem {
    fn from(of: WireItem) -> Self {
        Self {
            query_hash: of.query_hash,
            sql: of.sql,
            statement_kind: of.statement_kind,
            occurrences: of.occurrences,
            first_seen: of.first_seen,
            last_seen: of.last_seen,
            recorded_event: of.recorded_event,
            recorded_rule: of.recorded_rule,
            change: of.change,
            result: of.result.into(),
        }
    }
}
