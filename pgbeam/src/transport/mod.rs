//! The transport of every call: credential, attempts, waits and limits.
//!
//! [`Shared::run`] is the retry loop. The decisions are in one file each:
//!
//! | file | concern |
//! | --- | --- |
//! | `retry_policy`, `outcome` | whether another attempt follows, and when |
//! | `backoff` | how long to wait when the server does not say |
//! | `deadline` | how long an attempt and the call may take |
//! | `token_bucket` | how many retries all calls may make together |
//! | `rate_limit_gate` | how long a 429 holds the other calls back |
//! | `idempotency` | which `Idempotency-Key` is sent |
//! | `ambiguity`, `reconcile` | whether a failed write may have taken effect, and how a read tells |
//! | `headers`, `credential` | the headers of a request |
//! | `attempt`, `failure`, `http_client`, `body` | one request and its response, or why there is none |
//! | `telemetry` | spans, events and the observer |

mod ambiguity;
mod attempt;
mod backoff;
mod body;
mod credential;
mod deadline;
mod environment;
mod failure;
pub(crate) mod headers;
mod http_client;
pub(crate) mod idempotency;
mod outcome;
mod rate_limit_gate;
mod reconcile;
mod retry_policy;
mod telemetry;
mod token_bucket;

#[cfg(all(test, feature = "policies"))]
mod tests;

use std::{borrow::Cow, future::ready, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pgbeam_api::{
    BoxFuture, Error, HttpClient, PreparedRequest, RawResponse, ReadBack, Redactor, Transport,
    parse_retry_after, runtime::plain_http_error,
};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

pub use self::credential::CredentialRequest;
use self::{
    ambiguity::Ambiguity,
    backoff::{backoff, spread},
    body::Reading,
    credential::Resolved,
    environment::Environment,
    failure::Failure,
    retry_policy::{Decision, GateWait, RetrySafety, RetryState, decide},
};
pub(crate) use self::{
    credential::Credential,
    deadline::Limits,
    environment::Process,
    http_client::http_client,
    outcome::Outcome,
    rate_limit_gate::RateLimitGate,
    telemetry::{Observer, Telemetry},
    token_bucket::TokenBucket,
};
use crate::{Attempt, CallOptions, RetryPolicy};

/// The state that all calls of a client share.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) retry: RetryPolicy,
    pub(crate) token_bucket: TokenBucket,
    pub(crate) rate_limit_gate: RateLimitGate,
    pub(crate) idempotency_keys: bool,
    /// The largest body that is read into memory, in bytes; 0 for no limit.
    pub(crate) max_response_bytes: u64,
    pub(crate) headers: HeaderMap,
    pub(crate) credential: Credential,
    /// Whether the credential may be sent without TLS to another machine.
    pub(crate) allow_http: bool,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) telemetry: Telemetry,
}

/// The transport with the options of one call or client.
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
    fn send(
        &self,
        outgoing: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
        let span = self.shared.telemetry.span(outgoing.operation);
        let shared = &*self.shared;
        let mut plan = match shared.plan(outgoing, &self.options) {
            Ok(plan) => plan,
            Err(error) => return Box::pin(ready(Err(error)).instrument(span)),
        };
        // A block: an async function would store its arguments twice.
        let call = async move {
            let (current, since) = match shared.credential.known() {
                Some(known) => (known.clone(), plan.start),
                None => (shared.ask(&plan).await?, Instant::now()),
            };
            let mut credentials = Credentials {
                current,
                rejected: None,
                since,
            };
            // Asking for the credential is part of the attempt.
            let begun = plan.start;
            let answer = shared.run(&mut plan, &mut credentials, begun).await?;
            match reconcile::read_back(&plan.outgoing, &answer) {
                None => Ok(answer),
                // Boxed, because it is rare and large.
                Some((read_back, read)) => {
                    let reconciled = shared.reconcile(plan, credentials, answer, read_back, read);
                    Ok(Box::pin(reconciled).await)
                }
            }
        };
        // Without a span there is nothing to enter each time that the call is polled.
        match span.is_none() {
            true => Box::pin(call),
            false => Box::pin(call.instrument(span)),
        }
    }
}

/// The state of one call that all its attempts share.
struct Plan {
    start: Instant,
    limits: Limits,
    retry: RetryPolicy,
    safety: RetrySafety,
    outgoing: Box<PreparedRequest>,
}

/// The credentials of one call.
struct Credentials {
    current: Arc<Resolved>,
    /// The credential that the server rejected with 401, if any.
    rejected: Option<Arc<Resolved>>,
    /// When the current one was resolved: no request with it was sent before.
    since: Instant,
}

impl Credentials {
    /// Replaces each credential that the call has sent.
    fn redactors(&self) -> impl Iterator<Item = &Redactor> {
        let sent = [Some(&self.current), self.rejected.as_ref()];
        sent.into_iter().flatten().map(|sent| sent.redactor())
    }

    /// Returns the text without these credentials.
    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let redact = |text: Cow<'a, str>, redactor: &Redactor| match redactor.redact(&text) {
            Cow::Owned(clean) => Cow::Owned(clean),
            Cow::Borrowed(_) => text,
        };
        self.redactors().fold(Cow::Borrowed(text), redact)
    }
}

impl Shared {
    /// Completes the request.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` or `Config` if it must not be sent.
    fn plan(
        &self,
        mut outgoing: Box<PreparedRequest>,
        options: &CallOptions,
    ) -> Result<Plan, Error> {
        let start = Instant::now();
        let limits = self.limits.overridden(options);
        let of_call = options
            .differences()
            .and_then(|differences| differences.retry);
        let retry = of_call.unwrap_or(self.retry);
        headers::add(&mut outgoing.headers, options)?;
        let has_key = idempotency::prepare(
            &mut outgoing.headers,
            outgoing.operation,
            self.idempotency_keys && retry.max_retries > 0,
            || self.environment.idempotency_key(),
        )?;
        // Before anything waits for the credential.
        if !self.allow_http && !self.credential.is_none() && !outgoing.is_confidential() {
            return Err(plain_http_error());
        }
        let safety = RetrySafety::new(outgoing.operation.idempotency, has_key);
        Ok(Plan {
            start,
            limits,
            retry,
            safety,
            outgoing,
        })
    }

    /// Asks the credential callback.
    async fn ask(&self, plan: &Plan) -> Result<Arc<Resolved>, Error> {
        let Plan { start, limits, .. } = plan;
        let unsent = |error: Error| error.with_attempts(0, start.elapsed());
        let limit = limits.next(Duration::ZERO);
        let current = self.credential.resolve(None, limit).await.map_err(unsent)?;
        if limits.spent(start.elapsed()) {
            return Err(unsent(
                Failure::timeout(limits.next(start.elapsed())).into_error(),
            ));
        }
        Ok(current)
    }

    /// Reads the resource after a replacement got 412 and an earlier response was lost. If it is what
    /// was sent, the call succeeds; otherwise, or if it cannot be read, the 412 stands.
    async fn reconcile(
        &self,
        mut plan: Plan,
        mut credentials: Credentials,
        mut refused: Box<RawResponse>,
        read_back: ReadBack,
        read: Box<PreparedRequest>,
    ) -> Box<RawResponse> {
        let write = std::mem::replace(&mut plan.outgoing, read);
        plan.safety = RetrySafety::ReadOnly;
        let read = self.run(&mut plan, &mut credentials, Instant::now()).await;
        refused.elapsed = plan.start.elapsed();
        let current = match read {
            Ok(current) if current.status == StatusCode::OK && current.body_error.is_none() => {
                current
            }
            _ => return refused,
        };
        if !reconcile::is_applied(&read_back, &write, &current.body) {
            return refused;
        }
        let RawResponse {
            status,
            headers,
            body,
            ..
        } = *current;
        let mut answer = Box::new(RawResponse::new(write.operation, status, headers, body));
        answer.attempts = refused.attempts;
        answer.elapsed = refused.elapsed;
        answer
    }

    /// Makes attempts until one succeeds or no other may follow. The first one began at `begun`.
    async fn run(
        &self,
        plan: &mut Plan,
        credentials: &mut Credentials,
        mut begun: Instant,
    ) -> Result<Box<RawResponse>, Error> {
        let mut ambiguity = Ambiguity::new(plan.safety);
        let (mut attempts, mut retries, mut taken) = (0_u32, 0, 0);
        loop {
            attempts = attempts.saturating_add(1);
            let sent = begun.max(credentials.since);
            let attempt = pin!(self.attempt(plan, credentials, attempts, begun)).await;
            let attempt = attempt.map(|mut response| {
                response.retry_after =
                    parse_retry_after(&response.headers, || self.environment.date());
                response
            });
            let outcome = failure::outcome(&attempt);
            ambiguity.record(outcome, || {
                attempt.as_ref().is_ok_and(|answer| answer.is_non_json())
            });
            self.token_bucket.record(outcome, taken);

            let follows = self.follows(plan, outcome, sent, retries);
            self.tell(plan, credentials, &attempt, begun, attempts, follows);
            if let Follows::Retry(wait) = follows {
                let reservation = self.token_bucket.reservation(outcome);
                if !self.wait(plan, wait, sent, retries).await {
                    return self.finish(plan, credentials, attempt, attempts, &ambiguity);
                }
                reservation.spend();
                retries += 1;
                taken += u32::from(!outcome.is_scheduled());
                begun = Instant::now();
            } else if let Some(asked) = self.renew(plan, credentials, outcome).await {
                begun = asked;
            } else {
                return self.finish(plan, credentials, attempt, attempts, &ambiguity);
            }
        }
    }

    /// Decides what follows an attempt, with the state that all calls share.
    fn follows(&self, plan: &Plan, outcome: Outcome, sent: Instant, retries: u32) -> Follows {
        if !outcome.is_retryable() {
            return Follows::Nothing;
        }
        let chance = self.environment.chance();
        let gate = self.rate_limit_gate.record(outcome, sent, Instant::now());
        let decision = decide(&RetryState {
            safety: plan.safety,
            outcome,
            retries,
            max_retries: plan.retry.max_retries,
            elapsed: plan.start.elapsed(),
            budget: plan.limits.budget(),
            backoff: backoff(&plan.retry, retries, chance),
            gate: gate.map(|wait| GateWait {
                wait,
                spread: spread(&plan.retry, retries, chance),
            }),
        });
        match decision {
            Decision::Return => Follows::Nothing,
            Decision::RetryAfter(wait) if self.token_bucket.try_take(outcome) => {
                Follows::Retry(wait)
            }
            Decision::RetryAfter(_) => Follows::Throttled,
        }
    }

    /// Waits before a retry, and longer if another call gets a 429 meanwhile; at most as often as the
    /// call has retries left, so that it does not wait forever. Returns `false` if the wait would
    /// exceed the total budget.
    async fn wait(&self, plan: &Plan, mut wait: Duration, sent: Instant, retries: u32) -> bool {
        for turn in retries.. {
            sleep(wait).await;
            // The machine may have been suspended past the end of the budget.
            let elapsed = plan.start.elapsed();
            if plan.limits.spent(elapsed) {
                return false;
            }
            let gate = self
                .rate_limit_gate
                .left(sent, Instant::now())
                .filter(|_| turn < plan.retry.max_retries);
            let Some(gate) = gate else { break };
            let spread = spread(&plan.retry, turn, self.environment.chance());
            match retry_policy::wait(gate, spread, plan.limits.left(elapsed)) {
                Decision::RetryAfter(longer) => wait = longer,
                Decision::Return => return false,
            }
        }
        true
    }

    /// Calls the credential callback once more after a 401. Returns when that began, which counts for
    /// the next attempt; `None` if there is no other credential.
    async fn renew(
        &self,
        plan: &Plan,
        credentials: &mut Credentials,
        outcome: Outcome,
    ) -> Option<Instant> {
        if outcome.status() != Some(401) || credentials.rejected.is_some() {
            return None;
        }
        let asked = Instant::now();
        let limit = plan.limits.next(asked - plan.start);
        let new = self.credential.renew(&credentials.current, limit).await?;
        credentials.rejected = Some(std::mem::replace(&mut credentials.current, new));
        credentials.since = Instant::now();
        (!plan.limits.spent(credentials.since - plan.start)).then_some(asked)
    }

    /// Reports an attempt, and what follows it, to `tracing` and the observer.
    fn tell(
        &self,
        plan: &Plan,
        credentials: &Credentials,
        attempt: &Result<Box<RawResponse>, Failure>,
        begun: Instant,
        number: u32,
        follows: Follows,
    ) {
        if !self.telemetry.is_heard() {
            return;
        }
        let headers = attempt.as_ref().map(|answer| &answer.headers).ok();
        let request_id = headers.and_then(|headers| headers.get("x-request-id")?.to_str().ok());
        let request_id = request_id.map(|id| credentials.redact(id));
        self.telemetry.attempt(&Attempt {
            operation: plan.outgoing.operation,
            number,
            outcome: failure::outcome(attempt),
            duration: begun.elapsed(),
            request_id: request_id.as_deref(),
            retry_in: match follows {
                Follows::Retry(wait) => Some(wait),
                _ => None,
            },
            throttled: matches!(follows, Follows::Throttled),
        });
    }

    /// One attempt within its limit.
    async fn attempt(
        &self,
        plan: &Plan,
        credentials: &Credentials,
        attempts: u32,
        begun: Instant,
    ) -> Result<Box<RawResponse>, Failure> {
        let reading = Reading {
            operation: plan.outgoing.operation,
            limits: plan.limits,
            start: plan.start,
            begun,
            attempts,
            largest: self.max_response_bytes,
        };
        let authorization = credentials.current.header();
        let response = self
            .http
            .send(plan.outgoing.to_request(&self.headers, authorization));
        attempt::receive(response, &reading).await
    }

    /// Builds the call's result from its last attempt.
    fn finish(
        &self,
        plan: &Plan,
        credentials: &Credentials,
        attempt: Result<Box<RawResponse>, Failure>,
        attempts: u32,
        ambiguity: &Ambiguity,
    ) -> Result<Box<RawResponse>, Error> {
        let elapsed = plan.start.elapsed();
        let mut answer = attempt.map_err(|mut failure| {
            for redactor in credentials.redactors() {
                failure.redact(redactor);
            }
            let error = failure.into_error().with_attempts(attempts, elapsed);
            error.with_maybe_applied(ambiguity.maybe_applied())
        })?;
        for redactor in credentials.redactors() {
            answer.redact(redactor);
        }
        self.telemetry.deprecation(&answer);
        if ambiguity.is_own_delete(&answer.operation.method, answer.status, || {
            answer.is_problem()
        }) {
            answer.status = StatusCode::NO_CONTENT;
            answer.body = Bytes::new();
        }
        answer.attempts = attempts;
        answer.elapsed = elapsed;
        answer.maybe_applied = !answer.status.is_success() && ambiguity.maybe_applied();
        Ok(answer)
    }
}

/// What follows an attempt.
#[derive(Clone, Copy)]
enum Follows {
    /// The outcome is final.
    Nothing,
    /// Another attempt, after this wait.
    Retry(Duration),
    /// The token bucket is empty; otherwise another attempt would follow.
    Throttled,
}
