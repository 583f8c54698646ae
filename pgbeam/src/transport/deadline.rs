//! The attempt timeout and the total timeout of a call.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::CallOptions;

/// The timeouts of a call. A timeout that is `None` is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    attempt: Option<Duration>,
    total: Option<Duration>,
}

impl Timeouts {
    /// Creates the timeouts. Zero disables a timeout.
    pub(crate) fn new(attempt: Duration, total: Duration) -> Self {
        Self {
            attempt: Self::non_zero(attempt),
            total: Self::non_zero(total),
        }
    }

    fn non_zero(timeout: Duration) -> Option<Duration> {
        (!timeout.is_zero()).then_some(timeout)
    }

    /// Returns these timeouts. A timeout that `options` sets replaces the timeout of the client.
    pub(crate) fn with_options(self, options: &CallOptions) -> Self {
        let Some(overrides) = options.overrides() else {
            return self;
        };
        Self {
            attempt: overrides
                .attempt_timeout
                .map_or(self.attempt, Self::non_zero),
            total: overrides.total_timeout.map_or(self.total, Self::non_zero),
        }
    }

    /// Returns the total timeout; `None` if it is disabled.
    pub(crate) fn total(&self) -> Option<Duration> {
        self.total
    }

    /// Returns `true` if the total timeout has elapsed. `elapsed` is the time since the start of the call.
    pub(crate) fn is_exhausted(&self, elapsed: Duration) -> bool {
        self.total.is_some_and(|total| elapsed >= total)
    }

    /// Returns the time that remains of the total timeout: zero if it has elapsed, `None` if it is disabled.
    /// `elapsed` is the time since the start of the call.
    pub(crate) fn remaining(&self, elapsed: Duration) -> Option<Duration> {
        self.total.map(|total| total.saturating_sub(elapsed))
    }

    /// Returns the time limit of an attempt, of a chunk of a body, or of a call of the credential provider.
    /// `elapsed` is the time from the start of the call to the start of the limit. The limit is the attempt
    /// timeout, or the time that remains of the total timeout if that is shorter.
    pub(crate) fn next_limit(&self, elapsed: Duration) -> TimeLimit {
        match (self.attempt, self.remaining(elapsed)) {
            (Some(attempt), Some(remaining)) if attempt <= remaining => TimeLimit::Attempt(attempt),
            (_, Some(remaining)) => TimeLimit::Total {
                remaining,
                total: self.total.unwrap_or_default(),
            },
            (Some(attempt), None) => TimeLimit::Attempt(attempt),
            (None, None) => TimeLimit::Disabled,
        }
    }
}

/// A time limit, and the timeout that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeLimit {
    /// No limit: both timeouts are disabled.
    Disabled,
    /// The attempt timeout.
    Attempt(Duration),
    /// The time that remains of the total timeout, and the total timeout for messages.
    Total {
        remaining: Duration,
        total: Duration,
    },
}

impl TimeLimit {
    /// Returns the duration of the limit; `None` if there is no limit.
    pub(crate) fn duration(self) -> Option<Duration> {
        match self {
            Self::Disabled => None,
            Self::Attempt(duration) => Some(duration),
            Self::Total { remaining, .. } => Some(remaining),
        }
    }

    /// Awaits `future` until it completes, or until the limit has passed. The limit starts at `from`.
    ///
    /// The arguments are borrowed to keep the returned future small: an async function stores its arguments
    /// twice.
    ///
    /// # Errors
    ///
    /// This limit, if it passes before `future` completes. The result of `future` is lost.
    pub(crate) async fn apply<F: Future>(
        &self,
        from: Instant,
        future: Pin<&mut F>,
    ) -> Result<F::Output, Self> {
        // A limit that ends beyond the range of the clock is treated as disabled.
        match self
            .duration()
            .and_then(|duration| from.checked_add(duration))
        {
            None => Ok(future.await),
            Some(end) => timeout_at(end, future).await.map_err(|_| *self),
        }
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("no limit"),
            Self::Attempt(timeout) => write!(f, "{timeout:?} (attempt timeout)"),
            Self::Total { total, .. } => write!(f, "{total:?} (total timeout)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn next_limit_is_the_shorter_one() {
        let remaining = |seconds| TimeLimit::Total {
            remaining: s(seconds),
            total: s(120),
        };
        for (attempt, total, elapsed, expected) in [
            (30, 120, 0, TimeLimit::Attempt(s(30))),
            (30, 120, 90, TimeLimit::Attempt(s(30))),
            (30, 120, 91, remaining(29)),
            (30, 120, 120, remaining(0)),
            (30, 120, 500, remaining(0)),
            (0, 120, 20, remaining(100)),
            (30, 0, 500, TimeLimit::Attempt(s(30))),
            (0, 0, 500, TimeLimit::Disabled),
        ] {
            let timeouts = Timeouts::new(s(attempt), s(total));
            assert_eq!(timeouts.next_limit(s(elapsed)), expected);
            assert_eq!(timeouts.is_exhausted(s(elapsed)), expected == remaining(0));
        }
    }

    #[test]
    fn options_override_and_zero_disables() {
        let timeouts = Timeouts::new(s(30), s(120));
        assert_eq!(timeouts.with_options(&CallOptions::new()), timeouts);
        let options = CallOptions::new().attempt_timeout(s(1)).total_timeout(s(2));
        assert_eq!(timeouts.with_options(&options), Timeouts::new(s(1), s(2)));
        let options = CallOptions::new().attempt_timeout(s(0)).total_timeout(s(0));
        assert_eq!(
            timeouts.with_options(&options).next_limit(s(9_999)),
            TimeLimit::Disabled
        );
    }
}
