//! `RateLimit` and `RateLimit-Policy`, whatever they hold.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use pgbeam_api::{Meta, RateLimit};

/// An input has the two headers, a line each.
pub fn check(data: &[u8]) {
    let mut lines = data.splitn(2, |b| *b == b'\n');
    let [limit, policy] = [lines.next(), lines.next()].map(Option::unwrap_or_default);
    let read = parse(limit, policy);
    // The first item counts; what is listed after it changes nothing.
    let more = b", \"other\";r=1;t=2;q=3;w=4";
    assert_eq!(
        parse(&[limit, more].concat(), &[policy, more].concat()),
        read
    );
    let Some(found) = read else { return };
    // What was read says the same when it is written.
    let seconds = |of: Option<Duration>, name| match of {
        Some(duration) => format!(";{name}={}", duration.as_secs()),
        None => String::new(),
    };
    let quota = found
        .quota
        .map(|quota| format!(";q={quota}"))
        .unwrap_or_default();
    let limit = format!(
        "\"default\";r={}{}",
        found.remaining,
        seconds(found.reset, "t")
    );
    let policy = format!("\"default\"{quota}{}", seconds(found.window, "w"));
    assert_eq!(
        parse(limit.as_bytes(), policy.as_bytes()),
        read,
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
