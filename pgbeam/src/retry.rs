//! `RetryPolicy`: the maximum number of retries of a call, and the waits before them.

use std::time::Duration;

/// The maximum number of retries of a call, and the waits before them.
///
/// Set the policy of a client with [`ClientBuilder::retry`](crate::ClientBuilder::retry), or the policy of
/// one call with the `retry` method of its request. The policy does not decide which requests are safe to
/// retry: see [retries](crate#retries).
///
/// ```
/// use std::time::Duration;
/// use pgbeam::RetryPolicy;
///
/// let patient = RetryPolicy::new().max_retries(10).max_backoff(Duration::from_secs(60));
/// let no_retries = RetryPolicy::none();
/// # assert_ne!(patient, no_retries);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is passed to a client or a call"]
pub struct RetryPolicy {
    pub(crate) max_retries: u32,
    pub(crate) initial_backoff: Duration,
    pub(crate) max_backoff: Duration,
}

impl RetryPolicy {
    /// Creates the default policy: at most 5 retries, with a backoff that starts at 500 milliseconds and
    /// doubles up to 30 seconds.
    pub const fn new() -> Self {
        Self {
            max_retries: 5,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(30),
        }
    }

    /// Creates a policy without retries. The client then generates no `Idempotency-Key`, because only retries
    /// need a key.
    pub const fn none() -> Self {
        Self::new().max_retries(0)
    }

    /// Sets the maximum number of retries after the first attempt. Default: 5. 0 disables retries.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the backoff before the first retry. The backoff doubles with each retry. Default: 500
    /// milliseconds. 0 means no wait.
    ///
    /// The backoff applies if the response has no `Retry-After`. The actual wait is a random time between 0.5
    /// and 1.5 times the backoff, so that clients that fail at the same time do not retry at the same time.
    pub const fn initial_backoff(mut self, delay: Duration) -> Self {
        self.initial_backoff = delay;
        self
    }

    /// Sets the maximum backoff. Default: 30 seconds. 0 means no wait.
    ///
    /// The actual wait can be up to 1.5 times the maximum, because the random factor of
    /// [`initial_backoff`](Self::initial_backoff) applies after the maximum. The maximum does not limit the
    /// `Retry-After` of a response.
    pub const fn max_backoff(mut self, delay: Duration) -> Self {
        self.max_backoff = delay;
        self
    }
}

impl Default for RetryPolicy {
    /// Same as [`new`](Self::new).
    fn default() -> Self {
        Self::new()
    }
}
