//! Takes the credential out of error answers: some servers and gateways echo the request.

use std::{borrow::Cow, iter};

use http::HeaderValue;
use serde_json::Value;

use crate::{Answer, json};

/// Below this length a credential is no secret, and taking it out would eat words.
const SHORTEST: usize = 8;

const MARK: &[u8] = b"[redacted]";

impl Answer {
    /// Takes `credential` out of what is shown of the answer: its headers, and the body of an
    /// error, wherever a server echoes it there, as it is or as JSON writes it.
    ///
    /// The body of a success is what was asked for, and stays as it is. A credential of fewer than
    /// 8 characters stays too.
    pub fn redact(&mut self, credential: &str) {
        if credential.len() < SHORTEST {
            return;
        }
        let escaped = escaped(credential);
        for needle in iter::once(credential).chain(escaped.as_deref()) {
            if !self.status.is_success()
                && let Cow::Owned(clean) = without(&self.body, needle.as_bytes())
            {
                self.body = clean.into();
            }
            for value in self.headers.values_mut() {
                if let Cow::Owned(clean) = without(value.as_bytes(), needle.as_bytes()) {
                    *value = HeaderValue::from_bytes(&clean)
                        .unwrap_or_else(|_| HeaderValue::from_static("[redacted]"));
                }
            }
        }
        // JSON has many spellings of one text, such as `\/` and `\u003c`: what counts is what is read.
        if !self.status.is_success()
            && let Some(mut body) = json::read(&self.body)
            && without_in(&mut body, credential)
        {
            self.body = body.to_string().into();
        }
    }
}

/// The credential as JSON writes it, where that is another text.
fn escaped(credential: &str) -> Option<String> {
    if credential.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\')) {
        return None;
    }
    let escaped = Value::from(credential).to_string();
    Some(escaped.trim_matches('"').to_owned())
}

/// Takes `credential` out of all texts of a JSON value; whether it was in any.
fn without_in(value: &mut Value, credential: &str) -> bool {
    match value {
        Value::String(text) if text.contains(credential) => {
            *text = text.replace(credential, "[redacted]");
            true
        }
        Value::Array(items) => {
            items.iter_mut().fold(false, |any, item| without_in(item, credential) | any)
        }
        Value::Object(members) => {
            let any =
                members.values_mut().fold(false, |any, value| without_in(value, credential) | any);
            if !members.keys().any(|name| name.contains(credential)) {
                return any;
            }
            let renamed = std::mem::take(members).into_iter();
            *members = renamed.map(|(k, v)| (k.replace(credential, "[redacted]"), v)).collect();
            true
        }
        _ => false,
    }
}

/// `text` with the mark in place of every `needle`; borrowed when there is none.
fn without<'a>(text: &'a [u8], needle: &[u8]) -> Cow<'a, [u8]> {
    let find = |text: &[u8]| text.windows(needle.len()).position(|window| window == needle);
    let mut rest = text;
    let mut clean = Vec::new();
    while let Some((before, after)) = find(rest).and_then(|at| {
        let (before, from) = rest.split_at_checked(at)?;
        Some((before, from.get(needle.len()..)?))
    }) {
        clean.extend_from_slice(before);
        clean.extend_from_slice(MARK);
        rest = after;
    }
    if clean.is_empty() {
        return Cow::Borrowed(text);
    }
    clean.extend_from_slice(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use crate::response::tests::answer;

    fn redacted(status: u16, header: &str, body: &[u8], credential: &str) -> (String, Vec<u8>) {
        let mut answer = answer(status, &[("x-echo", header)], "");
        answer.body = body.to_vec().into();
        answer.redact(credential);
        (answer.headers["x-echo"].to_str().unwrap().to_owned(), answer.body.to_vec())
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
            (r#"{"detail":"bad key pbk_ab\/cd+x="}"#, "pbk_ab/cd+x=", "bad key [redacted]"),
            (r#"{"detail":"bad key pbk_ab/cd\u002Bx="}"#, "pbk_ab/cd+x=", "bad key [redacted]"),
            (r#"{"detail":"pbk_\u003cabcd\u003e."}"#, "pbk_<abcd>", "[redacted]."),
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
    fn leaves_everything_else() {
        for (body, credential) in
            [("short key", "short k"), ("no such", "pbk_secret"), ("", "pbk_secret"), ("x", "")]
        {
            let (header, after) = redacted(500, "short key", body.as_bytes(), credential);
            assert_eq!((header.as_str(), after.as_slice()), ("short key", body.as_bytes()));
        }
    }

    #[test]
    fn a_success_keeps_its_body_but_not_its_headers() {
        let (header, body) = redacted(200, "pbk_secret", b"\"pbk_secret\"", "pbk_secret");
        assert_eq!((header.as_str(), body.as_slice()), ("[redacted]", &b"\"pbk_secret\""[..]));
    }
}
