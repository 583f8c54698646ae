//! The error for policy files and test files with mistakes, and the report that collects the mistakes of one file.

use std::fmt;

use super::node::Place;
use crate::policies::{
    diff::escape,
    finding::{Finding, Location, Severity},
};

/// The maximum number of mistakes of one file that are listed. Further mistakes are only counted.
const MAX_MISTAKES: usize = 1_000;

/// The mistakes in policy files or in [test files](crate::policies::check#test-files): the error of the functions that
/// read these files.
///
/// At most 1,000 mistakes of each file are listed. If a file has more, one more finding has the number of mistakes that
/// are not listed. `Display` prints one line for each finding: the location, what is wrong, what to do and the rule.
///
/// ```
/// use pgbeam::policies::document::{Format, PolicySet};
///
/// let text = "name: Support\nmax_row: 500\n";
/// let errors = PolicySet::parse(text, Format::Yaml, "support.yaml").unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "support.yaml:2:1: error: unknown field `max_row`: did you mean `max_rows`? [unknown-field]",
/// );
/// assert_eq!(errors.findings()[0].rule, "unknown-field");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileErrors {
    findings: Vec<Finding>,
}

impl FileErrors {
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Returns the mistakes in the order of the files, and within a file in the order of the lines. The number of
    /// mistakes that are not listed comes at the end of its file. Every finding has the severity
    /// [`Error`](Severity::Error).
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Consumes the error and returns the mistakes.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

impl From<Finding> for FileErrors {
    fn from(finding: Finding) -> Self {
        Self::new(vec![finding])
    }
}

impl fmt::Display for FileErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&escape(&finding.to_string()))?;
        }
        Ok(())
    }
}

impl std::error::Error for FileErrors {}

/// Collects the mistakes of one file.
#[derive(Debug, Default)]
pub(crate) struct Report {
    file: String,
    findings: Vec<Finding>,
    omitted: usize,
    /// The name of the profile or template that is being read or, in a test file, of the profile that is tested. Each
    /// finding gets this name when it is added.
    pub(crate) policy: String,
    /// The name of the field that is being read; empty if no field is being read. Each finding gets this name when it
    /// is added.
    pub(crate) field: String,
}

impl Report {
    pub(crate) fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }

    /// Adds a mistake at a line and a column of the file. If the report is full, only counts the mistake.
    pub(crate) fn add(
        &mut self,
        rule: &str,
        place: Place,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.is_full() {
            self.omitted += 1;
            return;
        }
        let finding = Finding::new(rule, Severity::Error, message)
            .policy(&self.policy)
            .field(&self.field)
            .remedy(remedy)
            .location(self.location(place));
        self.findings.push(finding);
    }

    /// Returns `true` if the report has the maximum number of mistakes. The report only counts further mistakes, so the
    /// caller need not compute their remedies.
    pub(crate) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_MISTAKES
    }

    pub(crate) fn has_mistakes(&self) -> bool {
        !self.findings.is_empty()
    }

    pub(crate) fn location(&self, place: Place) -> Location {
        let Place { line, column } = place;
        Location::new(&self.file, line as usize, column as usize)
    }

    /// Returns the mistakes in the order of their lines. If some mistakes were only counted, adds a finding with their
    /// number at the end.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        self.findings.sort_by(|a, b| a.location.cmp(&b.location));
        if self.omitted > 0 {
            let message = format!("{} more mistakes in this file", self.omitted);
            let finding = Finding::new("too-many-mistakes", Severity::Error, message)
                .remedy("correct the mistakes above first")
                .location(self.location(Place::default()));
            self.findings.push(finding);
        }
        self.findings
    }
}

/// Encloses a string of a file in backticks, for a message. Cuts the string after 80 characters and marks the cut with
/// `…`.
pub(crate) fn quote(text: &str) -> String {
    const MAX_CHARACTERS: usize = 80;
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
