//! `Retry-After`, whatever it holds.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};

/// The last second that any date may name: chrono ends in the year 262142.
const LAST: Duration = Duration::from_secs(8_300_000_000_000);

/// An input is the value of the header.
pub fn check(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", value.clone());
    let at = |seconds| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        pgbeam_api::parse_retry_after(&headers, || now)
    };
    // Long before the dates that are met, in their midst, and long after.
    let [before, amid, after] = [at(0), at(784_111_777), at(1 << 40)];
    let Ok(text) = value.to_str().map(str::trim) else {
        assert_eq!(before, None, "{value:?}");
        return;
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match whole.parse::<u32>() {
        // What the digits say, whatever the time is.
        Ok(seconds) if digits(whole) && digits(fraction) => {
            let wait = before.expect("a number of seconds is a wait");
            let seconds = Duration::from_secs(seconds.into());
            let most = if fraction.is_empty() {
                seconds
            } else {
                seconds + Duration::from_secs(1)
            };
            assert!((seconds..=most).contains(&wait), "{text:?}: {wait:?}");
            assert_eq!((amid, after), (before, before), "{text:?}");
        }
        _ if text.starts_with(['-', '+']) => assert_eq!(before, None, "{text:?}"),
        // A date is where it is: what passes until now is no part of the wait.
        _ if text.contains(|c: char| c.is_ascii_alphabetic()) => {
            let ends = [(0, before), (784_111_777, amid), (1 << 40, after)].map(|(now, wait)| {
                wait.filter(|wait| !wait.is_zero())
                    .map(|wait| Duration::from_secs(now) + wait)
            });
            assert_eq!(
                [before, amid, after].map(|wait| wait.is_some()),
                [before.is_some(); 3]
            );
            for end in ends.into_iter().flatten() {
                assert_eq!(Some(end), ends[0], "{text:?}");
                assert!(end < LAST, "{text:?}: {end:?}");
            }
        }
        _ => {}
    }
}
