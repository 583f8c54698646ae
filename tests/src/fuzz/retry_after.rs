//! Checks the parser of the `Retry-After` header: a number of seconds is returned as the delay, and the
//! current time plus the delay until a date is always that date.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};

/// An upper limit for parsed dates, as the time since 1970. It is after the last year that chrono can
/// represent, 262142.
const MAX_DATE: Duration = Duration::from_secs(8_300_000_000_000);

/// Parses the input as the value of the header, at three current times.
///
/// # Panics
///
/// If the delay for a number of seconds is not that number (a fraction may add up to one second), if the
/// delay until a date does not end at the same time for all current times, or if a value with a sign or with
/// characters other than visible ASCII is accepted.
pub fn check(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", value.clone());
    let parse_at = |seconds| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        pgbeam_api::parse_retry_after(&headers, || now)
    };
    // The current times: 1970, the date of the examples in RFC 9110, and far in the future.
    let times = [0, 784_111_777, 1 << 40];
    let [early, middle, late] = times.map(parse_at);
    let Ok(string) = value.to_str().map(str::trim) else {
        assert_eq!(early, None, "{value:?}");
        return;
    };
    let are_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = string.split_once('.').unwrap_or((string, ""));
    match whole.parse::<u32>() {
        // A number of seconds does not depend on the time.
        Ok(seconds) if are_digits(whole) && are_digits(fraction) => {
            let delay = early.expect("a number of seconds is a delay");
            let seconds = Duration::from_secs(seconds.into());
            let max = if fraction.is_empty() {
                seconds
            } else {
                seconds + Duration::from_secs(1)
            };
            assert!((seconds..=max).contains(&delay), "{string:?}: {delay:?}");
            assert_eq!((middle, late), (early, early), "{string:?}");
        }
        _ if string.starts_with(['-', '+']) => assert_eq!(early, None, "{string:?}"),
        // The delay until a date ends at the same time for every current time.
        _ if string.contains(|c: char| c.is_ascii_alphabetic()) => {
            let delays = [(times[0], early), (times[1], middle), (times[2], late)];
            let ends = delays.map(|(now, delay)| {
                delay
                    .filter(|delay| !delay.is_zero())
                    .map(|delay| Duration::from_secs(now) + delay)
            });
            assert_eq!(
                [early, middle, late].map(|delay| delay.is_some()),
                [early.is_some(); 3]
            );
            for end in ends.into_iter().flatten() {
                assert_eq!(Some(end), ends[0], "{string:?}");
                assert!(end < MAX_DATE, "{string:?}: {end:?}");
            }
        }
        _ => {}
    }
}
