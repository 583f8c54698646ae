//! The clock of the emulator: the system clock, or one that a test controls.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Utc};

/// The clock of an emulator: the source of the current time.
///
/// The emulator uses it for timestamps, for default periods such as that of a replay, for the rate-limit window in the
/// response headers, and to decide whether something has expired, such as a credential or an idempotency key. Delays of
/// faults and retries of webhook deliveries do not use it.
///
/// Closures implement it: `Emulator::builder().clock(move || fixed_time)`.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
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

/// The system clock: the default clock of an emulator.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// Creates a system clock.
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

/// A clock that changes only by [`set`](Self::set) and [`advance`](Self::advance). Clones share their time.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use pgbeam_emulator::{Clock, ManualClock};
///
/// let clock = ManualClock::new("2026-01-31T12:00:00Z".parse::<DateTime<Utc>>()?);
/// clock.advance(TimeDelta::hours(25));
/// assert_eq!(clock.now().to_rfc3339(), "2026-02-01T13:00:00+00:00");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// Creates a clock that is set to `time`.
    #[must_use]
    pub fn new(time: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Sets the time.
    pub fn set(&self, time: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Advances the clock by `duration`, or sets it back if `duration` is negative. Does nothing if the new
    /// time is out of range.
    pub fn advance(&self, duration: TimeDelta) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moved) = time.checked_add_signed(duration) {
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

/// The clock of a running emulator: the clock of the builder (`base`), plus an offset that an admin route changes.
pub(crate) struct AdjustableClock {
    base: Arc<dyn Clock>,
    offset: Mutex<TimeDelta>,
}

/// The years to which the clock can be set. After 9999, timestamps would not be RFC 3339.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

impl AdjustableClock {
    pub(crate) fn new(base: Arc<dyn Clock>) -> Self {
        Self {
            base,
            offset: Mutex::new(TimeDelta::zero()),
        }
    }

    /// Sets the current time. The clock then continues at the speed of its base. Returns the new time, or `None` if its
    /// year is not in [`YEARS`].
    pub(crate) fn set(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !YEARS.contains(&time.year()) {
            return None;
        }
        *self.offset() = time.signed_duration_since(self.base.now());
        Some(time)
    }

    /// Returns the current time. Ignores the offset if the sum is out of range.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let base = self.base.now();
        base.checked_add_signed(*self.offset()).unwrap_or(base)
    }

    /// Removes the offset, so that the clock has the time of its base again.
    pub(crate) fn reset(&self) {
        *self.offset() = TimeDelta::zero();
    }

    fn offset(&self) -> MutexGuard<'_, TimeDelta> {
        self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for AdjustableClock {
    fn now(&self) -> DateTime<Utc> {
        self.now()
    }
}

/// Formats a timestamp as the API does: RFC 3339 in UTC, with microseconds and `Z`.
pub(crate) fn format_timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Serializes a timestamp with [`format_timestamp`]. Fields use it through `#[serde(serialize_with)]`.
pub(crate) fn serialize<S: serde::Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_timestamp(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_timestamps_as_rfc_3339_in_utc() {
        let time = "2026-03-01T10:20:30.5+02:00"
            .parse::<DateTime<Utc>>()
            .expect("a date");
        assert_eq!(format_timestamp(time), "2026-03-01T08:20:30.500000Z");
    }

    #[test]
    fn an_adjustable_clock_keeps_the_speed_of_its_base() {
        let time = |string: &str| string.parse::<DateTime<Utc>>().expect("a time");
        let base = ManualClock::new(time("2026-01-01T00:00:00Z"));
        let clock = AdjustableClock::new(Arc::new(base.clone()));
        let set = time("2030-05-05T05:05:05Z");
        assert_eq!((clock.set(set), clock.now()), (Some(set), set));
        base.advance(TimeDelta::seconds(1));
        assert_eq!(clock.now(), set + TimeDelta::seconds(1));
        for year in ["1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z"] {
            assert_eq!(clock.set(time(year)), None, "{year}");
        }
        clock.reset();
        assert_eq!(clock.now(), base.now());
    }

    #[test]
    fn clones_of_a_manual_clock_share_its_time() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let clock = ManualClock::new(start);
        let other = clock.clone();
        assert_eq!(other.now(), start);
        clock.advance(TimeDelta::seconds(5));
        assert_eq!(other.now(), start + TimeDelta::seconds(5));
        clock.advance(TimeDelta::MAX);
        assert_eq!(
            other.now(),
            start + TimeDelta::seconds(5),
            "a step out of range does nothing"
        );
    }
}
