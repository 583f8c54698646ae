//! The one place where a value becomes part of a URL.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::Error;

/// What RFC 3986 calls unreserved stands as it is; all else is escaped.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How often a value may be escaped before it is refused unread. Nobody on the way unescapes more
/// often, and to go on would take time that grows with the square of its length.
const ROUNDS: u32 = 4;

/// Which bytes are ASCII letters, digits, `_` or `-`. A table is faster, and every byte of every
/// identifier is checked.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    plain
};

/// Whether a byte is an ASCII letter or digit, `_` or `-`.
pub(crate) fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

/// Escapes text for a name or a value of the query, or a segment of a path that has been checked.
pub fn escape(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, RESERVED)
}

/// Appends `value`, escaped, to a URL, for the path parameter `name`.
///
/// Identifier types refuse bad values already. This is the second lock on the same door: it holds
/// for parameters that are plain text, and for whatever a later contract brings.
///
/// # Errors
///
/// When the value is empty, `.` or `..`, or holds a slash or a control character: no escaping keeps
/// such a segment from naming another resource on its way through URL libraries and gateways. The
/// same when it becomes one of these by being unescaped, as `%2e%2e` does.
pub(crate) fn push_segment(url: &mut String, name: &'static str, value: &str) -> Result<(), Error> {
    // What nearly every identifier is made of; nothing of it is escaped, nor ever unescaped.
    if !value.is_empty() && value.bytes().all(is_plain) {
        url.push_str(value);
        return Ok(());
    }
    let mut read = Cow::Borrowed(value);
    let mut rounds = 0;
    let reason = loop {
        match read.as_ref() {
            _ if rounds > ROUNDS => break "is escaped again and again",
            "" => break "is empty",
            "." | ".." => break "would name another resource",
            text if text.contains(['/', '\\']) => break "holds a slash",
            text if text.contains(char::is_control) => break "holds a control character",
            text => match percent_decode_str(text).decode_utf8_lossy() {
                same if same == text => {
                    url.extend(utf8_percent_encode(value, RESERVED));
                    return Ok(());
                }
                unescaped => read = Cow::Owned(unescaped.into_owned()),
            },
        }
        rounds += 1;
    };
    Err(Error::invalid_field(
        name,
        format!("{reason}: give the value that the API returned"),
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
    fn escapes_all_but_unreserved_characters() {
        for (value, want) in [
            ("a-b._~9", "a-b._~9"),
            ("a b", "a%20b"),
            ("é%", "%C3%A9%25"),
            ("..a", "..a"),
            ("a%20", "a%2520"),
        ] {
            assert_eq!(segment("id", value).unwrap(), want);
        }
    }

    #[test]
    fn a_value_that_is_escaped_without_end_is_refused_at_once() {
        let value = format!("%{}2e", "25".repeat(100_000));
        assert!(
            segment("id", &value)
                .unwrap_err()
                .to_string()
                .contains("again and again")
        );
    }

    #[test]
    fn refuses_what_would_move_the_path() {
        for value in [
            "", ".", "..", "a/b", "/", "..\\..", "%2e", "%2E%2e", ".%2e", "%252e.", "%2fa", "%5c",
            "a\nb", "%0a", "\u{0}",
        ] {
            let error = segment("case_id", value).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), "case_id", "{value:?}");
        }
    }

    #[test]
    fn every_ascii_character_is_kept_escaped_or_refused() {
        for byte in 0..=127_u8 {
            let value = format!("a{}b", char::from(byte));
            let want = match byte {
                b'/' | b'\\' | 0..=31 | 127 => None,
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                    Some(value.clone())
                }
                _ => Some(format!("a%{byte:02X}b")),
            };
            assert_eq!(segment("id", &value).ok(), want, "{value:?}");
        }
    }

    #[test]
    fn a_value_may_be_escaped_four_times() {
        let escaped = |value: &str, times: u32| {
            (1..times).fold(value.to_owned(), |value, _| value.replace('%', "%25"))
        };
        for (value, at_the_limit) in [("a%20b", None), ("%2e%2e", Some("another resource"))] {
            let deepest = segment("id", &escaped(value, 4));
            let reason = deepest.err().map(|error| error.to_string());
            match at_the_limit {
                None => assert_eq!(reason, None),
                Some(why) => assert!(reason.unwrap().contains(why)),
            }
            let deeper = segment("id", &escaped(value, 5)).unwrap_err().to_string();
            assert!(deeper.contains("again and again"), "{deeper}");
        }
    }
}
