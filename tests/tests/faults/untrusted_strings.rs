//! Strings of the server that contain control characters or the API key.

use pgbeam_tests::raw::response;
use serde_json::{Value, json};

use crate::support::*;

/// A string with an escape code, line breaks, text direction marks and other control characters.
const UNSAFE: &str = "a\u{1b}[2Jb\r\nERROR\u{2028}\u{202e}c\u{2066}d\u{200f}\u{85}\u{7f}";

/// [`UNSAFE`] as the SDK prints it.
const ESCAPED: &str = r"a\u{1b}[2Jb\r\nERROR\u{2028}\u{202e}c\u{2066}d\u{200f}\u{85}\u{7f}";

pub fn table() -> Vec<Fault> {
    let edge_error = json!({"error": {"message": UNSAFE, "code": UNSAFE, "request_id": UNSAFE}});
    let field = json!({"detail": "no", "errors": [{"field": UNSAFE, "detail": UNSAFE}]});
    let key = json!({"detail": "bad key pbk_s3cret_key", "code": "pbk_s3cret_key"});
    [
        (
            "control characters in the detail",
            json!({"detail": UNSAFE}),
            format!("HTTP 400: {ESCAPED}"),
        ),
        (
            "control characters in the code",
            json!({"code": UNSAFE}),
            format!("HTTP 400 {ESCAPED}: Bad Request"),
        ),
        (
            "control characters in the request id",
            json!({"request_id": UNSAFE}),
            format!("HTTP 400: Bad Request (request {ESCAPED})"),
        ),
        (
            "control characters in a validation error",
            field,
            format!("HTTP 400: no; {ESCAPED}: {ESCAPED}"),
        ),
        (
            "control characters in an edge error",
            edge_error,
            format!("HTTP 400 {ESCAPED}: {ESCAPED} (request {ESCAPED})"),
        ),
        (
            "control characters in the title",
            json!({"title": UNSAFE, "status": 400}),
            format!("HTTP 400: {ESCAPED}"),
        ),
        (
            "only control characters",
            json!({"detail": "\n\r\u{0}"}),
            r"HTTP 400: \n\r\u{0}".to_owned(),
        ),
        (
            "only whitespace",
            json!({"detail": " \t\u{a0}\u{3000}"}),
            "HTTP 400: Bad Request".to_owned(),
        ),
        (
            "API key in the detail and code",
            key,
            "HTTP 400 [redacted]: bad key [redacted]".to_owned(),
        ),
    ]
    .into_iter()
    .map(|(name, body, line)| bad_request(name, &body, &line))
    .chain(headers())
    .collect()
}

fn bad_request(name: &'static str, body: &Value, line: &str) -> Fault {
    response_fault(
        name,
        Put,
        response("400 Bad Request", &[], &body.to_string()),
        api_error(line),
        NoRetry,
    )
}

fn headers() -> Vec<Fault> {
    let with_header = |header: &str| response("400 Bad Request", &[header], "");
    let invalid_header = connection_error("invalid HTTP header parsed").ambiguous();
    let tab = api_error("HTTP 400: Bad Request (request a\\tb)");
    let ok_response = |headers: &[&str]| response("200 OK", headers, PROFILE);
    vec![
        response_fault(
            "header with an escape code",
            Put,
            with_header("X-Request-Id: a\x1b[31mb"),
            invalid_header,
            RetrySucceeds,
        ),
        response_fault(
            "header with a tab",
            Put,
            with_header("X-Request-Id: a\tb"),
            tab,
            NoRetry,
        ),
        response_fault(
            "header with text direction marks",
            Put,
            with_header("X-Request-Id: a\u{202e}b\u{200f}"),
            api_error("HTTP 400: Bad Request"),
            NoRetry,
        ),
        response_fault(
            "success response with tabs in headers",
            Get,
            ok_response(&["ETag: \"a\tb\"", "X-Request-Id: a\tb"]),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "success response with the key in a header",
            Get,
            ok_response(&["X-Request-Id: pbk_s3cret_key"]),
            success("good"),
            NoRetry,
        ),
    ]
}
