//! Policy profiles and query templates.
//!
//! The handles and most types are generated from the API contract. This module adds evaluation
//! ([`Policies::dry_eval`], [`Policies::dry_eval_many`], [`Policies::replay`]), the search by name
//! ([`Policies::find_by_name`]) and edits that change only a part of a field, such as `deny_table`.
//!
//! With the feature `policy-files`, the submodules read policies from files, lint, compare and test the
//! policies, and apply them to a project.
//!
//! # Edit or update
//!
//! [`Policies::update`] is a PUT: omitted fields are reset to their defaults, so an update with only a name
//! removes all masks, filters and limits. To change some fields and keep all others, use
//! [`Policies::edit`].

#[cfg(feature = "engine")]
pub mod access;
#[cfg(feature = "policy-files")]
pub mod apply;
#[cfg(feature = "policy-files")]
pub mod check;
#[cfg(feature = "policy-files")]
mod concurrent;
#[cfg(feature = "policy-files")]
pub mod diff;
#[cfg(feature = "policy-files")]
pub mod document;
mod dry_eval_many;
#[cfg(feature = "policy-files")]
pub mod finding;
#[cfg(feature = "policy-files")]
pub mod lint;
mod lookup;
#[cfg(feature = "policy-files")]
mod normalized;
#[cfg(feature = "policy-files")]
pub mod plan;
#[cfg(feature = "policy-files")]
pub mod preview;
#[cfg(feature = "policy-files")]
mod schema;
#[cfg(feature = "policy-files")]
mod tables;

use pgbeam_api::builder::{DryEvalPolicy, RecommendAgentPolicy, ReplayPolicy};

pub use self::dry_eval_many::DryEvalMany;
pub use crate::generated::policies::*;
use crate::request::{Change, Edit, Request};
#[cfg(feature = "policy-files")]
pub use normalized::{NormalizedProfile, NormalizedTemplate};
pub use pgbeam_api::types::MaskingRule as Mask;

/// The policy to evaluate: a stored profile or a draft.
///
/// An identifier (`"pol_xxx"` or a [`PolicyId`]) converts into `Stored`, and a [`PolicyProfileInput`] into
/// `Draft`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PolicySource {
    /// The stored profile with this identifier.
    Stored(String),
    /// A draft that is sent with the request and not stored.
    Draft(Box<PolicyProfileInput>),
}

macro_rules! from_identifier {
    ($($type:ty),+) => {
        $(impl From<$type> for PolicySource {
            fn from(id: $type) -> Self {
                Self::Stored(id.to_string())
            }
        })+
    };
}

from_identifier!(&str, String, &String, PolicyId, &PolicyId);

impl From<PolicyProfileInput> for PolicySource {
    fn from(policy: PolicyProfileInput) -> Self {
        Self::Draft(Box::new(policy))
    }
}

impl From<&PolicyProfileInput> for PolicySource {
    fn from(policy: &PolicyProfileInput) -> Self {
        policy.clone().into()
    }
}

impl Policies {
    /// Evaluates one SQL statement against a policy without executing it (`dryEvalPolicy`).
    ///
    /// `policy` is the identifier of a stored profile (`"pol_xxx"`) or a draft ([`PolicyProfileInput`]). The
    /// statement must have 1 to 100,000 characters. The call changes nothing and is safe to retry. Query
    /// budgets, approvals and the write mode are not evaluated, but the `notes` of the result mention them.
    ///
    /// # Errors
    ///
    /// 404 ([`Error::is_not_found`](crate::Error::is_not_found)) if the stored profile does not exist. Kind
    /// [`Invalid`](crate::ErrorKind::Invalid) if the draft, the identifier or the length of the statement is
    /// invalid. Nothing is sent.
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
        policy: impl Into<PolicySource>,
        sql: impl Into<String>,
    ) -> Request<DryEvalPolicy> {
        let input = DryEvalInput::new(sql);
        let input = match policy.into() {
            PolicySource::Stored(id) => input.policy_id(id),
            PolicySource::Draft(policy) => input.policy(*policy),
        };
        let project = &self.scope;
        let builder = DryEvalPolicy::new(project.client().api());
        Request::new(
            project.client(),
            builder.project_id(project.id()).body(input),
        )
    }

    /// Evaluates recorded statements against a policy (`replayPolicy`), to find which statements a policy
    /// change would block or allow.
    ///
    /// `policy` is the identifier of a stored profile (`"pol_xxx"`) or a draft ([`PolicyProfileInput`]). By
    /// default the call evaluates at most 200 distinct statements of the last 7 days. Setters of the request
    /// change the time range and the limit, or select the statements of some agent credentials. Recorded
    /// statements that differ only in literal values are evaluated as one statement. The call changes nothing
    /// and is safe to retry.
    ///
    /// # Errors
    ///
    /// 404 ([`Error::is_not_found`](crate::Error::is_not_found)) if the stored profile does not exist. Kind
    /// [`Invalid`](crate::ErrorKind::Invalid) if the draft or an option is invalid. Nothing is sent.
    ///
    /// ```no_run
    /// # async fn run(policies: pgbeam::policies::Policies) -> Result<(), pgbeam::Error> {
    /// let replay = policies.replay("pol_xxx").limit(100).await?;
    /// for item in replay.newly_blocked() {
    ///     println!("{} times: {}", item.occurrences, item.sql);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn replay(&self, policy: impl Into<PolicySource>) -> Request<ReplayPolicy> {
        let input = PolicyReplayInput::new();
        let input = match policy.into() {
            PolicySource::Stored(id) => input.policy_id(id),
            PolicySource::Draft(policy) => input.policy(*policy),
        };
        let project = &self.scope;
        let builder = ReplayPolicy::new(project.client().api());
        Request::new(
            project.client(),
            builder.project_id(project.id()).body(input),
        )
    }
}

/// Defines methods on `Request<$builder>` that each set one field of the request body. In
/// `method = field: Type`, `method` is the name of the method and `field` the name of the field.
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
    /// Evaluates only the statements of this agent credential. Cannot be combined with `bound_policy`.
    credential = credential_id: impl Into<String>;
    /// Evaluates only the statements of agent credentials that refer to this policy profile. Cannot be
    /// combined with `credential`.
    bound_policy = bound_policy_id: impl Into<String>;
    /// Evaluates only statements that were recorded at this time or later. Default: 7 days before the time of
    /// `end`.
    start = start_ts: impl pgbeam_api::IntoTimestamp;
    /// Evaluates only statements that were recorded before this time. Default: the time of the request.
    end = end_ts: impl pgbeam_api::IntoTimestamp;
    /// Sets the maximum number of distinct statements to evaluate: 1 to 500. Default: 200. If more statements
    /// were recorded, the older ones are not evaluated.
    limit = limit: impl TryInto<i64, Error: std::fmt::Display>;
});

body_setters!(RecommendAgentPolicy {
    /// Sets the number of days to look back: 1 to 365. Default: 30.
    lookback_days = lookback_days: impl TryInto<i64, Error: std::fmt::Display>;
    /// Sets the maximum number of distinct statements to use: 1 to 500. Default: 200.
    limit = limit: impl TryInto<i64, Error: std::fmt::Display>;
});

/// Methods that change only a part of a field and keep the rest of its stored value. Three methods append an
/// item to a list. Two methods set `allow` or `deny` of `statement_rules`.
///
/// If the same edit has already set or cleared the field, the method changes the new value instead of the
/// stored value.
impl Edit<PolicyProfile> {
    /// Appends a masking rule to the stored `masking_rules`, unless they already contain an equal rule.
    ///
    /// If the same edit has already set or cleared `masking_rules`, the rule is appended to the new list, even
    /// if the new list has an equal rule.
    pub fn mask(self, mask: Mask) -> Self {
        self.change("masking_rules", Change::Append, |input| input.mask(mask))
    }

    /// Appends a row filter to the stored `row_filters`, unless they already contain an equal filter.
    ///
    /// If the same edit has already set or cleared `row_filters`, the filter is appended to the new list, even
    /// if the new list has an equal filter.
    pub fn row_filter(self, filter: RowFilter) -> Self {
        self.change("row_filters", Change::Append, |input| {
            input.row_filter(filter)
        })
    }

    /// Appends a table to the stored `table_denylist`, unless the list already contains an equal entry.
    ///
    /// If the same edit has already set or cleared `table_denylist`, the table is appended to the new list,
    /// even if the new list has an equal entry.
    pub fn deny_table(self, table: impl Into<String>) -> Self {
        self.change("table_denylist", Change::Append, |input| {
            input.deny_table(table)
        })
    }

    /// Sets `statement_rules.allow` and keeps the stored `statement_rules.deny`.
    ///
    /// Only statements of these kinds, such as `select`, are allowed. An empty list allows every kind that
    /// the access mode allows. See [`StatementRules`](pgbeam_api::types::StatementRules) for all kinds.
    pub fn allow_statements(self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.change("statement_rules", Change::Merge, |input| {
            input.allow_statements(kinds)
        })
    }

    /// Sets `statement_rules.deny` and keeps the stored `statement_rules.allow`.
    ///
    /// Statements of these kinds, such as `ddl`, are blocked, even if `allow` lists them. See
    /// [`StatementRules`](pgbeam_api::types::StatementRules) for all kinds.
    pub fn deny_statements(self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.change("statement_rules", Change::Merge, |input| {
            input.deny_statements(kinds)
        })
    }
}
