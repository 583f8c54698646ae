//! Tests of policies: statements with the decisions that a policy profile must make.
//!
//! A [`TestSuite`] lists statements with the expected verdict, rule and masked columns. A suite is read from a test
//! file beside the policy files, or built in code. [`check`](check()) evaluates the statements under the profiles of a
//! [`PolicySet`] and compares the decisions with the expected decisions.
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
//! The name of a test file ends in `.tests.yaml`, `.tests.yml`, `.tests.json` or `.tests.toml`. Test files are not read
//! as policy files. A test file contains one suite with two fields. A YAML file can contain several documents: each is
//! a suite.
//!
//! | field of a suite | meaning |
//! | --- | --- |
//! | `policy` | the name of a policy profile of the policy set |
//! | `tests` | the list of cases |
//!
//! | field of a case | meaning |
//! | --- | --- |
//! | `sql` | the statement; 1 to 100,000 characters |
//! | `verdict` | `allow`, `block`, `mask` or `row-filter` |
//! | `rule` | the rule that blocks the statement, or `ok` if it is not blocked; optional |
//! | `masked_columns` | all masked columns as `column:kind`, in any order; optional. `kind` is `redact`, `null` or `hash` |
//!
//! Test files are read as strictly as policy files. Unknown fields and values, wrong types, and expectations that
//! contradict each other are errors with the line and a remedy.
//!
//! # Offline and online
//!
//! [`check`](check()) takes an [`Evaluate`]:
//!
//! - `pgbeam_engine::Engine` (feature `engine`) evaluates the statements without a server. It adds the enabled query
//!   templates of the policy set to its own. Where PgBeam's rules are not published, the engine is stricter than
//!   PgBeam. For a statement that PgBeam also blocks, the engine can report another rule.
//! - [`Policies`](super::Policies) sends the statements to the API, with the profiles as drafts. The API uses the query
//!   templates of the project, not the query templates of the policy set.
//!
//! Budgets, `max_rows`, approvals and content scans do not affect a decision.
//!
//! # Coverage
//!
//! [`CheckReport::coverage`] shows which parts of each profile are exercised by at least one case. Whether the case
//! passes does not matter. The table shows which decision about a statement exercises a part:
//!
//! | part | decision about the statement |
//! | --- | --- |
//! | `access_mode`, if it is `read_only` | blocked by the rule `read_only` or `locking_select` |
//! | a kind in `statement_rules.allow` | not blocked, and the statement has the kind |
//! | the item `statement_not_allowed` of `statement_rules`, if `allow` is not empty | blocked by this rule |
//! | a kind in `statement_rules.deny` | blocked by the rule `statement_denied`, and the statement has the kind |
//! | an entry of `table_allowlist` | not blocked, and the statement uses the table |
//! | the item `table_not_allowed` of `table_allowlist`, if the list is not empty | blocked by this rule |
//! | an entry of `table_denylist` | blocked by the rule `table_denied`, and the statement uses the table |
//! | a mask in `masking_rules` | the statement uses the table of the mask, and is either masked by this mask or blocked by a rule `masked_column_…` |
//! | a filter in `row_filters` | the statement uses the table of the filter, and is either filtered by this filter or blocked by the rule `row_filter_unsafe` |
//! | `max_affected_rows`, if it is not 0 | blocked by the rule `max_affected_rows_writable_cte` |
//! | `migration_safety`, if it is `block` | blocked by the rule `migration_block` |
//! | `query_mode`, if it is `templates` | blocked by the rule `query_mode_templates` |
//!
//! The coverage of a mask or filter is [`Unknown`](Coverage::Unknown) if a rule about masks or filters blocks the
//! statement, and several masks or filters could be the reason.
//!
//! The kinds and tables of a statement come from the parser of `pgbeam-engine`, even if the API evaluates the
//! statement. They are not known if the feature `engine` is disabled, or if the parser rejects the statement. If they
//! are not known, the coverage of these parts is also [`Unknown`](Coverage::Unknown):
//!
//! - kinds in `statement_rules.allow` and entries of `table_allowlist`, if the statement is not blocked;
//! - kinds in `statement_rules.deny`, if the rule `statement_denied` blocks the statement and there are several kinds;
//! - entries of `table_denylist`, if the rule `table_denied` blocks the statement and there are several entries;
//! - masks with the same column and kind as another mask, and filters with the same predicate as another filter, if the
//!   statement is not blocked and the decision has the column or the predicate.

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
/// decisions.
///
/// A failed case is a finding of the report, not an error. See the [module](self) for an example.
///
/// # Errors
///
/// - A suite names a profile that the set does not have. Nothing is evaluated.
/// - A statement cannot be evaluated: a request to the API fails, the engine does not know a value of the profile, or
///   the evaluator returns a wrong number of results.
///
/// [`CheckError::findings`] returns the locations of the suites or of the statement.
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

/// Returns an error with a finding for each suite whose profile the set lacks.
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

/// The error of [`check`](check()): a suite names an unknown profile, or a statement cannot be evaluated.
///
/// `Display` prints one line for each suite with an unknown profile, or one line with the statement that cannot be
/// evaluated. [`source`](StdError::source) returns the reason why a statement cannot be evaluated; `None` for unknown
/// profiles.
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

    /// Returns one finding with the rule `unknown-policy` for each suite with an unknown profile, or one finding with
    /// the rule `not-evaluated` for the statement that cannot be evaluated.
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
