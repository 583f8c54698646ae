//! Applies plans.
//!
//! [`Policies::apply`] makes the changes of a [`Plan`] and returns a [`Report`] with the result of each step.
//! [`Policies::ensure`] creates or updates a single policy profile without a plan.
//!
//! # Concurrent changes
//!
//! Updates and creations do not overwrite changes of other clients. A deletion can:
//!
//! - An update is a PUT with `If-Match`. It changes only the fields of the diff and sends the other stored fields back
//!   byte for byte. Two kinds of fields are omitted: an unchanged `query_mode`, because the server keeps an omitted
//!   `query_mode`, and the fields that only the server sets. If the resource was changed since the plan was made, the
//!   step fails with 412.
//! - A deletion is a DELETE without `If-Match`. The resource is read immediately before, and the step fails if the
//!   resource was changed. A change between this read and the DELETE is lost.
//! - If several runs create a resource with the same name at the same time, only one resource is created, except in the
//!   two cases below. The first request of each run has the same idempotency key, which is derived from the project,
//!   the kind and the name of the resource. Each run then reads the list to confirm the creation. If the response to
//!   the first request was out of date and the list does not contain the name, the run sends one more request, with a
//!   random key.
//!
//! The API does not require that the names of policy profiles are unique. Two profiles with the same name can therefore
//! be created in two cases:
//!
//! - Two runs get an out-of-date response at the same time, because a profile with the name was created and deleted, or
//!   its creation was rejected, less than 24 hours ago. Both runs then send a request with a random key.
//! - Another client, which does not use the derived key, creates a profile with the name after the plan was made and
//!   before the run has confirmed its own creation.
//!
//! In both cases, the step of at least one run fails with an error that contains both identifiers. After that, every
//! plan fails until one of the two profiles is renamed or deleted.
//!
//! # Failures
//!
//! After a step fails, these steps are not started: updates of policy profiles with a loosening or unknown effect,
//! steps for query templates, and deletions. Creations of policy profiles, and updates of policy profiles with a
//! tightening or neutral effect, still run. The report lists all steps. To make the remaining changes, make a new plan
//! and apply it.

mod body;
mod create;
mod ensure;
mod report;
mod write;

use std::{
    borrow::Borrow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use pgbeam_api::{BoxFuture, Error};

use super::{
    Policies, concurrent,
    plan::{
        Plan,
        step::{Action, Phase, Step},
    },
};
pub use report::{Outcome, Report, Status};

/// The default of the maximum number of concurrent requests.
const CONCURRENCY: usize = 8;

type OnProgress = Arc<dyn Fn(&Progress<'_>) + Send + Sync>;

impl Policies {
    /// Applies a plan: makes its changes in this [order](crate::policies::plan#order).
    ///
    /// A plan that was [loaded](Plan::load) is checked first. The plan is stale if a resource that it updates or
    /// deletes was changed or deleted since the plan was made, or if a resource that it creates already exists. See the
    /// [module](self) for concurrent changes and failures.
    ///
    /// # Errors
    ///
    /// If awaiting the request returns an error, nothing was changed. The errors of failed steps are not returned here,
    /// but in the [`Report`].
    ///
    /// - Kind [`Invalid`](crate::ErrorKind::Invalid) if the plan belongs to another project, or if a loaded plan is
    ///   stale. The message lists the changed, deleted and created resources. Make a new plan.
    /// - The errors of the reads that check a loaded plan.
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
    /// let report = policies
    ///     .apply(plan)
    ///     .concurrency(4)
    ///     .on_progress(|progress| println!("{}/{}", progress.finished(), progress.total()))
    ///     .await?;
    /// for (step, error) in report.failures() {
    ///     println!("{}: {error}", step.name());
    /// }
    /// # assert!(report.is_complete());
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply(&self, plan: impl Borrow<Plan>) -> Apply {
        Apply {
            policies: self.clone(),
            plan: plan.borrow().clone(),
            concurrency: CONCURRENCY,
            on_progress: None,
        }
    }
}

/// A request that applies a plan when it is awaited, and returns a [`Report`]. Created by [`Policies::apply`].
///
/// If the future is dropped, the apply stops: no further request starts, and a request in progress may still take
/// effect. A new plan shows which changes are still missing.
#[derive(Clone)]
#[must_use = "a plan is applied when the request is awaited"]
pub struct Apply {
    policies: Policies,
    plan: Plan,
    concurrency: usize,
    on_progress: Option<OnProgress>,
}

impl Apply {
    /// Sets the maximum number of concurrent requests. Default: 8. 0 means 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Sets a callback that runs once for each step of the plan, when the result of the step is known. The callback
    /// also runs for steps that failed or were not started, but not for unchanged resources.
    pub fn on_progress(mut self, callback: impl Fn(&Progress<'_>) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(callback));
        self
    }

    async fn run(self) -> Result<Report, Error> {
        let project = &self.policies.scope;
        if self.plan.project != project.id().as_str() {
            let detail = format!(
                "belongs to the project {}, not to {}: apply it to its own project, or make a new plan",
                self.plan.project,
                project.id()
            );
            return Err(Error::invalid_field("plan", detail));
        }
        if self.plan.is_saved {
            write::check_pins(project, &self.plan, self.concurrency).await?;
        }
        let steps: Vec<&Step> = self.plan.changes().collect();
        let run = Run {
            apply: &self,
            total: steps.len(),
            finished: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
        };
        let mut outcomes = Vec::new();
        for phase in Phase::ALL {
            let steps: Vec<_> = steps
                .iter()
                .filter(|step| step.phase() == phase)
                .copied()
                .collect();
            outcomes.extend(run.phase(phase, &steps).await);
        }
        Ok(Report { outcomes })
    }
}

impl IntoFuture for Apply {
    type Output = Result<Report, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Apply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apply")
            .field("plan", &self.plan)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// The state that the steps of an apply share.
struct Run<'a> {
    apply: &'a Apply,
    total: usize,
    finished: AtomicUsize,
    has_failed: AtomicBool,
}

impl Run<'_> {
    /// Applies the steps of one phase: first the creations, then the updates and deletions.
    async fn phase(&self, phase: Phase, steps: &[&Step]) -> Vec<Outcome> {
        let project = &self.apply.policies.scope;
        let may_start = || !(phase.stops_after_failure() && self.has_failed.load(Ordering::SeqCst));
        let failed = || self.has_failed.store(true, Ordering::SeqCst);
        let is_created = |step: &&&Step| step.action == Action::Create;
        let created: Vec<_> = steps.iter().filter(is_created).copied().collect();
        let mut outcomes = Vec::new();
        if let Some(first) = created.first() {
            let concurrency = self.apply.concurrency;
            let results = create::create(
                project,
                first.kind,
                &created,
                concurrency,
                &may_start,
                &failed,
            );
            for (step, (id, status)) in created.iter().zip(results.await) {
                let step = Step {
                    id,
                    ..(*step).clone()
                };
                outcomes.push(self.finish(step, status));
            }
        }
        let others = steps.iter().filter(|step| step.action != Action::Create);
        let others = others.map(|step| -> BoxFuture<'_, Outcome> {
            let may_start = &may_start;
            Box::pin(async move {
                let status = match may_start() {
                    false => Status::NotDone,
                    true => match self.write(step).await {
                        Ok(()) => Status::Done,
                        Err(error) => Status::Failed(error),
                    },
                };
                self.finish((*step).clone(), status)
            })
        });
        outcomes.extend(concurrent::run(self.apply.concurrency, others.collect()).await);
        outcomes
    }

    async fn write(&self, step: &Step) -> Result<(), Error> {
        let project = &self.apply.policies.scope;
        match step.action {
            Action::Update => write::update(project, step).await,
            Action::Delete => write::delete(project, step).await,
            Action::Create | Action::Unchanged => Ok(()),
        }
    }

    fn finish(&self, step: Step, status: Status) -> Outcome {
        if matches!(status, Status::Failed(_)) {
            self.has_failed.store(true, Ordering::SeqCst);
        }
        let outcome = Outcome { step, status };
        let finished = self.finished.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(callback) = &self.apply.on_progress {
            callback(&Progress {
                outcome: &outcome,
                finished,
                total: self.total,
            });
        }
        outcome
    }
}

/// The progress of an apply after one step.
#[derive(Debug)]
pub struct Progress<'a> {
    outcome: &'a Outcome,
    finished: usize,
    total: usize,
}

impl Progress<'_> {
    /// Returns the step whose result is now known, with the result.
    pub fn outcome(&self) -> &Outcome {
        self.outcome
    }

    /// Returns the number of steps with a known result, including the step of [`outcome`](Self::outcome). Failed steps
    /// and steps that were not started are included, too.
    pub fn finished(&self) -> usize {
        self.finished
    }

    /// Returns the number of steps of the plan that change something.
    pub fn total(&self) -> usize {
        self.total
    }
}
