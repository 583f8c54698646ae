//! Percent-encodes values for the path and the query of a URL.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::Error;

/// The characters that are percent-encoded: all except ASCII letters, ASCII digits, `-`, `.`, `_` and `~`,
/// the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The maximum number of times that a value may be percent-encoded. A value that is encoded more often is
/// rejected. Without a limit, a value could be nested so that decoding takes quadratic time.
const MAX_ENCODINGS: u32 = 4;

/// The bytes for which [`is_slug_byte`] returns `true`. A table is faster than comparisons.
static SLUG_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    table
};

/// Returns `true` for ASCII letters, digits, `_` and `-`.
pub(crate) fn is_slug_byte(byte: u8) -> bool {
    SLUG_BYTES[usize::from(byte)]
}

/// Percent-encodes a name or value of the query, or a checked path segment.
pub fn percent_encode(value: &str) -> impl std::fmt::Display {
    utf8_percent_encode(value, RESERVED)
}

/// Checks the value of the path parameter `name`, and appends it to a URL with percent-encoding.
///
/// Identifier types reject invalid values earlier. This check also covers parameters that are plain
/// strings.
///
/// # Errors
///
/// Kind [`Invalid`](crate::ErrorKind::Invalid) in each of these cases:
///
/// - The value is empty, `.` or `..`, or contains a slash, a backslash or a control character.
/// - Percent-decoding turns the value into such a value, for example `%2e%2e`.
/// - The value is percent-encoded more than four times.
///
/// URL libraries and gateways may resolve such a segment to another resource, even if it is encoded.
pub(crate) fn push_segment(url: &mut String, name: &'static str, value: &str) -> Result<(), Error> {
    // Fast path: nearly every identifier consists of these bytes, which need no encoding.
    if !value.is_empty() && value.bytes().all(is_slug_byte) {
        url.push_str(value);
        return Ok(());
    }
    let mut decoded = Cow::Borrowed(value);
    let mut encodings = 0;
    let reason = loop {
        match decoded.as_ref() {
            _ if encodings > MAX_ENCODINGS => break "is percent-encoded too many times",
            "" => break "is empty",
            "." | ".." => break "would change the URL path",
            value if value.contains(['/', '\\']) => break "contains a slash",
            value if value.contains(char::is_control) => break "contains a control character",
            current => match percent_decode_str(current).decode_utf8_lossy() {
                same if same == current => {
                    url.extend(utf8_percent_encode(value, RESERVED));
                    return Ok(());
                }
                next => decoded = Cow::Owned(next.into_owned()),
            },
        }
        encodings += 1;
    };
    Err(Error::invalid_field(
        name,
        format!("{reason}: pass the value that the API returned"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(name: &'static str, value: &str) -> Result<String, Error> {
        let mut url = String::new();
        push_segment(&mut url, name, value)?;
        Ok(url)
    }

    #[test]
    fn encodes_all_but_unreserved_characters() {
        for (value, expected) in [
            ("a-b._~9", "a-b._~9"),
            ("a b", "a%20b"),
            ("é%", "%C3%A9%25"),
            ("..a", "..a"),
            ("a%20", "a%2520"),
        ] {
            assert_eq!(segment("id", value).unwrap(), expected);
        }
    }

    #[test]
    fn rejects_a_deeply_encoded_value_in_linear_time() {
        let value = format!("%{}2e", "25".repeat(100_000));
        assert!(
            segment("id", &value)
                .unwrap_err()
                .to_string()
                .contains("too many times")
        );
    }

    #[test]
    fn rejects_values_that_would_change_the_path() {
        for value in [
            "", ".", "..", "a/b", "/", "..\\..", "%2e", "%2E%2e", ".%2e", "%252e.", "%2fa", "%5c",
            "a\nb", "%0a", "\u{0}",
        ] {
            let error = segment("case_id", value).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), "case_id", "{value:?}");
        }
    }

    #[test]
    fn keeps_encodes_or_rejects_each_ascii_character() {
        for byte in 0..=127_u8 {
            let value = format!("a{}b", char::from(byte));
            let expected = match byte {
                b'/' | b'\\' | 0..=31 | 127 => None,
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                    Some(value.clone())
                }
                _ => Some(format!("a%{byte:02X}b")),
            };
            assert_eq!(segment("id", &value).ok(), expected, "{value:?}");
        }
    }

    #[test]
    fn accepts_a_value_that_is_encoded_four_times() {
        let encode = |value: &str, times: u32| {
            (1..times).fold(value.to_owned(), |value, _| value.replace('%', "%25"))
        };
        for (value, expected) in [("a%20b", None), ("%2e%2e", Some("change the URL path"))] {
            let at_limit = segment("id", &encode(value, 4));
            let reason = at_limit.err().map(|error| error.to_string());
            match expected {
                None => assert_eq!(reason, None),
                Some(expected) => assert!(reason.unwrap().contains(expected)),
            }
            let above = segment("id", &encode(value, 5)).unwrap_err().to_string();
            assert!(above.contains("too many times"), "{above}");
        }
    }
}
