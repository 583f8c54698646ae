//! Replaces the credential in responses: some servers and gateways echo the request.

use std::{borrow::Cow, fmt};

use http::HeaderValue;
use memchr::memmem::Finder;

use super::RawResponse;

/// A shorter credential is no secret, and replacing it would replace words.
const SHORTEST: usize = 8;

/// A credential that the end of a text cuts is replaced from this length on.
const CUT: usize = 12;

const MARK: &str = "[redacted]";

/// Replaces a credential by `[redacted]`, in time linear in the length of the text.
///
/// It finds the credential as it is, as JSON writes it (`\/`, `\u002b`) and percent-encoded (`%2B`),
/// and at the end of a body its first 12 or more characters: a body may break off. A credential of
/// fewer than 8 characters is not replaced.
#[derive(Clone)]
pub struct Redactor(
    /// `None` for a credential that is too short.
    Option<Finder<'static>>,
);

impl Redactor {
    /// Prepares the search for a credential.
    pub fn new(credential: &str) -> Self {
        let is_secret = credential.len() >= SHORTEST;
        Self(is_secret.then(|| Finder::new(credential).into_owned()))
    }

    /// Returns the text without the credential; borrowed if it holds none.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes(), false) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(clean) => Cow::Owned(String::from_utf8_lossy(&clean).into_owned()),
        }
    }

    /// Only a text that may be cut is searched for the start of the credential at its end.
    fn redact_bytes<'a>(&self, text: &'a [u8], may_be_cut: bool) -> Cow<'a, [u8]> {
        let Some(finder) = &self.0 else {
            return Cow::Borrowed(text);
        };
        let needle = finder.needle();
        // Most headers are too short to hold it.
        if !may_be_cut && text.len() < needle.len() {
            return Cow::Borrowed(text);
        }
        let mut clean = replaced(text, |replace| {
            let mut rest = 0;
            for start in finder.find_iter(text) {
                rest = start + needle.len();
                replace(start, rest);
            }
            let mut prefixes = (CUT..needle.len()).rev().map(|end| &needle[..end]);
            if may_be_cut && let Some(cut) = prefixes.find(|prefix| text[rest..].ends_with(prefix))
            {
                replace(text.len() - cut.len(), text.len());
            }
        });
        for (escape, unescape) in [(b'\\', from_json as Unescape), (b'%', from_url)] {
            if clean.contains(&escape) {
                let escaped = |replace: &mut dyn FnMut(usize, usize)| {
                    Matcher::new(needle).find(&clean, unescape, replace);
                };
                if let Cow::Owned(cleaner) = replaced(&clean, escaped) {
                    clean = Cow::Owned(cleaner);
                }
            }
        }
        clean
    }
}

impl fmt::Debug for Redactor {
    /// Does not show the credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl RawResponse {
    /// Replaces the credential in all that an error may show of the response: the headers, the reason
    /// phrase, why the body was not read, and the body of an error. The body of a success stays as it
    /// is.
    pub fn redact(&mut self, redactor: &Redactor) {
        for value in self.headers.values_mut() {
            if let Cow::Owned(clean) = redactor.redact_bytes(value.as_bytes(), false) {
                *value = HeaderValue::from_bytes(&clean)
                    .unwrap_or_else(|_| HeaderValue::from_static(MARK));
            }
        }
        if let Some(reason) = &mut self.reason
            && let Cow::Owned(clean) = redactor.redact(reason)
        {
            *reason = clean.into();
        }
        if let Some(why) = &mut self.unread
            && let Cow::Owned(clean) = redactor.redact(why)
        {
            *why = clean;
        }
        if !self.status.is_success()
            && let Cow::Owned(clean) = redactor.redact_bytes(&self.body, true)
        {
            self.body = clean.into();
        }
    }
}

/// Returns the text with the mark in place of each range that `find` reports, in ascending order.
fn replaced<'a>(text: &'a [u8], find: impl FnOnce(&mut dyn FnMut(usize, usize))) -> Cow<'a, [u8]> {
    let (mut clean, mut copied) = (Vec::new(), 0);
    find(&mut |start, end| {
        clean.extend_from_slice(&text[copied..start]);
        clean.extend_from_slice(MARK.as_bytes());
        copied = end;
    });
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clean.extend_from_slice(&text[copied..]);
    Cow::Owned(clean)
}

/// Reads the escape sequence at the start of a text: the byte, and the length of the sequence.
type Unescape = fn(&[u8]) -> Option<(u8, usize)>;

/// Reads `%2B`, for example.
fn from_url(text: &[u8]) -> Option<(u8, usize)> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    Some((hexadecimal(digits)?, 3))
}

/// Reads `\/` or `\u002b`, for example.
fn from_json(text: &[u8]) -> Option<(u8, usize)> {
    let escaped = text.strip_prefix(b"\\")?;
    match escaped.first()? {
        b'u' => {
            let digits = escaped.strip_prefix(b"u00")?.get(..2)?;
            Some((hexadecimal(digits)?, 6))
        }
        escaped @ (b'"' | b'/' | b'\\') => Some((*escaped, 2)),
        _ => None,
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits)
        .ok()
        .filter(|text| !text.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

/// The algorithm of Knuth, Morris and Pratt over a text with escape sequences.
struct Matcher<'a> {
    needle: &'a [u8],
    /// For each length of a partial match, the length of the longest one that it ends with.
    shorter: Vec<usize>,
    #[cfg(test)]
    comparisons: usize,
}

impl<'a> Matcher<'a> {
    /// The needle must not be empty.
    fn new(needle: &'a [u8]) -> Self {
        let mut matcher = Self {
            needle,
            shorter: vec![0, 0],
            #[cfg(test)]
            comparisons: 0,
        };
        let mut length = 0;
        for &byte in &needle[1..] {
            length = matcher.advance(length, byte);
            matcher.shorter.push(length);
        }
        matcher
    }

    /// Returns the length of the partial match after one more byte.
    fn advance(&mut self, mut matched: usize, byte: u8) -> usize {
        loop {
            #[cfg(test)]
            {
                self.comparisons += 1;
            }
            if self.needle[matched] == byte {
                return matched + 1;
            }
            if matched == 0 {
                return 0;
            }
            matched = self.shorter[matched];
        }
    }

    /// Reports where the needle starts and ends.
    fn find(&mut self, text: &[u8], unescape: Unescape, found: &mut dyn FnMut(usize, usize)) {
        let length = self.needle.len();
        // Where the last bytes of the text start, as many as the needle has.
        let mut starts = vec![0; length];
        let (mut at, mut read, mut matched) = (0, 0, 0);
        while let Some(&plain) = text.get(at) {
            let (byte, width) = match plain {
                b'\\' | b'%' => unescape(&text[at..]).unwrap_or((plain, 1)),
                _ => (plain, 1),
            };
            starts[read % length] = at;
            (at, read) = (at + width, read + 1);
            matched = self.advance(matched, byte);
            if matched == length {
                found(starts[read % length], at);
                matched = 0;
            }
        }
        if matched >= CUT {
            found(starts[(read - matched) % length], at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::raw_response::tests::answer;

    fn redacted(status: u16, header: &str, body: &[u8], credential: &str) -> (String, Vec<u8>) {
        let mut answer = answer(status, &[("x-echo", header)], "");
        answer.body = body.to_vec().into();
        answer.redact(&Redactor::new(credential));
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
            answer.redact(&Redactor::new(credential));
            let error = answer.empty().unwrap_err();
            assert_eq!(error.message(), want);
        }
        let nested = br#"{"a":[{"pbk_\/secret":["x","pbk_\/secret"]}],"n":1}"#;
        let (_, body) = redacted(400, "x", nested, "pbk_/secret");
        assert_eq!(body, br#"{"a":[{"[redacted]":["x","[redacted]"]}],"n":1}"#);
    }

    #[test]
    fn knows_it_as_a_url_writes_it() {
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
    fn a_partial_match_does_not_hide_a_whole_one() {
        for (body, want) in [
            ("ababababac%62ababac", "ab[redacted]%62ababac"),
            ("ababa%62abac.", "ab[redacted]."),
            ("%61bababac%61%62ababac", "[redacted][redacted]"),
            (r"ababab\u0061babac\/", r"abab[redacted]\/"),
        ] {
            let (_, clean) = redacted(400, "x", body.as_bytes(), "abababac");
            assert_eq!(String::from_utf8_lossy(&clean), want, "{body}");
        }
    }

    #[test]
    fn knows_it_where_a_body_breaks_off() {
        for (body, want) in [
            (
                r#"{"detail":"bad key pbk_secret_ke"#,
                r#"{"detail":"bad key [redacted]"#,
            ),
            ("bad key pbk_secret_k", "bad key [redacted]"),
            ("bad key pbk%5Fsecret_k", "bad key [redacted]"),
            (r"bad key pbk\u005fsecret_ke", "bad key [redacted]"),
            ("pbk_secret_key pbk_secret_ke", "[redacted] [redacted]"),
            ("bad key pbk_secret_", "bad key pbk_secret_"),
            ("bad key pbk%5Fsecret_", "bad key pbk%5Fsecret_"),
            ("bad key pbk_secret_ke.", "bad key pbk_secret_ke."),
        ] {
            let (_, clean) = redacted(400, "x", body.as_bytes(), "pbk_secret_key");
            assert_eq!(String::from_utf8_lossy(&clean), want);
        }
        // A key that ends as it begins is replaced once.
        let (_, clean) = redacted(400, "x", b"abcabcabcabcabc", "abcabcabcabcabc");
        assert_eq!(clean, b"[redacted]");
    }

    #[test]
    fn a_hostile_body_takes_linear_work() {
        // Bodies that are all beginnings of the credential or of an escape.
        let credential = "pbk_pbk_pbk_pbk_pbk_x/y+z";
        for (beginning, length) in [
            (r"\", 1_000_000),
            ("%", 1_000_000),
            ("p", 1_000_000),
            (r"\u0070", 1_000_000),
            ("%70bk_", 1_000_000),
            (r"\\/", 1_000_000),
            ("pbk_pbk_pbk_pbk_pbk_x", 1_000_000),
            ("pbk_", 30_000_000),
        ] {
            let body = beginning.repeat(length / beginning.len());
            for unescape in [from_json as Unescape, from_url] {
                let mut matcher = Matcher::new(credential.as_bytes());
                let before = matcher.comparisons;
                assert!(before <= 2 * credential.len());
                let mut found = Vec::new();
                matcher.find(body.as_bytes(), unescape, &mut |start, end| {
                    found.push((start, end));
                });
                assert!(
                    matcher.comparisons - before <= 2 * body.len(),
                    "{beginning}"
                );
                // At the most the end of the body, which looks like a cut credential.
                assert!(found.len() <= 1, "{beginning}");
            }
        }
    }

    #[test]
    fn why_a_body_was_not_read_shows_it_as_little() {
        let mut answer = answer(200, &[], "");
        answer.unread = Some("it is compressed (pbk_secret)".to_owned());
        answer.redact(&Redactor::new("pbk_secret"));
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
