//! The `RateLimit-Policy` and `RateLimit` headers: a window that counts requests and
//! never refuses one. Refusals are scripted, with [`Fault`](crate::Fault).

use chrono::{DateTime, TimeDelta, Utc};

/// Requests a window, as announced.
const QUOTA: u64 = 1000;
/// The window's length in seconds, as announced.
const WINDOW_SECONDS: i64 = 60;

/// The window that is running.
#[derive(Debug, Default)]
pub(crate) struct Window {
    started: Option<DateTime<Utc>>,
    used: u64,
}

/// The two header values of one answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RateLimitHeaders {
    pub(crate) policy: String,
    pub(crate) limit: String,
}

impl Window {
    /// Counts a request and says what its answer announces. A window ends when its
    /// time is over, or when the clock is set to before its start.
    pub(crate) fn count(&mut self, now: DateTime<Utc>) -> RateLimitHeaders {
        let age = self.started.map(|started| now - started);
        let running =
            age.is_some_and(|age| age >= TimeDelta::zero() && age.num_seconds() < WINDOW_SECONDS);
        if !running {
            *self = Self {
                started: Some(now),
                used: 0,
            };
        }
        self.used = self.used.saturating_add(1);
        let elapsed = self
            .started
            .map_or(0, |started| (now - started).num_seconds());
        headers(
            QUOTA.saturating_sub(self.used),
            WINDOW_SECONDS.saturating_sub(elapsed),
        )
    }
}

/// The headers for `remaining` requests in the next `seconds`.
pub(crate) fn headers(remaining: u64, seconds: i64) -> RateLimitHeaders {
    RateLimitHeaders {
        policy: format!("\"default\";q={QUOTA};w={WINDOW_SECONDS}"),
        limit: format!("\"default\";r={remaining};t={seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_down_and_starts_again() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let mut window = Window::default();
        let mut at = |seconds: i64| window.count(start + TimeDelta::seconds(seconds)).limit;
        assert_eq!(at(0), "\"default\";r=999;t=60");
        assert_eq!(at(10), "\"default\";r=998;t=50");
        assert_eq!(at(59), "\"default\";r=997;t=1");
        assert_eq!(at(60), "\"default\";r=999;t=60");
        assert_eq!(
            at(-5),
            "\"default\";r=999;t=60",
            "a clock that was set back"
        );
    }

    #[test]
    fn the_count_stops_at_zero() {
        let mut window = Window::default();
        for _ in 0..QUOTA {
            window.count(DateTime::<Utc>::UNIX_EPOCH);
        }
        assert_eq!(
            window.count(DateTime::<Utc>::UNIX_EPOCH).limit,
            "\"default\";r=0;t=60"
        );
    }
}
