//! The time limits of an attempt and of the whole call.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::CallOptions;

/// The two time limits of a call; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    timeout: Option<Duration>,
    budget: Option<Duration>,
}

impl Limits {
    /// Creates the limits; zero is no limit.
    pub(crate) fn new(timeout: Duration, budget: Duration) -> Self {
        Self {
            timeout: Self::on(timeout),
            budget: Self::on(budget),
        }
    }

    fn on(limit: Duration) -> Option<Duration> {
        (!limit.is_zero()).then_some(limit)
    }

    /// Returns the limits with those that a call sets itself.
    pub(crate) fn overridden(self, options: &CallOptions) -> Self {
        let Some(of_call) = options.differences() else {
            return self;
        };
        Self {
            timeout: of_call.timeout.map_or(self.timeout, Self::on),
            budget: of_call.total_budget.map_or(self.budget, Self::on),
        }
    }

    /// Returns the total time of the call.
    pub(crate) fn budget(&self) -> Option<Duration> {
        self.budget
    }

    /// Returns `true` if no time is left for the call.
    pub(crate) fn spent(&self, elapsed: Duration) -> bool {
        self.budget.is_some_and(|budget| elapsed >= budget)
    }

    /// Returns the time left for the call.
    pub(crate) fn left(&self, elapsed: Duration) -> Option<Duration> {
        self.budget.map(|budget| budget.saturating_sub(elapsed))
    }

    /// Returns the limit for what begins now: the timeout of an attempt, or the time left for the call
    /// if that is shorter.
    pub(crate) fn next(&self, elapsed: Duration) -> Limit {
        match (self.timeout, self.left(elapsed)) {
            (Some(timeout), Some(left)) if timeout <= left => Limit::Attempt(timeout),
            (_, Some(left)) => Limit::Call {
                left,
                budget: self.budget.unwrap_or_default(),
            },
            (Some(timeout), None) => Limit::Attempt(timeout),
            (None, None) => Limit::Off,
        }
    }
}

/// A time limit, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Off,
    Attempt(Duration),
    Call { left: Duration, budget: Duration },
}

impl Limit {
    /// Returns the time; `None` for no limit.
    pub(crate) fn wait(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Attempt(wait) | Self::Call { left: wait, .. } => Some(wait),
        }
    }

    /// Runs `future` within the limit, which begins at `from`.
    ///
    /// Everything is borrowed, because an async function stores its arguments twice.
    ///
    /// # Errors
    ///
    /// The limit itself if it passes first.
    pub(crate) async fn apply<F: Future>(
        &self,
        from: Instant,
        future: Pin<&mut F>,
    ) -> Result<F::Output, Self> {
        // A time beyond what the clock can represent is no limit.
        match self.wait().and_then(|wait| from.checked_add(wait)) {
            None => Ok(future.await),
            Some(end) => timeout_at(end, future).await.map_err(|_| *self),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("no limit"),
            Self::Attempt(timeout) => write!(f, "{timeout:?}, the timeout of one attempt"),
            Self::Call { budget, .. } => write!(f, "{budget:?}, the total budget of the call"),
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
    fn the_nearer_limit_holds() {
        let call = |left| Limit::Call {
            left: s(left),
            budget: s(120),
        };
        for (timeout, budget, elapsed, want) in [
            (30, 120, 0, Limit::Attempt(s(30))),
            (30, 120, 90, Limit::Attempt(s(30))),
            (30, 120, 91, call(29)),
            (30, 120, 120, call(0)),
            (30, 120, 500, call(0)),
            (0, 120, 20, call(100)),
            (30, 0, 500, Limit::Attempt(s(30))),
            (0, 0, 500, Limit::Off),
        ] {
            let limits = Limits::new(s(timeout), s(budget));
            assert_eq!(limits.next(s(elapsed)), want);
            assert_eq!(limits.spent(s(elapsed)), want == call(0));
        }
    }

    #[test]
    fn options_go_first_and_0_turns_off() {
        let limits = Limits::new(s(30), s(120));
        assert_eq!(limits.overridden(&CallOptions::new()), limits);
        let options = CallOptions::new().timeout(s(1)).total_budget(s(2));
        assert_eq!(limits.overridden(&options), Limits::new(s(1), s(2)));
        let options = CallOptions::new().timeout(s(0)).total_budget(s(0));
        assert_eq!(limits.overridden(&options).next(s(9_999)), Limit::Off);
    }
}
