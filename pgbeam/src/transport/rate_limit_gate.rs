//! The wait that a 429 asks for, shared by all calls of a client.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::outcome::Outcome;

/// The last `Retry-After` of a 429.
///
/// It holds back the calls whose last request was sent before that 429 arrived: those that get the
/// same response a moment later, and those that wait for a retry. A later request finds out for
/// itself.
#[derive(Debug, Default)]
pub(crate) struct RateLimitGate(Mutex<Option<RateLimit>>);

#[derive(Debug, Clone, Copy)]
struct RateLimit {
    /// When the last 429 arrived.
    at: Instant,
    /// The latest end of all waits asked for while its request was under way.
    until: Instant,
}

impl RateLimitGate {
    /// Records an outcome. Returns how long the call must wait because of other calls; `None` if no
    /// other call was rate limited.
    ///
    /// `sent` is when the request was sent.
    pub(crate) fn record(&self, outcome: Outcome, sent: Instant, now: Instant) -> Option<Duration> {
        if !outcome.is_retryable() {
            return None;
        }
        let mut limit = self.lock();
        // A limit from before the request was sent no longer counts: the response replaces it.
        let concurrent = limit.filter(|limit| sent <= limit.at);
        let others = concurrent.and_then(|limit| limit.left(now));
        let Some(until) = outcome.scheduled().and_then(|wait| now.checked_add(wait)) else {
            return others;
        };
        let until = concurrent.map_or(until, |limit| limit.until.max(until));
        *limit = Some(RateLimit { at: now, until });
        others.map(|_| until.saturating_duration_since(now))
    }

    /// Returns how long a call that sent its last request at `sent` must still wait.
    pub(crate) fn left(&self, sent: Instant, now: Instant) -> Option<Duration> {
        self.lock().filter(|limit| sent <= limit.at)?.left(now)
    }

    fn lock(&self) -> MutexGuard<'_, Option<RateLimit>> {
        // Each change is one assignment, so a panic leaves no partial state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimit {
    fn left(&self, now: Instant) -> Option<Duration> {
        let left = self.until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
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
    fn one_call_alone_is_held_by_nobody() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        assert_eq!(gate.record(limited(5), start, start + s(1)), None);
        // It comes back when it may, is told the same again, and is alone again.
        assert_eq!(gate.left(start, start + s(6)), None);
        assert_eq!(gate.record(limited(5), start + s(6), start + s(7)), None);
    }

    #[test]
    fn who_was_under_way_waits_too() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        gate.record(limited(10), start, start + s(2));
        for (sent, now, want) in [
            (0, 2, Some(s(10))),
            (1, 5, Some(s(7))),
            (2, 11, Some(s(1))),
            (2, 12, None),
            (2, 20, None),
            // Sent when it was known already.
            (3, 5, None),
        ] {
            let (sent, now) = (start + s(sent), start + s(now));
            assert_eq!(gate.left(sent, now), want);
            assert_eq!(gate.record(Outcome::Connect, sent, now), want);
            let fine = Outcome::Response {
                status: StatusCode::OK,
                retry_after: None,
            };
            assert_eq!(gate.record(fine, sent, now), None);
        }
    }

    #[test]
    fn the_longest_wait_that_was_asked_for_counts() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        gate.record(limited(10), start, start);
        assert_eq!(gate.record(limited(2), start, start + s(1)), Some(s(9)));
        assert_eq!(gate.record(limited(20), start, start + s(2)), Some(s(20)));
        assert_eq!(gate.record(limited(0), start, start + s(2)), Some(s(20)));
        assert_eq!(gate.left(start, start + s(2)), Some(s(20)));
    }

    #[test]
    fn a_long_wait_holds_nobody_who_has_learned_better() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        gate.record(limited(3_600), start, start + s(1));
        // Sent when that was known, and told otherwise.
        assert_eq!(gate.record(limited(0), start + s(2), start + s(3)), None);
        assert_eq!(gate.record(limited(5), start + s(4), start + s(6)), None);
        assert_eq!(gate.left(start + s(5), start + s(6)), Some(s(5)));
        assert_eq!(
            gate.record(Outcome::Connect, start + s(7), start + s(8)),
            None
        );
    }

    #[test]
    fn no_wait_is_too_long_to_be_noted() {
        let (gate, start) = (RateLimitGate::default(), Instant::now());
        let forever = Outcome::Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::MAX),
        };
        assert_eq!(gate.record(forever, start, start), None);
        assert_eq!(gate.left(start, start), None);
    }
}
