//! Parses the `RateLimit` and `RateLimit-Policy` headers.

use std::time::Duration;

use http::HeaderMap;

/// The remaining request quota. A field is `None` if the headers do not contain it.
///
/// If a header lists several policies, only the first is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed per window (`q` of `RateLimit-Policy`).
    pub quota: Option<u64>,
    /// The length of the window (`w` of `RateLimit-Policy`).
    pub window: Option<Duration>,
    /// Requests remaining in the current window (`r` of `RateLimit`).
    pub remaining: u64,
    /// The time until the window ends (`t` of `RateLimit`), counted from the response.
    pub reset: Option<Duration>,
}

impl RateLimit {
    /// Parses `RateLimit` and `RateLimit-Policy`. Returns `None` if `RateLimit` is absent or invalid.
    pub(crate) fn parse(headers: &HeaderMap) -> Option<Self> {
        let limit = headers.get("ratelimit")?.to_str().ok()?;
        let policy = headers
            .get("ratelimit-policy")
            .and_then(|value| value.to_str().ok());
        let policy_parameter = |name| parameter(policy?, name);
        Some(Self {
            quota: policy_parameter("q"),
            window: policy_parameter("w").map(Duration::from_secs),
            remaining: parameter(limit, "r")?,
            reset: parameter(limit, "t").map(Duration::from_secs),
        })
    }
}

/// Returns the value of the integer parameter `name` in the first item of a header such as
/// `"default";r=9;t=30`.
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
    fn parses_both_headers() {
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
    fn ignores_invalid_headers() {
        for invalid in [
            "",
            "\"default\"",
            "\"default\";r=",
            "r=7",
            "\"d\";r=-1",
            ";;;=;",
            "\"d\";r=1e9",
        ] {
            assert_eq!(
                RateLimit::parse(&headers(invalid, invalid)),
                None,
                "{invalid}"
            );
        }
        assert_eq!(RateLimit::parse(&HeaderMap::new()), None);
        assert_eq!(
            RateLimit::parse(&headers("\"d\";r=1", "x")).unwrap().quota,
            None
        );
    }
}
