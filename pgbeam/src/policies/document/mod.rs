//! Sets of policy profiles and query templates, as policy files describe them.

mod errors;
mod export;
pub(crate) mod files;
pub(crate) mod format;
mod json_schema;
pub(crate) mod node;
pub(crate) mod read;
mod yaml_text;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    PolicyProfileInput, QueryTemplateInput,
    finding::{Finding, Location},
    lint::Linter,
    normalized::{NormalizedProfile, NormalizedTemplate},
};
pub use errors::FileErrors;
pub(crate) use errors::{Report, quote};
pub use format::Format;
pub use json_schema::json_schema;

/// The policy profiles and query templates that a project should have.
///
/// Names are unique: a set has at most one profile and at most one template of a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicySet {
    profiles: Vec<ProfileEntry>,
    templates: Vec<TemplateEntry>,
}

impl PolicySet {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a policy profile, or replaces the profile of the same name.
    pub fn profile(mut self, profile: impl Into<ProfileEntry>) -> Self {
        let entry = profile.into();
        self.profiles.retain(|other| other.name() != entry.name());
        self.profiles.push(entry);
        self
    }

    /// Adds a query template, or replaces the template of the same name.
    pub fn query_template(mut self, template: impl Into<TemplateEntry>) -> Self {
        let entry = template.into();
        self.templates.retain(|other| other.name() != entry.name());
        self.templates.push(entry);
        self
    }

    /// Returns the policy profiles, in the order in which they were added or read.
    pub fn profiles(&self) -> &[ProfileEntry] {
        &self.profiles
    }

    /// Returns the query templates, in the order in which they were added or read.
    pub fn query_templates(&self) -> &[TemplateEntry] {
        &self.templates
    }

    /// Returns the policy profile of this name.
    pub fn get(&self, name: &str) -> Option<&ProfileEntry> {
        self.profiles.iter().find(|entry| entry.name() == name)
    }

    /// Returns the query template of this name.
    pub fn get_query_template(&self, name: &str) -> Option<&TemplateEntry> {
        self.templates.iter().find(|entry| entry.name() == name)
    }

    /// Returns `true` if the set has neither profiles nor templates.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty() && self.templates.is_empty()
    }

    /// Checks all policy profiles. Findings that a profile suppresses are left out. The others have the
    /// location of the field, if the profile comes from a file.
    pub fn lint(&self, linter: &Linter) -> Vec<Finding> {
        let findings = self.profiles.iter().flat_map(|entry| entry.lint(linter));
        findings.collect()
    }
}

/// A policy profile of a [`PolicySet`].
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileEntry {
    pub(crate) profile: NormalizedProfile,
    pub(crate) suppressions: Vec<Suppression>,
    pub(crate) source: Source,
}

impl ProfileEntry {
    /// Returns the name of the profile.
    pub fn name(&self) -> &str {
        self.profile.name()
    }

    /// Returns the fields of the profile, with defaults for omitted ones.
    pub fn profile(&self) -> &NormalizedProfile {
        &self.profile
    }

    /// Returns the suppressed lint rules.
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// Returns the place of the profile; `None` if it does not come from a file.
    pub fn location(&self) -> Option<&Location> {
        self.source.location.as_ref()
    }

    /// Returns the place of a field by its name in the API contract. If the file omits the field, this is the
    /// place of the profile.
    pub fn field_location(&self, field: &str) -> Option<&Location> {
        self.source.fields.get(field).or(self.location())
    }

    /// Returns the body of a request that creates or replaces the profile.
    pub fn to_input(&self) -> PolicyProfileInput {
        self.profile
            .to_json()
            .into_iter()
            .fold(PolicyProfileInput::builder(), |input, (field, value)| {
                input.field(&field, value)
            })
    }

    fn lint(&self, linter: &Linter) -> Vec<Finding> {
        let mut findings = linter.lint(&self.profile);
        findings.retain(|finding| {
            let is_suppressed = |suppression: &Suppression| suppression.rule == finding.rule;
            !self.suppressions.iter().any(is_suppressed)
        });
        for finding in &mut findings {
            finding.location = self.field_location(&finding.field).cloned();
        }
        findings
    }
}

impl<T: Into<NormalizedProfile>> From<T> for ProfileEntry {
    fn from(profile: T) -> Self {
        Self {
            profile: profile.into(),
            suppressions: Vec::new(),
            source: Source::default(),
        }
    }
}

/// A lint rule that a policy file suppresses for a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub(crate) rule: String,
    pub(crate) reason: String,
}

impl Suppression {
    /// Returns the identifier of the rule.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the reason that the file states.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A query template of a [`PolicySet`].
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateEntry {
    pub(crate) template: NormalizedTemplate,
    pub(crate) source: Source,
}

impl TemplateEntry {
    /// Returns the name of the template.
    pub fn name(&self) -> &str {
        self.template.name()
    }

    /// Returns the fields of the template, with defaults for omitted ones.
    pub fn template(&self) -> &NormalizedTemplate {
        &self.template
    }

    /// Returns the place of the template; `None` if it does not come from a file.
    pub fn location(&self) -> Option<&Location> {
        self.source.location.as_ref()
    }

    /// Returns the body of a request that creates or replaces the template.
    pub fn to_input(&self) -> QueryTemplateInput {
        self.template
            .to_json()
            .into_iter()
            .fold(QueryTemplateInput::builder(), |input, (field, value)| {
                input.field(&field, value)
            })
    }
}

impl<T: Into<NormalizedTemplate>> From<T> for TemplateEntry {
    fn from(template: T) -> Self {
        Self {
            template: template.into(),
            source: Source::default(),
        }
    }
}

/// The places of an entry and of its fields in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Source {
    pub(crate) location: Option<Location>,
    /// By name in the API contract.
    pub(crate) fields: BTreeMap<String, Location>,
}

/// The fields of a JSON object.
pub(crate) type Object = Map<String, Value>;
