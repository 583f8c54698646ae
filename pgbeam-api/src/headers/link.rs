//! Parses the `Link` header (RFC 8288).

use http::{HeaderMap, header::LINK};

/// Returns the target of the first link with this relation type, as the server sent it. A relative target is
/// not resolved.
pub(crate) fn target<'a>(headers: &'a HeaderMap, relation: &str) -> Option<&'a str> {
    headers
        .get_all(LINK)
        .iter()
        .find_map(|value| find_target(value.to_str().ok()?, relation))
}

fn find_target<'a>(header: &'a str, relation: &str) -> Option<&'a str> {
    let mut rest = header;
    loop {
        // The target in angle brackets may contain the separators `,` and `;`.
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
        // Anything between the parameters and the next `<` is ignored.
        rest = parameters;
    }
}

/// Returns the name and value of the first parameter of a link, and the rest of the input. The value is empty
/// if there is none.
fn parameter(input: &str) -> (&str, &str, &str) {
    let end = input.find(['=', ';', ',']).unwrap_or(input.len());
    let (name, rest) = input.split_at(end);
    let Some(value) = rest.strip_prefix('=') else {
        return (name.trim(), "", rest);
    };
    let value = value.trim_start_matches([' ', '\t']);
    let (value, rest) = match value.strip_prefix('"') {
        // Quoted pairs are not decoded: relation types do not contain them.
        Some(quoted) => quoted.split_at(closing_quote(quoted)),
        None => value.split_at(value.find([';', ',']).unwrap_or(value.len())),
    };
    (
        name.trim(),
        value.trim(),
        rest.strip_prefix('"').unwrap_or(rest),
    )
}

/// Returns the position of the closing quote of a quoted string; the length of `input` if there is none.
/// `input` starts after the opening quote.
fn closing_quote(input: &str) -> usize {
    let mut is_escaped = false;
    let closing = input.bytes().position(|b| {
        let is_closing = b == b'"' && !is_escaped;
        is_escaped = b == b'\\' && !is_escaped;
        is_closing
    });
    closing.unwrap_or(input.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_link_with_a_relation_type() {
        for (header, expected) in [
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
            // Only the first `rel` counts (RFC 8288, section 3.3).
            ("<a>; rel=next; rel=deprecation", None),
            ("<a>; rel=\"deprecations\"", None),
            ("<a>; rel", None),
            ("<a>", None),
            ("<a", None),
            ("a; rel=deprecation", None),
            ("<a>; rel=\"deprecation", Some("a")),
            (", ,;<a> garbage <b>;rel=deprecation", Some("b")),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, header.parse().unwrap());
            assert_eq!(target(&headers, "deprecation"), expected, "{header}");
        }
    }

    #[test]
    fn reads_all_link_headers() {
        let mut headers = HeaderMap::new();
        headers.append(LINK, http::HeaderValue::from_bytes(b"\xff").unwrap());
        headers.append(LINK, "<a>; rel=next".parse().unwrap());
        headers.append(LINK, "<b>; rel=successor-version".parse().unwrap());
        assert_eq!(target(&headers, "successor-version"), Some("b"));
        assert_eq!(target(&HeaderMap::new(), "next"), None);
    }
}
