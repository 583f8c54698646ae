//! What a setter of a timestamp takes.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeZone, Utc};

mod sealed {
    pub trait Sealed {}
}

/// A point in time: a `chrono` date and time of any zone, a [`SystemTime`], or a string as RFC 3339
/// writes it (`2026-01-31T12:00:00Z`). Sealed.
///
/// A string that is not RFC 3339 and a time that `chrono` cannot hold are reported when the request
/// is sent, as errors of the field.
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
            Ok(since) => at(i64::try_from(since.as_secs()).ok(), since.subsec_nanos()),
            // The nanoseconds count forwards from a whole second before the time.
            Err(error) => match (error.duration().as_secs(), error.duration().subsec_nanos()) {
                (secs, 0) => at(0_i64.checked_sub_unsigned(secs), 0),
                (secs, nanos) => at((-1_i64).checked_sub_unsigned(secs), 1_000_000_000 - nanos),
            },
        };
        time.ok_or_else(|| "is too far from now for a timestamp".to_owned())
    }
}

fn at(seconds: Option<i64>, nanoseconds: u32) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds?, nanoseconds)
}

impl sealed::Sealed for &str {}
impl IntoTimestamp for &str {
    fn into_timestamp(self) -> Result<DateTime<Utc>, String> {
        let time = DateTime::parse_from_rfc3339(self);
        time.map(|time| time.with_timezone(&Utc))
            .map_err(|_| "is no RFC 3339 timestamp such as 2026-01-31T12:00:00Z".to_owned())
    }
}

impl sealed::Sealed for String {}
impl IntoTimestamp for String {
    fn into_timestamp(self) -> Result<DateTime<Utc>, String> {
        self.as_str().into_timestamp()
    }
}

/// Converts a duration to a whole number of units of which a second has `per_second`.
///
/// A remainder is an error: rounding it to 0 could lift a limit.
pub fn whole_units(duration: Duration, per_second: u32, unit: &str) -> Result<i64, String> {
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
        .ok_or_else(|| format!("is too long: {duration:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_time_becomes_the_same_timestamp() {
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
    fn what_is_no_time_says_so() {
        for bad in ["", "yesterday", "2026-01-31", "2026-01-31T12:00:00"] {
            assert!(
                bad.into_timestamp().unwrap_err().contains("RFC 3339"),
                "{bad}"
            );
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert!(far.into_timestamp().is_err());
    }

    #[test]
    fn a_duration_that_would_round_to_another_limit_is_refused() {
        let milliseconds = |duration| whole_units(duration, 1_000, "milliseconds");
        assert_eq!(milliseconds(Duration::ZERO), Ok(0));
        assert_eq!(milliseconds(Duration::from_secs(5)), Ok(5_000));
        assert_eq!(
            milliseconds(Duration::from_micros(500)),
            Err("must be a whole number of milliseconds, is 500µs".to_owned())
        );
        assert!(milliseconds(Duration::from_micros(1_500)).is_err());
        assert!(milliseconds(Duration::MAX).is_err());
        assert_eq!(whole_units(Duration::from_secs(300), 1, "seconds"), Ok(300));
        assert!(whole_units(Duration::from_millis(300_500), 1, "seconds").is_err());
    }
}
