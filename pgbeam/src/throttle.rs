//! The retry throttle of a client.

/// A retry budget that all calls of a client and its clones share. It limits the load that retries add to an
/// outage.
///
/// The budget starts full. Each retry takes one from it. A call that gets a response other than 408, 429 and
/// 5xx returns what its retries took, and every five such responses add one more. While the budget is empty,
/// calls are not retried: each fails with the error of its last attempt. With the defaults, an outage
/// causes at most 150 additional requests, however long it lasts and however many calls fail. While fewer
/// than one request in six fails, the budget refills faster than it is used.
///
/// A retry takes nothing from the budget after a 429 with a `Retry-After` of at least one second, because the
/// server schedules it, and after a 401 for which the credential provider returned another key.
///
/// Set it with [`ClientBuilder::retry_throttle`](crate::ClientBuilder::retry_throttle), which also takes
/// `true` for [`new`](Self::new) and `false` for [`disabled`](Self::disabled).
///
/// ```
/// use pgbeam::RetryThrottle;
///
/// let strict = RetryThrottle::new().burst(20).responses_per_retry(10);
/// # assert_ne!(strict, RetryThrottle::disabled());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a throttle does nothing until it is passed to a client"]
pub struct RetryThrottle {
    pub(crate) burst: u32,
    pub(crate) responses_per_retry: u32,
}

impl RetryThrottle {
    /// Creates the default throttle: 150 retries at once, and one more for every five responses.
    pub const fn new() -> Self {
        Self {
            burst: 150,
            responses_per_retry: 5,
        }
    }

    /// Creates a throttle without a limit: every call may use all retries of its policy.
    pub const fn disabled() -> Self {
        Self::new().responses_per_retry(0)
    }

    /// Sets the size of the budget: the number of retries while no response refills it. Default: 150. 0
    /// disables retries.
    pub const fn burst(mut self, retries: u32) -> Self {
        self.burst = retries;
        self
    }

    /// Sets how many responses other than 408, 429 and 5xx refill the budget by one retry. Default: 5. With
    /// 0 a retry costs nothing, which disables the throttle.
    pub const fn responses_per_retry(mut self, responses: u32) -> Self {
        self.responses_per_retry = responses;
        self
    }
}

impl Default for RetryThrottle {
    /// Same as [`new`](Self::new).
    fn default() -> Self {
        Self::new()
    }
}

impl From<bool> for RetryThrottle {
    /// `true` is [`new`](Self::new), `false` is [`disabled`](Self::disabled).
    fn from(enabled: bool) -> Self {
        if enabled {
            Self::new()
        } else {
            Self::disabled()
        }
    }
}
