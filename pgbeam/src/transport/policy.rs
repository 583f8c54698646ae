//! What follows an attempt: nothing, or another one after a wait.
//!
//! Pure: time and chance come in as values, so that every case is a line of a table.

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
    Unprotected,
}

impl RetrySafety {
    /// `has_key` says whether the request has an `Idempotency-Key`.
    pub(crate) fn new(idempotency: Idempotency, has_key: bool) -> Self {
        match idempotency {
            Idempotency::ReadOnly => Self::ReadOnly,
            Idempotency::Idempotent | Idempotency::SetsValues => Self::Idempotent,
            Idempotency::Keyed if has_key => Self::Keyed,
            // A class that a later version of `pgbeam-api` adds counts as unprotected, too.
            _ => Self::Unprotected,
        }
    }
}

/// All that the decision rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) safety: RetrySafety,
    /// What became of the attempt just made.
    pub(crate) outcome: Outcome,
    /// How many retries were made before, or by, that attempt.
    pub(crate) retries: u32,
    /// How many may be made.
    pub(crate) max_retries: u32,
    /// How long the call has taken.
    pub(crate) elapsed: Duration,
    /// How long it may take.
    pub(crate) budget: Option<Duration>,
    /// How long to wait when the server does not say.
    pub(crate) backoff: Duration,
    /// How long the calls beside this one are told to wait, and how much later this one may come
    /// so that they do not come all at once; absent when it is alone.
    pub(crate) hold: Option<Held>,
}

/// What is asked of a call that is not alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) wait: Duration,
    pub(crate) spread: Duration,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The outcome is the call's.
    Return,
    /// Another attempt, after this wait.
    RetryAfter(Duration),
}

pub(crate) fn decide(facts: &Facts) -> Decision {
    let Facts {
        safety,
        outcome,
        retries,
        max_retries,
        elapsed,
        budget,
        backoff,
        hold,
    } = *facts;
    let harmless = safety != RetrySafety::Unprotected || !outcome.may_have_acted();
    if !outcome.is_retryable() || !harmless || retries >= max_retries {
        return Decision::Return;
    }
    let own = outcome.retry_after().unwrap_or(backoff);
    let left = budget.map(|budget| budget.saturating_sub(elapsed));
    match hold {
        None => wait(own, Duration::ZERO, left),
        Some(hold) => wait(own.max(hold.wait), hold.spread, left),
    }
}

/// Another attempt after this wait and some of this spread, as far as what is left allows it.
pub(crate) fn wait(wait: Duration, spread: Duration, left: Option<Duration>) -> Decision {
    let Some(left) = left else {
        return Decision::RetryAfter(wait.saturating_add(spread));
    };
    // An attempt that begins when the budget ends has no time left; and what is spread leaves it
    // half of the time.
    match left.checked_sub(wait) {
        None | Some(Duration::ZERO) => Decision::Return,
        Some(rest) => Decision::RetryAfter(wait.saturating_add(spread.min(rest / 2))),
    }
}
