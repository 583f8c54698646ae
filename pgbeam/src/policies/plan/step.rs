//! `Step`: the planned change of one policy profile or query template.

use std::fmt;

use serde_json::{Map, Value};

use super::{
    resource::{Desired, ResourceKind},
    template::is_enabled,
};
use crate::{
    policies::{
        diff::{Diff, Effect},
        normalized::NormalizedTemplate,
    },
    request::RawObject,
};

/// The action of a step on its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Creates the resource.
    Create,
    /// Changes fields of the resource.
    Update,
    /// Does nothing, because the resource already has the desired fields.
    Unchanged,
    /// Deletes the resource.
    Delete,
}

impl Action {
    /// Returns the name in lower case, such as `create`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An agent credential whose agents are affected by a change of a policy profile or query template.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachedCredential {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl ReachedCredential {
    /// Returns the identifier of the credential.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name of the credential.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The agent credentials that a change of a resource reaches, and whether the resource is the project's default policy
/// profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dependents {
    pub(crate) credentials: Vec<ReachedCredential>,
    pub(crate) is_project_default: bool,
}

/// The stored version of a resource when a plan was made: its entity tag, and its fields as raw JSON, with the bytes that
/// the server sent. If the resource has another version when the step is applied, the step fails.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) etag: String,
    pub(crate) stored: RawObject,
}

/// One step of a plan: the action on one policy profile or query template, its changed fields and its effect.
#[derive(Clone, Debug)]
pub struct Step {
    pub(crate) kind: ResourceKind,
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) action: Action,
    pub(crate) diff: Diff,
    pub(crate) effect: Effect,
    pub(crate) kept: Vec<(String, Value)>,
    pub(crate) dependents: Dependents,
    pub(crate) pin: Option<Pin>,
    /// `None` if the step deletes the resource.
    pub(crate) desired: Option<Desired>,
}

impl Step {
    /// Returns the kind of the resource.
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// Returns the name of the resource.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the identifier of the resource. `None` if the project does not have the resource, and for all steps of
    /// [`compare`](super::compare()).
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the action on the resource.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Returns the changed fields.
    ///
    /// If the step creates the resource, the diff has the fields that differ from their defaults, as changes from
    /// `null` to the new value. If the step deletes the resource, the diff has these fields as changes to `null`.
    pub fn diff(&self) -> &Diff {
        &self.diff
    }

    /// Returns the effect of the change on the agents. See the [rules](super#effects).
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Returns the entity tag of the stored version that the step updates or deletes. Creations have none, and neither
    /// do the steps of [`compare`](super::compare()) and of a [`Drift`](super::Drift).
    pub fn etag(&self) -> Option<&str> {
        self.pin.as_ref().map(|pin| pin.etag.as_str())
    }

    /// Returns the stored fields that the policy set omits and that an update keeps, with their values. These are
    /// `query_mode`, if its stored value is not the default `sql`, and fields that this version of the crate does not
    /// know.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.kept
            .iter()
            .map(|(field, value)| (field.as_str(), value))
    }

    /// Returns the agent credentials that the change reaches. Revoked credentials are left out.
    ///
    /// For a policy profile, these are the credentials that refer to the profile. For a query template, these are the
    /// credentials whose profile has the `query_mode` `templates` before or after the plan.
    pub fn credentials(&self) -> &[ReachedCredential] {
        &self.dependents.credentials
    }

    /// Returns `true` if the project's `default_policy_profile_id` is this policy profile.
    pub fn is_project_default(&self) -> bool {
        self.dependents.is_project_default
    }

    /// Creates a step from the stored version of a resource (its identifier and JSON) and its desired version. Without
    /// a stored version, the step creates the resource. Without a desired version, the step deletes the resource. With
    /// both, the step updates the resource, or leaves it unchanged if the versions are equal.
    pub(crate) fn new(
        kind: ResourceKind,
        stored: Option<(&str, Map<String, Value>)>,
        desired: Option<Desired>,
        dependents: Dependents,
    ) -> Self {
        let id = stored.as_ref().map(|(id, _)| (*id).to_owned());
        let current = stored.map(|(_, json)| json);
        let before = current.clone().map(|json| Desired::from_json(kind, json));
        let name = desired.as_ref().or(before.as_ref()).map(Desired::name);
        let mut step = Self {
            kind,
            name: name.unwrap_or_default().to_owned(),
            id,
            action: Action::Unchanged,
            diff: Diff::default(),
            effect: Effect::Neutral,
            kept: Vec::new(),
            dependents,
            pin: None,
            desired,
        };
        match (&before, step.desired.take()) {
            (None, None) => {}
            (None, Some(desired)) => {
                step.action = Action::Create;
                step.effect = match kind {
                    ResourceKind::PolicyProfile => Effect::Neutral,
                    ResourceKind::QueryTemplate => Effect::Loosening,
                };
                step.diff = desired.as_changes(true, step.effect);
                step.desired = Some(desired);
            }
            (Some(before), None) => {
                step.action = Action::Delete;
                step.effect = step.effect_of_deletion();
                step.diff = before.as_changes(false, step.effect);
            }
            (Some(before), Some(desired)) => {
                let desired = desired.with_unknown_nested_fields(&before.to_json());
                step.diff = desired.diff(before);
                step.effect = step.diff.effect();
                step.kept = kept_fields(before, &desired);
                if !step.diff.is_empty() {
                    step.action = Action::Update;
                }
                step.desired = Some(desired);
            }
        }
        step
    }

    /// Returns `true` if the stored resource has the desired fields.
    pub(crate) fn is_satisfied_by(&self, stored: &Map<String, Value>) -> bool {
        let stored = Desired::from_json(self.kind, stored.clone());
        let Some(desired) = &self.desired else {
            return false;
        };
        let desired = desired.with_unknown_nested_fields(&stored.to_json());
        desired.diff(&stored).is_empty()
    }

    /// Creates the step again from the version of the resource that was read with its entity tag. `json` contains the
    /// same fields as `pin`, as parsed JSON.
    pub(crate) fn with_pin(self, pin: Pin, json: Map<String, Value>) -> Self {
        let id = self.id.unwrap_or_default();
        let step = Self::new(self.kind, Some((&id, json)), self.desired, self.dependents);
        Self {
            pin: Some(pin),
            ..step
        }
    }

    fn effect_of_deletion(&self) -> Effect {
        let is_used = !self.credentials().is_empty() || self.is_project_default();
        match self.kind {
            ResourceKind::QueryTemplate => Effect::Tightening,
            ResourceKind::PolicyProfile if is_used => Effect::Unknown,
            ResourceKind::PolicyProfile => Effect::Neutral,
        }
    }

    /// Returns the phase in which the step is applied.
    pub(crate) fn phase(&self) -> Phase {
        match (self.kind, self.action) {
            (_, Action::Unchanged) => Phase::None,
            (ResourceKind::PolicyProfile, Action::Delete) => Phase::DeleteProfiles,
            (ResourceKind::QueryTemplate, Action::Delete) => Phase::RemoveTemplates,
            (ResourceKind::QueryTemplate, _) if self.effect == Effect::Tightening => {
                Phase::RemoveTemplates
            }
            (ResourceKind::QueryTemplate, _) => Phase::AddTemplates,
            (ResourceKind::PolicyProfile, _) => match self.effect {
                Effect::Tightening => Phase::Tighten,
                Effect::Neutral => Phase::Neutral,
                Effect::Unknown | Effect::Loosening => Phase::Loosen,
            },
        }
    }

    /// Returns `true` if the step is for a query template that is enabled after the plan.
    pub(crate) fn enables_template(&self) -> bool {
        matches!(&self.desired, Some(Desired::Template(template)) if is_enabled(template))
    }
}

/// Returns `true` if a stored query template is enabled.
pub(crate) fn is_stored_template_enabled(json: &Map<String, Value>) -> bool {
    is_enabled(&NormalizedTemplate::from_json(json.clone()))
}

/// The phases of a plan, in the order in which they are applied.
///
/// Query templates are added before the policy profiles that need them are changed. Query templates are removed after
/// the profiles that no longer need them are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    AddTemplates,
    Tighten,
    Neutral,
    Loosen,
    DeleteProfiles,
    RemoveTemplates,
    /// The phase of unchanged resources. It is never applied.
    None,
}

impl Phase {
    pub(crate) const ALL: [Self; 6] = [
        Self::AddTemplates,
        Self::Tighten,
        Self::Neutral,
        Self::Loosen,
        Self::DeleteProfiles,
        Self::RemoveTemplates,
    ];

    /// Returns `true` if the steps of this phase must not start after a step of the plan has failed.
    pub(crate) fn stops_after_failure(self) -> bool {
        !matches!(self, Self::Tighten | Self::Neutral)
    }
}

/// Returns the stored fields that the desired version omits and that an update keeps. Fields that have their default
/// value are left out.
fn kept_fields(stored: &Desired, desired: &Desired) -> Vec<(String, Value)> {
    let schema = stored.kind().schema();
    let json = stored.to_json();
    let is_kept = |(name, value): &(String, Value)| {
        let is_default = schema
            .field(name)
            .is_some_and(|field| field.absent_value() == *value);
        desired.get(name).is_none() && !is_default
    };
    json.into_iter().filter(is_kept).collect()
}
