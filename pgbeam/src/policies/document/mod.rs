//! Policy files: policy profiles and query templates in YAML, JSON or TOML.
//!
//! [`PolicySet::read`] reads a file or a directory, [`PolicySet::parse`] parses a string. Both reject a file that has
//! mistakes, such as an unknown field, a duplicate key, a value of the wrong type or a missing unit. The error,
//! [`FileErrors`], lists the mistakes, each with its location and a remedy. [`PolicySet::to_yaml`] converts policies to
//! YAML, and [`PolicySet::export_dir`] writes them to YAML files. [`json_schema`] returns a JSON Schema for editors.
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
//!     kind: "null" # Without the quotes, YAML reads null, not a string.
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
//! A file contains one document. A YAML file can contain several. A document is one profile, as in the example above,
//! or a mapping with the list `policies` of profiles, the list `query_templates` of query templates, or both.
//!
//! Profiles have the fields of the request body of `createPolicyProfile`, and query templates those of
//! `createQueryTemplate`. An optional field that a file omits has its default. Exception: if a file omits `query_mode`
//! or a field that this version does not know, an update keeps the stored value of the field. Profiles in policy files
//! have these additional fields:
//!
//! | field | meaning |
//! | --- | --- |
//! | `statement_timeout` | `statement_timeout_ms` with a unit: `ms`, `s`, `m` or `h`, such as `5s` |
//! | `approval_timeout` | `approval_timeout_seconds` with a unit: `ms`, `s`, `m` or `h`, such as `5m`. The time must be a whole number of seconds |
//! | `egress_per_day` | `egress_bytes_per_day` with a unit: `B`, `KiB`, `MiB` or `GiB`, such as `10 MiB`; or `unlimited` |
//! | `content_scan_max` | `content_scan_max_bytes` with a unit: `B`, `KiB`, `MiB` or `GiB`, such as `64 KiB` |
//! | `allow_unknown` | a list with the names of fields that this version does not know, or that have values that this version does not know; these fields are sent unchanged |
//! | `suppress` | the [lint rules](super::lint) that do not apply to the profile: a mapping from the name of each rule to the reason |
//!
//! The number before a unit is a whole number above 0. The fields of the contract, such as `statement_timeout_ms`, take
//! no unit. If 0 means no limit in a field, such as `max_rows`, the field also accepts `unlimited`. A query template
//! can have only one of the additional fields: `allow_unknown`.
//!
//! Anchors, aliases, tags and merge keys of YAML are mistakes. A file can have at most 8 MiB, 1,000,000 values and 64
//! levels of nested lists and mappings. In YAML, each key counts as a value.
//!
//! # Rules
//!
//! If a policy file is rejected, each finding of [`FileErrors`] has one of these rules:
//!
//! | rule | mistake |
//! | --- | --- |
//! | `conflicting-fields` | a field that occurs both without and with a unit, such as `statement_timeout_ms` and `statement_timeout` |
//! | `duplicate-key` | a key that occurs twice in a mapping |
//! | `duplicate-name` | two profiles, two templates, or two parameters of a template with the same name |
//! | `empty-file` | a file that contains no policy, such as a YAML file with only comments |
//! | `missing-field` | a required field that is missing |
//! | `missing-reason` | a suppressed lint rule without a reason |
//! | `mixed-document` | a mapping that has a field of a profile, and also `policies` or `query_templates` |
//! | `no-policy-files` | a directory without policy files |
//! | `out-of-range` | a number that is too small or too large, an `approval_timeout` that is not a whole number of seconds, or a string that is too short or too long |
//! | `server-owned-field` | a field that only the server sets, such as `id` |
//! | `syntax` | invalid YAML, JSON, TOML or UTF-8 |
//! | `template-sql` | SQL of a template that is not exactly one SELECT, INSERT, UPDATE or DELETE, or whose placeholders do not match `params` |
//! | `too-large` | a file that is too large, has too many values or is nested too deeply |
//! | `too-many-mistakes` | more than 1,000 mistakes in a file; the message has the number of mistakes that are not listed |
//! | `unknown-field` | a field that does not exist |
//! | `unknown-rule` | a suppressed lint rule that does not exist |
//! | `unknown-value` | a string that the field does not accept, such as `admin` for `access_mode` |
//! | `unreadable-file` | a file or directory that cannot be read, or a file whose name is not that of a policy file |
//! | `unsupported-yaml` | an anchor, an alias, a tag, a merge key, or a key that is a list or a mapping |
//! | `wrong-type` | a value of the wrong type, a field without a value, or a number such as `007` or infinity |
//! | `wrong-unit` | a missing or unknown unit, or a unit without a number |

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
/// The names of the profiles are unique, and so are the names of the templates.
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

    /// Adds a policy profile. If the set has a profile with the same name, removes the old profile.
    pub fn profile(mut self, profile: impl Into<ProfileEntry>) -> Self {
        let entry = profile.into();
        self.profiles.retain(|other| other.name() != entry.name());
        self.profiles.push(entry);
        self
    }

    /// Adds a query template. If the set has a template with the same name, removes the old template.
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

    /// Returns the policy profile with this name.
    pub fn get(&self, name: &str) -> Option<&ProfileEntry> {
        self.profiles.iter().find(|entry| entry.name() == name)
    }

    /// Returns the query template with this name.
    pub fn get_query_template(&self, name: &str) -> Option<&TemplateEntry> {
        self.templates.iter().find(|entry| entry.name() == name)
    }

    /// Returns `true` if the set has neither profiles nor templates.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty() && self.templates.is_empty()
    }

    /// Checks all policy profiles with a linter. Omits the findings of a profile for rules that this profile
    /// suppresses.
    ///
    /// If a profile comes from a file, the location of a finding is the location of the finding's field in the file. If
    /// the file omits the field, the location of the finding is that of the profile.
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

    /// Returns the fields of the profile. Omitted fields have their default, except `query_mode`, which has no value.
    pub fn profile(&self) -> &NormalizedProfile {
        &self.profile
    }

    /// Returns the lint rules that the profile suppresses, with the reasons.
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// Returns the location of the profile in its file; `None` if the profile does not come from a file.
    pub fn location(&self) -> Option<&Location> {
        self.source.location.as_ref()
    }

    /// Returns the location of a field of the profile in its file. `field` is the name in the API contract. If the file
    /// omits the field, returns the location of the profile. Returns `None` if the profile does not come from a file.
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

/// A lint rule that a policy file suppresses for a profile, with the reason.
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

    /// Returns the fields of the template. Omitted fields have their default.
    pub fn template(&self) -> &NormalizedTemplate {
        &self.template
    }

    /// Returns the location of the template in its file; `None` if the template does not come from a file.
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

/// The locations of a profile or template and of its fields in a file. Empty if the profile or template does not come
/// from a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Source {
    pub(crate) location: Option<Location>,
    /// The location of the key of each field in the file, by the name of the field in the API contract.
    pub(crate) fields: BTreeMap<String, Location>,
}

/// A JSON object.
pub(crate) type Object = Map<String, Value>;
