//! How much of an answer is read into memory.

use http::{HeaderMap, header};

/// The most bytes of a body that are read into memory unless something else is said: 32 MiB. Bodies
/// that are handed on as they come in have no such limit.
pub const MAX_RESPONSE_BYTES: u64 = 32 * 1024 * 1024;

/// The limit as the length that a body in memory may have; 0 turns it off.
pub fn most(limit: u64) -> usize {
    match limit {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    }
}

/// What is said of a body that is larger than that.
pub fn too_large(limit: u64) -> String {
    format!("it is larger than {limit} bytes, the limit that `max_response_bytes` sets")
}

/// What keeps a body from being read whose headers are these: a compression that the HTTP client
/// did not undo.
pub fn compressed(headers: &HeaderMap) -> Option<String> {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return None;
    }
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let identity = |encoding: &&http::HeaderValue| {
        encoding.to_str().is_ok_and(|text| {
            text.trim().is_empty() || text.trim().eq_ignore_ascii_case("identity")
        })
    };
    let encoding = encodings.into_iter().find(|encoding| !identity(encoding))?;
    // What is no short token is not shown: it might hold anything.
    let token = |text: &&str| text.len() <= 32 && text.bytes().all(|b| b.is_ascii_graphic());
    let name = encoding
        .to_str()
        .ok()
        .filter(token)
        .unwrap_or("an unknown coding");
    Some(format!(
        "it is compressed ({name}), which was not asked for and cannot be undone"
    ))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_content_coding_other_than_identity_is_a_compression() {
        let found = |values: &[&'static str]| {
            let values = values.iter().copied().map(HeaderValue::from_static);
            compressed(
                &values
                    .map(|value| (header::CONTENT_ENCODING, value))
                    .collect(),
            )
        };
        for none in [&[][..], &["identity"], &["Identity"], &["IDENTITY "], &[""]] {
            assert_eq!(found(none), None, "{none:?}");
        }
        for (values, name) in [
            (&["gzip"][..], "gzip"),
            (&["GZIP"], "GZIP"),
            (&["Identity", "br"], "br"),
            (&["gzip identity"], "an unknown coding"),
        ] {
            assert!(found(values).unwrap().contains(name), "{values:?}");
        }
    }
}
