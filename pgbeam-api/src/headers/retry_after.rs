//! Parses the `Retry-After` header.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// Returns the delay of the `Retry-After` header, or `None` if it is absent or invalid.
///
/// The value is a number of seconds, which may have a fraction, or a date (an HTTP date or an RFC 2822 date),
/// which is compared with `now`. 0 and a past date return [`Duration::ZERO`]. A number that is too large
/// returns [`Duration::MAX`]. A negative number is invalid.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("retry-after", http::HeaderValue::from_static("1.5"));
/// let delay = pgbeam_api::parse_retry_after(&headers, SystemTime::now);
/// assert_eq!(delay, Some(Duration::from_millis(1500)));
/// ```
pub fn parse_retry_after(
    headers: &HeaderMap,
    now: impl FnOnce() -> SystemTime,
) -> Option<Duration> {
    parse(
        headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim(),
        now(),
    )
}

fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    // Rust also parses `inf`, `nan`, `1e9` and `+1`, which are invalid in HTTP.
    if value.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let seconds: f64 = value.parse().ok()?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    if let Ok(date) = httpdate::parse_http_date(value) {
        return Some(date.duration_since(now).unwrap_or(Duration::ZERO));
    }
    // RFC 2822 dates have a numeric zone such as `-0000`. The arithmetic uses seconds, because
    // `SystemTime` cannot represent every date on every platform.
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
    fn parses_numbers_and_dates() {
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
        for (value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().unwrap());
            assert_eq!(parse_retry_after(&headers, || now), expected, "{value:?}");
        }
        assert_eq!(parse_retry_after(&HeaderMap::new(), || now), None);
    }
}
