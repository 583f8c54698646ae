//! Sources of randomness and of the system time, which tests replace.
//!
//! Elapsed time comes from Tokio's clock, which tests can pause.

use std::time::SystemTime;

use uuid::Uuid;

/// The sources of randomness and of the system time. Tests replace them to get constant values.
pub(crate) trait Environment: Send + Sync {
    /// Returns a random number, uniform in `[0, 1)`.
    fn random(&self) -> f64;

    /// Returns a UUID for a new `Idempotency-Key`.
    fn idempotency_key(&self) -> Uuid;

    /// Returns the current time. The wait for a `Retry-After` with a date is the difference to this time.
    fn now(&self) -> SystemTime;
}

/// The environment of every client outside of tests: a random number generator and the system clock.
pub(crate) struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn random(&self) -> f64 {
        fastrand::f64()
    }

    fn idempotency_key(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
