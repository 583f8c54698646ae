//! `dry_eval_many`: evaluates many statements against a policy with concurrent requests.

use std::{
    collections::VecDeque,
    fmt,
    iter::Fuse,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use pgbeam_api::{BoxFuture, Error, Response};

use super::{DryEvalResult, Policies, PolicySource};

/// The default of the maximum number of concurrent requests.
const CONCURRENCY: usize = 8;

type EvalResult = Result<Response<DryEvalResult>, Error>;

impl Policies {
    /// Evaluates SQL statements against a policy with concurrent requests, without executing the statements.
    ///
    /// Returns a stream of the results, in the order of the statements. Each statement is evaluated with a
    /// [`dry_eval`](Self::dry_eval) request. After an error, the stream continues with the result of the next
    /// statement. A statement is read from `statements` only when its request starts, so the memory use does
    /// not grow with the number of statements.
    ///
    /// # Errors
    ///
    /// Each result can be an error of [`dry_eval`](Self::dry_eval).
    ///
    /// ```
    /// # use pgbeam::policies::PolicyProfileInput;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let draft = PolicyProfileInput::new("draft").deny_table("secrets");
    /// let statements = ["SELECT 1", "SELECT * FROM secrets", ""];
    /// let mut results = policies.dry_eval_many(&draft, statements).concurrency(4);
    ///
    /// assert!(results.next().await.unwrap()?.is_allowed());
    /// assert!(results.next().await.unwrap()?.is_blocked());
    /// // A statement must have at least one character.
    /// assert!(results.next().await.unwrap().is_err());
    /// assert!(results.next().await.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn dry_eval_many<I>(
        &self,
        policy: impl Into<PolicySource>,
        statements: I,
    ) -> DryEvalMany<I::IntoIter>
    where
        I: IntoIterator<Item: Into<String>>,
    {
        DryEvalMany {
            policies: self.clone(),
            policy: policy.into(),
            statements: statements.into_iter().fuse(),
            concurrency: CONCURRENCY,
            window: VecDeque::new(),
        }
    }
}

/// A [`Stream`] of the results of [`Policies::dry_eval_many`], in the order of the statements.
///
/// Requests make progress only while the stream is polled. Dropping the stream cancels the requests in progress.
#[must_use = "a stream does nothing until it is polled"]
pub struct DryEvalMany<I> {
    policies: Policies,
    policy: PolicySource,
    statements: Fuse<I>,
    concurrency: usize,
    /// The requests whose results were not returned yet, in the order of the statements.
    window: VecDeque<Evaluation>,
}

struct Evaluation {
    request: BoxFuture<'static, EvalResult>,
    /// The result of the request; `None` while it is in progress.
    result: Option<EvalResult>,
}

impl<I: Iterator<Item: Into<String>>> DryEvalMany<I> {
    /// Sets the maximum number of concurrent requests. Default: 8. 0 means 1.
    ///
    /// The limit includes finished requests whose results wait for the result of an earlier statement.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Returns the result of the next statement; `None` after the last.
    pub async fn next(&mut self) -> Option<EvalResult> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Collects the results of the remaining statements. If the result of a statement is an error, the evaluation
    /// continues with the next statement.
    ///
    /// ```
    /// # use pgbeam::policies::PolicyProfileInput;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// let draft = PolicyProfileInput::new("draft");
    /// let statements = ["SELECT 1", "DELETE FROM orders"];
    /// let results = policies.dry_eval_many(&draft, statements).collect().await;
    /// for (sql, result) in statements.iter().zip(results) {
    ///     println!("{sql}: {}", result?.verdict);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn collect(mut self) -> Vec<EvalResult> {
        let mut results = Vec::new();
        while let Some(result) = self.next().await {
            results.push(result);
        }
        results
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<EvalResult>> {
        while self.window.len() < self.concurrency
            && let Some(sql) = self.statements.next()
        {
            let request = self.policies.dry_eval(self.policy.clone(), sql);
            self.window.push_back(Evaluation {
                request: request.into_future(),
                result: None,
            });
        }
        for evaluation in &mut self.window {
            if evaluation.result.is_none()
                && let Poll::Ready(result) = evaluation.request.as_mut().poll(context)
            {
                evaluation.result = Some(result);
            }
        }
        let Some(first) = self.window.front_mut() else {
            return Poll::Ready(None);
        };
        let Some(result) = first.result.take() else {
            return Poll::Pending;
        };
        self.window.pop_front();
        Poll::Ready(Some(result))
    }
}

impl<I: Iterator<Item: Into<String>>> Stream for DryEvalMany<I> {
    type Item = EvalResult;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<I> Unpin for DryEvalMany<I> {}

impl<I> fmt::Debug for DryEvalMany<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DryEvalMany")
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use http::Response as HttpResponse;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::{
        Client,
        http::{HttpError, HttpRequest, http_fn},
    };

    const UNIT: Duration = Duration::from_millis(10);

    /// Returns a handle with a fake server, and the maximum number of concurrent requests so far. The request for
    /// the statement `SELECT n` takes `n` times [`UNIT`], and the `reason` of its result is `n`. The request for
    /// any other statement gets 400.
    fn policies() -> (Policies, Arc<AtomicUsize>) {
        let (in_flight, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let peak_so_far = peak.clone();
        let http = http_fn(move |request: HttpRequest| {
            let (in_flight, peak) = (in_flight.clone(), peak.clone());
            async move {
                peak.fetch_max(
                    in_flight.fetch_add(1, Ordering::SeqCst) + 1,
                    Ordering::SeqCst,
                );
                let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
                let units = body["sql"].as_str().unwrap().trim_start_matches("SELECT ");
                let units = units.parse::<u32>();
                if let Ok(units) = units {
                    sleep(UNIT * units).await;
                }
                in_flight.fetch_sub(1, Ordering::SeqCst);
                let response = match units {
                    Ok(units) => HttpResponse::new(format!(
                        r#"{{"verdict": "allow", "rule": "ok", "reason": "{units}", "notes": []}}"#
                    )),
                    Err(_) => {
                        let response = HttpResponse::builder().status(400);
                        response.body(String::new()).unwrap()
                    }
                };
                Ok::<_, HttpError>(response)
            }
        });
        let client = Client::builder().api_key("k").http_client(http).build();
        let policies = client.unwrap().project("prj_1").unwrap().policies();
        (policies, peak_so_far)
    }

    /// Returns the number of units that a request took, which is the `reason` of its result. `None` for an error.
    fn units(result: &EvalResult) -> Option<u32> {
        let result = result.as_ref().ok()?;
        Some(result.reason.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn results_are_in_the_order_of_the_statements_and_keep_their_errors() {
        let (policies, _) = policies();
        let statements = ["SELECT 3", "SELEC", "SELECT 1", "", "SELECT 2"];
        let results = policies.dry_eval_many("pol_1", statements).collect().await;
        let all: Vec<_> = results.iter().map(units).collect();
        assert_eq!(all, [Some(3), None, Some(1), None, Some(2)]);
        assert_eq!(results[1].as_ref().unwrap_err().status(), Some(400));
        // An empty statement is invalid, so nothing was sent.
        assert_eq!(results[3].as_ref().unwrap_err().attempts(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn concurrency_is_limited() {
        // (setting, concurrent requests, units for 20 statements of one unit)
        for (concurrency, peak, units) in [
            (None, 8, 3),
            (Some(0), 1, 20),
            (Some(1), 1, 20),
            (Some(5), 5, 4),
            (Some(100), 20, 1),
        ] {
            let (policies, in_flight) = policies();
            let statements = (0..20).map(|_| "SELECT 1");
            let mut results = policies.dry_eval_many("pol_1", statements);
            if let Some(concurrency) = concurrency {
                results = results.concurrency(concurrency);
            }
            let start = Instant::now();
            assert_eq!(results.collect().await.len(), 20);
            assert_eq!(in_flight.load(Ordering::SeqCst), peak, "{concurrency:?}");
            assert_eq!(start.elapsed(), UNIT * units, "{concurrency:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn statements_are_read_when_their_requests_start() {
        let (policies, _) = policies();
        let read = AtomicUsize::new(0);
        let statements = std::iter::from_fn(|| {
            read.fetch_add(1, Ordering::SeqCst);
            Some("SELECT 1")
        });
        let mut results = policies.dry_eval_many("pol_1", statements).concurrency(3);
        assert_eq!(read.load(Ordering::SeqCst), 0);
        for expected in [3, 4, 5] {
            assert_eq!(results.next().await.as_ref().and_then(units), Some(1));
            assert_eq!(read.load(Ordering::SeqCst), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_statements_give_no_results() {
        let (policies, peak) = policies();
        let mut results = policies.dry_eval_many("pol_1", Vec::<String>::new());
        assert!(results.next().await.is_none() && results.next().await.is_none());
        assert_eq!(peak.load(Ordering::SeqCst), 0);
    }
}
