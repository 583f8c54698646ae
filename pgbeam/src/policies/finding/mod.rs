//! Findings: the problems that lint, policy tests, guardrails and the parser of policy files report.
//!
//! The functions of this module render findings as text, JSON, SARIF, JUnit and annotations of GitHub Actions.
//!
//! ```
//! use pgbeam::policies::{PolicyProfileInput, finding, lint::lint};
//!
//! let findings = lint(&PolicyProfileInput::new("Support").access_mode("read_write"));
//! println!("{}", finding::to_text(&findings));
//! ```

mod output;

use std::fmt;

use serde::Serialize;

pub use output::{to_github, to_json, to_junit, to_sarif, to_text};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing, but not necessarily a mistake, such as a setting without effect.
    Info,
    /// Probably a mistake or an unintended risk.
    Warning,
    /// Must be corrected, such as a mistake in a file, a failed test or a failed guardrail.
    Error,
}

impl Severity {
    /// Returns the name in lower case, such as `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A line and a column in a file, or a file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Location {
    /// The path of the file or directory, without a leading `./`. For a parsed string, the file name that was passed to
    /// `parse`.
    pub file: String,
    /// The line, counted from 1. 0 if only the file is known.
    pub line: usize,
    /// The column in characters, counted from 1. 0 if only the file is known.
    pub column: usize,
}

impl Location {
    /// Creates a location.
    pub fn new(file: impl Into<String>, line: usize, column: usize) -> Self {
        let file = file.into();
        Self { file, line, column }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            _ => write!(f, "{}:{}:{}", self.file, self.line, self.column),
        }
    }
}

/// A problem, with its location and a remedy.
///
/// `Display` prints the location, the severity, the message, the remedy and the rule. Without a location, it prints the
/// name of the policy after the severity. Control characters are not escaped; [`to_text`] escapes them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The identifier of the rule, such as `no-query-budget`.
    pub rule: String,
    /// How serious the finding is.
    pub severity: Severity,
    /// The name of the policy profile or query template; empty if the name is unknown. For a finding about a test, the
    /// name of the policy profile that the test is for.
    pub policy: String,
    /// The name of the field, such as `max_rows`; empty if the finding is not about one field.
    pub field: String,
    /// The description of the problem.
    pub message: String,
    /// How to solve the problem; empty if there is no advice.
    pub remedy: String,
    /// The location of the problem in a file. `None` if the location is unknown, for example because the policy does
    /// not come from a file.
    pub location: Option<Location>,
}

impl Finding {
    /// Creates a finding. The policy, the field and the remedy are empty, and the location is `None`.
    pub fn new(rule: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            severity,
            policy: String::new(),
            field: String::new(),
            message: message.into(),
            remedy: String::new(),
            location: None,
        }
    }

    /// Sets the name of the policy profile or query template.
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = policy.into();
        self
    }

    /// Sets the name of the field.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// Sets the remedy.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// Sets the location.
    pub fn location(mut self, location: impl Into<Option<Location>>) -> Self {
        self.location = location.into();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{}: ", self.severity)?;
        if self.location.is_none() && !self.policy.is_empty() {
            write!(f, "{}: ", self.policy)?;
        }
        f.write_str(&self.message)?;
        if !self.remedy.is_empty() {
            write!(f, ": {}", self.remedy)?;
        }
        write!(f, " [{}]", self.rule)
    }
}

impl Serialize for Finding {
    /// Serializes an object with `file`, `line`, `column`, `rule`, `severity`, `policy`, `field`, `message` and
    /// `remedy`. Without a location, `file` is empty, and `line` and `column` are 0.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut object = serializer.serialize_struct("Finding", 9)?;
        let (file, line, column) = match &self.location {
            Some(location) => (location.file.as_str(), location.line, location.column),
            None => ("", 0, 0),
        };
        object.serialize_field("file", file)?;
        object.serialize_field("line", &line)?;
        object.serialize_field("column", &column)?;
        object.serialize_field("rule", &self.rule)?;
        object.serialize_field("severity", &self.severity)?;
        object.serialize_field("policy", &self.policy)?;
        object.serialize_field("field", &self.field)?;
        object.serialize_field("message", &self.message)?;
        object.serialize_field("remedy", &self.remedy)?;
        object.end()
    }
}
