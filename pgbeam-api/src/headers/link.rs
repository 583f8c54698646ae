//! The `Link` header (RFC 8288): where to read on.

use http::{HeaderMap, header::LINK};

/// The target of the first link with this relation, as the header writes it.
pub(crate) fn target<'a>(headers: &'a HeaderMap, relation: &str) -> Option<&'a str> {
    headers
        .get_all(LINK)
        .iter()
        .find_map(|value| find(value.to_str().ok()?, relation))
}

fn find<'a>(header: &'a str, relation: &str) -> Option<&'a str> {
    let mut rest = header;
    loop {
        // A target in angle brackets may hold what would else separate links and parameters.
        let (_, after) = rest.split_once('<')?;
        let (target, mut parameters) = after.split_once('>')?;
        let mut related = None;
        loop {
            parameters = parameters.trim_start_matches([' ', '\t']);
            let Some(after) = parameters.strip_prefix(';') else {
                break;
            };
            let (name, value, after) = parameter(after);
            if name.eq_ignore_ascii_case("rel") && related.is_none() {
                related = Some(
                    value
                        .split_ascii_whitespace()
                        .any(|rel| rel.eq_ignore_ascii_case(relation)),
                );
            }
            parameters = after;
        }
        if related == Some(true) {
            return Some(target);
        }
        // What stands here if not a comma is no link: the next one begins after it, if any does.
        rest = parameters;
    }
}

/// The name and the value of the parameter at the beginning, and what follows it.
fn parameter(text: &str) -> (&str, &str, &str) {
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.strip_prefix('=') else {
        return (name.trim(), "", rest);
    };
    let value = value.trim_start_matches([' ', '\t']);
    let (value, rest) = match value.strip_prefix('"') {
        // A quoted pair is left as it is: neither relations nor their names hold any.
        Some(quoted) => quoted.split_at(closing_quote(quoted)),
        None => value.split_at(value.find([';', ',']).unwrap_or(value.len())),
    };
    (
        name.trim(),
        value.trim(),
        rest.strip_prefix('"').unwrap_or(rest),
    )
}

/// Where a quoted string ends whose opening quote stands before `text`.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    let closing = text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    });
    closing.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_link_with_a_relation() {
        for (header, want) in [
            (
                "<https://x.test/a>; rel=\"deprecation\"",
                Some("https://x.test/a"),
            ),
            (
                "<https://x.test/a>;rel=deprecation",
                Some("https://x.test/a"),
            ),
            ("<a>; REL = \"Deprecation\"", Some("a")),
            ("<a>; type=\"text/html\"; rel=\"deprecation\"", Some("a")),
            ("<a>; rel=\"next deprecation\"", Some("a")),
            ("<a>; rel=\"next\", <b>; rel=\"deprecation\"", Some("b")),
            (
                "<a,;b>; title=\"x, <y>; rel=\\\"deprecation\\\"\"; rel=deprecation",
                Some("a,;b"),
            ),
            ("<a>; title=\"<b>; rel=deprecation\"", None),
            ("<>; rel=deprecation", Some("")),
            // The first of two counts (RFC 8288, section 3.3).
            ("<a>; rel=next; rel=deprecation", None),
            ("<a>; rel=\"deprecations\"", None),
            ("<a>; rel", None),
            ("<a>", None),
            ("<a", None),
            ("a; rel=deprecation", None),
            ("<a>; rel=\"deprecation", Some("a")),
            (", ,;<a> rubbish <b>;rel=deprecation", Some("b")),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, header.parse().unwrap());
            assert_eq!(target(&headers, "deprecation"), want, "{header}");
        }
    }

    #[test]
    fn looks_at_every_header() {
        let mut headers = HeaderMap::new();
        headers.append(LINK, http::HeaderValue::from_bytes(b"\xff").unwrap());
        headers.append(LINK, "<a>; rel=next".parse().unwrap());
        headers.append(LINK, "<b>; rel=successor-version".parse().unwrap());
        assert_eq!(target(&headers, "successor-version"), Some("b"));
        assert_eq!(target(&HeaderMap::new(), "next"), None);
    }
}
