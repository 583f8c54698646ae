//! `PlanRequest`: makes a plan when it is awaited.

use pgbeam_api::{BoxFuture, Error};

use super::{
    Plan,
    decide::{self, Deletion},
    read, warnings,
};
use crate::policies::{Policies, apply::Report, document::PolicySet};

impl Policies {
    /// Makes a plan that changes the policy profiles and query templates of the project to those of the set.
    ///
    /// Sends only reads: the lists of policy profiles, query templates and agent credentials, the project, and
    /// each resource that the plan changes or deletes. See the [module](super) for the rules and for an example.
    ///
    /// # Errors
    ///
    /// - Kind [`Invalid`](crate::ErrorKind::Invalid) if a profile or a template of the set is invalid. Nothing is
    ///   sent.
    /// - Kind [`Decode`](crate::ErrorKind::Decode) if two profiles of the project have the same name. The message
    ///   contains both identifiers. Rename or delete one of them.
    /// - The errors of the reads. 404 if a resource is deleted while the plan is made: make the plan again.
    pub fn plan(&self, set: &PolicySet) -> PlanRequest {
        PlanRequest {
            policies: self.clone(),
            set: set.clone(),
            deletion: Deletion::None,
        }
    }

    /// Makes a plan that undoes an apply: it restores the values from before the apply, and deletes the resources that
    /// the apply created.
    ///
    /// Like every plan, it compares the desired values with the current state. So it also undoes changes that others
    /// have made to the same resources since the apply: its diff shows them. A deleted profile or template that the plan
    /// creates again gets a new identifier.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan).
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
        }
    }
}

/// A request that makes a [`Plan`] when it is awaited. Created by [`Policies::plan`] and [`Policies::rollback`].
#[derive(Clone, Debug)]
#[must_use = "a plan is made when the request is awaited"]
pub struct PlanRequest {
    policies: Policies,
    set: PolicySet,
    deletion: Deletion,
}

impl PlanRequest {
    /// Deletes the policy profiles and query templates of the project that the set lacks. Default: they are kept.
    pub fn prune(mut self) -> Self {
        self.deletion = Deletion::All;
        self
    }

    async fn run(self) -> Result<Plan, Error> {
        let project = &self.policies.scope;
        // An invalid set is reported before anything is sent.
        decide::decide(&decide::Remote::default(), &self.set, &Deletion::None)?;
        let remote = read::remote(project).await?;
        let steps = decide::decide(&remote, &self.set, &self.deletion)?;
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
