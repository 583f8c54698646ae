//! The `RateLimit` and `RateLimit-Policy` headers of every answer.

use std::time::Duration;

use http::HeaderMap;

/// How much of the request quota is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed in a window (`q`).
    pub quota: Option<u64>,
    /// The window's length (`w`).
    pub window: Option<Duration>,
    /// Requests left in this window (`r`).
    pub remaining: u64,
    /// How long until the window ends (`t`).
    pub reset: Option<Duration>,
}

impl RateLimit {
    /// Reads both headers; absent when the answer has no `RateLimit` that can be read.
    pub(crate) fn parse(headers: &HeaderMap) -> Option<Self> {
        let limit = headers.get("ratelimit")?.to_str().ok()?;
        let policy = headers
            .get("ratelimit-policy")
            .and_then(|value| value.to_str().ok());
        let of_policy = |name| parameter(policy?, name);
        Some(Self {
            quota: of_policy("q"),
            window: of_policy("w").map(Duration::from_secs),
            remaining: parameter(limit, "r")?,
            reset: parameter(limit, "t").map(Duration::from_secs),
        })
    }
}

/// An integer parameter of the first item of a list such as `"default";r=9;t=30`.
fn parameter(header: &str, name: &str) -> Option<u64> {
    let item = header.split(',').next()?;
    item.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.trim().split_once('=')?;
        if key.trim() == name {
            value.trim().parse().ok()
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(limit: &str, policy: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit", limit.parse().unwrap());
        headers.insert("ratelimit-policy", policy.parse().unwrap());
        headers
    }

    #[test]
    fn reads_both_headers() {
        let limit = RateLimit::parse(&headers(r#""default";r=7;t=30"#, r#""default";q=100;w=60"#));
        let limit = limit.unwrap();
        assert_eq!(
            (limit.quota, limit.window),
            (Some(100), Some(Duration::from_secs(60)))
        );
        assert_eq!(
            (limit.remaining, limit.reset),
            (7, Some(Duration::from_secs(30)))
        );
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        for rubbish in [
            "",
            "\"default\"",
            "\"default\";r=",
            "r=7",
            "\"d\";r=-1",
            ";;;=;",
            "\"d\";r=1e9",
        ] {
            assert_eq!(
                RateLimit::parse(&headers(rubbish, rubbish)),
                None,
                "{rubbish}"
            );
        }
        assert_eq!(RateLimit::parse(&HeaderMap::new()), None);
        assert_eq!(
            RateLimit::parse(&headers("\"d\";r=1", "x")).unwrap().quota,
            None
        );
    }
}
