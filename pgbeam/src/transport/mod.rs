//! The transport: executes every call as one or more attempts, with the API key, waits and timeouts.
//!
//! [`ClientState::run`] is the retry loop. Each decision is in its own file:
//!
//! | file | concern |
//! | --- | --- |
//! | `retry_policy`, `outcome` | whether and when an attempt is retried |
//! | `backoff` | the wait without a `Retry-After` |
//! | `deadline` | the attempt timeout and the total timeout |
//! | `token_bucket` | the retry budget of all calls of a client |
//! | `rate_limit_gate` | the wait of concurrent calls after a 429 |
//! | `idempotency` | the `Idempotency-Key` |
//! | `ambiguity`, `reconcile` | whether a failed write may have been applied, and the read that finds this out for a PUT |
//! | `headers` | the headers that a caller sets |
//! | `credential` | the API key and its header |
//! | `attempt`, `failure`, `http_client`, `body` | one attempt: the HTTP client, the response, the failure and streams |
//! | `telemetry` | spans, events and the observer |
//! | `environment` | random numbers and the system time, which tests replace |

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
#[cfg(feature = "policy-files")]
pub(crate) use self::reconcile::is_equivalent;
use self::{
    ambiguity::Ambiguity,
    backoff::{backoff, gate_jitter},
    body::ReadContext,
    credential::ResolvedCredential,
    environment::Environment,
    failure::Failure,
    retry_policy::{Decision, GateWait, RetrySafety, RetryState, decide, decide_wait},
};
pub(crate) use self::{
    credential::Credential,
    deadline::Timeouts,
    environment::SystemEnvironment,
    http_client::http_client,
    outcome::Outcome,
    rate_limit_gate::RateLimitGate,
    telemetry::{Observer, Telemetry},
    token_bucket::TokenBucket,
};
use crate::{Attempt, CallOptions, RetryPolicy};

/// The settings and the state that all calls of a client and its clones share.
pub(crate) struct ClientState {
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) token_bucket: TokenBucket,
    pub(crate) rate_limit_gate: RateLimitGate,
    pub(crate) idempotency_keys: bool,
    /// The maximum size of a body that is read into memory, in bytes; 0 for no limit.
    pub(crate) max_response_bytes: u64,
    pub(crate) headers: HeaderMap,
    pub(crate) credential: Credential,
    /// Whether the API key may be sent without TLS to hosts other than loopback hosts.
    pub(crate) allow_http: bool,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) telemetry: Telemetry,
}

/// The transport of a client: sends each call as one or more attempts. `options` apply to all calls through
/// this transport. These are all calls of a low-level client that `Client::api_with` returns, or the one call
/// of a request builder.
pub(crate) struct RetryTransport {
    state: Arc<ClientState>,
    options: CallOptions,
}

impl RetryTransport {
    pub(crate) fn new(state: Arc<ClientState>, options: CallOptions) -> Self {
        Self { state, options }
    }
}

impl Transport for RetryTransport {
    fn send(
        &self,
        request: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
        let span = self.state.telemetry.span(request.operation);
        let state = &*self.state;
        let mut call = match state.prepare(request, &self.options) {
            Ok(call) => call,
            Err(error) => return Box::pin(ready(Err(error)).instrument(span)),
        };
        // A block, because an async function stores its arguments twice.
        let future = async move {
            let (current, resolved_at) = match state.credential.as_fixed() {
                Some(fixed) => (fixed.clone(), call.start),
                None => (state.resolve_credential(&call).await?, Instant::now()),
            };
            let mut credentials = CallCredentials {
                current,
                rejected: None,
                resolved_at,
            };
            // The attempt timeout of the first attempt includes the call of the credential provider.
            let attempt_start = call.start;
            let response = state
                .run(&mut call, &mut credentials, attempt_start)
                .await?;
            match reconcile::read_request(&call.request, &response) {
                None => Ok(response),
                // Boxed, because this future is rare and large.
                Some((read_back, read)) => {
                    let reconciled = state.reconcile(call, credentials, response, read_back, read);
                    Ok(Box::pin(reconciled).await)
                }
            }
        };
        // A disabled span would still cost time at each poll.
        match span.is_none() {
            true => Box::pin(future),
            false => Box::pin(future.instrument(span)),
        }
    }
}

/// The settings and the request of one call. All attempts of the call use them.
struct CallState {
    start: Instant,
    timeouts: Timeouts,
    retry: RetryPolicy,
    safety: RetrySafety,
    request: Box<PreparedRequest>,
}

/// The credentials of a call.
struct CallCredentials {
    current: Arc<ResolvedCredential>,
    /// The credential that the server rejected with 401, if any.
    rejected: Option<Arc<ResolvedCredential>>,
    /// The time at which `current` was resolved. Requests with `current` are sent after this time.
    resolved_at: Instant,
}

impl CallCredentials {
    /// Returns the redactors of the current and of the rejected credential.
    fn redactors(&self) -> impl Iterator<Item = &Redactor> {
        let sent = [Some(&self.current), self.rejected.as_ref()];
        let sent = sent.into_iter().flatten();
        sent.map(|credential| credential.redactor())
    }

    /// Replaces the current and the rejected credential in `string` with `[redacted]`.
    fn redact<'a>(&self, string: &'a str) -> Cow<'a, str> {
        let redact = |string: Cow<'a, str>, redactor: &Redactor| match redactor.redact(&string) {
            Cow::Owned(redacted) => Cow::Owned(redacted),
            Cow::Borrowed(_) => string,
        };
        self.redactors().fold(Cow::Borrowed(string), redact)
    }
}

impl ClientState {
    /// Adds the headers of the options and the idempotency key to the request, and creates the state of the
    /// call.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` if a header or the idempotency key is invalid. Kind `Config` if `allow_http` is `false`
    /// and the request would send the API key without TLS to a host that is not a loopback host.
    fn prepare(
        &self,
        mut request: Box<PreparedRequest>,
        options: &CallOptions,
    ) -> Result<CallState, Error> {
        let start = Instant::now();
        let timeouts = self.timeouts.with_options(options);
        let retry = options.overrides().and_then(|overrides| overrides.retry);
        let retry = retry.unwrap_or(self.retry);
        headers::apply_options(&mut request.headers, options)?;
        let has_key = idempotency::prepare(
            &mut request.headers,
            request.operation,
            self.idempotency_keys && retry.max_retries > 0,
            || self.environment.idempotency_key(),
        )?;
        // Checked before the credential provider is called.
        if !self.allow_http && !self.credential.is_none() && !request.is_confidential() {
            return Err(plain_http_error());
        }
        let safety = RetrySafety::new(request.operation.idempotency, has_key);
        Ok(CallState {
            start,
            timeouts,
            retry,
            safety,
            request,
        })
    }

    /// Calls the credential provider for the first attempt of a call.
    ///
    /// # Errors
    ///
    /// The errors of [`Credential::resolve`], and kind `Timeout` if no time remains for an attempt.
    async fn resolve_credential(&self, call: &CallState) -> Result<Arc<ResolvedCredential>, Error> {
        let CallState {
            start, timeouts, ..
        } = call;
        let without_attempt = |error: Error| error.with_attempts(0, start.elapsed());
        let limit = timeouts.next_limit(Duration::ZERO);
        let current = self
            .credential
            .resolve(None, limit)
            .await
            .map_err(without_attempt)?;
        if timeouts.is_exhausted(start.elapsed()) {
            return Err(without_attempt(
                Failure::timeout(timeouts.next_limit(start.elapsed())).into_error(),
            ));
        }
        Ok(current)
    }

    /// Determines the result of a PUT that got 412 after an ambiguous attempt. Sends `read` and compares the
    /// resource with the content that the PUT sent. If the resource has this content, the PUT was applied:
    /// returns the response to the read as the response to the PUT. If the resource has other content, or if
    /// the read fails, returns `rejected`, which is the 412.
    async fn reconcile(
        &self,
        mut call: CallState,
        mut credentials: CallCredentials,
        mut rejected: Box<RawResponse>,
        read_back: ReadBack,
        read: Box<PreparedRequest>,
    ) -> Box<RawResponse> {
        let write = std::mem::replace(&mut call.request, read);
        call.safety = RetrySafety::ReadOnly;
        let read = self.run(&mut call, &mut credentials, Instant::now()).await;
        rejected.elapsed = call.start.elapsed();
        let current = match read {
            Ok(current) if current.status == StatusCode::OK && current.body_error.is_none() => {
                current
            }
            _ => return rejected,
        };
        if !reconcile::is_applied(&read_back, &write, &current.body) {
            return rejected;
        }
        let RawResponse {
            status,
            headers,
            body,
            ..
        } = *current;
        let mut response = Box::new(RawResponse::new(write.operation, status, headers, body));
        response.attempts = rejected.attempts;
        response.elapsed = rejected.elapsed;
        response
    }

    /// Makes attempts until one is not retried, and returns the result of this attempt. `attempt_start` is
    /// the start of the first attempt.
    async fn run(
        &self,
        call: &mut CallState,
        credentials: &mut CallCredentials,
        mut attempt_start: Instant,
    ) -> Result<Box<RawResponse>, Error> {
        let mut ambiguity = Ambiguity::new(call.safety);
        let (mut attempts, mut retries, mut paid_retries) = (0_u32, 0, 0);
        loop {
            attempts = attempts.saturating_add(1);
            let sent_at = attempt_start.max(credentials.resolved_at);
            let attempt = pin!(self.attempt(call, credentials, attempts, attempt_start)).await;
            let attempt = attempt.map(|mut response| {
                response.retry_after =
                    parse_retry_after(&response.headers, || self.environment.now());
                response
            });
            let outcome = failure::outcome(&attempt);
            ambiguity.record(outcome, || {
                attempt
                    .as_ref()
                    .is_ok_and(|response| response.is_non_json())
            });
            self.token_bucket.record(outcome, paid_retries);

            let next = self.next_step(call, outcome, sent_at, retries);
            self.report(call, credentials, &attempt, attempt_start, attempts, next);
            if let NextStep::Retry(wait) = next {
                let reservation = self.token_bucket.reservation(outcome);
                if !self.wait(call, wait, sent_at, retries).await {
                    return self.finish(call, credentials, attempt, attempts, &ambiguity);
                }
                reservation.spend();
                retries += 1;
                paid_retries += u32::from(!outcome.is_scheduled());
                attempt_start = Instant::now();
            } else if let Some(start) = self.renew_credential(call, credentials, outcome).await {
                attempt_start = start;
            } else {
                return self.finish(call, credentials, attempt, attempts, &ambiguity);
            }
        }
    }

    /// Decides whether an attempt is retried and after which wait. Updates the rate-limit gate, and takes the
    /// tokens of the retry from the retry budget.
    fn next_step(
        &self,
        call: &CallState,
        outcome: Outcome,
        sent_at: Instant,
        retries: u32,
    ) -> NextStep {
        if !outcome.is_retryable() {
            return NextStep::Return;
        }
        let random = self.environment.random();
        let gate = self
            .rate_limit_gate
            .record(outcome, sent_at, Instant::now());
        let decision = decide(&RetryState {
            safety: call.safety,
            outcome,
            retries,
            max_retries: call.retry.max_retries,
            elapsed: call.start.elapsed(),
            total_timeout: call.timeouts.total(),
            backoff: backoff(&call.retry, retries, random),
            gate: gate.map(|wait| GateWait {
                wait,
                jitter: gate_jitter(&call.retry, retries, random),
            }),
        });
        match decision {
            Decision::Return => NextStep::Return,
            Decision::RetryAfter(wait) if self.token_bucket.try_take(outcome) => {
                NextStep::Retry(wait)
            }
            Decision::RetryAfter(_) => NextStep::Throttled,
        }
    }

    /// Waits before a retry. If another call sets the rate-limit gate during the wait, the call then also
    /// waits for the gate. The call waits for the gate at most once for each remaining retry. Returns `false`
    /// if the call must not retry, because the total timeout has elapsed or would elapse during the next
    /// wait.
    async fn wait(
        &self,
        call: &CallState,
        mut wait: Duration,
        sent_at: Instant,
        retries: u32,
    ) -> bool {
        for round in retries.. {
            sleep(wait).await;
            // The machine may have been suspended during the wait.
            let elapsed = call.start.elapsed();
            if call.timeouts.is_exhausted(elapsed) {
                return false;
            }
            let gate = self
                .rate_limit_gate
                .remaining(sent_at, Instant::now())
                .filter(|_| round < call.retry.max_retries);
            let Some(gate) = gate else { break };
            let jitter = gate_jitter(&call.retry, round, self.environment.random());
            match decide_wait(gate, jitter, call.timeouts.remaining(elapsed)) {
                Decision::RetryAfter(longer) => wait = longer,
                Decision::Return => return false,
            }
        }
        true
    }

    /// Calls the credential provider again after the first 401 of a call, and stores the new key in
    /// `credentials`. Returns the start of the next attempt: the time before the call of the provider.
    /// Returns `None` if the call makes no further attempt: the outcome is not the first 401 of the call,
    /// there is no provider, the provider fails or returns the rejected key again, or no time remains.
    async fn renew_credential(
        &self,
        call: &CallState,
        credentials: &mut CallCredentials,
        outcome: Outcome,
    ) -> Option<Instant> {
        if outcome.status() != Some(401) || credentials.rejected.is_some() {
            return None;
        }
        let start = Instant::now();
        let limit = call.timeouts.next_limit(start - call.start);
        let new = self.credential.renew(&credentials.current, limit).await?;
        credentials.rejected = Some(std::mem::replace(&mut credentials.current, new));
        credentials.resolved_at = Instant::now();
        (!call
            .timeouts
            .is_exhausted(credentials.resolved_at - call.start))
        .then_some(start)
    }

    /// Reports an attempt and the next step to `tracing` and the observer.
    fn report(
        &self,
        call: &CallState,
        credentials: &CallCredentials,
        attempt: &Result<Box<RawResponse>, Failure>,
        attempt_start: Instant,
        number: u32,
        next: NextStep,
    ) {
        if !self.telemetry.is_enabled() {
            return;
        }
        let headers = attempt.as_ref().map(|response| &response.headers).ok();
        let request_id = headers.and_then(|headers| headers.get("x-request-id")?.to_str().ok());
        let request_id = request_id.map(|id| credentials.redact(id));
        self.telemetry.record_attempt(&Attempt {
            operation: call.request.operation,
            number,
            outcome: failure::outcome(attempt),
            duration: attempt_start.elapsed(),
            request_id: request_id.as_deref(),
            retry_in: match next {
                NextStep::Retry(wait) => Some(wait),
                _ => None,
            },
            throttled: matches!(next, NextStep::Throttled),
        });
    }

    /// Makes one attempt: sends the request and reads the response, within the time limit of the attempt.
    async fn attempt(
        &self,
        call: &CallState,
        credentials: &CallCredentials,
        attempts: u32,
        attempt_start: Instant,
    ) -> Result<Box<RawResponse>, Failure> {
        let context = ReadContext {
            operation: call.request.operation,
            timeouts: call.timeouts,
            call_start: call.start,
            attempt_start,
            attempts,
            max_bytes: self.max_response_bytes,
        };
        let authorization = credentials.current.header();
        let response = self
            .http
            .send(call.request.to_request(&self.headers, authorization));
        attempt::receive(response, &context).await
    }

    /// Builds the result of a call from its last attempt: redacts credentials, sets `maybe_applied`, and
    /// turns a 404 that confirms a DELETE into 204. Emits a warning if the operation is deprecated.
    fn finish(
        &self,
        call: &CallState,
        credentials: &CallCredentials,
        attempt: Result<Box<RawResponse>, Failure>,
        attempts: u32,
        ambiguity: &Ambiguity,
    ) -> Result<Box<RawResponse>, Error> {
        let elapsed = call.start.elapsed();
        let mut response = attempt.map_err(|mut failure| {
            for redactor in credentials.redactors() {
                failure.redact(redactor);
            }
            let error = failure.into_error().with_attempts(attempts, elapsed);
            error.with_maybe_applied(ambiguity.maybe_applied())
        })?;
        for redactor in credentials.redactors() {
            response.redact(redactor);
        }
        self.telemetry.warn_deprecation(&response);
        if ambiguity.confirms_delete(&response.operation.method, response.status, || {
            response.is_problem()
        }) {
            response.status = StatusCode::NO_CONTENT;
            response.body = Bytes::new();
        }
        response.attempts = attempts;
        response.elapsed = elapsed;
        response.maybe_applied = !response.status.is_success() && ambiguity.maybe_applied();
        Ok(response)
    }
}

/// The next step of a call after an attempt.
#[derive(Clone, Copy)]
enum NextStep {
    /// Do not retry. After the first 401 of a call, an attempt with another key may still follow.
    Return,
    /// Retry after this wait.
    Retry(Duration),
    /// Do not retry, because the retry budget is empty.
    Throttled,
}
