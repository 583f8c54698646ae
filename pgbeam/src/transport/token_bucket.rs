//! The budget of retries that all calls of a client share.

use std::sync::atomic::{AtomicU64, Ordering};

use super::outcome::Outcome;
use crate::RetryThrottle;

/// A token bucket. A response adds one token, and a retry takes `cost` tokens.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    cost: u64,
    capacity: u64,
    tokens: AtomicU64,
}

impl TokenBucket {
    /// Returns a full bucket.
    pub(crate) fn new(settings: RetryThrottle) -> Self {
        let cost = u64::from(settings.responses_per_retry);
        let capacity = cost * u64::from(settings.burst);
        Self {
            cost,
            capacity,
            tokens: AtomicU64::new(capacity),
        }
    }

    /// Records an outcome of a call that has paid for `paid` retries so far: a response shows that the
    /// service works, so it adds a token and gives back what those retries cost.
    pub(crate) fn record(&self, outcome: Outcome, paid: u32) {
        // The bucket is nearly always full, and then nothing need be written.
        if outcome.shows_service_at_work() && self.tokens.load(Ordering::Relaxed) < self.capacity {
            self.add(self.cost.saturating_mul(u64::from(paid)).saturating_add(1));
        }
    }

    /// Takes the cost of a retry after this outcome. Returns `false` if too few tokens are left.
    pub(crate) fn try_take(&self, outcome: Outcome) -> bool {
        if outcome.is_scheduled() {
            return true;
        }
        let less = |tokens: u64| tokens.checked_sub(self.cost);
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// Returns the guard of a retry that [`try_take`](Self::try_take) has paid for.
    pub(crate) fn reservation(&self, outcome: Outcome) -> Reservation<'_> {
        let cost = if outcome.is_scheduled() { 0 } else { self.cost };
        Reservation { bucket: self, cost }
    }

    fn add(&self, added: u64) {
        let more = |tokens: u64| Some(tokens.saturating_add(added).min(self.capacity));
        // It cannot fail: there is always a next value.
        let _ = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// Puts the cost of a retry back if it is dropped before the retry is made.
#[must_use = "when dropped, it puts the tokens back"]
pub(crate) struct Reservation<'a> {
    bucket: &'a TokenBucket,
    cost: u64,
}

impl Reservation<'_> {
    /// Keeps the tokens: the retry is made.
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
    fn a_burst_and_then_one_for_so_many_answers() {
        let bucket = TokenBucket::new(RetryThrottle::new());
        assert_eq!(retries(&bucket, Outcome::Timeout), 150);
        for (answers, want) in [
            (4, 0),
            (1, 1),
            (5, 1),
            (9, 1),
            (1, 1),
            (5 * 200, 150),
            (0, 0),
        ] {
            (0..answers).for_each(|_| bucket.record(status(200), 0));
            assert_eq!(retries(&bucket, Outcome::Timeout), want);
        }
    }

    #[test]
    fn a_call_that_is_answered_in_the_end_gives_back_what_it_took() {
        let bucket = TokenBucket::new(RetryThrottle::new());
        for _ in 0..1_000 {
            let taken = (0..5).filter(|_| bucket.try_take(status(503))).count();
            bucket.record(status(503), 5);
            bucket.record(status(200), taken.try_into().unwrap());
        }
        assert_eq!(retries(&bucket, Outcome::Timeout), 150);
    }

    #[test]
    fn only_what_shows_the_service_at_work_pays() {
        for (outcome, pays) in [
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
            assert_eq!(bucket.try_take(Outcome::Timeout), pays, "{outcome:?}");
        }
    }

    #[test]
    fn what_the_server_schedules_costs_nothing() {
        let after = |status, ms| {
            let status = StatusCode::from_u16(status).unwrap();
            Outcome::Response {
                status,
                retry_after: Some(Duration::from_millis(ms)),
            }
        };
        for (outcome, want) in [
            (after(429, 1_000), 1_000),
            (after(429, 999), 1),
            (after(429, 0), 1),
            (after(503, 1_000), 1),
            (status(429), 1),
        ] {
            let bucket = TokenBucket::new(RetryThrottle::new().burst(1));
            assert_eq!(retries(&bucket, outcome), want, "{outcome:?}");
        }
    }

    #[test]
    fn what_is_not_spent_is_put_back() {
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
        // Nothing was taken for this one.
        let schedule = Some(Duration::from_secs(1));
        let status = StatusCode::TOO_MANY_REQUESTS;
        drop(bucket.reservation(Outcome::Response {
            status,
            retry_after: schedule,
        }));
        assert!(!bucket.try_take(Outcome::Timeout));
    }

    #[test]
    fn can_be_off_or_shut() {
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
        let most = RetryThrottle::new()
            .burst(u32::MAX)
            .responses_per_retry(u32::MAX);
        assert!(TokenBucket::new(most).try_take(Outcome::Timeout));
    }
}
