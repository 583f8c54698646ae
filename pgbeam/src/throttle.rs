//! How many retries the calls of a client may make together: the setting.

/// Keeps an outage from being multiplied by retries: a budget that all calls of a client and its
/// clones share.
///
/// It begins full. A retry takes one from it; a call that is answered in the end puts back what its
/// retries took, and every five answers that show the service at work put back one more. While the
/// budget is empty no call is sent again: each ends with the error that it has. So what an
/// outage adds is 150 requests, however long it lasts and however many calls it meets; and as long as
/// fewer than one request in six fails, the budget is refilled faster than it is used.
///
/// A retry after a 429 that asks for a wait of a second or more takes nothing: there the server decides
/// how much it is sent. Nor does the request that follows when a credential callback has another key
/// after a 401.
///
/// For [`ClientBuilder::retry_throttle`](crate::ClientBuilder::retry_throttle), which takes `true`
/// and `false` for [`new`](Self::new) and [`off`](Self::off) as well.
///
/// ```
/// use pgbeam::RetryThrottle;
///
/// let strict = RetryThrottle::new().burst(20).responses_per_retry(10);
/// # assert_ne!(strict, RetryThrottle::disabled());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a throttle does nothing until it is given to a client"]
pub struct RetryThrottle {
    pub(crate) burst: u32,
    pub(crate) responses_per_retry: u32,
}

impl RetryThrottle {
    /// 150 retries at once, and one more for every five answers.
    pub const fn new() -> Self {
        Self {
            burst: 150,
            responses_per_retry: 5,
        }
    }

    /// No throttle: every call may make all the retries that its policy has.
    pub const fn disabled() -> Self {
        Self::new().responses_per_retry(0)
    }

    /// How many retries may be made while nothing but failures comes back: the size of the budget.
    /// 150 unless set; 0 lets no call be sent again.
    pub const fn burst(mut self, retries: u32) -> Self {
        self.burst = retries;
        self
    }

    /// How many answers that show the service at work (any but 5xx, 408 and 429) pay for one retry of
    /// a call that failed. 5 unless set; with 0 a retry costs nothing, which turns the throttle off.
    pub const fn responses_per_retry(mut self, answers: u32) -> Self {
        self.responses_per_retry = answers;
        self
    }
}

impl Default for RetryThrottle {
    /// As [`new`](Self::new).
    fn default() -> Self {
        Self::new()
    }
}

impl From<bool> for RetryThrottle {
    /// `true` is [`new`](Self::new), `false` is [`off`](Self::off).
    fn from(on: bool) -> Self {
        if on { Self::new() } else { Self::disabled() }
    }
}
