//! How many retries the calls of a client may make together: the budget itself.

use std::sync::atomic::{AtomicU64, Ordering};

use super::outcome::Outcome;
use crate::RetryThrottle;

/// A token bucket. Its unit is what one answer pays: a retry costs as many as pay for it, so that
/// all is whole numbers.
#[derive(Debug)]
pub(crate) struct Throttle {
    cost: u64,
    full: u64,
    left: AtomicU64,
}

impl Throttle {
    pub(crate) fn new(settings: RetryThrottle) -> Self {
        let cost = u64::from(settings.answers_per_retry);
        let full = cost * u64::from(settings.burst);
        Self {
            cost,
            full,
            left: AtomicU64::new(full),
        }
    }

    /// Takes an outcome into account, of a call that has taken this many retries so far.
    pub(crate) fn note(&self, outcome: Outcome, taken: u32) {
        // Full is how it nearly always is, and then nothing need be written.
        if outcome.shows_service_at_work() && self.left.load(Ordering::Relaxed) < self.full {
            self.give(self.cost.saturating_mul(u64::from(taken)).saturating_add(1));
        }
    }

    /// Whether a retry may follow on this outcome; takes what it costs.
    pub(crate) fn admits(&self, outcome: Outcome) -> bool {
        if outcome.is_scheduled() {
            return true;
        }
        let less = |left: u64| left.checked_sub(self.cost);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// What a retry has cost that was admitted on this outcome.
    pub(crate) fn token(&self, outcome: Outcome) -> Token<'_> {
        let cost = if outcome.is_scheduled() { 0 } else { self.cost };
        Token {
            throttle: self,
            cost,
        }
    }

    fn give(&self, given: u64) {
        let more = |left: u64| Some(left.saturating_add(given).min(self.full));
        // It cannot fail: there is always a next value.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// Puts back what a retry has cost that is not made after all, for its call is dropped, perhaps.
#[must_use = "dropped, it puts back what was taken"]
pub(crate) struct Token<'a> {
    throttle: &'a Throttle,
    cost: u64,
}

impl Token<'_> {
    /// The retry is made.
    pub(crate) fn spend(mut self) {
        self.cost = 0;
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        if self.cost > 0 {
            self.throttle.give(self.cost);
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

    fn admitted(throttle: &Throttle, outcome: Outcome) -> u32 {
        (0..1_000)
            .take_while(|_| throttle.admits(outcome))
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_burst_and_then_one_for_so_many_answers() {
        let throttle = Throttle::new(RetryThrottle::new());
        assert_eq!(admitted(&throttle, Outcome::Timeout), 150);
        for (answers, want) in [
            (4, 0),
            (1, 1),
            (5, 1),
            (9, 1),
            (1, 1),
            (5 * 200, 150),
            (0, 0),
        ] {
            (0..answers).for_each(|_| throttle.note(status(200), 0));
            assert_eq!(admitted(&throttle, Outcome::Timeout), want);
        }
    }

    #[test]
    fn a_call_that_is_answered_in_the_end_gives_back_what_it_took() {
        let throttle = Throttle::new(RetryThrottle::new());
        for _ in 0..1_000 {
            let taken = (0..5).filter(|_| throttle.admits(status(503))).count();
            throttle.note(status(503), 5);
            throttle.note(status(200), taken.try_into().unwrap());
        }
        assert_eq!(admitted(&throttle, Outcome::Timeout), 150);
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
            let throttle = Throttle::new(RetryThrottle::new().burst(1).answers_per_retry(1));
            assert!(throttle.admits(Outcome::Timeout));
            throttle.note(outcome, 0);
            assert_eq!(throttle.admits(Outcome::Timeout), pays, "{outcome:?}");
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
            let throttle = Throttle::new(RetryThrottle::new().burst(1));
            assert_eq!(admitted(&throttle, outcome), want, "{outcome:?}");
        }
    }

    #[test]
    fn what_is_not_spent_is_put_back() {
        let throttle = Throttle::new(RetryThrottle::new().burst(1));
        for spent in [false, false, true] {
            assert!(throttle.admits(Outcome::Timeout));
            let token = throttle.token(Outcome::Timeout);
            assert!(!throttle.admits(Outcome::Timeout));
            if spent {
                token.spend();
            }
        }
        assert!(!throttle.admits(Outcome::Timeout));
        // Nothing was taken for this one.
        let schedule = Some(Duration::from_secs(1));
        let status = StatusCode::TOO_MANY_REQUESTS;
        drop(throttle.token(Outcome::Response {
            status,
            retry_after: schedule,
        }));
        assert!(!throttle.admits(Outcome::Timeout));
    }

    #[test]
    fn can_be_off_or_shut() {
        assert_eq!(
            admitted(&Throttle::new(RetryThrottle::off()), Outcome::Timeout),
            1_000
        );
        assert_eq!(
            admitted(
                &Throttle::new(RetryThrottle::new().burst(0)),
                Outcome::Timeout
            ),
            0
        );
        let most = RetryThrottle::new()
            .burst(u32::MAX)
            .answers_per_retry(u32::MAX);
        assert!(Throttle::new(most).admits(Outcome::Timeout));
    }
}
