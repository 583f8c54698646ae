//! Converts times to timestamps, and durations to whole numbers of units, for the setters of request fields.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeZone, Utc};

mod sealed {
    pub trait Sealed {}
}

/// A value that converts to a timestamp: a `chrono::DateTime` in any time zone, a [`SystemTime`], or an
/// RFC 3339 string such as `2026-01-31T12:00:00Z`.
///
/// A string that is not RFC 3339, or a time out of the range of `chrono`, is a validation error of the
/// field, reported when the request is sent. This trait is sealed.
pub trait IntoTimestamp: sealed::Sealed {
    #[doc(hidden)]
    fn into_timestamp(self) -> Result<DateTime<Utc>, String>;
}

impl<Z: TimeZone> sealed::Sealed for DateTime<Z> {}
impl<Z: TimeZone> IntoTimestamp for DateTime<Z> {
    fn into_timestamp(self) -> Result<DateTime<Utc>, String> {
        Ok(self.with_timezone(&Utc))
    }
}

impl sealed::Sealed for SystemTime {}
impl IntoTimestamp for SystemTime {
    fn into_timestamp(self) -> Result<DateTime<Utc>, String> {
        let time = match self.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => timestamp(i64::try_from(since.as_secs()).ok(), since.subsec_nanos()),
            // Before the epoch: the nanoseconds count forward from the previous whole second.
            Err(error) => match (error.duration().as_secs(), error.duration().subsec_nanos()) {
                (secs, 0) => timestamp(0_i64.checked_sub_unsigned(secs), 0),
                (secs, nanos) => {
                    timestamp((-1_i64).checked_sub_unsigned(secs), 1_000_000_000 - nanos)
                }
            },
        };
        time.ok_or_else(|| "is out of range for a timestamp".to_owned())
    }
}

fn timestamp(seconds: Option<i64>, nanoseconds: u32) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds?, nanoseconds)
}

impl sealed::Sealed for &str {}
impl IntoTimestamp for &str {
    fn into_timestamp(self) -> Result<DateTime<Utc>, String> {
        let time = DateTime::parse_from_rfc3339(self);
        time.map(|time| time.with_timezone(&Utc))
            .map_err(|_| "is not an RFC 3339 timestamp such as 2026-01-31T12:00:00Z".to_owned())
    }
}

impl sealed::Sealed for String {}
impl IntoTimestamp for String {
    fn into_timestamp(self) -> Result<DateTime<Utc>, String> {
        self.as_str().into_timestamp()
    }
}

/// Converts a duration to a number of units, where one second has `per_second` units. `unit` is the plural
/// name of the unit for the error.
///
/// # Errors
///
/// If the duration is not a whole number of units (rounding to 0 could disable a limit), or the number
/// does not fit an `i64`.
pub fn to_whole_units(duration: Duration, per_second: u32, unit: &str) -> Result<i64, String> {
    let nanoseconds = 1_000_000_000 / per_second;
    if !duration.subsec_nanos().is_multiple_of(nanoseconds) {
        return Err(format!("must be a whole number of {unit}, is {duration:?}"));
    }
    let rest = i64::from(duration.subsec_nanos() / nanoseconds);
    let count = i64::try_from(duration.as_secs()).ok();
    count
        .and_then(|seconds| {
            seconds
                .checked_mul(i64::from(per_second))?
                .checked_add(rest)
        })
        .ok_or_else(|| format!("is out of range: {duration:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_all_types_of_time() {
        let utc = DateTime::from_timestamp(1_700_000_000, 500_000_000).unwrap();
        let zoned = DateTime::parse_from_rfc3339("2023-11-15T00:13:20.5+02:00").unwrap();
        let system = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500);
        assert_eq!(utc.into_timestamp(), Ok(utc));
        assert_eq!(zoned.into_timestamp(), Ok(utc));
        assert_eq!(system.into_timestamp(), Ok(utc));
        assert_eq!("2023-11-14T22:13:20.5Z".into_timestamp(), Ok(utc));
        let before = SystemTime::UNIX_EPOCH - Duration::from_millis(1_500);
        assert_eq!(
            before.into_timestamp(),
            "1969-12-31T23:59:58.5Z".into_timestamp()
        );
        let whole = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(
            whole.into_timestamp(),
            "1969-12-31T23:59:59Z".into_timestamp()
        );
    }

    #[test]
    fn rejects_invalid_strings_and_times_out_of_range() {
        for invalid in ["", "yesterday", "2026-01-31", "2026-01-31T12:00:00"] {
            assert!(
                invalid.into_timestamp().unwrap_err().contains("RFC 3339"),
                "{invalid}"
            );
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert!(far.into_timestamp().is_err());
    }

    #[test]
    fn rejects_a_duration_with_a_remainder() {
        let milliseconds = |duration| to_whole_units(duration, 1_000, "milliseconds");
        assert_eq!(milliseconds(Duration::ZERO), Ok(0));
        assert_eq!(milliseconds(Duration::from_secs(5)), Ok(5_000));
        assert_eq!(
            milliseconds(Duration::from_micros(500)),
            Err("must be a whole number of milliseconds, is 500µs".to_owned())
        );
        assert!(milliseconds(Duration::from_micros(1_500)).is_err());
        assert!(milliseconds(Duration::MAX).is_err());
        assert_eq!(
            to_whole_units(Duration::from_secs(300), 1, "seconds"),
            Ok(300)
        );
        assert!(to_whole_units(Duration::from_millis(300_500), 1, "seconds").is_err());
    }
}
