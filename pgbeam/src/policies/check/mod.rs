//! Tests of policies: statements with the decisions that a policy profile must make.
//!
//! A [`TestSuite`] lists statements with the expected verdict, rule and masked columns. It is read from a file beside
//! the policy, or built in code. [`check`](check()) evaluates the statements and compares the decisions.
//!
//! ```
//! use pgbeam::policies::{check::{TestSuite, check}, document::{Format, PolicySet}};
//!
//! # #[cfg(feature = "engine")] {
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policies = "
//! name: Support
//! table_denylist: [secrets]
//! masking_rules:
//!   - {table: users, column: email, kind: redact}
//! ";
//! let tests = "
//! policy: Support
//! tests:
//!   - {sql: SELECT id FROM secrets, verdict: block, rule: table_denied}
//!   - {sql: SELECT email FROM users, verdict: allow}
//! ";
//! let set = PolicySet::parse(policies, Format::Yaml, "support.yaml")?;
//! let suites = TestSuite::parse(tests, Format::Yaml, "support.tests.yaml")?;
//!
//! let report = check(&set, &suites, &pgbeam_engine::Engine::default()).await?;
//! assert_eq!((report.passed(), report.failed()), (1, 1));
//! assert_eq!(
//!     report.findings()[0].to_string(),
//!     "support.tests.yaml:5:5: error: expected allow, got mask (the statement uses relations with masked columns) \
//!      for `SELECT email FROM users`: correct the policy or the test [test-failed]",
//! );
//! # Ok(())
//! # }
//! # main().unwrap();
//! # }
//! ```
//!
//! # Test files
//!
//! A test file ends in `.tests.yaml`, `.tests.yml`, `.tests.json` or `.tests.toml`, and is not a policy file. It has
//! two fields. Several YAML documents in one file are several suites.
//!
//! | field | meaning |
//! | --- | --- |
//! | `policy` | the name of a policy profile of the set |
//! | `tests` | the list of cases |
//!
//! | field of a case | meaning |
//! | --- | --- |
//! | `sql` | the statement; 1 to 100,000 characters |
//! | `verdict` | `allow`, `block`, `mask` or `row-filter` |
//! | `rule` | the rule that blocks the statement; optional. `ok` if it is not blocked |
//! | `masked_columns` | all masked columns as `column:kind`, in any order; optional. `kind` is `redact`, `null` or `hash` |
//!
//! Test files are read as strictly as policy files: unknown fields and values, wrong types and expectations that
//! contradict each other are errors with the line and a remedy.
//!
//! # Offline and online
//!
//! [`check`](check()) takes an [`Evaluate`]:
//!
//! - `pgbeam_engine::Engine` (feature `engine`) evaluates the statements without a server, with the enabled query
//!   templates of the set. It is stricter than PgBeam where PgBeam's rules are not published, and can block a
//!   statement by another rule.
//! - [`Policies`](super::Policies) asks the API, with the profiles as drafts. The API uses the query templates of the
//!   project, not those of the set.
//!
//! Budgets, `max_rows`, approvals and content scans do not affect a decision.
//!
//! # Coverage
//!
//! [`CheckReport::coverage`] tells which parts of each profile no case exercises, also if the case failed:
//!
//! | part | exercised by a statement that |
//! | --- | --- |
//! | `access_mode`, if it is `read_only` | the rule `read_only` or `locking_select` blocks |
//! | a kind in `statement_rules.allow` | is allowed and has the kind |
//! | `statement_rules.allow`, as `statement_not_allowed` | this rule blocks |
//! | a kind in `statement_rules.deny` | the rule `statement_denied` blocks and has the kind |
//! | an entry of `table_allowlist` | is allowed and uses the table |
//! | `table_allowlist`, as `table_not_allowed` | this rule blocks |
//! | an entry of `table_denylist` | the rule `table_denied` blocks and uses the table |
//! | a rule in `masking_rules` | is allowed with this mask, or blocked by a rule `masked_column_…` |
//! | a filter in `row_filters` | is allowed with this filter, or blocked by the rule `row_filter_unsafe` |
//! | `max_affected_rows`, `migration_safety: block`, `query_mode: templates` | their rule blocks |
//!
//! The kinds and tables of a statement come from the parser of `pgbeam-engine`, also if the API evaluates it. Without
//! the feature `engine`, only the verdict, the rule, the masked columns and the predicate are known. Kinds and
//! entries of `table_allowlist` are then [`Unknown`](Coverage::Unknown) once a statement is allowed. Entries of
//! `table_denylist`, masks and filters are unknown if several could be the reason. A masked column or a predicate
//! that several tables of the profile have in common is unknown, too.

mod compare;
mod coverage;
#[cfg(feature = "engine")]
mod engine;
mod evaluate;
mod file;
mod parts;
mod report;
mod suite;

use std::{collections::HashMap, error::Error as StdError, fmt};

pub use coverage::{Coverage, CoverageItem, PolicyCoverage};
pub use evaluate::{Evaluate, EvaluateError, Statement};
pub use report::CheckReport;
pub(crate) use report::count;
pub use suite::{TestCase, TestSuite};

use coverage::{Facts, Observation};

use super::{
    diff::escape,
    document::{PolicySet, quote, read::suggest::did_you_mean},
    finding::{Finding, Severity},
};

/// Evaluates the statements of test suites under the profiles of a set, and compares the decisions with the expected
/// ones.
///
/// A failed case is a finding of the report, not an error. See the [module](self) for an example.
///
/// # Errors
///
/// - A suite names a profile that the set does not have. Nothing is evaluated then.
/// - A statement cannot be evaluated: the API returns an error, or the engine does not know a value of the profile.
///
/// [`CheckError::findings`] returns the locations.
pub async fn check<E: Evaluate + ?Sized>(
    set: &PolicySet,
    suites: &[TestSuite],
    evaluator: &E,
) -> Result<CheckReport, CheckError> {
    check_names(set, suites)?;
    let cases = suites.iter().flat_map(|suite| {
        let cases = suite.cases().iter();
        cases.map(move |case| (suite.policy(), case))
    });
    let cases: Vec<_> = cases.collect();
    let statements = cases.iter().filter_map(|(policy, case)| {
        let profile = set.get(policy)?;
        Some(Statement::new(profile, case.sql()))
    });
    let statements: Vec<_> = statements.collect();
    let results = evaluator.evaluate_all(set, &statements).await;
    let results = results.map_err(|error| CheckError::not_evaluated(&cases, error))?;
    if results.len() != cases.len() {
        let message = format!("{} statements have {} results", cases.len(), results.len());
        let error = EvaluateError::new(results.len().min(cases.len()), message);
        return Err(CheckError::not_evaluated(&cases, error));
    }

    let mut findings = Vec::new();
    let mut observations: HashMap<&str, Vec<Observation<'_>>> = HashMap::new();
    for ((policy, case), result) in cases.iter().zip(&results) {
        findings.extend(compare::compare(policy, case, result));
        let facts = facts(case.sql());
        let seen = observations.entry(policy).or_default();
        seen.push(Observation { result, facts });
    }
    let coverage = set.profiles().iter().map(|entry| {
        let seen = observations.remove(entry.name()).unwrap_or_default();
        PolicyCoverage::new(entry.profile(), &seen)
    });
    Ok(CheckReport {
        coverage: coverage.collect(),
        findings,
        cases: cases.len(),
    })
}

#[cfg(feature = "engine")]
fn facts(sql: &str) -> Option<Facts> {
    engine::facts(sql)
}

#[cfg(not(feature = "engine"))]
fn facts(_sql: &str) -> Option<Facts> {
    None
}

/// Returns an error if the set lacks the profile of a suite.
fn check_names(set: &PolicySet, suites: &[TestSuite]) -> Result<(), CheckError> {
    let unknown = suites
        .iter()
        .filter(|suite| set.get(suite.policy()).is_none());
    let findings: Vec<_> = unknown
        .map(|suite| {
            let name = suite.policy();
            let names = set.profiles().iter().map(|entry| entry.name());
            let remedy = did_you_mean(name, names, || "write the name of a policy profile".into());
            let message = format!("the set has no policy profile {}", quote(name));
            Finding::new("unknown-policy", Severity::Error, message)
                .policy(name)
                .field("policy")
                .remedy(remedy)
                .location(suite.location().cloned())
        })
        .collect();
    match findings.is_empty() {
        true => Ok(()),
        false => Err(CheckError::unknown_policies(findings)),
    }
}

/// The error of [`check`](check()): the tests cannot be evaluated.
///
/// `Display` prints one line for each unknown profile, or the statement that cannot be evaluated.
/// [`source`](StdError::source) returns the error of the API or the engine, if there is one.
#[derive(Debug)]
pub struct CheckError {
    message: String,
    findings: Vec<Finding>,
    source: Option<EvaluateError>,
}

impl CheckError {
    fn unknown_policies(findings: Vec<Finding>) -> Self {
        let lines = findings.iter().map(|finding| escape(&finding.to_string()));
        Self {
            message: lines.collect::<Vec<_>>().join("\n"),
            findings,
            source: None,
        }
    }

    fn not_evaluated(cases: &[(&str, &TestCase)], source: EvaluateError) -> Self {
        let case = cases.get(source.index());
        let sql = case.map(|(_, case)| quote(case.sql())).unwrap_or_default();
        let policy = case.map(|(policy, _)| *policy).unwrap_or_default();
        let message = format!("the statement {sql} cannot be evaluated");
        let location = case.and_then(|(_, case)| case.location().cloned());
        let finding = Finding::new("not-evaluated", Severity::Error, &message)
            .policy(policy)
            .location(location);
        let text = escape(&finding.to_string());
        let cause = source.source().map(ToString::to_string);
        let message = format!("{message}: {}", cause.unwrap_or_default());
        Self {
            message: text,
            findings: vec![Finding { message, ..finding }],
            source: Some(source),
        }
    }

    /// Returns a finding for each unknown profile, or for the statement that cannot be evaluated. Their rules are
    /// `unknown-policy` and `not-evaluated`.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for CheckError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref()?.source()
    }
}
