//! Checks the parser of the `RateLimit` and `RateLimit-Policy` headers. The parser must use only the first
//! item of each header, and a parsed rate limit must not change if it is formatted as headers and parsed
//! again.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use pgbeam_api::{Meta, RateLimit};

/// Parses the first line of the input as the value of `RateLimit`, and the rest as the value of
/// `RateLimit-Policy`.
///
/// # Panics
///
/// If an item after the first one changes the result, or if the parsed rate limit is different after it is
/// formatted and parsed again.
pub fn check(data: &[u8]) {
    let mut lines = data.splitn(2, |b| *b == b'\n');
    let [limit, policy] = [lines.next(), lines.next()].map(Option::unwrap_or_default);
    let parsed = parse(limit, policy);
    // Items after the first item of a header are ignored.
    let suffix = b", \"other\";r=1;t=2;q=3;w=4";
    assert_eq!(
        parse(&[limit, suffix].concat(), &[policy, suffix].concat()),
        parsed
    );
    let Some(rate_limit) = parsed else { return };
    // A formatted rate limit parses to the same value.
    let format_seconds = |duration: Option<Duration>, name| match duration {
        Some(duration) => format!(";{name}={}", duration.as_secs()),
        None => String::new(),
    };
    let quota = rate_limit
        .quota
        .map(|quota| format!(";q={quota}"))
        .unwrap_or_default();
    let limit = format!(
        "\"default\";r={}{}",
        rate_limit.remaining,
        format_seconds(rate_limit.reset, "t")
    );
    let policy = format!(
        "\"default\"{quota}{}",
        format_seconds(rate_limit.window, "w")
    );
    assert_eq!(
        parse(limit.as_bytes(), policy.as_bytes()),
        parsed,
        "{limit} / {policy}"
    );
}

fn parse(limit: &[u8], policy: &[u8]) -> Option<RateLimit> {
    let mut headers = HeaderMap::new();
    for (name, value) in [("ratelimit", limit), ("ratelimit-policy", policy)] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    Meta::new(StatusCode::OK, headers, 1, Duration::ZERO).rate_limit()
}
