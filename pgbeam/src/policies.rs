//! Policy profiles, and what tests them.
//!
//! The handles and types are generated from the contract; here is what it cannot say.
//!
//! # Edit or update?
//!
//! The API's update is a PUT: what it omits goes back to its default. An update with only a name
//! removes every mask, filter and limit. To change some fields, use [`Policies::edit`], which puts all
//! others back as they were.

use pgbeam_api::builder::{DryEvalPolicy, RecommendAgentPolicy, ReplayPolicy};

pub use crate::generated::policies::*;
use crate::request::{Change, Edit, Request};
pub use pgbeam_api::types::MaskingRule as Mask;

/// The policy to try: a stored profile by its identifier, or a draft.
///
/// Anything that is one of them converts into it: `"pol_xxx"` as well as a [`PolicyProfileInput`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PolicySubject {
    /// The profile with this identifier.
    Stored(String),
    /// Rules that are not stored.
    Draft(Box<PolicyProfileInput>),
}

macro_rules! stored {
    ($($type:ty),+) => {
        $(impl From<$type> for PolicySubject {
            fn from(id: $type) -> Self {
                Self::Stored(id.to_string())
            }
        })+
    };
}

stored!(&str, String, &String, PolicyId, &PolicyId);

impl From<PolicyProfileInput> for PolicySubject {
    fn from(policy: PolicyProfileInput) -> Self {
        Self::Draft(Box::new(policy))
    }
}

impl From<&PolicyProfileInput> for PolicySubject {
    fn from(policy: &PolicyProfileInput) -> Self {
        policy.clone().into()
    }
}

impl Policies {
    /// Judges one statement by a policy without executing it (`dryEvalPolicy`).
    ///
    /// The policy is a stored profile (`"pol_xxx"`) or a draft ([`PolicyProfileInput`]); the statement
    /// has 1 to 100,000 characters. Nothing changes, so it is safe to retry. Budgets, approvals and
    /// where writes go are not judged; `notes` mentions them.
    ///
    /// # Errors
    ///
    /// 404 if the stored profile does not exist.
    ///
    /// ```
    /// # use pgbeam::policies::PolicyProfileInput;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let read_only = PolicyProfileInput::new("draft");
    /// let result = policies.dry_eval(read_only, "DELETE FROM orders").await?;
    /// assert!(result.is_blocked());
    /// # Ok(())
    /// # }
    /// ```
    pub fn dry_eval(
        &self,
        policy: impl Into<PolicySubject>,
        sql: impl Into<String>,
    ) -> Request<DryEvalPolicy> {
        let input = DryEvalInput::new(sql);
        let input = match policy.into() {
            PolicySubject::Stored(id) => input.policy_id(id),
            PolicySubject::Draft(policy) => input.policy(*policy),
        };
        let project = &self.scope;
        let builder = DryEvalPolicy::new(project.client().api());
        Request::new(
            project.client(),
            builder.project_id(project.id()).body(input),
        )
    }

    /// Judges recorded traffic by a policy (`replayPolicy`): what a change of policy would block or
    /// allow, before it is made.
    ///
    /// The policy is a stored profile (`"pol_xxx"`) or a draft ([`PolicyProfileInput`]). Nothing
    /// changes, so it is safe to retry.
    ///
    /// # Errors
    ///
    /// 404 if the stored profile does not exist.
    pub fn replay(&self, policy: impl Into<PolicySubject>) -> Request<ReplayPolicy> {
        let input = PolicyReplayInput::new();
        let input = match policy.into() {
            PolicySubject::Stored(id) => input.policy_id(id),
            PolicySubject::Draft(policy) => input.policy(*policy),
        };
        let project = &self.scope;
        let builder = ReplayPolicy::new(project.client().api());
        Request::new(
            project.client(),
            builder.project_id(project.id()).body(input),
        )
    }
}

/// Setters of a request that hand on to its body.
macro_rules! body_setters {
    ($builder:ty { $($(#[$doc:meta])* $method:ident = $field:ident: $value:ty;)+ }) => {
        impl Request<$builder> {
            $($(#[$doc])*
            pub fn $method(self, value: $value) -> Self {
                self.with(|builder| builder.body_map(|body| body.$field(value)))
            })+
        }
    };
}

body_setters!(ReplayPolicy {
    /// Takes only the traffic of this agent credential. Excludes `bound_policy`.
    credential = credential_id: impl Into<String>;
    /// Takes only the traffic of the credentials that refer to this policy profile. Excludes
    /// `credential`.
    bound_policy = bound_policy_id: impl Into<String>;
    /// Takes traffic from this time on. Default: 7 days before the end.
    start = start_ts: impl pgbeam_api::IntoTimestamp;
    /// Takes traffic before this time. Default: now.
    end = end_ts: impl pgbeam_api::IntoTimestamp;
    /// Sets how many distinct statements are judged at most: 1 to 500. Default: 200.
    limit = limit: impl TryInto<i64, Error: std::fmt::Display>;
});

body_setters!(RecommendAgentPolicy {
    /// Looks back this many days: 1 to 365. Default: 30.
    lookback_days = lookback_days: impl TryInto<i64, Error: std::fmt::Display>;
    /// Sets how many distinct statements are used at most: 1 to 500. Default: 200.
    limit = limit: impl TryInto<i64, Error: std::fmt::Display>;
});

/// What an edit of a policy profile can add to its lists.
impl Edit<PolicyProfile> {
    /// Adds a masked column to those that are stored.
    pub fn mask(self, mask: Mask) -> Self {
        self.change("masking_rules", Change::Append, |input| input.mask(mask))
    }

    /// Adds a condition that limits the visible rows to those that are stored.
    pub fn row_filter(self, filter: RowFilter) -> Self {
        self.change("row_filters", Change::Append, |input| {
            input.row_filter(filter)
        })
    }

    /// Adds a table to the denylist that is stored.
    pub fn deny_table(self, table: impl Into<String>) -> Self {
        self.change("table_denylist", Change::Append, |input| {
            input.deny_table(table)
        })
    }

    /// Sets `allow` of the statement rules, and keeps the stored `deny`.
    pub fn allow_statements(self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.change("statement_rules", Change::Merge, |input| {
            input.allow_statements(kinds)
        })
    }

    /// Sets `deny` of the statement rules, and keeps the stored `allow`.
    pub fn deny_statements(self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.change("statement_rules", Change::Merge, |input| {
            input.deny_statements(kinds)
        })
    }
}
