//! How often a call is sent again, and how long it waits in between.

use std::time::Duration;

/// When and how often a failed request is sent again.
///
/// For a whole client: [`ClientBuilder::retry`](crate::ClientBuilder::retry). For one call: the
/// `retry` method of its builder. What may be sent again at all does not depend on this: see
/// [the crate's documentation](crate#retries).
///
/// ```
/// use std::time::Duration;
/// use pgbeam::RetryPolicy;
///
/// let patient = RetryPolicy::new().max_retries(10).max_delay(Duration::from_secs(60));
/// let never = RetryPolicy::none();
/// # assert_ne!(patient, never);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is given to a client or a call"]
pub struct RetryPolicy {
    pub(crate) max_retries: u32,
    pub(crate) initial_delay: Duration,
    pub(crate) max_delay: Duration,
}

impl RetryPolicy {
    /// Five retries, half a second before the first, twice as long before each further one, but
    /// never more than 30 seconds.
    pub const fn new() -> Self {
        Self {
            max_retries: 5,
            initial_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
        }
    }

    /// No retry: the first attempt is the only one. No `Idempotency-Key` is made either, since
    /// nothing is repeated.
    pub const fn none() -> Self {
        Self::new().max_retries(0)
    }

    /// How many retries may follow the first attempt. 5 unless set; 0 turns retries off.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// How long to wait before the first retry when the server does not say; each further wait is
    /// twice as long. Half a second unless set; 0 means no wait at all. The wait that is made is
    /// between half of that and one and a half times as long, by chance, so that clients which
    /// failed together do not return together.
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// Where the doubling ends. 30 seconds unless set; 0 means no wait at all. It bounds neither
    /// the chance on top nor a `Retry-After` of the server.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }
}

impl Default for RetryPolicy {
    /// As [`new`](Self::new).
    fn default() -> Self {
        Self::new()
    }
}
