//! The decision whether another attempt follows, and when.
//!
//! It is pure: time and chance are arguments.

use std::time::Duration;

use pgbeam_api::Idempotency;

use super::outcome::Outcome;

#[cfg(test)]
mod tests;

/// What retrying a request may do if the server has already acted on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetrySafety {
    /// It changes nothing.
    ReadOnly,
    /// It leaves the same state again.
    Idempotent,
    /// The server knows its `Idempotency-Key` and acts once.
    Keyed,
    /// The server may act twice.
    NonIdempotent,
}

impl RetrySafety {
    /// `has_key` says whether the request has an `Idempotency-Key`.
    pub(crate) fn new(idempotency: Idempotency, has_key: bool) -> Self {
        match idempotency {
            Idempotency::ReadOnly => Self::ReadOnly,
            Idempotency::Idempotent | Idempotency::IdempotentPatch => Self::Idempotent,
            Idempotency::Keyed if has_key => Self::Keyed,
            // A class that a later version of `pgbeam-api` adds counts as unprotected, too.
            _ => Self::NonIdempotent,
        }
    }
}

/// The state of a call after an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryState {
    pub(crate) safety: RetrySafety,
    /// The outcome of the attempt.
    pub(crate) outcome: Outcome,
    /// Retries made so far.
    pub(crate) retries: u32,
    pub(crate) max_retries: u32,
    /// Time since the start of the call.
    pub(crate) elapsed: Duration,
    /// The total time of the call; `None` for no limit.
    pub(crate) budget: Option<Duration>,
    /// The wait if the server asks for none.
    pub(crate) backoff: Duration,
    /// The wait that the rate-limit gate asks for; `None` if no other call was rate limited.
    pub(crate) gate: Option<GateWait>,
}

/// A wait because of other calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GateWait {
    pub(crate) wait: Duration,
    /// A further random wait, so that the calls do not all return at once.
    pub(crate) spread: Duration,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The outcome is final.
    Return,
    /// Another attempt, after this wait.
    RetryAfter(Duration),
}

/// Decides what follows an attempt.
pub(crate) fn decide(state: &RetryState) -> Decision {
    let RetryState {
        safety,
        outcome,
        retries,
        max_retries,
        elapsed,
        budget,
        backoff,
        gate,
    } = *state;
    let is_safe = safety != RetrySafety::NonIdempotent || !outcome.may_have_acted();
    if !outcome.is_retryable() || !is_safe || retries >= max_retries {
        return Decision::Return;
    }
    let own = outcome.retry_after().unwrap_or(backoff);
    let left = budget.map(|budget| budget.saturating_sub(elapsed));
    match gate {
        None => wait(own, Duration::ZERO, left),
        Some(gate) => wait(own.max(gate.wait), gate.spread, left),
    }
}

/// Decides whether a wait fits into the time left. The spread is shortened to half of what remains
/// after the wait.
pub(crate) fn wait(wait: Duration, spread: Duration, left: Option<Duration>) -> Decision {
    let Some(left) = left else {
        return Decision::RetryAfter(wait.saturating_add(spread));
    };
    // An attempt that begins when the budget ends has no time left.
    match left.checked_sub(wait) {
        None | Some(Duration::ZERO) => Decision::Return,
        Some(rest) => Decision::RetryAfter(wait.saturating_add(spread.min(rest / 2))),
    }
}
