//! Parses JSON leniently, for the bodies of error responses.
//!
//! Truncated and partly invalid input is accepted. Only the values that the caller needs are parsed, because
//! a body may be large.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Decodes a JSON body as a string. Removes a byte order mark, and replaces invalid UTF-8 and escaped
/// surrogates without a partner (such as `\ud800`) with U+FFFD, because `serde_json` rejects both.
pub(crate) fn decode_lossy(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(json) => replace_lone_surrogates(json.trim_start_matches('\u{feff}')),
        Cow::Owned(json) => {
            Cow::Owned(replace_lone_surrogates(json.trim_start_matches('\u{feff}')).into_owned())
        }
    }
}

/// Calls `visit` with the name and the raw value of each field of an object, up to the first syntax error.
/// Does nothing for other JSON.
pub(crate) fn for_each_field<'a>(json: &'a str, visit: impl FnMut(&str, &'a RawValue)) {
    struct Fields<F>(F);

    impl<'a, F: FnMut(&str, &'a RawValue)> Visitor<'a> for Fields<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'a>>(mut self, mut fields: A) -> Result<(), A::Error> {
            while let Some(name) = fields.next_key::<Cow<'_, str>>()? {
                (self.0)(&name, fields.next_value()?);
            }
            Ok(())
        }
    }

    // An error is ignored: the fields before it were visited.
    let _ = serde_json::Deserializer::from_str(json).deserialize_map(Fields(visit));
}

/// Calls `visit` with each item of an array, up to the first syntax error or until `visit` returns `false`.
/// Does nothing for other JSON.
pub(crate) fn for_each_item<'a>(json: &'a str, visit: impl FnMut(&'a RawValue) -> bool) {
    struct Items<F>(F);

    impl<'a, F: FnMut(&'a RawValue) -> bool> Visitor<'a> for Items<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'a>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element()? {
                if !(self.0)(item) {
                    return Err(A::Error::custom("stopped by the visitor"));
                }
            }
            Ok(())
        }
    }

    let _ = serde_json::Deserializer::from_str(json).deserialize_seq(Items(visit));
}

/// Returns the string if the value is a JSON string, else `None`.
pub(crate) fn parse_string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// Replaces each escaped surrogate that is not part of a pair with `\ufffd`.
fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    // The end of the copied input, and the start of the search for the next escape.
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = json
        .get(from..)
        .and_then(|rest| Some(from + rest.find('\\')?))
    {
        let Some(unit) = parse_unicode_escape(json, at) else {
            // Skips the escaped character, which may be a backslash.
            let escaped = json.get(at + 1..).and_then(|rest| rest.chars().next());
            from = at + 1 + escaped.map_or(0, char::len_utf8);
            continue;
        };
        from = at + 6;
        match unit {
            0xd800..=0xdbff
                if matches!(parse_unicode_escape(json, from), Some(0xdc00..=0xdfff)) =>
            {
                from += 6
            }
            0xd800..=0xdfff => {
                out.push_str(json.get(copied..at).unwrap_or_default());
                out.push_str("\\ufffd");
                copied = from;
            }
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Parses the escape `\uXXXX` at the byte position `at` and returns its UTF-16 code unit. Returns `None` if
/// there is none at this position.
fn parse_unicode_escape(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    // `from_str_radix` accepts a sign.
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &[u8]) -> Vec<(String, String)> {
        let json = decode_lossy(body);
        let mut fields = Vec::new();
        for_each_field(&json, |name, value| {
            fields.push((name.to_owned(), value.get().to_owned()))
        });
        fields
    }

    #[test]
    fn replaces_invalid_utf8_and_lone_surrogates() {
        for (body, expected) in [
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
            let actual: Option<String> = serde_json::from_str(&decode_lossy(body.as_bytes())).ok();
            assert_eq!(actual.as_deref(), expected, "{body}");
        }
        assert_eq!(decode_lossy(b"\"a\xff\""), "\"a\u{fffd}\"");
        assert_eq!(
            decode_lossy(b"\xef\xbb\xbf\"\xff\\ud800\""),
            "\"\u{fffd}\\ufffd\""
        );
    }

    #[test]
    fn reads_fields_beside_a_value_that_serde_json_rejects() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for invalid in ["1e999", "-1e999", &deep, &format!("{{\"x\":{deep}}}")] {
            let body = format!(r#"{{"a":"b","bad":{invalid},"c":"d"}}"#);
            let names: Vec<_> = fields(body.as_bytes())
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            assert_eq!(names, ["a", "bad", "c"]);
        }
    }

    #[test]
    fn reads_truncated_input_up_to_its_end() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (body, expected) in [
            (r#"{"a":"b","c":[1,2"#, vec![pair("a", "\"b\"")]),
            (r#"{"a":"b","c"#, vec![pair("a", "\"b\"")]),
            (r#"{"a":"b""#, vec![pair("a", "\"b\"")]),
            (r#"{"a":1} <html>"#, vec![pair("a", "1")]),
            (r#"{"a":1,"a":2}"#, vec![pair("a", "1"), pair("a", "2")]),
            (r#"{"a":"#, vec![]),
            ("[1]", vec![]),
        ] {
            assert_eq!(fields(body.as_bytes()), expected, "{body}");
        }
        let mut items = Vec::new();
        for_each_item("[1, \"x\", [2], 3", |item| {
            items.push(item.get());
            true
        });
        assert_eq!(items, ["1", "\"x\"", "[2]", "3"]);
    }

    #[test]
    fn stops_when_the_visitor_returns_false() {
        let mut left = 3;
        for_each_item("[1,2,3,4,5]", |_| {
            left -= 1;
            left > 0
        });
        assert_eq!(left, 0);
    }

    #[test]
    fn never_panics() {
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
            fields(body.as_bytes());
        }
        fields("[".repeat(100_000).as_bytes());
        fields("{\"\":".repeat(100_000).as_bytes());
    }
}
