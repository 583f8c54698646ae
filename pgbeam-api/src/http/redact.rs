//! `Redactor`: replaces the credential in responses, because some servers and gateways echo the request.

use std::{borrow::Cow, fmt};

use http::HeaderValue;

use super::RawResponse;

/// The minimum length in bytes of a credential that is replaced. A shorter credential could match ordinary
/// words.
const MIN_CREDENTIAL_LEN: usize = 8;

/// The minimum length in bytes of a partial credential that is replaced at the end of a truncated body.
const MIN_PREFIX_LEN: usize = 12;

const REPLACEMENT: &[u8] = b"[redacted]";

/// Replaces a credential with `[redacted]`, in time linear in the length of the input.
///
/// It finds the credential verbatim, with JSON escapes (`\/`, `\u002b`) and percent-encoded (`%2B`). A
/// credential of fewer than 8 bytes is never replaced.
///
/// The body of an error response may be truncated within the credential. If the body ends with at least the
/// first 12 bytes of the credential, [`RawResponse::redact`] also replaces this partial credential.
///
/// ```
/// let redactor = pgbeam_api::Redactor::new("pbk_secret");
/// assert_eq!(redactor.redact("Bearer pbk_secret"), "Bearer [redacted]");
/// ```
#[derive(Clone)]
pub struct Redactor {
    /// The credential. Empty if it is shorter than [`MIN_CREDENTIAL_LEN`]; then nothing is replaced.
    credential: Box<[u8]>,
    /// The failure function of the Knuth-Morris-Pratt algorithm. For each length of a partial match, it
    /// contains the length of the longest shorter partial match that ends at the same byte.
    failure: Box<[usize]>,
}

impl Redactor {
    /// Creates a redactor for a credential.
    pub fn new(credential: &str) -> Self {
        let credential = match credential.as_bytes() {
            short if short.len() < MIN_CREDENTIAL_LEN => &[],
            credential => credential,
        };
        let (mut failure, mut matched) = (vec![0, 0], 0);
        for &byte in credential.iter().skip(1) {
            while matched > 0 && credential[matched] != byte {
                matched = failure[matched];
            }
            matched += usize::from(credential[matched] == byte);
            failure.push(matched);
        }
        Self {
            credential: credential.into(),
            failure: failure.into(),
        }
    }

    /// Returns the input with the credential replaced. Borrowed if the input does not contain the credential.
    pub fn redact<'a>(&self, input: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(input.as_bytes(), false) {
            None => Cow::Borrowed(input),
            Some(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    /// Returns the input with the credential replaced in all encodings; `None` if nothing was replaced. If
    /// `may_be_truncated` is `true`, also replaces a partial credential at the end.
    fn redact_bytes(&self, input: &[u8], may_be_truncated: bool) -> Option<Vec<u8>> {
        let first = self.credential.first()?;
        // Fast path: most headers are too short, or do not contain the first byte.
        let starts = match (
            may_be_truncated,
            input.len().checked_sub(self.credential.len()),
        ) {
            (true, _) => input,
            (false, last) => input.get(..=last?)?,
        };
        let has_start = starts.iter().any(|byte| byte == first);
        let verbatim = has_start.then(|| self.replace(input, |_| None, may_be_truncated));
        let mut redacted = verbatim.flatten();
        for (escape, unescape) in [(b'\\', unescape_json as Unescape), (b'%', unescape_url)] {
            let input = redacted.as_deref().unwrap_or(input);
            if input.contains(&escape) {
                redacted = self.replace(input, unescape, may_be_truncated).or(redacted);
            }
        }
        redacted
    }

    /// Replaces the credential in one encoding, which `unescape` decodes. Returns `None` if nothing was
    /// replaced. Uses the Knuth-Morris-Pratt algorithm, so the time is linear.
    fn replace(&self, input: &[u8], unescape: Unescape, may_be_truncated: bool) -> Option<Vec<u8>> {
        let read = |at: usize| match input[at] {
            byte @ (b'\\' | b'%') => unescape(&input[at..]).unwrap_or((byte, 1)),
            byte => (byte, 1),
        };
        let (mut output, mut copied) = (Vec::new(), 0);
        let mut mark = |start: usize, end: usize| {
            output.extend_from_slice(&input[copied..start]);
            output.extend_from_slice(REPLACEMENT);
            copied = end;
        };
        // The partial match starts at `start` and ends before `at`.
        let (mut start, mut at, mut matched) = (0, 0, 0);
        while at < input.len() {
            let (byte, width) = read(at);
            while matched > 0 && self.credential[matched] != byte {
                for _ in self.failure[matched]..matched {
                    count_step();
                    start += read(start).1;
                }
                matched = self.failure[matched];
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
        if may_be_truncated && matched >= MIN_PREFIX_LEN {
            mark(start, at);
        }
        if copied == 0 {
            return None;
        }
        output.extend_from_slice(&input[copied..]);
        Some(output)
    }
}

impl fmt::Debug for Redactor {
    /// Does not print the credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl RawResponse {
    /// Replaces the credential in the headers, in `body_error` and in the body of an error response.
    ///
    /// The body of a success response is not changed.
    pub fn redact(&mut self, redactor: &Redactor) {
        for value in self.headers.values_mut() {
            if let Some(redacted) = redactor.redact_bytes(value.as_bytes(), false) {
                *value = HeaderValue::from_bytes(&redacted)
                    .unwrap_or_else(|_| HeaderValue::from_static("[redacted]"));
            }
        }
        if let Some(reason) = &mut self.body_error
            && let Cow::Owned(redacted) = redactor.redact(reason)
        {
            *reason = redacted;
        }
        if !self.status.is_success()
            && let Some(redacted) = redactor.redact_bytes(&self.body, true)
        {
            self.body = redacted.into();
        }
    }
}

/// A function that decodes the escape sequence at the start of the input. It returns the decoded byte and the
/// length of the sequence; `None` if the input does not start with a sequence for one byte.
type Unescape = fn(&[u8]) -> Option<(u8, usize)>;

/// Decodes a percent-encoded byte such as `%2B`.
fn unescape_url(input: &[u8]) -> Option<(u8, usize)> {
    Some((parse_hex(input.strip_prefix(b"%")?.get(..2)?)?, 3))
}

/// Decodes a JSON escape such as `\/` or `\u002b`.
fn unescape_json(input: &[u8]) -> Option<(u8, usize)> {
    match input.strip_prefix(b"\\")? {
        [b'u', b'0', b'0', digits @ ..] => Some((parse_hex(digits.get(..2)?)?, 6)),
        [escaped @ (b'"' | b'/' | b'\\'), ..] => Some((*escaped, 2)),
        _ => None,
    }
}

fn parse_hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Counts a step of [`Redactor::replace`], so that a test can check that the time is linear. Does nothing
/// outside of tests.
fn count_step() {
    #[cfg(test)]
    tests::STEPS.set(tests::STEPS.get() + 1);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::http::raw_response::tests::response;

    thread_local! {
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    fn redacted(status: u16, header: &str, body: &[u8], credential: &str) -> (String, Vec<u8>) {
        let mut response = response(status, &[("x-echo", header)], "");
        response.body = body.to_vec().into();
        response.redact(&Redactor::new(credential));
        (
            response.headers["x-echo"].to_str().unwrap().to_owned(),
            response.body.to_vec(),
        )
    }

    #[test]
    fn replaces_the_credential_in_headers_and_bodies() {
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
    fn finds_the_credential_with_json_escapes() {
        let (_, body) = redacted(400, "x", br#"{"got":"pbk_\"secret\\"}"#, r#"pbk_"secret\"#);
        assert_eq!(body, br#"{"got":"[redacted]"}"#);
    }

    #[test]
    fn finds_the_credential_with_any_json_escape() {
        for (body, credential, expected) in [
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
            let mut response = response(401, &[], body);
            response.redact(&Redactor::new(credential));
            let error = response.empty().unwrap_err();
            assert_eq!(error.message(), expected);
        }
        let nested = br#"{"a":[{"pbk_\/secret":["x","pbk_\/secret"]}],"n":1}"#;
        let (_, body) = redacted(400, "x", nested, "pbk_/secret");
        assert_eq!(body, br#"{"a":[{"[redacted]":["x","[redacted]"]}],"n":1}"#);
    }

    #[test]
    fn finds_the_percent_encoded_credential() {
        for (body, credential) in [
            ("got pbk_a%2Bb%2fc%3D.", "pbk_a+b/c="),
            ("got %70%62%6B_%61+b/c=.", "pbk_a+b/c="),
            ("got pbk_a%2Fb.", "pbk_a%2Fb"),
            ("got pbk_100%25off.", "pbk_100%off"),
            (r"got pbk_a\/\u002Bb.", "pbk_a/+b"),
            (r"got pbk_abc\\de.", r"pbk_abc\de"),
        ] {
            let (_, actual) = redacted(400, "x", body.as_bytes(), credential);
            assert_eq!(
                String::from_utf8_lossy(&actual),
                "got [redacted].",
                "{body}"
            );
        }
        for input in [
            "pbk_a%2",
            "pbk_a%",
            "pbk_a%+2",
            r"pbk_a\",
            r"pbk_a\u00",
            r"pbk_a\u012b",
        ] {
            let (_, actual) = redacted(400, "x", input.as_bytes(), "pbk_a+b/c=");
            assert_eq!(actual, input.as_bytes());
        }
    }

    #[test]
    fn finds_a_match_after_a_partial_match() {
        for (credential, body, expected) in [
            ("abababac", "ababababac%62ababac", "ab[redacted]%62ababac"),
            ("abababac", "ababa%62abac.", "ab[redacted]."),
            ("abababac", "%61bababac%61%62ababac", "[redacted][redacted]"),
            ("abababac", r"ababab\u0061babac\/", r"abab[redacted]\/"),
            ("aabaaacc", "aabaaabaaacc", "aaba[redacted]"),
        ] {
            let (_, actual) = redacted(400, "x", body.as_bytes(), credential);
            assert_eq!(String::from_utf8_lossy(&actual), expected, "{body}");
        }
    }

    #[test]
    fn finds_a_truncated_credential_at_the_end_of_a_body() {
        for (body, expected) in [
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
            let (_, actual) = redacted(400, "x", body.as_bytes(), "pbk_secret_key");
            assert_eq!(String::from_utf8_lossy(&actual), expected);
        }
        // A credential that ends with its own prefix is replaced once.
        let (_, actual) = redacted(400, "x", b"abcabcabcabcabc", "abcabcabcabcabc");
        assert_eq!(actual, b"[redacted]");
    }

    #[test]
    fn a_hostile_body_takes_linear_time() {
        // Bodies that consist of prefixes of the credential or of an escape sequence.
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
            let actual = Redactor::new(credential).redact_bytes(body.as_bytes(), true);
            // Three encodings, each with at most two steps per byte.
            assert!(
                STEPS.get() <= 6 * body.len(),
                "{beginning}: {}",
                STEPS.get()
            );
            // At most the end of the body is replaced, as a truncated credential.
            let kept = actual.map_or(body.len(), |actual| actual.len());
            assert!(kept + credential.len() > body.len(), "{beginning}");
        }
    }

    #[test]
    fn replaces_the_credential_in_the_body_error() {
        let mut response = response(200, &[], "");
        response.body_error = Some("it is compressed (pbk_secret)".to_owned());
        response.redact(&Redactor::new("pbk_secret"));
        let error = response.json::<u8>().unwrap_err();
        assert!(
            error.to_string().contains("compressed ([redacted])"),
            "{error}"
        );
    }

    #[test]
    fn leaves_other_input_unchanged() {
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
    fn redacts_the_headers_but_not_the_body_of_a_success_response() {
        let (header, body) = redacted(200, "pbk_secret", b"\"pbk_secret\"", "pbk_secret");
        assert_eq!(
            (header.as_str(), body.as_slice()),
            ("[redacted]", &b"\"pbk_secret\""[..])
        );
    }
}
