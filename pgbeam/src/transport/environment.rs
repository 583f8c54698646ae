//! What a call takes from outside that differs from run to run: chance and the calendar.
//!
//! Tests put their own in its place. Time that passes is Tokio's, whose clock tests can pause.

use std::time::SystemTime;

use uuid::Uuid;

/// Chance and the calendar.
pub(crate) trait Environment: Send + Sync {
    /// A number drawn uniformly from `[0, 1)`.
    fn chance(&self) -> f64;

    /// A new key for one call.
    fn idempotency_key(&self) -> Uuid;

    /// The date, which a `Retry-After` may be given by.
    fn date(&self) -> SystemTime;
}

/// Those of the process.
pub(crate) struct Process;

impl Environment for Process {
    fn chance(&self) -> f64 {
        fastrand::f64()
    }

    fn idempotency_key(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }
}
