//! `Retry-After`: how long a server asks to wait.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// The wait that the headers of an answer ask for, at the time `now`, which is asked for where there
/// is such a header.
///
/// Takes seconds, a fraction of them too, and an HTTP date. 0 and a past date mean at once; a
/// number too large for a duration means as long as one can be. What is neither, and a negative
/// number, is as if the header were absent.
pub fn retry_after(headers: &HeaderMap, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    parse(
        headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim(),
        now(),
    )
}

fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    // Rust reads `inf`, `nan`, `1e9` and `+1` as numbers too; HTTP does not.
    if value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let seconds: f64 = value.parse().ok()?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    if let Ok(date) = httpdate::parse_http_date(value) {
        return Some(date.duration_since(now).unwrap_or(Duration::ZERO));
    }
    // Mail dates name their zone by an offset, `-0000` among them. They stay numbers: not every
    // platform's clock can hold every date.
    let date = chrono::DateTime::parse_from_rfc2822(value)
        .ok()?
        .timestamp();
    let since_epoch = Duration::from_secs(u64::try_from(date).unwrap_or(0));
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Some(since_epoch.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_is_met() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |s: f64| Some(Duration::from_secs_f64(s));
        let cases = [
            ("0", seconds(0.0)),
            ("2", seconds(2.0)),
            ("1.5", seconds(1.5)),
            (".5", seconds(0.5)),
            ("120", seconds(120.0)),
            ("99999999999999999999999999", Some(Duration::MAX)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", seconds(10.0)),
            ("Sun, 06 Nov 1994 08:49:47 -0000", seconds(10.0)),
            ("Sun, 06 Nov 1994 08:49:47 +0000", seconds(10.0)),
            ("Sun, 06 Nov 1994 09:49:47 +0100", seconds(10.0)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", seconds(10.0)),
            ("Sun Nov  6 08:49:47 1994", seconds(10.0)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", seconds(0.0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", seconds(0.0)),
            ("Mon, 01 Jan 1500 00:00:00 +0000", seconds(0.0)),
            ("-1", None),
            ("-0", None),
            ("+1", None),
            ("1e3", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("soon", None),
            ("1, 2", None),
            ("Sun, 99 Nov 1994 08:49:47 GMT", None),
        ];
        for (value, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().unwrap());
            assert_eq!(retry_after(&headers, || now), want, "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), || now), None);
    }
}
