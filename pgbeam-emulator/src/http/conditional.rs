//! Conditional requests (RFC 9110, section 13): `If-None-Match` on reads, `If-Match` on writes.

use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::http::problem::Problem;
use crate::http::response::Response;

/// The maximum length of `If-Match` and `If-None-Match` in the API contract, in bytes.
const MAX_LENGTH: usize = 1024;

/// The parsed value of `If-Match` or `If-None-Match`.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    /// `*`: matches any stored resource.
    Any,
    Tags(Vec<EntityTag>),
}

/// An entity tag. `weak` is `true` with the prefix `W/`; `opaque` is the rest, with the quotes.
#[derive(Debug, PartialEq, Eq)]
struct EntityTag {
    weak: bool,
    opaque: String,
}

/// Adds the `ETag` to the response to a read. If `If-None-Match` matches the `ETag`, returns 304 without a body
/// instead. Returns 400 if `If-None-Match` is empty or too long.
pub(crate) fn apply_if_none_match(
    headers: &HeaderMap,
    response: Response,
) -> Result<Response, Problem> {
    let response = response.with_etag();
    let Some(condition) = parse_header(headers, &IF_NONE_MATCH)? else {
        return Ok(response);
    };
    let current = crate::http::response::etag(&response.body);
    let unchanged = match condition {
        Condition::Any => true,
        // Weak comparison ignores the prefix `W/`.
        Condition::Tags(tags) => tags.iter().any(|tag| tag.opaque == current),
    };
    if !unchanged {
        return Ok(response);
    }
    let mut not_modified = Response::empty(StatusCode::NOT_MODIFIED);
    not_modified.headers = response.headers;
    not_modified.headers.remove(CONTENT_TYPE);
    Ok(not_modified)
}

/// Checks whether `If-Match` allows a write. `current` is the response that a read of the resource would get. A write
/// without `If-Match` is allowed.
///
/// # Errors
///
/// 412 with the current `ETag` if `If-Match` does not match it. 400 if `If-Match` is empty or longer than 1024 bytes.
pub(crate) fn check_if_match(headers: &HeaderMap, current: &Response) -> Result<(), Problem> {
    let Some(condition) = parse_header(headers, &IF_MATCH)? else {
        return Ok(());
    };
    let tag = crate::http::response::etag(&current.body);
    let matches = match condition {
        Condition::Any => true,
        // In a strong comparison, a weak tag never matches.
        Condition::Tags(tags) => tags.iter().any(|t| !t.weak && t.opaque == tag),
    };
    if matches {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "PRECONDITION_FAILED",
        "The resource has changed since the ETag in If-Match was read",
    )
    .with_header(ETAG, &tag))
}

/// Parses a header that may occur several times. Returns `None` if it is absent, and 400 if it is empty or too long.
fn parse_header(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Condition>, Problem> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .collect();
    let value = values.join(", ");
    if value.is_empty() || value.len() > MAX_LENGTH {
        let field = if *name == IF_MATCH {
            "If-Match"
        } else {
            "If-None-Match"
        };
        return Err(Problem::invalid_field(
            field,
            format!("must have 1 to {MAX_LENGTH} characters"),
        ));
    }
    Ok(Some(parse_condition(&value)))
}

/// Parses `*` or a list of entity tags. Skips invalid tags, for example tags without quotes: they match nothing.
fn parse_condition(value: &str) -> Condition {
    let mut rest = value.trim();
    if rest == "*" {
        return Condition::Any;
    }
    let mut tags = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            return Condition::Tags(tags);
        }
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let end = quoted
            .strip_prefix('"')
            .and_then(|inner| inner.find('"').map(|closing| closing.saturating_add(2)));
        match end.and_then(|end| quoted.split_at_checked(end)) {
            Some((opaque, after)) => {
                tags.push(EntityTag {
                    weak,
                    opaque: opaque.to_owned(),
                });
                rest = after;
            }
            None => rest = rest.split_once(',').map_or("", |(_, after)| after),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                name.clone(),
                HeaderValue::from_str(value).expect("a header value"),
            );
        }
        headers
    }

    #[test]
    fn parses_entity_tags() {
        let tag = |weak, opaque: &str| EntityTag {
            weak,
            opaque: opaque.to_owned(),
        };
        let cases = [
            ("*", Condition::Any),
            ("\"a\"", Condition::Tags(vec![tag(false, "\"a\"")])),
            ("W/\"a\"", Condition::Tags(vec![tag(true, "\"a\"")])),
            (
                "\"a\", W/\"b,c\" ,\"\"",
                Condition::Tags(vec![
                    tag(false, "\"a\""),
                    tag(true, "\"b,c\""),
                    tag(false, "\"\""),
                ]),
            ),
            ("a, \"b\"", Condition::Tags(vec![tag(false, "\"b\"")])),
            ("\"a", Condition::Tags(vec![])),
            ("\"*\"", Condition::Tags(vec![tag(false, "\"*\"")])),
        ];
        for (value, expected) in cases {
            assert_eq!(parse_condition(value), expected, "{value}");
        }
    }

    #[test]
    fn reads_compare_weakly_and_writes_strongly() {
        let response = Response::json(StatusCode::OK, &json!({"a": 1}));
        let tag = crate::http::response::etag(&response.body);
        let weak = format!("W/{tag}");
        let list = format!("\"x\", {tag}");
        // (condition, the read returns 304, the write is allowed)
        let cases: [(&[&str], bool, bool); 7] = [
            (&[&tag], true, true),
            (&[&weak], true, false),
            (&[&list], true, true),
            (&["\"x\"", &tag], true, true),
            (&["*"], true, true),
            (&["\"x\""], false, false),
            (&[tag.trim_matches('"')], false, false),
        ];
        for (values, not_modified, is_write_allowed) in cases {
            let read = apply_if_none_match(&headers(IF_NONE_MATCH, values), response.clone())
                .expect("no problem");
            assert_eq!(
                read.status == StatusCode::NOT_MODIFIED,
                not_modified,
                "{values:?}"
            );
            assert_eq!(read.body.is_empty(), not_modified, "{values:?}");
            assert!(read.headers.contains_key(ETAG));
            let write = check_if_match(&headers(IF_MATCH, values), &response);
            assert_eq!(write.is_ok(), is_write_allowed, "{values:?}");
        }
    }

    #[test]
    fn returns_the_current_etag_with_412() {
        let response = Response::json(StatusCode::OK, &json!({"a": 1}));
        let problem = check_if_match(&headers(IF_MATCH, &["\"x\""]), &response).expect_err("412");
        assert_eq!(problem.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(
            problem
                .into_response("/", "req_1")
                .headers
                .get(ETAG)
                .map(HeaderValue::as_bytes),
            Some(crate::http::response::etag(&response.body).as_bytes())
        );
    }

    #[test]
    fn rejects_empty_and_too_long_conditions() {
        let response = Response::json(StatusCode::OK, &json!({}));
        let long = format!("\"{}\"", "a".repeat(MAX_LENGTH));
        for value in ["", long.as_str()] {
            let problem = apply_if_none_match(&headers(IF_NONE_MATCH, &[value]), response.clone())
                .expect_err("too long");
            assert_eq!(problem.status, StatusCode::BAD_REQUEST);
        }
    }
}
