//! The kinds of resources that a plan changes, and `Desired`: one version of a resource.

use pgbeam_api::{Error, FieldError};
use serde_json::{Map, Value};

use super::{template, unknown};
use crate::policies::{
    diff::{Diff, Effect, FieldChange, diff},
    document::{ProfileEntry, TemplateEntry},
    normalized::{NormalizedProfile, NormalizedTemplate},
    schema::{self, Schema},
};

/// A kind of resource that a plan changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// A policy profile.
    PolicyProfile,
    /// A query template.
    QueryTemplate,
}

impl ResourceKind {
    /// Returns the name of the kind in messages: `policy profile` or `query template`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PolicyProfile => "policy profile",
            Self::QueryTemplate => "query template",
        }
    }

    pub(crate) fn schema(self) -> &'static Schema {
        match self {
            Self::PolicyProfile => schema::policy_profile(),
            Self::QueryTemplate => schema::query_template(),
        }
    }
}

/// One version of a policy profile or query template: the desired version, or a stored version to compare with the
/// desired version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Desired {
    Profile(NormalizedProfile),
    Template(NormalizedTemplate),
}

impl Desired {
    pub(crate) fn from_json(kind: ResourceKind, json: Map<String, Value>) -> Self {
        match kind {
            ResourceKind::PolicyProfile => Self::Profile(NormalizedProfile::from_json(json)),
            ResourceKind::QueryTemplate => Self::Template(NormalizedTemplate::from_json(json)),
        }
    }

    pub(crate) fn kind(&self) -> ResourceKind {
        match self {
            Self::Profile(_) => ResourceKind::PolicyProfile,
            Self::Template(_) => ResourceKind::QueryTemplate,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Profile(profile) => profile.name(),
            Self::Template(template) => template.name(),
        }
    }

    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        match self {
            Self::Profile(profile) => profile.get(field),
            Self::Template(template) => template.get(field),
        }
    }

    /// Returns all fields as JSON. This is the body of the request that creates the resource.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        match self {
            Self::Profile(profile) => profile.to_json(),
            Self::Template(template) => template.to_json(),
        }
    }

    /// Copies unknown fields inside lists and objects from the stored version, so that an update keeps them. See
    /// [`unknown::add_nested`].
    pub(crate) fn with_unknown_nested_fields(&self, stored: &Map<String, Value>) -> Self {
        let mut json = self.to_json();
        unknown::add_nested(self.kind().schema(), &mut json, stored);
        Self::from_json(self.kind(), json)
    }

    /// Returns the changes from the stored version to this one.
    pub(crate) fn diff(&self, stored: &Self) -> Diff {
        match (self, stored) {
            (Self::Profile(desired), Self::Profile(stored)) => diff(stored, desired),
            (Self::Template(desired), Self::Template(stored)) => template::diff(stored, desired),
            _ => Diff::default(),
        }
    }

    /// Returns the changes that create the resource (from `null`) or, if `is_created` is `false`, delete the resource
    /// (to `null`). There is one change for each field that differs from its default. Each change gets `effect`.
    pub(crate) fn as_changes(&self, is_created: bool, effect: Effect) -> Diff {
        let schema = self.kind().schema();
        let defaults = Self::from_json(self.kind(), Map::new());
        let is_default = |name: &str, value: &Value| match (defaults.get(name), schema.field(name))
        {
            (Some(default), _) => default == value,
            (None, Some(field)) => field.absent_value() == *value,
            (None, None) => false,
        };
        let known = schema.field_names().map(str::to_owned);
        let mut json = self.to_json();
        let mut fields: Vec<_> = known.filter_map(|name| json.remove_entry(&name)).collect();
        fields.extend(json);
        let fields = fields
            .into_iter()
            .filter(|(name, value)| !is_default(name, value));
        let changes = fields.map(|(field, value)| {
            let (from, to) = match is_created {
                true => (Value::Null, value),
                false => (value, Value::Null),
            };
            FieldChange {
                field,
                from,
                to,
                effect,
            }
        });
        Diff {
            changes: changes.collect(),
        }
    }
}

/// Validates a profile of a policy set and returns it as the desired version.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) if the profile is invalid.
pub(crate) fn profile(entry: &ProfileEntry) -> Result<Desired, Error> {
    let checked = entry.to_input().validate();
    check(
        ResourceKind::PolicyProfile,
        entry.name(),
        entry.profile.errors(),
        checked,
    )?;
    Ok(Desired::Profile(entry.profile.clone()))
}

/// Validates a template of a policy set and returns it as the desired version.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) if the template is invalid.
pub(crate) fn template(entry: &TemplateEntry) -> Result<Desired, Error> {
    let checked = entry.to_input().validate();
    check(
        ResourceKind::QueryTemplate,
        entry.name(),
        entry.template.errors(),
        checked,
    )?;
    Ok(Desired::Template(entry.template.clone()))
}

/// Returns the validation errors of a resource, with the kind and name of the resource in front of each field.
///
/// If there are `setter_errors`, returns only the setter errors: the resource then has only default values, so the
/// errors in `checked` are meaningless.
fn check(
    kind: ResourceKind,
    name: &str,
    setter_errors: &[FieldError],
    checked: Result<(), Error>,
) -> Result<(), Error> {
    let Err(error) = checked else { return Ok(()) };
    let errors = match setter_errors {
        [] => error.field_errors(),
        errors => errors,
    };
    let place = |error: &FieldError| {
        let field = format!("{} {name:?}: {}", kind.as_str(), error.field());
        FieldError::new(field, error.detail())
    };
    Err(Error::invalid(errors.iter().map(place).collect()))
}
