//! The rate-limit gate: after a 429 of one call, delays the retries of the other concurrent calls of the
//! client until the `Retry-After` of the 429 has passed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::outcome::Outcome;

/// Contains the time of the last 429 with a `Retry-After` of at least one second ([`Outcome::scheduled`]),
/// and the time until which retries wait because of this 429. Other outcomes do not change the gate.
///
/// The gate delays the retry of a call if the last request of the call was sent before the 429 arrived. If
/// the request was sent later, its response is newer than the 429, and the gate does not delay the retry.
#[derive(Debug, Default)]
pub(crate) struct RateLimitGate(Mutex<Option<RateLimit>>);

#[derive(Debug, Clone, Copy)]
struct RateLimit {
    /// The time at which the last 429 arrived.
    at: Instant,
    /// The time until which retries wait. If several concurrent calls got a 429, this is the latest of the
    /// times in their `Retry-After`.
    until: Instant,
}

impl RateLimitGate {
    /// Records the outcome of a request that was sent at `sent`, and returns the remaining wait of the call
    /// for the gate.
    ///
    /// Returns `None` if the call does not wait for the gate. This is the case if the outcome is not
    /// retryable, or if no other call has set a wait since `sent` that still lasts. If only this outcome sets
    /// a wait, also returns `None`, because the call waits for its own `Retry-After` anyway.
    pub(crate) fn record(&self, outcome: Outcome, sent: Instant, now: Instant) -> Option<Duration> {
        if !outcome.is_retryable() {
            return None;
        }
        let mut limit = self.lock();
        // A limit that was set before the request was sent does not delay the retry, and this outcome can
        // replace the limit.
        let concurrent = limit.filter(|limit| sent <= limit.at);
        let wait_of_others = concurrent.and_then(|limit| limit.remaining(now));
        let Some(until) = outcome.scheduled().and_then(|wait| now.checked_add(wait)) else {
            return wait_of_others;
        };
        let until = concurrent.map_or(until, |limit| limit.until.max(until));
        *limit = Some(RateLimit { at: now, until });
        wait_of_others.map(|_| until.saturating_duration_since(now))
    }

    /// Returns the remaining wait for the gate of a call whose last request was sent at `sent`; `None` if the
    /// call does not wait for the gate.
    pub(crate) fn remaining(&self, sent: Instant, now: Instant) -> Option<Duration> {
        self.lock().filter(|limit| sent <= limit.at)?.remaining(now)
    }

    fn lock(&self) -> MutexGuard<'_, Option<RateLimit>> {
        // Each change is one assignment, so a panic leaves no partial state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimit {
    fn remaining(&self, now: Instant) -> Option<Duration> {
        let remaining = self.until.saturating_duration_since(now);
        (!remaining.is_zero()).then_some(remaining)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn limited(seconds: u64) -> Outcome {
        let retry_after = Some(s(seconds));
        Outcome::Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after,
        }
    }

    #[test]
    fn single_call_is_not_delayed_by_its_own_429() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        assert_eq!(gate.record(limited(5), start, start + s(1)), None);
        // The 429 of its retry does not delay it either.
        assert_eq!(gate.remaining(start, start + s(6)), None);
        assert_eq!(gate.record(limited(5), start + s(6), start + s(7)), None);
    }

    #[test]
    fn concurrent_calls_wait() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        gate.record(limited(10), start, start + s(2));
        for (sent, now, expected) in [
            (0, 2, Some(s(10))),
            (1, 5, Some(s(7))),
            (2, 11, Some(s(1))),
            (2, 12, None),
            (2, 20, None),
            // Sent after the 429 arrived.
            (3, 5, None),
        ] {
            let (sent, now) = (start + s(sent), start + s(now));
            assert_eq!(gate.remaining(sent, now), expected);
            assert_eq!(gate.record(Outcome::Connect, sent, now), expected);
            let success = Outcome::Response {
                status: StatusCode::OK,
                retry_after: None,
            };
            assert_eq!(gate.record(success, sent, now), None);
        }
    }

    #[test]
    fn longest_concurrent_wait_applies() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        gate.record(limited(10), start, start);
        assert_eq!(gate.record(limited(2), start, start + s(1)), Some(s(9)));
        assert_eq!(gate.record(limited(20), start, start + s(2)), Some(s(20)));
        assert_eq!(gate.record(limited(0), start, start + s(2)), Some(s(20)));
        assert_eq!(gate.remaining(start, start + s(2)), Some(s(20)));
    }

    #[test]
    fn later_response_replaces_a_long_wait() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        gate.record(limited(3_600), start, start + s(1));
        // A request that was sent after the 429 gets another `Retry-After`.
        assert_eq!(gate.record(limited(0), start + s(2), start + s(3)), None);
        assert_eq!(gate.record(limited(5), start + s(4), start + s(6)), None);
        assert_eq!(gate.remaining(start + s(5), start + s(6)), Some(s(5)));
        assert_eq!(
            gate.record(Outcome::Connect, start + s(7), start + s(8)),
            None
        );
    }

    #[test]
    fn ignores_a_wait_beyond_the_range_of_the_clock() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        let forever = Outcome::Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::MAX),
        };
        assert_eq!(gate.record(forever, start, start), None);
        assert_eq!(gate.remaining(start, start), None);
    }
}
