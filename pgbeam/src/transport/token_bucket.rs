//! `TokenBucket`: the retry budget that all calls of a client share.

use std::sync::atomic::{AtomicU64, Ordering};

use super::outcome::Outcome;
use crate::RetryThrottle;

/// A token bucket. A retry takes `cost` tokens. A response that shows that the service works
/// ([`Outcome::is_service_healthy`]) adds one token, and the tokens that the retries of the same call took.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    cost: u64,
    capacity: u64,
    tokens: AtomicU64,
}

impl TokenBucket {
    /// Creates a full bucket. The cost of a retry is `responses_per_retry` tokens. A cost of zero disables
    /// the throttle.
    pub(crate) fn new(settings: RetryThrottle) -> Self {
        let cost = u64::from(settings.responses_per_retry);
        let capacity = cost * u64::from(settings.burst);
        Self {
            cost,
            capacity,
            tokens: AtomicU64::new(capacity),
        }
    }

    /// Records the outcome of an attempt. If the outcome shows that the service works, adds one token and the
    /// tokens that the earlier retries of the same call took. `paid` is the number of the retries that took
    /// tokens.
    pub(crate) fn record(&self, outcome: Outcome, paid: u32) {
        // The bucket is nearly always full: avoid the write.
        if outcome.is_service_healthy() && self.tokens.load(Ordering::Relaxed) < self.capacity {
            self.add(self.cost.saturating_mul(u64::from(paid)).saturating_add(1));
        }
    }

    /// Takes `cost` tokens for a retry after this outcome and returns `true`. Returns `false` and takes
    /// nothing if fewer than `cost` tokens are left: the call must not retry.
    ///
    /// After a 429 with a `Retry-After` of at least one second ([`Outcome::is_scheduled`]), takes nothing and
    /// returns `true`.
    pub(crate) fn try_take(&self, outcome: Outcome) -> bool {
        if outcome.is_scheduled() {
            return true;
        }
        let subtract = |tokens: u64| tokens.checked_sub(self.cost);
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract)
            .is_ok()
    }

    /// Returns a guard for the tokens that [`try_take`](Self::try_take) took. `outcome` must be the same as
    /// in the call of `try_take`.
    pub(crate) fn reservation(&self, outcome: Outcome) -> Reservation<'_> {
        let cost = if outcome.is_scheduled() { 0 } else { self.cost };
        Reservation { bucket: self, cost }
    }

    fn add(&self, added: u64) {
        let add = |tokens: u64| Some(tokens.saturating_add(added).min(self.capacity));
        // Never fails: the closure always returns a value.
        let _ = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

/// A guard that returns the tokens of a retry to the bucket when the guard is dropped, unless
/// [`spend`](Self::spend) was called. A call that is dropped during the wait thus spends no tokens.
#[must_use = "dropping it returns the tokens"]
pub(crate) struct Reservation<'a> {
    bucket: &'a TokenBucket,
    cost: u64,
}

impl Reservation<'_> {
    /// Drops the guard without returning the tokens. Call it when the retry is made.
    pub(crate) fn spend(mut self) {
        self.cost = 0;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if self.cost > 0 {
            self.bucket.add(self.cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;

    fn status(status: u16) -> Outcome {
        Outcome::Response {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
        }
    }

    fn retries(bucket: &TokenBucket, outcome: Outcome) -> u32 {
        (0..1_000)
            .take_while(|_| bucket.try_take(outcome))
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn allows_a_burst_and_then_one_retry_per_five_responses() {
        let bucket = TokenBucket::new(RetryThrottle::new());
        assert_eq!(retries(&bucket, Outcome::Timeout), 150);
        for (responses, expected) in [
            (4, 0),
            (1, 1),
            (5, 1),
            (9, 1),
            (1, 1),
            (5 * 200, 150),
            (0, 0),
        ] {
            (0..responses).for_each(|_| bucket.record(status(200), 0));
            assert_eq!(retries(&bucket, Outcome::Timeout), expected);
        }
    }

    #[test]
    fn response_refunds_the_retries_of_its_call() {
        let bucket = TokenBucket::new(RetryThrottle::new());
        for _ in 0..1_000 {
            let taken = (0..5).filter(|_| bucket.try_take(status(503))).count();
            bucket.record(status(503), 5);
            bucket.record(status(200), taken.try_into().unwrap());
        }
        assert_eq!(retries(&bucket, Outcome::Timeout), 150);
    }

    #[test]
    fn only_responses_of_a_healthy_service_add_tokens() {
        for (outcome, adds_token) in [
            (status(200), true),
            (status(304), true),
            (status(404), true),
            (status(412), true),
            (status(408), false),
            (status(429), false),
            (status(500), false),
            (status(503), false),
            (Outcome::Connect, false),
            (Outcome::Timeout, false),
            (Outcome::Network, false),
        ] {
            let bucket = TokenBucket::new(RetryThrottle::new().burst(1).responses_per_retry(1));
            assert!(bucket.try_take(Outcome::Timeout));
            bucket.record(outcome, 0);
            assert_eq!(bucket.try_take(Outcome::Timeout), adds_token, "{outcome:?}");
        }
    }

    #[test]
    fn scheduled_retries_cost_nothing() {
        let retry_after = |status, ms| {
            let status = StatusCode::from_u16(status).unwrap();
            Outcome::Response {
                status,
                retry_after: Some(Duration::from_millis(ms)),
            }
        };
        for (outcome, expected) in [
            (retry_after(429, 1_000), 1_000),
            (retry_after(429, 999), 1),
            (retry_after(429, 0), 1),
            (retry_after(503, 1_000), 1),
            (status(429), 1),
        ] {
            let bucket = TokenBucket::new(RetryThrottle::new().burst(1));
            assert_eq!(retries(&bucket, outcome), expected, "{outcome:?}");
        }
    }

    #[test]
    fn dropped_reservation_returns_its_tokens() {
        let bucket = TokenBucket::new(RetryThrottle::new().burst(1));
        for spent in [false, false, true] {
            assert!(bucket.try_take(Outcome::Timeout));
            let reservation = bucket.reservation(Outcome::Timeout);
            assert!(!bucket.try_take(Outcome::Timeout));
            if spent {
                reservation.spend();
            }
        }
        assert!(!bucket.try_take(Outcome::Timeout));
        // No tokens were taken for a scheduled retry.
        let retry_after = Some(Duration::from_secs(1));
        let status = StatusCode::TOO_MANY_REQUESTS;
        drop(bucket.reservation(Outcome::Response {
            status,
            retry_after,
        }));
        assert!(!bucket.try_take(Outcome::Timeout));
    }

    #[test]
    fn can_be_disabled_or_allow_no_retries() {
        assert_eq!(
            retries(
                &TokenBucket::new(RetryThrottle::disabled()),
                Outcome::Timeout
            ),
            1_000
        );
        assert_eq!(
            retries(
                &TokenBucket::new(RetryThrottle::new().burst(0)),
                Outcome::Timeout
            ),
            0
        );
        let maximum = RetryThrottle::new()
            .burst(u32::MAX)
            .responses_per_retry(u32::MAX);
        assert!(TokenBucket::new(maximum).try_take(Outcome::Timeout));
    }
}
