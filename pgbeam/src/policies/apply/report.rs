//! `Report`: the results of the steps of an apply.

use std::{collections::BTreeSet, fmt::Write as _};

use pgbeam_api::Error;
use serde_json::Value;

use crate::policies::{
    diff::escape,
    document::PolicySet,
    plan::{
        Action, Step,
        render::{step_json, title},
        resource::Desired,
    },
};

/// The result of one step of a plan.
#[derive(Debug)]
#[non_exhaustive]
pub enum Status {
    /// The change was made.
    Done,
    /// The change was not made, because another step had failed before. Make a new plan and apply the new plan.
    NotDone,
    /// The change failed. If [`Error::maybe_applied`] returns `true`, the change may have been made despite the error.
    /// Make a new plan to see which changes are missing.
    Failed(Error),
}

impl Status {
    /// Returns the name of the status: `done`, `not_done` or `failed`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not_done",
            Self::Failed(_) => "failed",
        }
    }
}

/// A step of a plan and its result.
#[derive(Debug)]
pub struct Outcome {
    pub(crate) step: Step,
    pub(crate) status: Status,
}

impl Outcome {
    /// Returns the step. If the step created a resource, [`Step::id`] returns the identifier of the resource.
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Returns the result of the step.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Returns the error of a failed step; `None` if the step did not fail.
    pub fn error(&self) -> Option<&Error> {
        match &self.status {
            Status::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Returns `true` if the change was made.
    pub fn is_done(&self) -> bool {
        matches!(self.status, Status::Done)
    }
}

/// The results of the steps of an apply. Created by [`Policies::apply`](crate::policies::Policies::apply).
#[derive(Debug)]
#[must_use = "some changes may have failed: check `is_complete`"]
pub struct Report {
    pub(crate) outcomes: Vec<Outcome>,
}

impl Report {
    /// Returns the steps of the plan with their results, without unchanged resources. The steps are in the
    /// [order](crate::policies::plan#order) in which they are applied.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Returns `true` if all changes were made.
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_done)
    }

    /// Returns the failed steps with their errors.
    pub fn failures(&self) -> impl Iterator<Item = (&Step, &Error)> {
        let failures = self.outcomes.iter();
        failures.filter_map(|outcome| Some((&outcome.step, outcome.error()?)))
    }

    /// Returns the report as plain text: one line for each step, with the status and, if the step failed, the error.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for outcome in &self.outcomes {
            let title = title(&outcome.step, &|name| format!("{name:?}"));
            let status = match outcome.status {
                Status::Done => "done",
                Status::NotDone => "not done",
                Status::Failed(_) => "failed",
            };
            let _ = write!(text, "{status:<8} {title}");
            if let Some(error) = outcome.error() {
                let _ = write!(text, ": {}", escape(&error.to_string()));
            }
            text.push('\n');
        }
        text
    }

    /// Returns the steps as JSON, with the fields of [`Plan::to_json`](crate::policies::plan::Plan::to_json) and two
    /// more: `status` (`done`, `not_done` or `failed`) and `error` (the error message of a failed step; empty for other
    /// steps).
    pub fn to_json(&self) -> Value {
        let outcome = |outcome: &Outcome| {
            let mut json = step_json(&outcome.step);
            json["status"] = outcome.status.as_str().into();
            let error = outcome.error().map(ToString::to_string);
            json["error"] = error.unwrap_or_default().into();
            json
        };
        self.outcomes.iter().map(outcome).collect()
    }

    /// Returns the state before the apply, for a rollback: the old versions of the resources that were updated or
    /// deleted, and the identifiers of the resources that were created. Includes changes that may have been made
    /// despite an error.
    pub(crate) fn before(&self) -> (PolicySet, BTreeSet<String>) {
        let mut set = PolicySet::new();
        let mut created = BTreeSet::new();
        let may_be_done = |outcome: &&Outcome| match &outcome.status {
            Status::Done => true,
            Status::NotDone => false,
            Status::Failed(error) => error.maybe_applied(),
        };
        for outcome in self.outcomes.iter().filter(may_be_done) {
            let step = &outcome.step;
            if step.action == Action::Create {
                created.extend(step.id.clone());
                continue;
            }
            let stored = step.pin.as_ref().and_then(|pin| {
                let json = serde_json::to_string(&pin.stored).ok()?;
                serde_json::from_str(&json).ok()
            });
            let Some(json) = stored else { continue };
            set = match Desired::from_json(step.kind, json) {
                Desired::Profile(profile) => set.profile(profile),
                Desired::Template(template) => set.query_template(template),
            };
        }
        (set, created)
    }
}
