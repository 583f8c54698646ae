//! The one way out: every call of the SDK passes through here.
//!
//! The loop is [`Shared::run`]. What it decides is decided elsewhere, one concern a file:
//!
//! | file | concern |
//! | --- | --- |
//! | `policy`, `outcome` | whether another attempt follows, and when |
//! | `backoff` | how long to wait when the server does not say |
//! | `limits` | how long an attempt and the call may take |
//! | `idempotency` | which key makes a write repeatable |
//! | `doubt` | whether a failed write may have taken effect |
//! | `headers`, `credential` | what each request carries |
//! | `attempt`, `body` | one request out, one answer in |
//! | `telemetry` | what may be seen |

mod attempt;
mod backoff;
mod body;
mod credential;
mod doubt;
mod environment;
pub(crate) mod headers;
pub(crate) mod idempotency;
mod limits;
mod outcome;
mod policy;
mod telemetry;

#[cfg(all(test, feature = "policies"))]
mod tests;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use pgbeam_api::{Answer, BoxFuture, Error, Outgoing, Transport, retry_after};
use reqwest::Request;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use self::{
    attempt::{Failure, Sender},
    backoff::backoff,
    body::Reading,
    credential::Resolved,
    doubt::Doubt,
    environment::Environment,
    policy::{Decision, Facts, Repeat, decide},
};
pub(crate) use self::{
    attempt::{HttpSender, innermost},
    credential::Credential,
    environment::Process,
    limits::Limits,
    telemetry::Telemetry,
};
use crate::{CallOptions, RetryPolicy};

/// What all calls of a client share.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) retry: RetryPolicy,
    pub(crate) idempotency_keys: bool,
    pub(crate) headers: HeaderMap,
    pub(crate) credential: Credential,
    pub(crate) sender: Box<dyn Sender>,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) telemetry: Telemetry,
}

/// The transport as one call, or one client, sees it.
pub(crate) struct Bound {
    shared: Arc<Shared>,
    options: CallOptions,
}

impl Bound {
    pub(crate) fn new(shared: Arc<Shared>, options: CallOptions) -> Self {
        Self { shared, options }
    }
}

impl Transport for Bound {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, Error>> {
        let span = self.shared.telemetry.span(outgoing.operation);
        Box::pin(self.shared.call(outgoing, &self.options).instrument(span))
    }
}

/// How one call is gone about, the same for all its attempts.
struct Plan {
    start: Instant,
    limits: Limits,
    retry: RetryPolicy,
    repeat: Repeat,
    credential: Resolved,
    outgoing: Outgoing,
}

impl Shared {
    /// Completes the request, has the credential, and sends.
    async fn call(&self, mut outgoing: Outgoing, options: &CallOptions) -> Result<Answer, Error> {
        let start = Instant::now();
        let limits = self.limits.overridden(options);
        let retry = options.retry.unwrap_or(self.retry);

        outgoing.headers = headers::merge(&self.headers, outgoing.headers, options)?;
        let has_key = idempotency::prepare(
            &mut outgoing.headers,
            outgoing.operation.idempotency,
            self.idempotency_keys && retry.max_retries > 0,
            || self.environment.idempotency_key(),
        )?;
        check(&outgoing)?;

        let limit = limits.next(Duration::ZERO);
        let unsent = |error: Error| error.with_attempts(0, start.elapsed());
        let credential = self.credential.resolve(limit).await.map_err(unsent)?;
        if limits.spent(start.elapsed()) {
            return Err(unsent(Failure::timeout(limits.next(start.elapsed())).into_error()));
        }
        let repeat = Repeat::of(outgoing.operation, has_key);
        self.run(&Plan { start, limits, retry, repeat, credential, outgoing }).await
    }

    /// Attempts, until one is good or no other may follow.
    async fn run(&self, plan: &Plan) -> Result<Answer, Error> {
        let mut doubt = Doubt::new(plan.repeat, plan.outgoing.operation.read_only);
        let mut retries = 0;
        loop {
            let request = plan.outgoing.to_request()?;
            let attempt = self.attempt(plan, request, retries).await;
            let outcome = attempt::outcome(&attempt);
            Telemetry::attempt(retries, outcome);
            doubt.note(outcome);

            let decision = decide(&Facts {
                repeat: plan.repeat,
                outcome,
                retries,
                max_retries: plan.retry.max_retries,
                elapsed: plan.start.elapsed(),
                budget: plan.limits.budget(),
                backoff: backoff(&plan.retry, retries, self.environment.chance()),
            });
            if let Decision::RetryAfter(wait) = decision {
                sleep(wait).await;
                // A machine that slept too may have slept through the rest of the budget.
                if !plan.limits.spent(plan.start.elapsed()) {
                    retries += 1;
                    continue;
                }
            }
            return self.finish(plan, attempt, retries.saturating_add(1), &doubt);
        }
    }

    /// One attempt within its limit.
    async fn attempt(
        &self,
        plan: &Plan,
        mut request: Request,
        retries: u32,
    ) -> Result<Answer, Failure> {
        if let Some(value) = plan.credential.header() {
            request.headers_mut().insert(header::AUTHORIZATION, value.clone());
        }
        let reading = Reading {
            operation: plan.outgoing.operation,
            limits: plan.limits,
            start: plan.start,
            attempts: retries.saturating_add(1),
        };
        let mut answer = attempt::make(&*self.sender, request, reading).await?;
        answer.retry_after = retry_after(&answer.headers, self.environment.date());
        Ok(answer)
    }

    /// What the call comes to: what the last attempt came to, and how it was come by.
    fn finish(
        &self,
        plan: &Plan,
        attempt: Result<Answer, Failure>,
        attempts: u32,
        doubt: &Doubt,
    ) -> Result<Answer, Error> {
        let elapsed = plan.start.elapsed();
        let mut answer = attempt.map_err(|failure| {
            let error = failure.into_error().with_attempts(attempts, elapsed);
            error.with_maybe_applied(doubt.maybe_applied())
        })?;
        answer.redact(plan.credential.expose());
        self.telemetry.deprecation(&answer);
        if doubt.is_own_delete(&answer.operation.method, answer.status) {
            answer.status = StatusCode::NO_CONTENT;
            answer.body = Bytes::new();
        }
        answer.attempts = attempts;
        answer.elapsed = elapsed;
        answer.maybe_applied = !answer.status.is_success() && doubt.maybe_applied();
        Ok(answer)
    }
}

/// Refuses what HTTP cannot carry before anything waits for the credential.
fn check(outgoing: &Outgoing) -> Result<(), Error> {
    match http::Uri::try_from(outgoing.to_request()?.url().as_str()) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::invalid_field("URL", format!("cannot be sent: {error}"))),
    }
}
