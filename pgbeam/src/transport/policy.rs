//! What follows an attempt: nothing, or another one after a wait.
//!
//! Pure: time and chance come in as values, so that every case is a line of a table.

use std::time::Duration;

use http::Method;
use pgbeam_api::{Idempotency, Operation};

use super::outcome::Outcome;

#[cfg(test)]
mod tests;

/// What it means to send a request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing (GET, HEAD).
    Safe,
    /// It changes what the first one changed already (PUT, DELETE).
    Idempotent,
    /// The server knows its key and acts once (POST, PATCH with an `Idempotency-Key`).
    Keyed,
    /// The server acts twice (POST, PATCH without).
    Unkeyed,
}

impl Repeat {
    pub(crate) fn of(operation: &Operation, has_key: bool) -> Self {
        Self::of_method(&operation.method, operation.idempotency, has_key)
    }

    fn of_method(method: &Method, idempotency: Idempotency, has_key: bool) -> Self {
        match idempotency {
            _ if method.is_safe() => Self::Safe,
            Idempotency::Idempotent => Self::Idempotent,
            Idempotency::Keyed if has_key => Self::Keyed,
            // `Refused`, and whatever a later contract brings: nothing is known to make it harmless.
            _ => Self::Unkeyed,
        }
    }
}

/// All that the decision rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) repeat: Repeat,
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
        repeat,
        outcome,
        retries,
        max_retries,
        elapsed,
        budget,
        backoff,
        hold,
    } = *facts;
    let harmless = repeat != Repeat::Unkeyed || !outcome.may_have_acted();
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
