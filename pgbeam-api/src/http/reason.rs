//! The reason phrase: the words of a status line that say more than the status.

use http::StatusCode;
use hyper::ext::ReasonPhrase;

/// What servers on hyper write where they have no words.
const NONE: &str = "<none>";

/// The words of an answer's status line, where they are others than HTTP has for its status.
pub fn reason(response: &reqwest::Response) -> Option<Box<str>> {
    let phrase = response.extensions().get::<ReasonPhrase>()?;
    other_words(response.status(), phrase.as_bytes())
}

fn other_words(status: StatusCode, phrase: &[u8]) -> Option<Box<str>> {
    let phrase = String::from_utf8_lossy(phrase);
    let phrase = phrase.trim();
    let said = ![status.canonical_reason().unwrap_or_default(), "", NONE].contains(&phrase);
    said.then(|| phrase.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_http_says_itself_is_no_news() {
        for (status, phrase, want) in [
            (
                503,
                &b"Backend fetch failed"[..],
                Some("Backend fetch failed"),
            ),
            (503, b"Service Unavailable", None),
            (
                520,
                b" Web Server Returned an Unknown Error",
                Some("Web Server Returned an Unknown Error"),
            ),
            (520, b"\xff", Some("\u{fffd}")),
            (520, b" ", None),
            (520, b"", None),
            (599, b"<none>", None),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(other_words(status, phrase).as_deref(), want);
        }
    }
}
