//! Decides whether an attempt is retried and after which wait.
//!
//! All functions are pure: time and randomness are arguments.

use std::time::Duration;

use pgbeam_api::Idempotency;

use super::outcome::Outcome;

#[cfg(test)]
mod tests;

/// The effect of a retry if the server has already executed an earlier attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetrySafety {
    /// The request changes nothing.
    ReadOnly,
    /// The server has the same state after several attempts as after one.
    Idempotent,
    /// The server acts only once for the `Idempotency-Key` of the request.
    Keyed,
    /// A retry may act twice.
    NonIdempotent,
}

impl RetrySafety {
    /// Returns the safety of a request. `has_key` is `true` if the request has an `Idempotency-Key`.
    pub(crate) fn new(idempotency: Idempotency, has_key: bool) -> Self {
        match idempotency {
            Idempotency::ReadOnly => Self::ReadOnly,
            Idempotency::Idempotent | Idempotency::IdempotentPatch => Self::Idempotent,
            Idempotency::Keyed if has_key => Self::Keyed,
            // Includes classes that a later `pgbeam-api` adds.
            _ => Self::NonIdempotent,
        }
    }
}

/// The input of [`decide`]: the state of a call after an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryState {
    pub(crate) safety: RetrySafety,
    /// The outcome of the attempt.
    pub(crate) outcome: Outcome,
    /// The number of retries so far.
    pub(crate) retries: u32,
    pub(crate) max_retries: u32,
    /// Time since the start of the call.
    pub(crate) elapsed: Duration,
    /// The total timeout of the call; `None` if disabled.
    pub(crate) total_timeout: Option<Duration>,
    /// The wait if the response has no `Retry-After`.
    pub(crate) backoff: Duration,
    /// The wait for the rate-limit gate; `None` if the call does not wait for the gate.
    pub(crate) gate: Option<GateWait>,
}

/// The wait for the rate-limit gate, and the random wait that is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GateWait {
    /// The time until the gate opens.
    pub(crate) wait: Duration,
    /// The random wait that is added to the wait before the retry, so that concurrent calls do not retry at
    /// the same time.
    pub(crate) jitter: Duration,
}

/// The decision after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Do not retry.
    Return,
    /// Retry after this wait.
    RetryAfter(Duration),
}

/// Decides whether an attempt is retried, and after which wait.
///
/// The wait is the `Retry-After` of the response, or the backoff if the response has none. If the call waits
/// for the rate-limit gate, the wait is at least the wait for the gate, and the jitter is added.
pub(crate) fn decide(state: &RetryState) -> Decision {
    let RetryState {
        safety,
        outcome,
        retries,
        max_retries,
        elapsed,
        total_timeout,
        backoff,
        gate,
    } = *state;
    let is_safe = safety != RetrySafety::NonIdempotent || !outcome.is_ambiguous();
    if !outcome.is_retryable() || !is_safe || retries >= max_retries {
        return Decision::Return;
    }
    let wait = outcome.retry_after().unwrap_or(backoff);
    let remaining = total_timeout.map(|total| total.saturating_sub(elapsed));
    match gate {
        None => decide_wait(wait, Duration::ZERO, remaining),
        Some(gate) => decide_wait(wait.max(gate.wait), gate.jitter, remaining),
    }
}

/// Decides whether a wait fits into the remaining time of the call (`None`: no limit). Returns
/// [`Decision::Return`] if no time for an attempt remains after the wait. Otherwise returns the wait plus the
/// jitter. The jitter is limited to half of the time that remains after the wait.
pub(crate) fn decide_wait(
    wait: Duration,
    jitter: Duration,
    remaining: Option<Duration>,
) -> Decision {
    let Some(remaining) = remaining else {
        return Decision::RetryAfter(wait.saturating_add(jitter));
    };
    match remaining.checked_sub(wait) {
        None | Some(Duration::ZERO) => Decision::Return,
        Some(rest) => Decision::RetryAfter(wait.saturating_add(jitter.min(rest / 2))),
    }
}
