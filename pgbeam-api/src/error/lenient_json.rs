//! Reads JSON that a server sends, as forgivingly as the libraries of other languages do, and no more
//! of it than is asked for: a body may be large, and its values larger still.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The text of a body that should be JSON, mended: a byte order mark is passed over, and bytes that are
/// no UTF-8 and escapes of half a character (a text that was cut, perhaps) become U+FFFD.
pub(crate) fn text(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => whole_characters(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => {
            Cow::Owned(whole_characters(text.trim_start_matches('\u{feff}')).into_owned())
        }
    }
}

/// Shows the members of an object, each with its value, as far as it can be read: a code and a message
/// are worth more than what is broken beside them or after them.
pub(crate) fn members<'a>(text: &'a str, show: impl FnMut(&str, &'a RawValue)) {
    struct Members<F>(F);

    impl<'a, F: FnMut(&str, &'a RawValue)> Visitor<'a> for Members<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'a>>(mut self, mut members: A) -> Result<(), A::Error> {
            while let Some(name) = members.next_key::<Cow<'_, str>>()? {
                (self.0)(&name, members.next_value()?);
            }
            Ok(())
        }
    }

    // What cannot be read is not there.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Members(show));
}

/// Shows the items of a list, as far as it can be read, and as long as `show` wants more.
pub(crate) fn items<'a>(text: &'a str, show: impl FnMut(&'a RawValue) -> bool) {
    struct Items<F>(F);

    impl<'a, F: FnMut(&'a RawValue) -> bool> Visitor<'a> for Items<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'a>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element()? {
                if !(self.0)(item) {
                    return Err(A::Error::custom("that is enough"));
                }
            }
            Ok(())
        }
    }

    let _ = serde_json::Deserializer::from_str(text).deserialize_seq(Items(show));
}

/// A value that is a text.
pub(crate) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// Replaces escaped surrogates that have no partner.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    // What is copied, and where the next escape may begin.
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = text
        .get(from..)
        .and_then(|rest| Some(from + rest.find('\\')?))
    {
        let Some(unit) = escaped_unit(text, at) else {
            // Whatever is escaped, it is not the beginning of another escape.
            let escaped = text.get(at + 1..).and_then(|rest| rest.chars().next());
            from = at + 1 + escaped.map_or(0, char::len_utf8);
            continue;
        };
        from = at + 6;
        match unit {
            0xd800..=0xdbff if matches!(escaped_unit(text, from), Some(0xdc00..=0xdfff)) => {
                from += 6
            }
            0xd800..=0xdfff => {
                out.push_str(text.get(copied..at).unwrap_or_default());
                out.push_str("\\ufffd");
                copied = from;
            }
            _ => {}
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
    if hexadecimal {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &[u8]) -> Vec<(String, String)> {
        let text = text(body);
        let mut shown = Vec::new();
        members(&text, |name, value| {
            shown.push((name.to_owned(), value.get().to_owned()))
        });
        shown
    }

    #[test]
    fn reads_what_others_read_too() {
        for (body, want) in [
            (r#""a""#, Some("a")),
            (r#""a \ud83d""#, Some("a \u{fffd}")),
            (
                r#""\ud83d\ude00 \ude00\ud83d\ud83d\ude00""#,
                Some("😀 \u{fffd}\u{fffd}😀"),
            ),
            (r#""\ud83d\u0041\\ud83d""#, Some("\u{fffd}A\\ud83d")),
            (r#""\\\ud83d é""#, Some("\\\u{fffd} é")),
            ("\u{feff}\"a\"", Some("a")),
            (r#""\ud8""#, None),
            (r#""\ud83d"#, None),
            (r#""\u+123""#, None),
            ("<html>", None),
            ("", None),
        ] {
            let read: Option<String> = serde_json::from_str(&text(body.as_bytes())).ok();
            assert_eq!(read.as_deref(), want, "{body}");
        }
        assert_eq!(text(b"\"a\xff\""), "\"a\u{fffd}\"");
        assert_eq!(text(b"\xef\xbb\xbf\"\xff\\ud800\""), "\"\u{fffd}\\ufffd\"");
    }

    #[test]
    fn what_no_value_holds_does_not_hide_what_is_beside_it() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in ["1e999", "-1e999", &deep, &format!("{{\"x\":{deep}}}")] {
            let body = format!(r#"{{"a":"b","bad":{bad},"c":"d"}}"#);
            let names: Vec<_> = shown(body.as_bytes())
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            assert_eq!(names, ["a", "bad", "c"]);
        }
    }

    #[test]
    fn what_was_cut_is_read_as_far_as_it_came() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (body, want) in [
            (r#"{"a":"b","c":[1,2"#, vec![pair("a", "\"b\"")]),
            (r#"{"a":"b","c"#, vec![pair("a", "\"b\"")]),
            (r#"{"a":"b""#, vec![pair("a", "\"b\"")]),
            (r#"{"a":1} <html>"#, vec![pair("a", "1")]),
            (r#"{"a":1,"a":2}"#, vec![pair("a", "1"), pair("a", "2")]),
            (r#"{"a":"#, vec![]),
            ("[1]", vec![]),
        ] {
            assert_eq!(shown(body.as_bytes()), want, "{body}");
        }
        let mut read = Vec::new();
        items("[1, \"x\", [2], 3", |item| {
            read.push(item.get());
            true
        });
        assert_eq!(read, ["1", "\"x\"", "[2]", "3"]);
    }

    #[test]
    fn no_more_is_read_than_is_wanted() {
        let mut left = 3;
        items("[1,2,3,4,5]", |_| {
            left -= 1;
            left > 0
        });
        assert_eq!(left, 0);
    }

    #[test]
    fn nothing_panics() {
        for body in [
            "\\",
            "\\u",
            "\"\\ud83d\\",
            "\\ud83d\\ud",
            "é\\ué\\ud83dé",
            "\\ud83",
            "{",
            "{\"",
        ] {
            shown(body.as_bytes());
        }
        shown("[".repeat(100_000).as_bytes());
        shown("{\"\":".repeat(100_000).as_bytes());
    }
}
