//! The trait `Evaluate`, which evaluates the statements of tests, and its implementation for the API.

use std::{
    error::Error as StdError,
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use pgbeam_api::BoxFuture;

use crate::policies::{
    DryEvalResult, Policies, concurrent,
    document::{PolicySet, ProfileEntry},
};

/// The maximum number of concurrent requests.
const CONCURRENCY: usize = 8;

/// Evaluates statements under the policy profiles of a set.
///
/// [`Policies`] implements this trait with requests to the API. With the feature `engine`, `pgbeam_engine::Engine`
/// implements this trait without a server. To evaluate statements in another way, implement the trait for your own
/// type:
///
/// ```
/// use pgbeam::{http::BoxFuture, policies::{
///     DryEvalResult, PolicyProfileInput, Verdict,
///     check::{Evaluate, EvaluateError, Statement, TestCase, TestSuite, check},
///     document::PolicySet,
/// }};
///
/// /// Allows every statement.
/// struct Permissive;
///
/// impl Evaluate for Permissive {
///     fn evaluate_all<'a>(
///         &'a self,
///         _: &'a PolicySet,
///         statements: &'a [Statement<'a>],
///     ) -> BoxFuture<'a, Result<Vec<DryEvalResult>, EvaluateError>> {
///         let allow = |_: &Statement<'_>| {
///             let mut result = DryEvalResult::default();
///             result.verdict = Verdict::Allow;
///             result.rule = "ok".to_owned();
///             result
///         };
///         let results = statements.iter().map(allow).collect();
///         Box::pin(async { Ok(results) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let set = PolicySet::new().profile(PolicyProfileInput::new("Support"));
/// let suites = [TestSuite::new("Support").case(TestCase::block("DELETE FROM orders"))];
/// let report = check(&set, &suites, &Permissive).await?;
/// assert_eq!(report.failed(), 1);
/// # Ok(())
/// # }
/// ```
pub trait Evaluate {
    /// Evaluates each statement under its profile. Returns one result for each statement, in the same order.
    ///
    /// `set` contains the query templates. The implementation for [`Policies`] ignores `set`, because the API uses the
    /// query templates of the project.
    ///
    /// # Errors
    ///
    /// A statement cannot be evaluated. An implementation may skip the remaining statements after an error. If the
    /// policy blocks a statement, this is a result and not an error.
    fn evaluate_all<'a>(
        &'a self,
        set: &'a PolicySet,
        statements: &'a [Statement<'a>],
    ) -> BoxFuture<'a, Result<Vec<DryEvalResult>, EvaluateError>>;
}

/// A statement to evaluate, and the policy profile to evaluate it under.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    profile: &'a ProfileEntry,
    sql: &'a str,
}

impl<'a> Statement<'a> {
    /// Creates a statement that is evaluated under `profile`.
    pub fn new(profile: &'a ProfileEntry, sql: &'a str) -> Self {
        Self { profile, sql }
    }

    /// Returns the policy profile.
    pub fn profile(&self) -> &'a ProfileEntry {
        self.profile
    }

    /// Returns the SQL of the statement.
    pub fn sql(&self) -> &'a str {
        self.sql
    }
}

/// The error of [`Evaluate::evaluate_all`]: a statement cannot be evaluated. [`source`](StdError::source) returns the
/// cause.
#[derive(Debug)]
pub struct EvaluateError {
    index: usize,
    source: Box<dyn StdError + Send + Sync>,
}

impl EvaluateError {
    /// Creates the error of a statement. `index` is the index of the statement in the slice of statements that
    /// [`Evaluate::evaluate_all`] received.
    pub fn new(index: usize, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self { index, source }
    }

    /// Returns the index of the statement in the slice of statements.
    pub fn index(&self) -> usize {
        self.index
    }
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {} cannot be evaluated", self.index)
    }
}

impl StdError for EvaluateError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// Evaluates each statement with a [`dry_eval`](Policies::dry_eval) request, with at most 8 requests at a time. The
/// profiles are sent as drafts and not stored.
///
/// The API uses the query templates of the project, not the query templates of the set. After the first error, no
/// further request starts.
impl Evaluate for Policies {
    fn evaluate_all<'a>(
        &'a self,
        _set: &'a PolicySet,
        statements: &'a [Statement<'a>],
    ) -> BoxFuture<'a, Result<Vec<DryEvalResult>, EvaluateError>> {
        Box::pin(async move {
            let has_failed = &AtomicBool::new(false);
            let requests = statements.iter().enumerate().map(|(index, statement)| {
                let request: BoxFuture<'_, _> = Box::pin(async move {
                    if has_failed.load(Ordering::Relaxed) {
                        return None;
                    }
                    let request = self.dry_eval(statement.profile.to_input(), statement.sql);
                    let result = request.await.map_err(|error| {
                        has_failed.store(true, Ordering::Relaxed);
                        EvaluateError::new(index, error)
                    });
                    Some(result.map(|response| response.into_inner()))
                });
                request
            });
            let results = concurrent::run(CONCURRENCY, requests.collect()).await;
            results.into_iter().flatten().collect()
        })
    }
}
