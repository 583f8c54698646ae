//! Takes the credential out of error answers: some servers and gateways echo the request.

use std::borrow::Cow;

use http::HeaderValue;

use super::RawResponse;

/// Below this length a credential is no secret, and taking it out would eat words.
const SHORTEST: usize = 8;

const MARK: &str = "[redacted]";

/// The most backslashes that are one: of JSON in JSON in JSON in JSON. Without a bound, a body of nothing
/// else would be looked through from each of them.
const MOST_SLASHES: usize = 15;

impl RawResponse {
    /// Takes `credential` out of what is shown of the answer: its status line and headers, why its body
    /// was not read, and the body of an error, wherever a server echoes it there, as it is or as JSON
    /// or a URL writes it.
    ///
    /// So is what a text ends with of it, 8 characters or more: a body may break off. The body of a
    /// success is what was asked for, and stays as it is. A credential of fewer than 8 characters
    /// stays too.
    pub fn redact(&mut self, credential: &str) {
        if credential.len() < SHORTEST {
            return;
        }
        let needle = credential.as_bytes();
        for value in self.headers.values_mut() {
            if let Cow::Owned(clean) = without(value.as_bytes(), needle) {
                *value = HeaderValue::from_bytes(&clean)
                    .unwrap_or_else(|_| HeaderValue::from_static(MARK));
            }
        }
        if let Some(why) = &mut self.unread
            && let Cow::Owned(clean) = without(why.as_bytes(), needle)
        {
            *why = String::from_utf8_lossy(&clean).into_owned();
        }
        if !self.status.is_success()
            && let Cow::Owned(clean) = without(&self.body, needle)
        {
            self.body = clean.into();
        }
    }
}

/// `text` with the mark in place of every `needle`, however it is spelled; borrowed when there is
/// none.
fn without<'a>(text: &'a [u8], needle: &[u8]) -> Cow<'a, [u8]> {
    let mut clean = Vec::new();
    // What is copied of the text, and where the next needle may begin.
    let (mut copied, mut at) = (0, 0);
    let begins = |byte: &u8| needle.first() == Some(byte) || matches!(byte, b'%' | b'\\');
    while let Some(rest) = text.get(at..) {
        let Some(next) = rest.iter().position(begins) else {
            break;
        };
        at += next;
        let Some(length) = rest.get(next..).and_then(|rest| spelled(rest, needle)) else {
            at += 1;
            continue;
        };
        clean.extend_from_slice(text.get(copied..at).unwrap_or_default());
        clean.extend_from_slice(MARK.as_bytes());
        at += length;
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clean.extend_from_slice(text.get(copied..).unwrap_or_default());
    Cow::Owned(clean)
}

/// How many bytes at the beginning of `text` spell `needle`, if they do; or as much of it as there is
/// before the end.
fn spelled(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (read, byte) in needle.iter().enumerate() {
        let rest = text.get(length..)?;
        if rest.is_empty() && read >= SHORTEST {
            break;
        }
        // What looks like an escape may be part of the credential itself.
        let mut spellings = [
            in_url(rest),
            in_json(rest, 1),
            in_nested_json(rest),
            in_plain(rest),
        ]
        .into_iter();
        length += spellings
            .find_map(|read| read.filter(|(of, _)| of == byte))?
            .1;
    }
    Some(length)
}

/// The byte that `text` begins with, and how long that is.
fn in_plain(text: &[u8]) -> Option<(u8, usize)> {
    Some((*text.first()?, 1))
}

/// The byte that `%2F` stands for, say.
fn in_url(text: &[u8]) -> Option<(u8, usize)> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    Some((hexadecimal(digits)?, 3))
}

/// The byte that `\/` or `\u002f` stands for, say, after so many backslashes.
fn in_json(text: &[u8], slashes: usize) -> Option<(u8, usize)> {
    let (before, escaped) = text.split_at_checked(slashes)?;
    if before.last() != Some(&b'\\') {
        return None;
    }
    match escaped.first()? {
        b'u' if escaped.get(1..3)? == b"00" => {
            Some((hexadecimal(escaped.get(3..5)?)?, slashes + 5))
        }
        escaped @ (b'"' | b'/' | b'\\') => Some((*escaped, slashes + 1)),
        _ => None,
    }
}

/// The same within a text of JSON, where the backslash is written as several.
fn in_nested_json(text: &[u8]) -> Option<(u8, usize)> {
    let slashes = text
        .iter()
        .take(MOST_SLASHES)
        .take_while(|byte| **byte == b'\\')
        .count();
    in_json(text, slashes)
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits)
        .ok()
        .filter(|text| !text.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use crate::http::raw_response::tests::answer;

    fn redacted(status: u16, header: &str, body: &[u8], credential: &str) -> (String, Vec<u8>) {
        let mut answer = answer(status, &[("x-echo", header)], "");
        answer.body = body.to_vec().into();
        answer.redact(credential);
        (
            answer.headers["x-echo"].to_str().unwrap().to_owned(),
            answer.body.to_vec(),
        )
    }

    #[test]
    fn takes_it_out_wherever_it_stands() {
        let (header, body) = redacted(
            401,
            "Bearer pbk_secret",
            b"\xffpbk_secret, pbk_secretpbk_secret.",
            "pbk_secret",
        );
        assert_eq!(header, "Bearer [redacted]");
        assert_eq!(body, b"\xff[redacted], [redacted][redacted].");
    }

    #[test]
    fn knows_it_as_json_writes_it() {
        let (_, body) = redacted(400, "x", br#"{"got":"pbk_\"secret\\"}"#, r#"pbk_"secret\"#);
        assert_eq!(body, br#"{"got":"[redacted]"}"#);
    }

    #[test]
    fn knows_it_however_json_spells_it() {
        for (body, credential, want) in [
            (
                r#"{"detail":"bad key pbk_ab\/cd+x="}"#,
                "pbk_ab/cd+x=",
                "bad key [redacted]",
            ),
            (
                r#"{"detail":"bad key pbk_ab/cd\u002Bx="}"#,
                "pbk_ab/cd+x=",
                "bad key [redacted]",
            ),
            (
                r#"{"detail":"pbk_\u003cabcd\u003e."}"#,
                "pbk_<abcd>",
                "[redacted].",
            ),
        ] {
            let mut answer = answer(401, &[], body);
            answer.redact(credential);
            let error = answer.empty().unwrap_err();
            assert_eq!(error.message(), want);
        }
        let nested = br#"{"a":[{"pbk_\/secret":["x","pbk_\/secret"]}],"n":1}"#;
        let (_, body) = redacted(400, "x", nested, "pbk_/secret");
        assert_eq!(body, br#"{"a":[{"[redacted]":["x","[redacted]"]}],"n":1}"#);
    }

    #[test]
    fn knows_it_as_a_url_writes_it_and_within_a_text_of_json() {
        for (body, credential) in [
            ("got pbk_a%2Bb%2fc%3D.", "pbk_a+b/c="),
            ("got %70%62%6B_%61+b/c=.", "pbk_a+b/c="),
            ("got pbk_a%2Fb.", "pbk_a%2Fb"),
            ("got pbk_100%25off.", "pbk_100%off"),
            (r"got pbk_a\/\u002Bb.", "pbk_a/+b"),
            (r"got pbk_abc\\de.", r"pbk_abc\de"),
        ] {
            let (_, clean) = redacted(400, "x", body.as_bytes(), credential);
            assert_eq!(String::from_utf8_lossy(&clean), "got [redacted].", "{body}");
        }
        for text in [
            "pbk_a%2",
            "pbk_a%",
            "pbk_a%+2",
            r"pbk_a\",
            r"pbk_a\u00",
            r"pbk_a\u012b",
        ] {
            let (_, clean) = redacted(400, "x", text.as_bytes(), "pbk_a+b/c=");
            assert_eq!(clean, text.as_bytes());
        }
    }

    #[test]
    fn knows_it_where_a_body_breaks_off() {
        for (body, want) in [
            (
                r#"{"detail":"bad key pbk_secre"#,
                r#"{"detail":"bad key [redacted]"#,
            ),
            ("bad key pbk%5Fsecre", "bad key [redacted]"),
            ("bad key pbk_sec", "bad key pbk_sec"),
            ("bad key pbk_secre.", "bad key pbk_secre."),
        ] {
            let (_, clean) = redacted(400, "x", body.as_bytes(), "pbk_secret");
            assert_eq!(String::from_utf8_lossy(&clean), want);
        }
    }

    #[test]
    fn no_text_takes_long() {
        // Each a body of its own that is all beginnings.
        for beginning in [r"\", "%", "p", r"\u0070", "pbk_sec", r"\\/"] {
            let body = beginning.repeat(300_000 / beginning.len());
            assert_eq!(
                redacted(400, "x", body.as_bytes(), "pbk_secret").1,
                body.as_bytes()
            );
        }
    }

    #[test]
    fn why_a_body_was_not_read_shows_it_as_little() {
        let mut answer = answer(200, &[], "");
        answer.unread = Some("it is compressed (pbk_secret)".to_owned());
        answer.redact("pbk_secret");
        let error = answer.json::<u8>().unwrap_err();
        assert!(
            error.to_string().contains("compressed ([redacted])"),
            "{error}"
        );
    }

    #[test]
    fn leaves_everything_else() {
        for (body, credential) in [
            ("short key", "short k"),
            ("no such", "pbk_secret"),
            ("", "pbk_secret"),
            ("x", ""),
        ] {
            let (header, after) = redacted(500, "short key", body.as_bytes(), credential);
            assert_eq!(
                (header.as_str(), after.as_slice()),
                ("short key", body.as_bytes())
            );
        }
    }

    #[test]
    fn a_success_keeps_its_body_but_not_its_headers() {
        let (header, body) = redacted(200, "pbk_secret", b"\"pbk_secret\"", "pbk_secret");
        assert_eq!(
            (header.as_str(), body.as_slice()),
            ("[redacted]", &b"\"pbk_secret\""[..])
        );
    }
}
