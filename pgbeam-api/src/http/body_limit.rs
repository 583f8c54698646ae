//! The size limit of bodies that are read into memory, and the messages for a body that is too large or still
//! compressed.

use http::{HeaderMap, header};

/// The default of `max_response_bytes`, the maximum size in bytes of a body that is read into memory: 32 MiB.
/// A body that is returned as a stream may be of any size.
pub const MAX_RESPONSE_BYTES: u64 = 32 * 1024 * 1024;

/// Converts `max_response_bytes` to the maximum length of a body. The value 0 disables the limit, so the
/// maximum length is then `usize::MAX`.
pub fn max_body_len(limit: u64) -> usize {
    match limit {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    }
}

/// Returns the value of `RawResponse::body_error` for a body that is larger than `limit` bytes.
pub fn size_limit_error(limit: u64) -> String {
    format!("it is larger than {limit} bytes, the limit set by `max_response_bytes`")
}

/// Returns the value of `RawResponse::body_error` for a body that is still compressed. Returns `None` if
/// `Content-Encoding` is absent, empty or `identity`.
pub fn content_encoding_error(headers: &HeaderMap) -> Option<String> {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return None;
    }
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_identity = |encoding: &&http::HeaderValue| {
        encoding.to_str().is_ok_and(|value| {
            value.trim().is_empty() || value.trim().eq_ignore_ascii_case("identity")
        })
    };
    let encoding = encodings
        .into_iter()
        .find(|encoding| !is_identity(encoding))?;
    // The message quotes only short tokens: any other value may contain a secret.
    let is_token = |value: &&str| value.len() <= 32 && value.bytes().all(|b| b.is_ascii_graphic());
    let name = encoding
        .to_str()
        .ok()
        .filter(is_token)
        .unwrap_or("an unknown coding");
    Some(format!(
        "it is compressed ({name}), and the HTTP client did not decompress it"
    ))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn rejects_content_codings_other_than_identity() {
        let error = |values: &[&'static str]| {
            let values = values.iter().copied().map(HeaderValue::from_static);
            content_encoding_error(
                &values
                    .map(|value| (header::CONTENT_ENCODING, value))
                    .collect(),
            )
        };
        for values in [&[][..], &["identity"], &["Identity"], &["IDENTITY "], &[""]] {
            assert_eq!(error(values), None, "{values:?}");
        }
        for (values, name) in [
            (&["gzip"][..], "gzip"),
            (&["GZIP"], "GZIP"),
            (&["Identity", "br"], "br"),
            (&["gzip identity"], "an unknown coding"),
        ] {
            assert!(error(values).unwrap().contains(name), "{values:?}");
        }
    }
}
