//! Determines from `Content-Type` whether a body is JSON or a problem document.

use http::{HeaderMap, header};

/// Returns `true` if `Content-Type` names a media type other than JSON. JSON is every media type that ends
/// with `json`, such as `application/problem+json`. Returns `false` without the header.
pub(crate) fn is_non_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|name| !name.ends_with("json"))
}

/// Returns `true` if `Content-Type` is `application/problem+json` (RFC 9457).
pub(crate) fn is_problem(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|name| name == "application/problem+json")
}

/// Returns the media type of `Content-Type` in lower case, without parameters; `None` if the header is absent
/// or not visible ASCII.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let name = value.split(';').next().unwrap_or_default();
    Some(name.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn ignores_case_and_parameters() {
        for (value, non_json, problem) in [
            ("application/problem+json", false, true),
            ("Application/Problem+JSON", false, true),
            ("application/problem+json; charset=utf-8", false, true),
            ("APPLICATION/PROBLEM+JSON ;Charset=UTF-8", false, true),
            ("application/json", false, false),
            ("Application/JSON; charset=utf-8", false, false),
            ("application/problem+xml", true, false),
            ("text/html; type=application/problem+json", true, false),
            ("TEXT/HTML", true, false),
            ("text/plain", true, false),
            ("", true, false),
        ] {
            let value = HeaderValue::from_static(value);
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.clone())]);
            let actual = (is_non_json(&headers), is_problem(&headers));
            assert_eq!(actual, (non_json, problem), "{value:?}");
        }
        assert!(!is_non_json(&HeaderMap::new()) && !is_problem(&HeaderMap::new()));
    }
}
