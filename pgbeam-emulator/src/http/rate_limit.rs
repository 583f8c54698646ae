//! Computes the `RateLimit-Policy` and `RateLimit` headers. They announce a limit that the emulator does not enforce:
//! tests inject a 429 with [`Fault`](crate::Fault).

use chrono::{DateTime, TimeDelta, Utc};

/// The number of requests in each window that the headers announce.
const QUOTA: u64 = 1000;
/// The length of the window, in seconds, that the headers announce.
const WINDOW_SECONDS: i64 = 60;

/// The current rate-limit window: its start (`None` before the first request) and its number of requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateLimitWindow {
    started: Option<DateTime<Utc>>,
    used: u64,
}

/// The rate-limit headers of one response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RateLimitHeaders {
    pub(crate) policy: String,
    pub(crate) limit: String,
}

impl RateLimitWindow {
    /// Counts a request and returns the headers of its response. First starts a new window if the current one has
    /// ended, or if `now` is before its start because a test has set the clock back.
    pub(crate) fn count_request(&mut self, now: DateTime<Utc>) -> RateLimitHeaders {
        let age = self.started.map(|started| now - started);
        let is_running =
            age.is_some_and(|age| age >= TimeDelta::zero() && age.num_seconds() < WINDOW_SECONDS);
        if !is_running {
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

/// Returns the headers for `remaining` requests in the next `seconds`.
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
    fn counts_requests_and_restarts_the_window() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let mut window = RateLimitWindow::default();
        let mut at = |seconds: i64| {
            window
                .count_request(start + TimeDelta::seconds(seconds))
                .limit
        };
        assert_eq!(at(0), "\"default\";r=999;t=60");
        assert_eq!(at(10), "\"default\";r=998;t=50");
        assert_eq!(at(59), "\"default\";r=997;t=1");
        assert_eq!(at(60), "\"default\";r=999;t=60");
        assert_eq!(at(-5), "\"default\";r=999;t=60", "the clock was set back");
    }

    #[test]
    fn the_remaining_count_stops_at_zero() {
        let mut window = RateLimitWindow::default();
        for _ in 0..QUOTA {
            window.count_request(DateTime::<Utc>::UNIX_EPOCH);
        }
        assert_eq!(
            window.count_request(DateTime::<Utc>::UNIX_EPOCH).limit,
            "\"default\";r=0;t=60"
        );
    }
}
