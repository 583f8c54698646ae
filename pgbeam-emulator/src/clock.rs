//! What time it is: asked of a [`Clock`], so that a test can decide it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// The source of every timestamp, window and expiry in the emulator.
///
/// Closures are clocks too: `builder().clock(|| some_fixed_time)`.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

impl<F> Clock for F
where
    F: Fn() -> DateTime<Utc> + Send + Sync + 'static,
{
    fn now(&self) -> DateTime<Utc> {
        self()
    }
}

/// The time of the machine; what an emulator uses unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// The clock of the machine.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved. Clones share the time.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use pgbeam_emulator::{Clock, ManualClock};
///
/// let clock = ManualClock::at("2026-01-31T12:00:00Z".parse::<DateTime<Utc>>()?);
/// clock.advance(TimeDelta::hours(25));
/// assert_eq!(clock.now().to_rfc3339(), "2026-02-01T13:00:00+00:00");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that shows `time`.
    #[must_use]
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Shows `time` from now on.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Moves the clock by `by`, backwards when it is negative. A step that would
    /// leave the range of dates is not made.
    pub fn advance(&self, by: TimeDelta) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moved) = time.checked_add_signed(by) {
            *time = moved;
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

/// A timestamp as the API writes it: RFC 3339, UTC, `Z`, microseconds.
pub(crate) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// For `#[serde(serialize_with)]` on fields that hold a timestamp.
pub(crate) fn serialize<S: serde::Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_rfc_3339_in_utc() {
        let time = "2026-03-01T10:20:30.5+02:00"
            .parse::<DateTime<Utc>>()
            .expect("a date");
        assert_eq!(timestamp(time), "2026-03-01T08:20:30.500000Z");
    }

    #[test]
    fn a_manual_clock_moves_only_when_told_and_clones_share_it() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let clock = ManualClock::at(start);
        let other = clock.clone();
        assert_eq!(other.now(), start);
        clock.advance(TimeDelta::seconds(5));
        assert_eq!(other.now(), start + TimeDelta::seconds(5));
        clock.advance(TimeDelta::MAX);
        assert_eq!(
            other.now(),
            start + TimeDelta::seconds(5),
            "a step out of range is not made"
        );
    }
}
