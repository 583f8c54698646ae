//! The form in which an input has a whole answer, legible enough to be written by hand:
//!
//! ```text
//! 401 pbk_secret
//! x-request-id: req_1
//!
//! {"detail": "no such key"}
//! ```
//!
//! The first line has the status and the credential that the request carried. Header lines follow
//! until an empty line; all the rest is the body.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pgbeam_api::{RawResponse, operations::UPDATE_POLICY_PROFILE};

/// An answer, and the credential that its request carried, if that is one.
pub struct Given {
    pub answer: RawResponse,
    pub credential: Option<String>,
}

/// Reads an input; every input is an answer.
pub fn read(data: &[u8]) -> Given {
    let (first, mut rest) = line(data);
    let first = String::from_utf8_lossy(first);
    let (status, credential) = first.split_once(' ').unwrap_or((&first, ""));
    let status = status
        .parse()
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok());
    let mut headers = HeaderMap::new();
    loop {
        let (header, after) = line(rest);
        rest = after;
        let Some(at) = header.iter().position(|b| *b == b':') else {
            break;
        };
        let (name, value) = header.split_at(at);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
    let body = Bytes::copy_from_slice(rest);
    Given {
        answer: RawResponse::new(&UPDATE_POLICY_PROFILE, status, headers, body),
        credential: token(credential),
    }
}

/// The credential that a text stands for: one of the form that bearer tokens have.
///
/// What an error says of itself holds no `pbk_`, and what it puts between the texts of a server is
/// in no token, so a credential that is printed was in the answer.
fn token(text: &str) -> Option<String> {
    let rest = text.strip_prefix("pbk_")?;
    let admitted = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=<>&'".contains(&b);
    (rest.len() >= 4 && rest.bytes().all(admitted)).then(|| text.to_owned())
}

/// What stands before the first line break, and what stands after it.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|b| *b == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}
