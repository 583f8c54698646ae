//! Parses a fuzz input as an HTTP response. The input has a format that can be written by hand:
//!
//! ```text
//! 401 pbk_secret
//! x-request-id: req_1
//!
//! {"detail": "no such key"}
//! ```
//!
//! The first line has the status of the response and the credential of the request. Header lines follow. The
//! first line without a colon, such as an empty line, ends the headers. The rest is the body.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pgbeam_api::{RawResponse, operations::UPDATE_POLICY_PROFILE};

/// A parsed input.
pub struct Input {
    pub response: RawResponse,
    /// The credential of the request, if the input has a valid one.
    pub credential: Option<String>,
}

/// Parses an input. Every input is valid: an invalid status becomes 400, and invalid headers are ignored.
pub fn parse(data: &[u8]) -> Input {
    let (first, mut rest) = split_line(data);
    let first = String::from_utf8_lossy(first);
    let (status, credential) = first.split_once(' ').unwrap_or((&first, ""));
    let status = status
        .parse()
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok());
    let mut headers = HeaderMap::new();
    loop {
        let (header, after) = split_line(rest);
        rest = after;
        let Some(colon) = header.iter().position(|b| *b == b':') else {
            break;
        };
        let (name, value) = header.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
    let body = Bytes::copy_from_slice(rest);
    Input {
        response: RawResponse::new(&UPDATE_POLICY_PROFILE, status, headers, body),
        credential: parse_credential(credential),
    }
}

/// Returns the input if it consists of `pbk_` and at least four letters, digits or characters of
/// `-._~+/=<>&'`. Otherwise, returns `None`.
///
/// The library's own messages contain no `pbk_`. The separators that messages put between strings of the
/// server are not allowed in a credential. So if a message contains the credential, then one string of the
/// response contains it too.
fn parse_credential(input: &str) -> Option<String> {
    let rest = input.strip_prefix("pbk_")?;
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=<>&'".contains(&b);
    (rest.len() >= 4 && rest.bytes().all(is_allowed)).then(|| input.to_owned())
}

/// Splits the input at the first line break, which is in neither part. Without a line break, the second part
/// is empty.
fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|b| *b == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}
