//! Texts of a server that would change what a terminal or a log shows, and texts that hold the key.

use pgbeam_tests::raw::answer;
use serde_json::{Value, json};

use crate::support::*;

/// An escape code, a line of its own, and marks that turn the direction of writing; and what is to
/// be shown of it.
const FORGED: &str = "a\u{1b}[2Jb\r\nERROR\u{2028}\u{202e}c\u{2066}d\u{200f}\u{85}\u{7f}";
const SHOWN: &str = r"a\u{1b}[2Jb\r\nERROR\u{2028}\u{202e}c\u{2066}d\u{200f}\u{85}\u{7f}";

pub fn table() -> Vec<Fault> {
    let at_the_edge = json!({"error": {"message": FORGED, "code": FORGED, "request_id": FORGED}});
    let field = json!({"detail": "no", "errors": [{"field": FORGED, "detail": FORGED}]});
    let key = json!({"detail": "bad key pbk_s3cret_key", "code": "pbk_s3cret_key"});
    [
        (
            "a message",
            json!({"detail": FORGED}),
            format!("HTTP 400: {SHOWN}"),
        ),
        (
            "a code",
            json!({"code": FORGED}),
            format!("HTTP 400 {SHOWN}: Bad Request"),
        ),
        (
            "a request",
            json!({"request_id": FORGED}),
            format!("HTTP 400: Bad Request (request {SHOWN})"),
        ),
        ("a field", field, format!("HTTP 400: no; {SHOWN}: {SHOWN}")),
        (
            "all of the edge",
            at_the_edge,
            format!("HTTP 400 {SHOWN}: {SHOWN} (request {SHOWN})"),
        ),
        (
            "a title",
            json!({"title": FORGED, "status": 400}),
            format!("HTTP 400: {SHOWN}"),
        ),
        (
            "control characters alone",
            json!({"detail": "\n\r\u{0}"}),
            r"HTTP 400: \n\r\u{0}".to_owned(),
        ),
        (
            "blanks alone",
            json!({"detail": " \t\u{a0}\u{3000}"}),
            "HTTP 400: Bad Request".to_owned(),
        ),
        (
            "the key",
            key,
            "HTTP 400 [redacted]: bad key [redacted]".to_owned(),
        ),
    ]
    .into_iter()
    .map(|(name, body, line)| refused(name, &body, &line))
    .chain(headers())
    .collect()
}

fn refused(name: &'static str, body: &Value, line: &str) -> Fault {
    answered(
        name,
        Put,
        answer("400 Bad Request", &[], &body.to_string()),
        api(line),
        Once,
    )
}

fn headers() -> Vec<Fault> {
    let of = |header: &str| answer("400 Bad Request", &[header], "");
    let no_header = broken("invalid HTTP header parsed").in_doubt();
    let tab = api("HTTP 400: Bad Request (request a\\tb)");
    let fine = |headers: &[&str]| answer("200 OK", headers, PROFILE);
    vec![
        answered(
            "a header with an escape code",
            Put,
            of("X-Request-Id: a\x1b[31mb"),
            no_header,
            Again,
        ),
        answered(
            "a header with a tab",
            Put,
            of("X-Request-Id: a\tb"),
            tab,
            Once,
        ),
        answered(
            "a header with marks of direction",
            Put,
            of("X-Request-Id: a\u{202e}b\u{200f}"),
            api("HTTP 400: Bad Request"),
            Once,
        ),
        answered(
            "a success with tabs",
            Get,
            fine(&["ETag: \"a\tb\"", "X-Request-Id: a\tb"]),
            good("good"),
            Once,
        ),
        answered(
            "a success with the key",
            Get,
            fine(&["X-Request-Id: pbk_s3cret_key"]),
            good("good"),
            Once,
        ),
    ]
}
