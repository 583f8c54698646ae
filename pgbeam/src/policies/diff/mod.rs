//! Compares two policy profiles and classifies each change by its effect on the agents that use the profile.
//!
//! ```
//! use pgbeam::policies::{PolicyProfileInput, diff::{Effect, diff}};
//!
//! let current = PolicyProfileInput::new("Support").max_rows(100);
//! let desired = PolicyProfileInput::new("Support").max_rows(0).table_denylist(["secrets"]);
//! let diff = diff(&current, &desired);
//!
//! assert_eq!(diff.effect(), Effect::Loosening);
//! let change = diff.get("max_rows").expect("a change");
//! assert_eq!((change.from(), change.to()), (&100.into(), &0.into()));
//! println!("{}", diff.to_text());
//! ```
//!
//! # Rules
//!
//! Lists in known fields compare as sets, and the names of tables, columns and statement kinds compare without letter
//! case. So a different order, a repeated entry and a different letter case are not changes.
//!
//! The table lists the tightening and the loosening changes of each field. The last column has the effect of all other
//! changes, and notes.
//!
#![doc = include_str!("rules.md")]
//!
//! If a change removes some entries of a list and adds others, and the removal or the addition alone would be
//! loosening, the whole change is loosening. The last column has exceptions, such as a changed predicate.

pub(crate) mod render;
pub(crate) mod rules;
mod sets;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

pub(crate) use render::escape;

use super::{normalized::NormalizedProfile, schema};

/// The effect of a change on the agents that use the policy profile.
///
/// The variants are ordered by the care that a review of the change needs, from the least to the most. The effect of
/// several changes is the greatest of their effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Effect {
    /// The agents can do the same as before.
    Neutral,
    /// The agents can do less, and nothing that they could not do before.
    Tightening,
    /// It cannot be determined whether the agents can do more than before. Review the change as if it were loosening.
    Unknown,
    /// The agents can do something that they could not do before.
    Loosening,
}

impl Effect {
    /// Returns the name in lower case, such as `loosening`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Tightening => "tightening",
            Self::Unknown => "unknown",
            Self::Loosening => "loosening",
        }
    }

    /// Returns `true` for [`Loosening`](Self::Loosening) and [`Unknown`](Self::Unknown): the agents can, or perhaps
    /// can, do something that they could not do before.
    pub fn may_loosen(self) -> bool {
        matches!(self, Self::Loosening | Self::Unknown)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The change of one field of a policy profile or query template.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    pub(crate) field: String,
    pub(crate) from: Value,
    pub(crate) to: Value,
    pub(crate) effect: Effect,
}

impl FieldChange {
    /// Returns the name of the field in the API contract.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the value before the change; `null` if the field had no value, for example because a [plan](super::plan)
    /// creates the profile.
    pub fn from(&self) -> &Value {
        &self.from
    }

    /// Returns the value after the change; `null` if the field then has no value, for example because a
    /// [plan](super::plan) deletes the profile.
    pub fn to(&self) -> &Value {
        &self.to
    }

    /// Returns the effect of the change on the agents.
    pub fn effect(&self) -> Effect {
        self.effect
    }
}

/// The changes from one version of a policy profile or query template to another. [`diff`] returns the changes of a
/// policy profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    pub(crate) changes: Vec<FieldChange>,
}

impl Diff {
    /// Returns `true` if nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the changes: first those of known fields, in the order of the API contract, then those of fields that
    /// this version does not know, by name.
    pub fn changes(&self) -> &[FieldChange] {
        &self.changes
    }

    /// Returns the change of a field, by its name in the API contract. `None` if the field does not change.
    pub fn get(&self, field: &str) -> Option<&FieldChange> {
        self.changes.iter().find(|change| change.field == field)
    }

    /// Returns the greatest effect of all changes; [`Effect::Neutral`] if there are none.
    pub fn effect(&self) -> Effect {
        let effects = self.changes.iter().map(FieldChange::effect);
        effects.max().unwrap_or(Effect::Neutral)
    }

    /// Returns the profile with each changed field set to its value after the change.
    pub fn apply(&self, profile: impl Into<NormalizedProfile>) -> NormalizedProfile {
        let mut profile = profile.into();
        for change in &self.changes {
            profile.set(&change.field, change.to.clone());
        }
        profile
    }
}

/// Compares the current version of a policy profile with the desired one.
///
/// Each argument can be a reference to a stored profile ([`PolicyProfile`](super::PolicyProfile)), to an input
/// ([`PolicyProfileInput`](super::PolicyProfileInput)) or to the [profile](super::document::ProfileEntry::profile) of a
/// policy file.
///
/// The diff has the changes that an update from `current` to `desired` makes. A field that `desired` omits changes to
/// its default. Exception: if `desired` omits `query_mode` or a field that this version does not know, the field keeps
/// its value and is not part of the diff.
///
/// See the [module documentation](self) for the rules and for an example.
pub fn diff(current: impl Into<NormalizedProfile>, desired: impl Into<NormalizedProfile>) -> Diff {
    let (current, desired) = (current.into(), desired.into());
    let mut changes = Vec::new();
    for (field, schema) in &schema::policy_profile().properties.0 {
        let Some(to) = desired.get(field) else {
            continue;
        };
        let from = current.get(field).cloned();
        let from = from.unwrap_or_else(|| schema.absent_value());
        if let Some(effect) = rules::effect(field, &from, to) {
            changes.push(FieldChange {
                field: field.clone(),
                from,
                to: to.clone(),
                effect,
            });
        }
    }
    for (field, to) in desired.unknown_fields() {
        let from = current.get(field).cloned().unwrap_or_default();
        if from != *to {
            changes.push(FieldChange {
                field: field.to_owned(),
                from,
                to: to.clone(),
                effect: Effect::Unknown,
            });
        }
    }
    Diff { changes }
}

impl From<&NormalizedProfile> for NormalizedProfile {
    fn from(profile: &NormalizedProfile) -> Self {
        profile.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile(json: Value) -> NormalizedProfile {
        NormalizedProfile::from_json(json.as_object().cloned().expect("an object"))
    }

    #[test]
    fn omitted_fields_change_to_their_defaults_except_query_mode_and_unknown_fields() {
        let current = profile(json!({"max_rows": 5, "query_mode": "templates", "new": 1}));
        let diff = diff(&current, profile(json!({})));
        let fields: Vec<_> = diff.changes().iter().map(FieldChange::field).collect();
        assert_eq!(fields, ["max_rows"]);
        assert_eq!(diff.effect(), Effect::Loosening);
        assert_eq!(
            diff.apply(&current),
            profile(json!({"query_mode": "templates", "new": 1}))
        );
    }

    #[test]
    fn an_explicit_query_mode_and_unknown_field_are_compared() {
        let current = profile(json!({"query_mode": "templates", "new": 1}));
        let desired = profile(json!({"query_mode": "sql", "new": 2}));
        let diff = diff(&current, &desired);
        let effects: Vec<_> = diff
            .changes()
            .iter()
            .map(|change| (change.field(), change.effect()))
            .collect();
        assert_eq!(
            effects,
            [("query_mode", Effect::Loosening), ("new", Effect::Unknown)]
        );
        assert_eq!(diff.apply(&current), desired);
    }
}
