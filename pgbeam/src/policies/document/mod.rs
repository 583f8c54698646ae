//! Policy files: policy profiles and query templates in YAML, JSON or TOML.
//!
//! [`PolicySet::read`] reads a file or a directory, [`PolicySet::parse`] a string. Both are strict: an unknown
//! field, a duplicate key, a wrong type, an unknown value or a missing unit is an error with file, line, column
//! and remedy, and [`FileErrors`] has all of them. [`PolicySet::to_yaml`] and [`PolicySet::export_dir`] write
//! files. [`json_schema`] returns a JSON Schema for editors.
//!
//! # The format
//!
//! ```
//! # use pgbeam::policies::document::{Format, PolicySet};
//! # let text = r#"
//! name: Support
//! table_allowlist: [users, app.orders]
//! masking_rules:
//!   - table: users
//!     column: email
//!     kind: "null" # In quotes: without, it is no value.
//! max_rows: 500
//! max_affected_rows: unlimited
//! statement_timeout: 5s
//! egress_per_day: 10 MiB
//! suppress:
//!   no-query-budget: only the nightly report uses this profile
//! # "#;
//! # let set = PolicySet::parse(text, Format::Yaml, "support.yaml")?;
//! # assert_eq!(set.profiles()[0].profile().get("egress_bytes_per_day"), Some(&10485760.into()));
//! # Ok::<(), pgbeam::policies::document::FileErrors>(())
//! ```
//!
//! A file is either one profile (a mapping with `name`) or a mapping with the lists `policies` and
//! `query_templates`.
//! A YAML file can have several documents. The fields are those of the API contract. Fields that a file omits
//! have their default, except `query_mode` and fields that this version does not know: an update keeps their
//! stored values. Policy files have these further fields:
//!
//! | field | meaning |
//! | --- | --- |
//! | `statement_timeout` | `statement_timeout_ms` with a unit: `ms`, `s`, `m` or `h`, such as `5s` |
//! | `approval_timeout` | `approval_timeout_seconds` with a unit |
//! | `egress_per_day` | `egress_bytes_per_day` with a unit, `B`, `KiB`, `MiB` or `GiB`, such as `10 MiB`; or `unlimited` |
//! | `content_scan_max` | `content_scan_max_bytes` with a unit |
//! | `allow_unknown` | a list of fields that this version does not know, or that have unknown values; they are sent as they are |
//! | `suppress` | a mapping from [lint rules](super::lint) that do not apply to the reasons |
//!
//! Values with a unit are whole numbers above 0. The fields of the contract take no unit. `unlimited` is also a
//! value of the fields of the contract in which 0 means no limit. A query template can have `allow_unknown` only.
//!
//! Anchors, aliases, tags and merge keys of YAML are errors. A file has at most 8 MiB, 1,000,000 values and 64
//! levels of lists and mappings.
//!
//! # Rules
//!
//! Each finding of [`FileErrors`] has one of these rules:
//!
//! | rule | mistake |
//! | --- | --- |
//! | `conflicting-fields` | two spellings of one field |
//! | `duplicate-key` | a key occurs twice |
//! | `duplicate-name` | two profiles, two templates or two parameters have the same name |
//! | `empty-file` | a file without a profile |
//! | `missing-field` | a required field is missing |
//! | `missing-reason` | a suppressed rule without a reason |
//! | `mixed-document` | a mapping that is both a profile and a list |
//! | `no-policy-files` | a directory without policy files |
//! | `out-of-range` | a number or a string outside its limits |
//! | `server-owned-field` | a field that only the server sets |
//! | `syntax` | invalid YAML, JSON, TOML or UTF-8 |
//! | `template-sql` | SQL of a template that is not one statement, or placeholders that do not match `params` |
//! | `too-large` | a file above the limits |
//! | `too-many-mistakes` | a file with more than 1,000 mistakes; the further ones are not listed |
//! | `unknown-field` | a field that does not exist |
//! | `unknown-rule` | a suppressed rule that does not exist |
//! | `unknown-value` | a value that the field does not have |
//! | `unreadable-file` | a file or directory that cannot be read |
//! | `unsupported-yaml` | an anchor, an alias, a tag, a merge key or a key that is no string |
//! | `wrong-type` | a value of another type, or none |
//! | `wrong-unit` | a missing or unknown unit |

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

    /// Returns the place of a field by its name in the API contract. If the file omits the field, returns the place
    /// of the profile.
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
