//! Lints policy profiles: reports settings that are risky, contradictory or without effect.
//!
//! [`lint`] checks one profile with the default severities. A [`Linter`] can change the severity of a rule or disable
//! the rule. [`rules`] returns all rules as data. PgBeam's official command-line tool has the first nine rules of the
//! table, with the same identifiers and severities.
//!
#![doc = include_str!("rules.md")]
//!
//! ```
//! use pgbeam::policies::{PolicyProfileInput, finding::Severity, lint::Linter};
//!
//! let linter = Linter::new()
//!     .severity("write-no-allowlist", Severity::Error)?
//!     .disable("no-query-budget")?;
//! let profile = PolicyProfileInput::new("Support").access_mode("read_write");
//! let findings = linter.lint(&profile);
//! assert_eq!(findings[0].rule, "write-no-allowlist");
//! assert_eq!(findings[0].severity, Severity::Error);
//! # Ok::<(), pgbeam::policies::lint::UnknownRule>(())
//! ```

mod checks;
mod rules;

use std::{collections::BTreeMap, fmt};

use super::{
    finding::{Finding, Severity},
    normalized::NormalizedProfile,
};
use rules::Check;

/// A lint rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    id: &'static str,
    severity: Severity,
    field: &'static str,
    message: &'static str,
    remedy: &'static str,
    check: Check,
}

impl Rule {
    /// Returns the identifier, such as `no-query-budget`.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the default severity. Exception: the findings of `no-read-ceiling` are warnings if the profile has
    /// masks.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the field of the findings of the rule, by its name in the API contract. The rule can also check other
    /// fields.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns the message of the findings of the rule. The message can contain `{}`, which each finding replaces by a
    /// value of the profile, such as the name of a table.
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// Returns the remedy of the findings of the rule.
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }
}

/// Returns all lint rules.
pub fn rules() -> &'static [Rule] {
    rules::RULES
}

/// Checks a policy profile with the default severities.
///
/// The argument can be a reference to a stored profile ([`PolicyProfile`](super::PolicyProfile)), to an input
/// ([`PolicyProfileInput`](super::PolicyProfileInput)) or to the [profile](super::document::ProfileEntry::profile) of a
/// policy file. The findings are in the order of [`rules`] and have no location. They include the findings of rules
/// that a policy file suppresses. To omit these findings, use [`PolicySet::lint`](super::document::PolicySet::lint).
pub fn lint(profile: impl Into<NormalizedProfile>) -> Vec<Finding> {
    Linter::new().lint(profile)
}

/// Checks policy profiles with configured severities.
///
/// See the [module documentation](self) for an example.
#[derive(Clone, Debug, Default)]
pub struct Linter {
    /// The severity of each overridden rule; `None` if the rule is disabled.
    overrides: BTreeMap<&'static str, Option<Severity>>,
}

impl Linter {
    /// Creates a linter with the default severities.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the severity of all findings of a rule. Enables the rule again if it is disabled.
    ///
    /// # Errors
    ///
    /// No rule has this identifier.
    pub fn severity(self, rule: &str, severity: Severity) -> Result<Self, UnknownRule> {
        self.set(rule, Some(severity))
    }

    /// Disables a rule: the linter does not check the rule.
    ///
    /// # Errors
    ///
    /// No rule has this identifier.
    pub fn disable(self, rule: &str) -> Result<Self, UnknownRule> {
        self.set(rule, None)
    }

    fn set(mut self, rule: &str, severity: Option<Severity>) -> Result<Self, UnknownRule> {
        let known = find_rule(rule).ok_or_else(|| UnknownRule(rule.to_owned()))?;
        self.overrides.insert(known.id, severity);
        Ok(self)
    }

    /// Checks a policy profile. The findings are in the order of [`rules`] and have no location.
    pub fn lint(&self, profile: impl Into<NormalizedProfile>) -> Vec<Finding> {
        let profile = profile.into();
        let view = checks::View::new(&profile);
        let mut findings = Vec::new();
        for rule in rules::RULES {
            let severity = match self.overrides.get(rule.id) {
                None => None,
                Some(None) => continue,
                Some(severity) => *severity,
            };
            for hit in (rule.check)(&view) {
                let severity = severity.or(hit.severity).unwrap_or(rule.severity);
                let message = rule.message.replace("{}", &hit.value);
                let finding = Finding::new(rule.id, severity, message)
                    .policy(profile.name())
                    .field(rule.field)
                    .remedy(rule.remedy);
                findings.push(finding);
            }
        }
        findings
    }
}

/// Returns the lint rule with this identifier.
pub(crate) fn find_rule(id: &str) -> Option<&'static Rule> {
    rules::RULES.iter().find(|rule| rule.id == id)
}

/// The error for an unknown identifier of a lint rule. [`rules`] returns all rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule(String);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(rule) = self;
        write!(f, "unknown lint rule `{rule}`")
    }
}

impl std::error::Error for UnknownRule {}
