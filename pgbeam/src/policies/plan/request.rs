//! `PlanRequest`: makes a plan when it is awaited.

use pgbeam_api::{BoxFuture, Error, ErrorKind};

use super::{
    Plan,
    decide::{self, Deletion},
    read, warnings,
};
use crate::policies::{Policies, apply::Report, document::PolicySet};

impl Policies {
    /// Makes a plan after which the project has the policy profiles and query templates of the set.
    ///
    /// Sends only reads: of the lists of policy profiles, query templates and agent credentials, of the project, and of
    /// each resource that the plan updates or deletes. See the [module](super) for the rules and for an example.
    ///
    /// # Errors
    ///
    /// - Kind [`Invalid`](crate::ErrorKind::Invalid) if a profile or a template of the set is invalid. Nothing is
    ///   sent.
    /// - Kind [`Decode`](crate::ErrorKind::Decode) if two profiles or two templates of the project have the same name.
    ///   The message contains both identifiers. Rename or delete one of the two.
    /// - The errors of the reads. If a resource is deleted while the plan is made, the error is a 404: make the plan
    ///   again.
    pub fn plan(&self, set: &PolicySet) -> PlanRequest {
        PlanRequest {
            policies: self.clone(),
            set: set.clone(),
            deletion: Deletion::None,
            prunes: false,
        }
    }

    /// Makes a plan that undoes an apply: it restores the values from before the apply, and deletes the resources that
    /// the apply created.
    ///
    /// The plan also undoes changes that other clients have made to the same resources since the apply. The diffs of
    /// its steps show these changes. A deleted profile or template is created again with a new identifier.
    ///
    /// A failed step is undone only if it may have been applied ([`Error::maybe_applied`]). A failed creation is undone
    /// only if its [`Step`](super::Step) also has an identifier.
    ///
    /// # Errors
    ///
    /// The errors of [`plan`](Self::plan). If [`prune`](PlanRequest::prune) was called, kind
    /// [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// ```
    /// # use pgbeam::policies::{PolicyProfileInput, document::PolicySet};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// # let set = PolicySet::new().profile(PolicyProfileInput::new("Support"));
    /// let plan = policies.plan(&set).await?;
    /// let report = policies.apply(plan).await?;
    ///
    /// let rollback = policies.rollback(&report).await?;
    /// policies.apply(rollback).await?;
    /// # assert!(policies.find_by_name("Support").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn rollback(&self, report: &Report) -> PlanRequest {
        let (set, created) = report.before();
        PlanRequest {
            policies: self.clone(),
            set,
            deletion: Deletion::Only(created),
            prunes: false,
        }
    }
}

const PRUNED_ROLLBACK: &str = "a rollback cannot prune: it would delete every policy profile and query template that \
                               the apply did not change; call `rollback` without `prune`";

/// A request that makes a [`Plan`] when it is awaited. Created by [`Policies::plan`] and [`Policies::rollback`].
#[derive(Clone, Debug)]
#[must_use = "a plan is made when the request is awaited"]
pub struct PlanRequest {
    policies: Policies,
    set: PolicySet,
    deletion: Deletion,
    /// `true` after [`prune`](Self::prune).
    prunes: bool,
}

impl PlanRequest {
    /// Makes a plan that also deletes the policy profiles and query templates of the project that the set lacks. By
    /// default, the plan keeps them.
    ///
    /// Do not call this method for a [`rollback`](Policies::rollback). A rollback restores only the resources that the
    /// apply changed, so `prune` would delete all other policy profiles and query templates of the project. For this
    /// reason, the request fails with kind [`Invalid`](crate::ErrorKind::Invalid), and nothing is sent.
    pub fn prune(mut self) -> Self {
        self.prunes = true;
        self
    }

    async fn run(self) -> Result<Plan, Error> {
        let project = &self.policies.scope;
        let deletion = match (self.prunes, self.deletion) {
            (true, Deletion::Only(_)) => {
                return Err(Error::new(ErrorKind::Invalid, PRUNED_ROLLBACK));
            }
            (true, _) => Deletion::All,
            (false, deletion) => deletion,
        };
        // Returns the errors of an invalid set before anything is sent.
        decide::decide(&decide::Remote::default(), &self.set, &Deletion::None)?;
        let remote = read::remote(project).await?;
        let steps = decide::decide(&remote, &self.set, &deletion)?;
        let mut steps = read::pin(project, steps).await?;
        decide::sort(&mut steps);
        Ok(Plan {
            project: project.id().to_string(),
            warnings: warnings::warnings(&remote, &steps),
            steps,
            is_saved: false,
        })
    }
}

impl IntoFuture for PlanRequest {
    type Output = Result<Plan, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
