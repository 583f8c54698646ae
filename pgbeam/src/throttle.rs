//! `RetryThrottle`: the settings of the retry budget that all calls of a client share.

/// A retry budget that all calls of a client and its clones share. The budget limits the additional requests
/// during an outage.
///
/// The budget is a number of retries, and it starts full. Each retry takes one from the budget. A response
/// other than 408, 429 and 5xx is a healthy response: it shows that the service works. When a call gets a
/// healthy response, the retries that the call took return to the budget. In addition, every five healthy
/// responses add one retry, until the budget is full. While the budget is empty, the client does not retry,
/// and each failing call returns the error of its last attempt.
///
/// With the defaults, the client makes at most 150 retries during an outage in which every attempt gets a 5xx
/// or no response, however long the outage lasts and however many calls fail. In normal operation the budget
/// does not become empty: while fewer than one attempt in six fails, healthy responses add more retries to
/// the budget than failed attempts can take.
///
/// Two kinds of attempts take nothing from the budget: a retry after a 429 with a `Retry-After` of at least
/// one second, and an attempt with another API key after a 401.
///
/// Set the throttle with [`ClientBuilder::retry_throttle`](crate::ClientBuilder::retry_throttle). This method
/// also takes `true` for [`new`](Self::new) and `false` for [`disabled`](Self::disabled).
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
    /// Creates the default throttle: a budget of 150 retries. Every five responses other than 408, 429 and
    /// 5xx add one retry to the budget, up to 150.
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

    /// Sets the maximum number of retries in the budget. The budget starts with this number. Default: 150. 0
    /// disables all retries that use the budget.
    pub const fn burst(mut self, retries: u32) -> Self {
        self.burst = retries;
        self
    }

    /// Sets how many responses other than 408, 429 and 5xx add one retry to the budget. Default: 5. 0
    /// disables the throttle: a retry then takes nothing from the budget.
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
    /// Converts `true` to [`new`](Self::new) and `false` to [`disabled`](Self::disabled).
    fn from(enabled: bool) -> Self {
        if enabled {
            Self::new()
        } else {
            Self::disabled()
        }
    }
}
