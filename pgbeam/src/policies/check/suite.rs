//! Test suites: statements with the decisions that a policy profile is expected to make.

use std::collections::BTreeSet;

use crate::policies::{Verdict, finding::Location, tables::fold};

/// The test cases of one policy profile.
///
/// ```
/// use pgbeam::policies::check::{TestCase, TestSuite};
///
/// let suite = TestSuite::new("Support")
///     .case(TestCase::block("SELECT * FROM secrets").rule("table_denied"))
///     .case(TestCase::mask("SELECT email FROM users").masked_columns(["email:redact"]))
///     .case(TestCase::allow("SELECT 1"));
/// assert_eq!(suite.cases().len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestSuite {
    pub(crate) policy: String,
    pub(crate) cases: Vec<TestCase>,
    pub(crate) location: Option<Location>,
}

impl TestSuite {
    /// Creates a suite without cases. `policy` is the name of a policy profile of the policy set.
    pub fn new(policy: impl Into<String>) -> Self {
        Self {
            policy: policy.into(),
            cases: Vec::new(),
            location: None,
        }
    }

    /// Adds a case.
    pub fn case(mut self, case: TestCase) -> Self {
        self.cases.push(case);
        self
    }

    /// Returns the name of the policy profile.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the cases, in the order in which they were added or read.
    pub fn cases(&self) -> &[TestCase] {
        &self.cases
    }

    /// Returns the location of the field `policy` in the test file; `None` if the suite was built in code.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

/// A statement and the expected decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    pub(crate) sql: String,
    pub(crate) verdict: Verdict,
    pub(crate) rule: Option<String>,
    pub(crate) masked_columns: Option<BTreeSet<String>>,
    pub(crate) location: Option<Location>,
}

impl TestCase {
    /// Creates a case that checks only the verdict. Call [`rule`](Self::rule) or
    /// [`masked_columns`](Self::masked_columns) to check more.
    pub fn new(sql: impl Into<String>, verdict: impl Into<Verdict>) -> Self {
        Self {
            sql: sql.into(),
            verdict: verdict.into(),
            rule: None,
            masked_columns: None,
            location: None,
        }
    }

    /// Creates a case that expects the verdict `allow`: the statement is allowed, without masks and row filters.
    pub fn allow(sql: impl Into<String>) -> Self {
        Self::new(sql, Verdict::Allow)
    }

    /// Creates a case that expects the verdict `block`: the statement is blocked.
    pub fn block(sql: impl Into<String>) -> Self {
        Self::new(sql, Verdict::Block)
    }

    /// Creates a case that expects the verdict `mask`: the statement is allowed, and uses tables with masked
    /// columns.
    pub fn mask(sql: impl Into<String>) -> Self {
        Self::new(sql, Verdict::Mask)
    }

    /// Creates a case that expects the verdict `row-filter`: the statement is allowed, with a row filter. The decision
    /// can also have masked columns.
    pub fn row_filter(sql: impl Into<String>) -> Self {
        Self::new(sql, Verdict::RowFilter)
    }

    /// Sets the expected rule, such as `table_denied`. The rule of a statement that is not blocked is `ok`.
    ///
    /// PgBeam and [`pgbeam-engine`](super#offline-and-online) can report different rules for the same blocked
    /// statement. To let the case pass with both, do not set a rule.
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Sets the expected masked columns, as `column:kind`, such as `email:redact`.
    ///
    /// The case passes only if `columns` are exactly the masked columns of the decision. A decision lists the masked
    /// columns of each relation that the statement uses, even if the result does not contain them. The list also has
    /// the columns of the result that show masked values, under their names in the result. For a blocked statement, the
    /// list is empty. The order and the letter case of the columns do not matter.
    pub fn masked_columns(mut self, columns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let columns = columns.into_iter();
        self.masked_columns = Some(columns.map(|column| fold_masked(column.as_ref())).collect());
        self
    }

    /// Returns the statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns the expected verdict.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Returns the expected rule; `None` if the rule is not checked.
    pub fn expected_rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Returns the expected masked columns as `column:kind`, with columns in lower case; `None` if the masked columns
    /// are not checked.
    pub fn expected_masked_columns(&self) -> Option<&BTreeSet<String>> {
        self.masked_columns.as_ref()
    }

    /// Returns the location of the case in the test file; `None` if the case was built in code.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

/// Returns a string of the form `column:kind` with the column folded for comparison.
fn fold_masked(column: &str) -> String {
    match column.rsplit_once(':') {
        Some((column, kind)) => masked(column, kind.trim()),
        None => fold(column),
    }
}

/// Joins a column, folded for comparison, and a kind of mask to `column:kind`.
pub(super) fn masked(column: &str, kind: &str) -> String {
    format!("{}:{kind}", fold(column))
}
