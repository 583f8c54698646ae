//! Replaces the credential in responses: some servers and gateways echo the request.

use std::{borrow::Cow, fmt};

use http::HeaderValue;

use super::RawResponse;

/// A shorter credential is no secret, and replacing it would replace words.
const SHORTEST: usize = 8;

/// A credential that the end of a body cuts is replaced from this length on.
const CUT: usize = 12;

const MARK: &[u8] = b"[redacted]";

/// Replaces a credential by `[redacted]`, in time linear in the length of the text.
///
/// It finds the credential as it is, as JSON writes it (`\/`, `\u002b`) and percent-encoded (`%2B`),
/// and at the end of a body its first 12 or more characters: a body may break off. A credential of
/// fewer than 8 characters is not replaced.
#[derive(Clone)]
pub struct Redactor {
    /// Empty if it is too short.
    credential: Box<[u8]>,
    /// For each length of a partial match, the length of the longest shorter one that it ends with.
    shorter: Box<[usize]>,
}

impl Redactor {
    /// Prepares the search for a credential.
    pub fn new(credential: &str) -> Self {
        let credential = match credential.as_bytes() {
            short if short.len() < SHORTEST => &[],
            credential => credential,
        };
        let (mut shorter, mut matched) = (vec![0, 0], 0);
        for &byte in credential.iter().skip(1) {
            while matched > 0 && credential[matched] != byte {
                matched = shorter[matched];
            }
            matched += usize::from(credential[matched] == byte);
            shorter.push(matched);
        }
        Self {
            credential: credential.into(),
            shorter: shorter.into(),
        }
    }

    /// Returns the text without the credential; borrowed if it holds none.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes(), false) {
            None => Cow::Borrowed(text),
            Some(clean) => Cow::Owned(String::from_utf8_lossy(&clean).into_owned()),
        }
    }

    /// Returns the clean text; `None` if it holds no credential.
    fn redact_bytes(&self, text: &[u8], may_be_cut: bool) -> Option<Vec<u8>> {
        let first = self.credential.first()?;
        // Most headers are too short to hold it, and most others have no place where it can start.
        let starts = match (may_be_cut, text.len().checked_sub(self.credential.len())) {
            (true, _) => text,
            (false, last) => text.get(..=last?)?,
        };
        let plain = starts.iter().any(|byte| byte == first);
        let plain = plain.then(|| self.replace(text, |_| None, may_be_cut));
        let mut clean = plain.flatten();
        for (escape, unescape) in [(b'\\', from_json as Unescape), (b'%', from_url)] {
            let text = clean.as_deref().unwrap_or(text);
            if text.contains(&escape) {
                clean = self.replace(text, unescape, may_be_cut).or(clean);
            }
        }
        clean
    }

    /// Replaces one spelling, by the algorithm of Knuth, Morris and Pratt.
    fn replace(&self, text: &[u8], unescape: Unescape, may_be_cut: bool) -> Option<Vec<u8>> {
        let read = |at: usize| match text[at] {
            byte @ (b'\\' | b'%') => unescape(&text[at..]).unwrap_or((byte, 1)),
            byte => (byte, 1),
        };
        let (mut clean, mut copied) = (Vec::new(), 0);
        let mut mark = |start: usize, end: usize| {
            clean.extend_from_slice(&text[copied..start]);
            clean.extend_from_slice(MARK);
            copied = end;
        };
        // The partial match starts at `start` and ends before `at`.
        let (mut start, mut at, mut matched) = (0, 0, 0);
        while at < text.len() {
            let (byte, width) = read(at);
            while matched > 0 && self.credential[matched] != byte {
                for _ in self.shorter[matched]..matched {
                    count_step();
                    start += read(start).1;
                }
                matched = self.shorter[matched];
            }
            count_step();
            at += width;
            if self.credential[matched] == byte {
                matched += 1;
            } else {
                start = at;
            }
            if matched == self.credential.len() {
                mark(start, at);
                (start, matched) = (at, 0);
            }
        }
        if may_be_cut && matched >= CUT {
            mark(start, at);
        }
        if copied == 0 {
            return None;
        }
        clean.extend_from_slice(&text[copied..]);
        Some(clean)
    }
}

impl fmt::Debug for Redactor {
    /// Does not show the credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl RawResponse {
    /// Replaces the credential in all that an error may show of the response: the headers, why the body was not read, and the body of an error. The body of a success stays as it
    /// is.
    pub fn redact(&mut self, redactor: &Redactor) {
        for value in self.headers.values_mut() {
            if let Some(clean) = redactor.redact_bytes(value.as_bytes(), false) {
                *value = HeaderValue::from_bytes(&clean)
                    .unwrap_or_else(|_| HeaderValue::from_static("[redacted]"));
            }
        }
        if let Some(why) = &mut self.unread
            && let Cow::Owned(clean) = redactor.redact(why)
        {
            *why = clean;
        }
        if !self.status.is_success()
            && let Some(clean) = redactor.redact_bytes(&self.body, true)
        {
            self.body = clean.into();
        }
    }
}

/// Reads the escape sequence at the start of a text: the byte, and the length of the sequence.
type Unescape = fn(&[u8]) -> Option<(u8, usize)>;

/// Reads `%2B`, for example.
fn from_url(text: &[u8]) -> Option<(u8, usize)> {
    Some((hexadecimal(text.strip_prefix(b"%")?.get(..2)?)?, 3))
}

/// Reads `\/` or `\u002b`, for example.
fn from_json(text: &[u8]) -> Option<(u8, usize)> {
    match text.strip_prefix(b"\\")? {
        [b'u', b'0', b'0', digits @ ..] => Some((hexadecimal(digits.get(..2)?)?, 6)),
        [escaped @ (b'"' | b'/' | b'\\'), ..] => Some((*escaped, 2)),
        _ => None,
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Counts the work of [`Redactor::replace`] in tests.
fn count_step() {
    #[cfg(test)]
    tests::STEPS.set(tests::STEPS.get() + 1);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::http::raw_response::tests::answer;

    thread_local! {
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

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
        for (credential, body, want) in [
            ("abababac", "ababababac%62ababac", "ab[redacted]%62ababac"),
            ("abababac", "ababa%62abac.", "ab[redacted]."),
            ("abababac", "%61bababac%61%62ababac", "[redacted][redacted]"),
            ("abababac", r"ababab\u0061babac\/", r"abab[redacted]\/"),
            ("aabaaacc", "aabaaabaaacc", "aaba[redacted]"),
        ] {
            let (_, clean) = redacted(400, "x", body.as_bytes(), credential);
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
            STEPS.set(0);
            let clean = Redactor::new(credential).redact_bytes(body.as_bytes(), true);
            // Three spellings, each with at most two steps a byte.
            assert!(
                STEPS.get() <= 6 * body.len(),
                "{beginning}: {}",
                STEPS.get()
            );
            // At the most the end of the body looks like a cut credential.
            let kept = clean.map_or(body.len(), |clean| clean.len());
            assert!(kept + credential.len() > body.len(), "{beginning}");
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
