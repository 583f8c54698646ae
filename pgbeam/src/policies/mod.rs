//! Policy profiles: what the agents whose credentials refer to them may do to a database.
//!
//! [`Policies`], from [`Project::policies`](crate::Project::policies), has one method an operation:
//!
//! | to | call | operation |
//! | --- | --- | --- |
//! | store new rules | [`create`](Policies::create) | `createPolicyProfile` |
//! | read them | [`get`](Policies::get) | `getPolicyProfile` |
//! | read all | [`list`](Policies::list) | `listPolicyProfiles` |
//! | change some fields | [`edit`](Policies::edit) | `getPolicyProfile`, `updatePolicyProfile` |
//! | replace all of them | [`update`](Policies::update) | `updatePolicyProfile` |
//! | remove a profile | [`delete`](Policies::delete) | `deletePolicyProfile` |
//! | see which statement kinds it admits | [`statement_kinds`](Policies::statement_kinds) | `getPolicyStatementKinds` |
//! | try rules on a statement | [`dry_eval`](Policies::dry_eval) | `dryEvalPolicy` |
//! | try rules on recorded traffic | [`replay`](Policies::replay) | `replayPolicy` |
//! | get rules that fit an agent | [`recommend`](Policies::recommend) | `recommendAgentPolicy` |
//!
//! # Edit or update?
//!
//! The API's update is a PUT: what it leaves out goes back to its default. An update with only a
//! name removes every mask, filter and limit. To change some fields, use
//! [`edit`](Policies::edit), which puts all others back as they were.

mod dry_eval;
mod edit;
pub(crate) mod fields;
mod input;
mod profile;
mod recommend;
mod replay;
mod rules;
mod statement_kinds;
mod subject;

pub use pgbeam_api::{
    ids::{AgentId, PolicyId},
    types::{AccessMode, ApprovalMode, ContentScanMode, MigrationSafety, QueryMode, WriteMode},
};

pub use dry_eval::{DryEval, Evaluation, MaskedColumn, Verdict};
pub use input::PolicyProfileInput;
pub use profile::PolicyProfile;
pub use recommend::{RecommendPolicy, Recommendation};
pub use replay::{Replay, ReplayChange, ReplayItem, ReplayPolicy, ReplaySummary, TrafficScope};
pub use rules::{Mask, MaskKind, RowFilter, StatementRules};
pub use statement_kinds::{GetStatementKinds, StatementKind, StatementKinds};
pub use subject::PolicySubject;

use crate::{
    Project,
    request::{Create, Delete, Edit, Get, List, Update},
};

/// The policy profiles of a project. Cheap to clone.
///
/// Every method gives a request that is sent when it is awaited. An identifier that cannot be one
/// (empty, `.`, `..`, with a slash) is reported then, and nothing is sent.
#[derive(Clone, Debug)]
pub struct Policies {
    project: Project,
}

impl Policies {
    pub(crate) fn new(project: Project) -> Self {
        Self { project }
    }

    /// Creates a policy profile (`createPolicyProfile`).
    ///
    /// It governs no session until an agent credential refers to it. An `Idempotency-Key` is sent
    /// with it, so that a retry of what succeeded does not create it again.
    ///
    /// # Errors
    ///
    /// 400 for templates-only rules in a project without an enabled query template; 409 for the
    /// same while a self-hosted enrollment is live; 403 with
    /// [`is_plan_limit`](crate::Error::is_plan_limit) when the plan allows no more profiles.
    ///
    /// ```
    /// # use pgbeam::policies::{Mask, PolicyProfileInput};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// let policies = client.project("prj_xxx")?.policies();
    /// let input = PolicyProfileInput::new("Support").mask(Mask::redact("public.users", "email"));
    /// let profile = policies.create(input).await?;
    /// assert_eq!(profile.masking_rules().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&self, input: PolicyProfileInput) -> Create<PolicyProfile> {
        Create::new(self.project.clone(), input)
    }

    /// Reads a policy profile (`getPolicyProfile`).
    ///
    /// Its answer has the `ETag` ([`Response::etag`](crate::Response::etag)) that a later
    /// [`update`](Self::update) can name.
    ///
    /// # Errors
    ///
    /// 404 when the project has no profile of this identifier.
    pub fn get(&self, id: impl AsRef<str>) -> Get<PolicyProfile> {
        Get::new(self.project.clone(), id.as_ref())
    }

    /// Replaces a policy profile (`updatePolicyProfile`).
    ///
    /// **What the input does not set goes back to its default**; only `query_mode` keeps its stored
    /// value. To change some fields and keep the others, use [`edit`](Self::edit). Live agent
    /// sessions follow the new rules at once.
    ///
    /// # Errors
    ///
    /// 404 when there is no such profile; 412 when [`if_match`](Update::if_match) named
    /// another version; 400 and 409 as for [`create`](Self::create).
    ///
    /// ```no_run
    /// # async fn run(policies: pgbeam::policies::Policies) -> Result<(), pgbeam::Error> {
    /// use pgbeam::policies::PolicyProfileInput;
    ///
    /// let profile = policies.get("pol_xxx").await?;
    /// let etag = profile.require_etag()?.to_owned();
    /// let input = PolicyProfileInput::new("Read-only analytics").max_rows(500);
    /// policies.update("pol_xxx", input).if_match(etag).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, id: impl AsRef<str>, input: PolicyProfileInput) -> Update<PolicyProfile> {
        Update::new(self.project.clone(), id.as_ref(), input)
    }

    /// Changes some fields of a policy profile and leaves the others exactly as they are
    /// (`getPolicyProfile`, then `updatePolicyProfile` with `If-Match`).
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) and [`update`](Self::update). A 412 is met by reading again and making
    /// the same change to the new version; it is given to the caller only when that did not help
    /// ten times.
    ///
    /// ```
    /// # use pgbeam::policies::{Mask, PolicyProfileInput};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let input = PolicyProfileInput::new("Support").mask(Mask::redact("public.users", "email"));
    /// let profile = policies.create(input.max_rows(10)).await?;
    /// let edited = policies.edit(profile.id()).max_rows(500).clear_row_filters().await?;
    /// assert_eq!((edited.max_rows(), edited.masking_rules().len()), (500, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn edit(&self, id: impl AsRef<str>) -> Edit<PolicyProfile> {
        Edit::new(self.project.clone(), id.as_ref())
    }

    /// Deletes a policy profile (`deletePolicyProfile`).
    ///
    /// # Errors
    ///
    /// 409 while an agent credential refers to it: see to those credentials first.
    /// 404 when there is no such profile. A retry that finds the profile gone, after an attempt
    /// whose answer was lost, has succeeded.
    pub fn delete(&self, id: impl AsRef<str>) -> Delete<PolicyProfile> {
        Delete::new(self.project.clone(), id.as_ref())
    }

    /// Lists the policy profiles of the project (`listPolicyProfiles`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let all = policies.list().page_size(100).items().try_collect().await?;
    /// assert!(all.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<PolicyProfile> {
        List::new(self.project.clone())
    }

    /// Says which kinds of statement a profile admits (`getPolicyStatementKinds`), judged without
    /// its tables, masks and budgets.
    ///
    /// # Errors
    ///
    /// 404 when there is no such profile.
    pub fn statement_kinds(&self, id: impl AsRef<str>) -> GetStatementKinds {
        GetStatementKinds::new(self.project.clone(), id.as_ref())
    }

    /// Says what a policy would do with a statement of 1 to 100,000 characters (`dryEvalPolicy`).
    /// Nothing runs and nothing changes.
    ///
    /// The policy is a stored profile (`"pol_xxx"`) or a draft ([`PolicyProfileInput`]).
    ///
    /// # Errors
    ///
    /// 404 when the stored profile does not exist.
    ///
    /// ```
    /// # use pgbeam::policies::PolicyProfileInput;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let read_only = PolicyProfileInput::new("draft");
    /// let verdict = policies.dry_eval(read_only, "DELETE FROM orders").await?;
    /// assert!(verdict.is_blocked());
    /// # Ok(())
    /// # }
    /// ```
    pub fn dry_eval(&self, policy: impl Into<PolicySubject>, sql: impl Into<String>) -> DryEval {
        DryEval::new(self.project.clone(), policy.into(), sql.into())
    }

    /// Says what a policy would have done with recorded traffic (`replayPolicy`). Nothing runs and
    /// nothing changes.
    ///
    /// The policy is a stored profile (`"pol_xxx"`) or a draft ([`PolicyProfileInput`]).
    ///
    /// # Errors
    ///
    /// 404 when the stored profile does not exist.
    pub fn replay(&self, policy: impl Into<PolicySubject>) -> ReplayPolicy {
        ReplayPolicy::new(self.project.clone(), policy.into())
    }

    /// Recommends rules that fit what an agent has done (`recommendAgentPolicy`). It changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// 404 when the project has no such agent.
    ///
    /// ```no_run
    /// # async fn run(policies: pgbeam::policies::Policies) -> Result<(), pgbeam::Error> {
    /// let recommendation = policies.recommend("cred_xxx").lookback_days(14).await?;
    /// match recommendation.candidate() {
    ///     Some(candidate) if recommendation.blocks_nothing_recorded() => {
    ///         println!("to be reviewed: {}", serde_json::to_string_pretty(candidate).unwrap());
    ///     }
    ///     _ => println!("{}", recommendation.message().unwrap_or("nothing to recommend")),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn recommend(&self, agent_id: impl AsRef<str>) -> RecommendPolicy {
        RecommendPolicy::new(self.project.clone(), agent_id.as_ref())
    }
}
