//! Conditional requests, RFC 9110 section 13: `If-None-Match` on reads, `If-Match`
//! on writes.

use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::problem::Problem;
use crate::response::Response;

/// The longest condition that the contract admits, in bytes.
const MAX_LENGTH: usize = 1024;

/// What a condition names.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    /// `*`: whatever exists.
    Any,
    Tags(Vec<Tag>),
}

/// An entity tag: weak or not, and its opaque part with the quotes.
#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    opaque: String,
}

/// The answer to a read: 304 without a body when `If-None-Match` names what the
/// client has already, the answer with its `ETag` otherwise.
pub(crate) fn read(headers: &HeaderMap, response: Response) -> Result<Response, Problem> {
    let response = response.with_etag();
    let Some(condition) = condition(headers, &IF_NONE_MATCH)? else {
        return Ok(response);
    };
    let current = crate::response::etag(&response.body);
    let unchanged = match condition {
        Condition::Any => true,
        // Weak comparison: the prefix `W/` does not count.
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

/// Whether a write may go ahead: 412 with the current `ETag` when `If-Match` names
/// another representation than `current`, the body of a read of the same resource.
pub(crate) fn check_write(headers: &HeaderMap, current: &Response) -> Result<(), Problem> {
    let Some(condition) = condition(headers, &IF_MATCH)? else {
        return Ok(());
    };
    let tag = crate::response::etag(&current.body);
    let matches = match condition {
        Condition::Any => true,
        // Strong comparison: a weak tag matches nothing.
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

/// The condition in a header, all its lines taken together.
fn condition(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Condition>, Problem> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let lines: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .collect();
    let value = lines.join(", ");
    if value.is_empty() || value.len() > MAX_LENGTH {
        let field = if *name == IF_MATCH {
            "If-Match"
        } else {
            "If-None-Match"
        };
        return Err(Problem::invalid_field(
            field,
            format!("must be 1 to {MAX_LENGTH} characters long"),
        ));
    }
    Ok(Some(parse(&value)))
}

/// Reads a list of entity tags. What is no entity tag (one without its quotes, say)
/// is passed over and so matches nothing.
fn parse(value: &str) -> Condition {
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
                tags.push(Tag {
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
    fn entity_tags_are_read_as_rfc_9110_writes_them() {
        let tag = |weak, opaque: &str| Tag {
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
            assert_eq!(parse(value), expected, "{value}");
        }
    }

    #[test]
    fn reads_compare_weakly_and_writes_strongly() {
        let response = Response::json(StatusCode::OK, &json!({"a": 1}));
        let tag = crate::response::etag(&response.body);
        let weak = format!("W/{tag}");
        let list = format!("\"x\", {tag}");
        // (condition, the read is 304, the write goes ahead)
        let cases: [(&[&str], bool, bool); 7] = [
            (&[&tag], true, true),
            (&[&weak], true, false),
            (&[&list], true, true),
            (&["\"x\"", &tag], true, true),
            (&["*"], true, true),
            (&["\"x\""], false, false),
            (&[tag.trim_matches('"')], false, false),
        ];
        for (values, not_modified, goes_ahead) in cases {
            let read = read(&headers(IF_NONE_MATCH, values), response.clone()).expect("no problem");
            assert_eq!(
                read.status == StatusCode::NOT_MODIFIED,
                not_modified,
                "{values:?}"
            );
            assert_eq!(read.body.is_empty(), not_modified, "{values:?}");
            assert!(read.headers.contains_key(ETAG));
            let write = check_write(&headers(IF_MATCH, values), &response);
            assert_eq!(write.is_ok(), goes_ahead, "{values:?}");
        }
    }

    #[test]
    fn a_failed_write_carries_the_current_tag() {
        let response = Response::json(StatusCode::OK, &json!({"a": 1}));
        let problem = check_write(&headers(IF_MATCH, &["\"x\""]), &response).expect_err("412");
        assert_eq!(problem.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(
            problem
                .into_response("/", "req_1")
                .headers
                .get(ETAG)
                .map(HeaderValue::as_bytes),
            Some(crate::response::etag(&response.body).as_bytes())
        );
    }

    #[test]
    fn a_condition_has_bounds() {
        let response = Response::json(StatusCode::OK, &json!({}));
        let long = format!("\"{}\"", "a".repeat(MAX_LENGTH));
        for value in ["", long.as_str()] {
            let problem =
                read(&headers(IF_NONE_MATCH, &[value]), response.clone()).expect_err("too long");
            assert_eq!(problem.status, StatusCode::BAD_REQUEST);
        }
    }
}
