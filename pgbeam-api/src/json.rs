//! Reads JSON that a server sends, as forgivingly as the libraries of other languages do.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Value, value::RawValue};

/// Reads a body that should be JSON; `None` where nobody could.
///
/// Where strict reading fails, a byte order mark is passed over, and bytes that are no UTF-8 and
/// escapes of half a character (a text that was cut, perhaps) become U+FFFD. Of an object, members
/// that no value holds (`1e999`, a thousand lists in each other) become null. A code and a message
/// are worth more than what is broken beside them.
pub(crate) fn read(body: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Some(value);
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}');
    let text = whole_characters(text);
    serde_json::from_str(&text).ok().or_else(|| members(&text))
}

/// The members of an object, each read by itself.
fn members(text: &str) -> Option<Value> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let read = |member: &RawValue| serde_json::from_str(member.get()).unwrap_or_default();
    Some(Value::Object(members.into_iter().map(|(name, of)| (name, read(of))).collect()))
}

/// Replaces escaped surrogates that have no partner.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        if c != '\\' {
            continue;
        }
        let Some(unit) = escaped_unit(text, at) else {
            // Whatever is escaped, it is not the beginning of another escape.
            rest.next();
            continue;
        };
        let pair = matches!(unit, 0xd800..=0xdbff)
            && matches!(escaped_unit(text, at + 6), Some(0xdc00..=0xdfff));
        if pair {
            rest.nth(10);
        } else if matches!(unit, 0xd800..=0xdfff) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            out.push_str("\\ufffd");
            copied = at + 6;
            rest.nth(4);
        } else {
            rest.nth(4);
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The code unit of an escape `\uXXXX` that begins at `at`.
fn escaped_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal { u16::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_others_read_too() {
        for (body, want) in [
            (r#""a""#, Some("a")),
            (r#""a \ud83d""#, Some("a \u{fffd}")),
            (r#""\ud83d\ude00 \ude00\ud83d\ud83d\ude00""#, Some("😀 \u{fffd}\u{fffd}😀")),
            (r#""\ud83d\u0041\\ud83d""#, Some("\u{fffd}A\\ud83d")),
            (r#""\\\ud83d é""#, Some("\\\u{fffd} é")),
            ("\u{feff}\"a\"", Some("a")),
            (r#""\ud8""#, None),
            (r#""\ud83d"#, None),
            (r#""\u+123""#, None),
            ("<html>", None),
            ("", None),
        ] {
            let read = read(body.as_bytes());
            assert_eq!(read.as_ref().and_then(Value::as_str), want, "{body}");
        }
        assert_eq!(read(b"\"a\xff\""), Some(Value::from("a\u{fffd}")));
    }

    #[test]
    fn what_no_value_holds_does_not_hide_what_is_beside_it() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in ["1e999", "-1e999", &deep, &format!("{{\"x\":{deep}}}")] {
            for body in [
                format!(r#"{{"a":"b \ud83d","bad":{bad}}}"#),
                format!(r#"{{"bad":{bad},"a":"b \ufffd"}}"#),
            ] {
                let read = read(body.as_bytes()).unwrap();
                assert_eq!(read, serde_json::json!({"a": "b \u{fffd}", "bad": null}));
            }
            assert_eq!(read(format!("[{bad}]").as_bytes()), None);
            assert_eq!(read(format!(r#"{{"bad":{bad}"#).as_bytes()), None);
        }
    }

    #[test]
    fn nothing_panics() {
        for body in ["\\", "\\u", "\"\\ud83d\\", "\\ud83d\\ud", "é\\ué\\ud83dé", "\\ud83"] {
            read(body.as_bytes());
        }
        assert_eq!(read("[".repeat(100_000).as_bytes()), None);
    }
}
