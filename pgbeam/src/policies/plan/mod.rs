//! Plans: the changes after which a project has the policy profiles and query templates of a policy set.
//!
//! [`Policies::plan`](super::Policies::plan) makes a plan and sends only reads. Review the plan, then apply it with
//! [`Policies::apply`](super::Policies::apply). A plan can be saved as JSON and applied later ([`Plan::save`]).
//!
//! ```
//! use pgbeam::policies::{PolicyProfileInput, document::PolicySet, plan::Plan};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = pgbeam_emulator::Emulator::start().await?;
//! # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
//! # let policies = client.project("prj_xxx")?.policies();
//! let set = PolicySet::new()
//!     .profile(PolicyProfileInput::new("Support").max_rows(500))
//!     .profile(PolicyProfileInput::new("Reports").table_denylist(["secrets"]));
//!
//! let plan = policies.plan(&set).await?;
//! println!("{}", plan.to_text());
//! if plan.effect().may_loosen() {
//!     println!("needs a review");
//! }
//! let saved = plan.save();
//!
//! // Later, in another process.
//! let report = policies.apply(Plan::load(&saved)?).await?;
//! assert!(report.is_complete());
//!
//! // A second run changes nothing.
//! assert!(policies.plan(&set).await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # What a plan changes
//!
//! Profiles and templates are matched by name. Each profile and template of the set is created, updated or unchanged.
//! Profiles and templates that only the project has are kept. With [`prune`](PlanRequest::prune), they are deleted. If
//! a profile is renamed in the set, the plan creates a profile with the new name. It deletes the old profile only with
//! `prune`.
//!
//! An update sets the fields that differ. A field that the set omits is set to its default. The exceptions are
//! `query_mode` and fields that this version of the crate does not know: if the set omits them, they keep their stored
//! value (see [`Step::kept`]).
//!
//! # Effects
//!
//! | change | effect |
//! | --- | --- |
//! | create a policy profile | neutral: no agent uses it yet |
//! | update a policy profile | the greatest effect of its changed fields, by the [rules of diff](super::diff#rules) |
//! | delete a policy profile | unknown if an agent credential that is not revoked refers to the profile, or if the profile is the project's default; neutral in all other cases |
//! | create, enable or change a query template | loosening |
//! | disable or delete a query template | tightening |
//!
//! # Order
//!
//! Steps are applied in groups, one group after the other:
//!
//! 1. query templates that are created, enabled or changed;
//! 2. policy profiles that are tightened;
//! 3. policy profiles that are created, or whose change is neutral;
//! 4. policy profiles that are loosened, or whose change has an unknown effect;
//! 5. deletions of policy profiles;
//! 6. query templates that are disabled or deleted.
//!
//! In each group, all creations are applied first, concurrently. Then the updates and deletions of the group are
//! applied, concurrently.

mod compare;
pub(crate) mod decide;
mod drift;
mod export;
pub(crate) mod read;
pub(crate) mod render;
mod request;
pub(crate) mod resource;
mod saved;
pub(crate) mod step;
mod template;
mod unknown;
mod warnings;

pub use compare::compare;
pub use drift::{Drift, DriftRequest};
pub use render::Summary;
pub use request::PlanRequest;
pub use resource::ResourceKind;
pub use step::{Action, ReachedCredential, Step};

use super::diff::Effect;

/// The changes after which a project has the policy profiles and query templates of a policy set.
///
/// Created by [`Policies::plan`](super::Policies::plan) and [`Policies::rollback`](super::Policies::rollback). See the
/// [module](self) for an example.
#[derive(Clone, Debug)]
#[must_use = "a plan changes nothing until it is applied"]
pub struct Plan {
    pub(crate) project: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) steps: Vec<Step>,
    /// `true` if the plan was loaded from JSON. `apply` first checks a loaded plan for resources that have changed.
    pub(crate) is_saved: bool,
}

impl Plan {
    /// Returns the identifier of the project.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Returns all steps, in the [order](self#order) of their groups. The unchanged resources of the set come last.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the steps that change something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        let changes = |step: &&Step| step.action != Action::Unchanged;
        self.steps.iter().filter(changes)
    }

    /// Returns the warnings: effects that the steps do not show, such as a deletion that will fail because an agent
    /// credential refers to the profile.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns `true` if the plan changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// Returns the greatest effect of all changes; [`Effect::Neutral`] if there are none.
    pub fn effect(&self) -> Effect {
        let effects = self.changes().map(Step::effect);
        effects.max().unwrap_or(Effect::Neutral)
    }
}
