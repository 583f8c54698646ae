//! `Link`, whatever it holds.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header::LINK};
use pgbeam_api::Meta;

/// A link as the API writes one.
const LINKS: &[u8] = b"<https://x.test/d>; rel=\"deprecation\", </v2>; rel=\"successor-version\"";

/// An input has the values of the header, a line each.
pub fn check(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    let meta = meta(&lines);
    for target in [meta.deprecation_link(), meta.successor_link()]
        .into_iter()
        .flatten()
    {
        assert!(!target.contains('>'), "{target:?}");
        let written = format!("<{target}>");
        let whole = |line: &&[u8]| {
            line.windows(written.len())
                .any(|of| of == written.as_bytes())
        };
        assert!(lines.iter().any(whole), "{target:?} is in no header");
    }
    // The first link with a relation counts, whatever comes after it in the same header or another.
    let rest = lines.first().copied().unwrap_or_default();
    for front in [
        vec![LINKS],
        vec![LINKS, rest],
        [vec![LINKS], lines.clone()].concat(),
    ] {
        let one = front.join(&b", "[..]);
        for meta in [self::meta(&front), self::meta(&[&one])] {
            if meta
                .headers()
                .get_all(LINK)
                .iter()
                .next()
                .is_none_or(|of| of.to_str().is_err())
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
