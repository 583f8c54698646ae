//! Takes the credential out of error answers: some servers and gateways echo the request.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// Below this length a credential is no secret, and taking it out would eat words.
const SHORTEST: usize = 8;

const MARK: &[u8] = b"[redacted]";

/// Replaces `credential` wherever it stands in headers and body, as it is or as JSON writes it.
pub(crate) fn redact(headers: &mut HeaderMap, body: &mut Bytes, credential: &str) {
    if credential.len() < SHORTEST {
        return;
    }
    let escaped = serde_json::Value::from(credential).to_string();
    let escaped = escaped.trim_matches('"');
    for needle in [credential, escaped] {
        if let Cow::Owned(clean) = without(body, needle.as_bytes()) {
            *body = clean.into();
        }
        for value in headers.values_mut() {
            if let Cow::Owned(clean) = without(value.as_bytes(), needle.as_bytes()) {
                *value = HeaderValue::from_bytes(&clean)
                    .unwrap_or_else(|_| HeaderValue::from_static("[redacted]"));
            }
        }
    }
}

/// `text` with the mark in place of every `needle`; borrowed when there is none.
fn without<'a>(text: &'a [u8], needle: &[u8]) -> Cow<'a, [u8]> {
    let find = |text: &[u8]| text.windows(needle.len()).position(|window| window == needle);
    let mut rest = text;
    let mut clean = Vec::new();
    while let Some((before, after)) = find(rest).and_then(|at| {
        let (before, from) = rest.split_at_checked(at)?;
        Some((before, from.get(needle.len()..)?))
    }) {
        clean.extend_from_slice(before);
        clean.extend_from_slice(MARK);
        rest = after;
    }
    if clean.is_empty() {
        return Cow::Borrowed(text);
    }
    clean.extend_from_slice(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(header: &str, body: &[u8], credential: &str) -> (String, Vec<u8>) {
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", header.parse().unwrap());
        let mut body = Bytes::copy_from_slice(body);
        redact(&mut headers, &mut body, credential);
        (headers["x-echo"].to_str().unwrap().to_owned(), body.to_vec())
    }

    #[test]
    fn takes_it_out_wherever_it_stands() {
        let (header, body) =
            redacted("Bearer pbk_secret", b"\xffpbk_secret, pbk_secretpbk_secret.", "pbk_secret");
        assert_eq!(header, "Bearer [redacted]");
        assert_eq!(body, b"\xff[redacted], [redacted][redacted].");
    }

    #[test]
    fn knows_it_as_json_writes_it() {
        let (_, body) = redacted("x", br#"{"got":"pbk_\"secret\\"}"#, r#"pbk_"secret\"#);
        assert_eq!(body, br#"{"got":"[redacted]"}"#);
    }

    #[test]
    fn leaves_everything_else() {
        for (body, credential) in
            [("short key", "short k"), ("no such", "pbk_secret"), ("", "pbk_secret"), ("x", "")]
        {
            let (header, after) = redacted("short key", body.as_bytes(), credential);
            assert_eq!((header.as_str(), after.as_slice()), ("short key", body.as_bytes()));
        }
    }
}
