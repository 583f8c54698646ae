//! Checks the parser of the `Link` header: it returns only links that the header contains, and for each
//! relation type (`rel`) the first link with this type.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header::LINK};
use pgbeam_api::Meta;

/// A `Link` header as the API sends it.
const LINKS: &[u8] = b"<https://x.test/d>; rel=\"deprecation\", </v2>; rel=\"successor-version\"";

/// Parses each line of the input as the value of a `Link` header. Parses the lines again after a header that
/// already has a link of each relation type.
///
/// # Panics
///
/// If a returned link is in no header, or if a link is returned although an earlier link has the same `rel`.
pub fn check(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    let meta = meta(&lines);
    for target in [meta.deprecation_link(), meta.successor_link()]
        .into_iter()
        .flatten()
    {
        assert!(!target.contains('>'), "{target:?}");
        let link = format!("<{target}>");
        let contains_link = |line: &&[u8]| {
            line.windows(link.len())
                .any(|window| window == link.as_bytes())
        };
        assert!(
            lines.iter().any(contains_link),
            "{target:?} is in no header"
        );
    }
    // Only the first link with a relation type is returned. Links after it, in any header, change nothing.
    let first_line = lines.first().copied().unwrap_or_default();
    for values in [
        vec![LINKS],
        vec![LINKS, first_line],
        [vec![LINKS], lines.clone()].concat(),
    ] {
        let joined = values.join(&b", "[..]);
        for meta in [self::meta(&values), self::meta(&[&joined])] {
            if meta
                .headers()
                .get_all(LINK)
                .iter()
                .next()
                .is_none_or(|value| value.to_str().is_err())
            {
                continue;
            }
            assert_eq!(meta.deprecation_link(), Some("https://x.test/d"));
            assert_eq!(meta.successor_link(), Some("/v2"));
        }
    }
}

fn meta(lines: &[&[u8]]) -> Meta {
    let mut headers = HeaderMap::new();
    for value in lines
        .iter()
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
    {
        headers.append(LINK, value);
    }
    Meta::new(StatusCode::OK, headers, 1, Duration::ZERO)
}
