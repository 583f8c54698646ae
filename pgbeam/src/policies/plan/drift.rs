//! `Drift`: the changes that somebody made in a project after a policy set was applied.

use pgbeam_api::{BoxFuture, Error};
use serde_json::Value;

use super::{
    decide::{self, Deletion},
    read, render,
    render::Summary,
    resource::{Desired, ResourceKind},
    step::{Action, Step},
};
use crate::policies::{
    Policies,
    diff::{Diff, Effect, FieldChange},
    document::PolicySet,
};

impl Policies {
    /// Compares the project with the set and returns the differences, as changes that somebody made in the project.
    ///
    /// Sends only reads: the lists of policy profiles, query templates and agent credentials, and the project.
    ///
    /// # Errors
    ///
    /// - Kind [`Invalid`](crate::ErrorKind::Invalid) if a profile or a template of the set is invalid. Nothing is
    ///   sent.
    /// - Kind [`Decode`](crate::ErrorKind::Decode) if two profiles or two templates of the project have the same name.
    ///   The message contains both identifiers. Rename or delete one of the two.
    /// - The errors of the reads.
    ///
    /// ```
    /// # use pgbeam::policies::{PolicyProfileInput, document::PolicySet, diff::Effect};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let profile = PolicyProfileInput::new("Support").max_rows(500);
    /// let id = policies.ensure(profile.clone()).await?.id().unwrap().to_owned();
    /// // Somebody removes the limit.
    /// policies.edit(&id).max_rows(0).await?;
    ///
    /// let drift = policies.drift(&PolicySet::new().profile(profile)).await?;
    /// assert_eq!(drift.effect(), Effect::Loosening);
    /// println!("{}", drift.to_text());
    /// # Ok(())
    /// # }
    /// ```
    pub fn drift(&self, set: &PolicySet) -> DriftRequest {
        DriftRequest {
            policies: self.clone(),
            set: set.clone(),
            deletion: Deletion::None,
        }
    }
}

/// A request that reads a project and returns its [`Drift`] when it is awaited. Created by [`Policies::drift`].
#[derive(Clone, Debug)]
#[must_use = "the project is read when the request is awaited"]
pub struct DriftRequest {
    policies: Policies,
    set: PolicySet,
    deletion: Deletion,
}

impl DriftRequest {
    /// Also reports the policy profiles and query templates of the project that the set lacks. By default, they are not
    /// reported. A plan with [`prune`](super::PlanRequest::prune) would delete them.
    pub fn prune(mut self) -> Self {
        self.deletion = Deletion::All;
        self
    }

    async fn run(self) -> Result<Drift, Error> {
        decide::decide(&decide::Remote::default(), &self.set, &Deletion::None)?;
        let remote = read::remote(&self.policies.scope).await?;
        let steps = decide::decide(&remote, &self.set, &self.deletion)?;
        let reversed = steps.into_iter().filter_map(|step| reverse(&remote, step));
        let mut changes: Vec<_> = reversed.collect();
        changes.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(Drift { changes })
    }
}

impl IntoFuture for DriftRequest {
    type Output = Result<Drift, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Returns the change that the step of a plan would undo. If the step deletes a resource, the change is its creation.
/// If the step creates a resource, the change is its deletion. Returns `None` for an unchanged resource.
fn reverse(remote: &decide::Remote, mut step: Step) -> Option<Step> {
    let (kind, desired) = (step.kind, step.desired.take());
    let stored = match kind {
        ResourceKind::PolicyProfile => &remote.profiles,
        ResourceKind::QueryTemplate => &remote.templates,
    };
    let stored = stored
        .iter()
        .find(|stored| Some(stored.id.as_str()) == step.id());
    let stored = stored.map(|stored| Desired::from_json(kind, stored.json.clone()));
    let (action, effect, diff) = match (step.action, &desired, &stored) {
        (Action::Create, Some(expected), _) => {
            let effect = match kind {
                ResourceKind::PolicyProfile => Effect::Neutral,
                ResourceKind::QueryTemplate => Effect::Tightening,
            };
            (Action::Delete, effect, expected.as_changes(false, effect))
        }
        (Action::Delete, _, Some(actual)) => {
            let effect = match kind {
                ResourceKind::PolicyProfile => Effect::Neutral,
                ResourceKind::QueryTemplate => Effect::Loosening,
            };
            (Action::Create, effect, actual.as_changes(true, effect))
        }
        (Action::Update, Some(expected), Some(actual)) => {
            let diff = reversed_diff(&step.diff, expected, actual);
            (Action::Update, diff.effect(), diff)
        }
        _ => return None,
    };
    Some(Step {
        action,
        effect,
        diff,
        ..step
    })
}

/// Reverses the changes that a plan would make. Each returned change leads from the value in the set to the value in
/// the project. If only the set has the field, the effect is [`Unknown`](Effect::Unknown).
fn reversed_diff(planned: &Diff, expected: &Desired, actual: &Desired) -> Diff {
    let reversed = actual.diff(expected);
    let changes = planned.changes().iter().map(|change| {
        let effect = reversed.get(change.field()).map(FieldChange::effect);
        FieldChange {
            field: change.field().to_owned(),
            from: change.to().clone(),
            to: change.from().clone(),
            effect: effect.unwrap_or(Effect::Unknown),
        }
    });
    Diff {
        changes: changes.collect(),
    }
}

/// The differences between a set and a project, as changes that somebody made in the project. Created by
/// [`Policies::drift`].
///
/// The action of a change is [`Create`](Action::Create) if only the project has the resource, and
/// [`Delete`](Action::Delete) if only the set has the resource. Fields change from their value in the set to their
/// value in the project. [`Step::effect`] is the effect of the change that somebody made.
#[derive(Clone, Debug)]
pub struct Drift {
    changes: Vec<Step>,
}

impl Drift {
    /// Returns the changes: first the policy profiles, then the query templates, each sorted by name.
    pub fn changes(&self) -> &[Step] {
        &self.changes
    }

    /// Returns `true` if there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the greatest effect of all changes; [`Effect::Neutral`] if there are none.
    pub fn effect(&self) -> Effect {
        let effects = self.changes.iter().map(Step::effect);
        effects.max().unwrap_or(Effect::Neutral)
    }

    /// Returns the number of changes by action.
    pub fn summary(&self) -> Summary {
        Summary::new(&self.changes)
    }

    /// Returns the changes as plain text. Empty if there are none.
    pub fn to_text(&self) -> String {
        render::steps_text(&self.changes, false)
    }

    /// Returns [`to_text`](Self::to_text) with ANSI colors. Use it only if the output is a terminal
    /// ([`IsTerminal`](std::io::IsTerminal)).
    pub fn to_colored_text(&self) -> String {
        render::steps_text(&self.changes, true)
    }

    /// Returns the changes as Markdown. Empty if there are none.
    pub fn to_markdown(&self) -> String {
        render::steps_markdown(&self.changes)
    }

    /// Returns the changes as JSON, with the same fields as [`Plan::to_json`](super::Plan::to_json).
    pub fn to_json(&self) -> Value {
        render::steps_json(self.changes.iter())
    }
}
