//! The rate-limit gate: delays the retries of all concurrent calls of a client until the `Retry-After` of a
//! 429 has passed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::outcome::Outcome;

/// The time of the last 429 with a `Retry-After` of at least one second ([`Outcome::scheduled`]), and the
/// time until which retries wait because of it. Other outcomes do not change the gate.
///
/// The gate delays the retries of calls whose last request was sent before that 429 arrived. It does not
/// delay the retry of a request that was sent later: the response to that request is newer than the 429.
#[derive(Debug, Default)]
pub(crate) struct RateLimitGate(Mutex<Option<RateLimit>>);

#[derive(Debug, Clone, Copy)]
struct RateLimit {
    /// The time at which that 429 arrived.
    at: Instant,
    /// The time until which retries wait. If several concurrent calls got a 429, the latest of their times.
    until: Instant,
}

impl RateLimitGate {
    /// Records the outcome of a request that was sent at `sent`. If another call has changed the gate after
    /// that time, and that wait has not passed, returns the remaining wait of the gate; else `None`.
    pub(crate) fn record(&self, outcome: Outcome, sent: Instant, now: Instant) -> Option<Duration> {
        if !outcome.is_retryable() {
            return None;
        }
        let mut limit = self.lock();
        // A limit that is older than the request does not delay its retry. This outcome can replace the
        // limit.
        let concurrent = limit.filter(|limit| sent <= limit.at);
        let wait_of_others = concurrent.and_then(|limit| limit.remaining(now));
        let Some(until) = outcome.scheduled().and_then(|wait| now.checked_add(wait)) else {
            return wait_of_others;
        };
        let until = concurrent.map_or(until, |limit| limit.until.max(until));
        *limit = Some(RateLimit { at: now, until });
        wait_of_others.map(|_| until.saturating_duration_since(now))
    }

    /// Returns the remaining wait of a call whose last request was sent at `sent`; `None` if the call does
    /// not wait for the gate.
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
        // The same after its retry.
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
        // Sent after the 429, with a different response.
        assert_eq!(gate.record(limited(0), start + s(2), start + s(3)), None);
        assert_eq!(gate.record(limited(5), start + s(4), start + s(6)), None);
        assert_eq!(gate.remaining(start + s(5), start + s(6)), Some(s(5)));
        assert_eq!(
            gate.record(Outcome::Connect, start + s(7), start + s(8)),
            None
        );
    }

    #[test]
    fn ignores_a_wait_beyond_the_clock() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        let forever = Outcome::Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::MAX),
        };
        assert_eq!(gate.record(forever, start, start), None);
        assert_eq!(gate.remaining(start, start), None);
    }
}
