//! Faults in the status line and headers of the response.

use pgbeam_tests::raw::{Script, response};

use crate::support::*;

// Error messages of hyper for invalid heads.
const INVALID_VERSION: &str = "invalid HTTP version parsed";
const INVALID_STATUS: &str = "invalid HTTP status-code parsed";
const INVALID_HEADER: &str = "invalid HTTP header parsed";
const HEAD_TOO_LARGE: &str = "message head is too large";

pub fn table() -> Vec<Fault> {
    let tables = [
        incomplete_heads(),
        other_protocols(),
        status_lines(),
        interim_responses(),
        headers(),
    ];
    tables.into_iter().flatten().collect()
}

fn incomplete_heads() -> Vec<Fault> {
    let reset = Script::new()
        .read_request()
        .send("HTTP/1.1 200 OK\r\nX")
        .reset();
    let bytewise = Script::new()
        .read_request()
        .send_bytewise(response_with_status_line("HTTP/1.1 200 OK"));
    [
        (
            "close within the status line",
            Put,
            "HTTP/1.1 20",
            RetrySucceeds,
        ),
        (
            "close after the status line",
            Put,
            "HTTP/1.1 200 OK\r\n",
            RetrySucceeds,
        ),
        (
            "close within a header",
            Put,
            "HTTP/1.1 200 OK\r\nContent-Le",
            RetrySucceeds,
        ),
        (
            "close before the end of the head",
            Get,
            "HTTP/1.1 200 OK\r\nX: y\r\n",
            RetrySucceeds,
        ),
        (
            "close within the head, write without a key",
            PostWithoutKey,
            "HTTP/1.1 201 Created\r\nX",
            NoRetry,
        ),
        (
            "close within the head of an error, write without a key",
            PostWithoutKey,
            "HTTP/1.1 403 Forbidden\r\nX",
            NoRetry,
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, retry)| {
        response_fault(
            name,
            call,
            bytes,
            connection_error(CLOSED).ambiguous_if_write(call),
            retry,
        )
    })
    .chain([
        fault(
            "reset within the head",
            Put,
            reset,
            connection_error(RESET).ambiguous(),
            1,
            RetrySucceeds,
        ),
        fault(
            "response sent byte by byte",
            Get,
            bytewise,
            success("good"),
            1,
            NoRetry,
        ),
    ])
    .collect()
}

fn other_protocols() -> Vec<Fault> {
    let settings = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64";
    let row =
        |name, bytes: &[u8], expected, retry| response_fault(name, Put, bytes, expected, retry);
    let invalid_version = || connection_error(INVALID_VERSION).ambiguous();
    let without_length = format!("HTTP/1.0 200 OK\r\n\r\n{PROFILE}");
    vec![
        row(
            "SSH banner",
            b"SSH-2.0-OpenSSH_9.9\r\n",
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "invalid bytes instead of HTTP",
            &[0xff; 1_000],
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "HTTP/0.9 response",
            b"<html>hello</html>",
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "HTTP/1.0 response",
            response_with_status_line("HTTP/1.0 200 OK").as_bytes(),
            success("good"),
            NoRetry,
        ),
        row(
            "HTTP/1.0 response without a length",
            without_length.as_bytes(),
            success("good"),
            NoRetry,
        ),
        row(
            "HTTP/1.2 response",
            response_with_status_line("HTTP/1.2 200 OK").as_bytes(),
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "HTTP/2.0 in the status line",
            b"HTTP/2.0 200 OK\r\n\r\n",
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "HTTP/2 settings frame",
            settings,
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "HTTP/2 preface",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            invalid_version(),
            RetrySucceeds,
        ),
        row(
            "TLS alert",
            b"\x15\x03\x01\x00\x02\x02\x46",
            invalid_version(),
            RetrySucceeds,
        ),
    ]
}

fn status_lines() -> Vec<Fault> {
    let ambiguous_status = |line: &str| api_error(&format!("HTTP {line}")).ambiguous();
    let internal_error = api_error("HTTP 500: Internal Server Error").ambiguous();
    let mut faults: Vec<_> = [
        (
            "status line without a reason",
            "HTTP/1.1 200",
            success("good"),
            NoRetry,
        ),
        (
            "status line with an empty reason",
            "HTTP/1.1 200 ",
            success("good"),
            NoRetry,
        ),
        (
            "empty lines before the status line",
            "\r\n\r\nHTTP/1.1 200 OK",
            success("good"),
            NoRetry,
        ),
        (
            "lowercase status line",
            "http/1.1 200 ok",
            connection_error(INVALID_VERSION).ambiguous(),
            RetrySucceeds,
        ),
        (
            "reason with terminal codes",
            "HTTP/1.1 500 \x1b[31mred",
            connection_error(INVALID_STATUS).ambiguous(),
            RetrySucceeds,
        ),
        (
            "non-ASCII reason",
            "HTTP/1.1 500 café",
            internal_error,
            NoRetry,
        ),
        (
            "status line without a status",
            "HTTP/1.1",
            connection_error(INVALID_VERSION).ambiguous(),
            RetrySucceeds,
        ),
        (
            "status 600",
            "HTTP/1.1 600 High",
            ambiguous_status("600"),
            NoRetry,
        ),
        (
            "status 999",
            "HTTP/1.1 999 Go away",
            ambiguous_status("999"),
            NoRetry,
        ),
    ]
    .into_iter()
    .map(|(name, line, expected, retry)| {
        response_fault(name, Put, response_with_status_line(line), expected, retry)
    })
    .collect();
    let invalid_statuses = [
        ("status 099", "HTTP/1.1 099 Low"),
        ("status 000", "HTTP/1.1 000 Nothing"),
        ("status 1000", "HTTP/1.1 1000 Beyond"),
        ("status 20", "HTTP/1.1 20 OK"),
        ("status abc", "HTTP/1.1 abc OK"),
        ("status -200", "HTTP/1.1 -200 OK"),
    ];
    faults.extend(invalid_statuses.map(|(name, line)| {
        response_fault(
            name,
            Put,
            response_with_status_line(line),
            connection_error(INVALID_STATUS).ambiguous(),
            RetrySucceeds,
        )
    }));
    let line_feeds = response_with_status_line("HTTP/1.1 200 OK").replace("\r\n", "\n");
    faults.push(response_fault(
        "head with bare line feeds",
        Get,
        line_feeds,
        success("good"),
        NoRetry,
    ));
    faults
}

fn interim_responses() -> Vec<Fault> {
    let processing = "HTTP/1.1 102 Processing\r\n\r\n";
    let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    let switching_error = || api_error("HTTP 101: Switching Protocols").ambiguous();
    let mut faults: Vec<_> = [
        ("100 before the response", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("102 before the response", processing),
        (
            "103 before the response",
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        ),
        (
            "a thousand 102 before the response",
            &processing.repeat(1_000),
        ),
    ]
    .map(|(name, interim)| {
        let bytes = format!("{interim}{}", response("200 OK", &[], PROFILE));
        response_fault(name, Put, bytes, success("good"), NoRetry)
    })
    .into();
    faults.extend([
        response_fault(
            "close after 102",
            Put,
            processing,
            connection_error(CLOSED).ambiguous(),
            RetrySucceeds,
        ),
        response_fault(
            "101 without an upgrade request",
            Put,
            switching,
            switching_error(),
            NoRetry,
        ),
        response_fault(
            "101 for a write without a key",
            PostWithoutKey,
            switching,
            switching_error(),
            NoRetry,
        ),
    ]);
    faults
}

fn headers() -> Vec<Fault> {
    let header_lines =
        |n: usize| (0..n).map(|n| format!("X-{n}: y\r\n")).collect::<String>() + "X: y";
    let long_etag = |n| format!("ETag: \"{}\"", "x".repeat(n));
    let non_utf8 = b"ETag: \"\xff\"\r\nX-Request-Id: \xfe\xff";
    let duplicates = "ETag: \"a\"\r\nETag: \"b\"\r\nX-Request-Id: 1\r\nX-Request-Id: 2";
    let accepted = [
        ("header without a value", b"X-A:".as_slice()),
        (
            "non-ASCII headers",
            "ETag: \"é\"\r\nX-Request-Id: né".as_bytes(),
        ),
        ("headers that are not UTF-8", non_utf8),
        ("duplicate headers", duplicates.as_bytes()),
        ("99 headers", header_lines(96).as_bytes()),
        ("header of 100 KB", long_etag(100_000).as_bytes()),
    ]
    .map(|(name, headers)| {
        response_fault(
            name,
            Get,
            response_with_headers(headers),
            success("good"),
            NoRetry,
        )
    });
    let rejected = [
        ("folded header", "X-A: b\r\n c", INVALID_HEADER),
        ("header without a colon", "X-A b", INVALID_HEADER),
        (
            "header with a space before the colon",
            "X-A : b",
            INVALID_HEADER,
        ),
        ("header with a space in its name", "X A: b", INVALID_HEADER),
        ("header without a name", ": b", INVALID_HEADER),
        ("header with NUL", "X-A: b\0c", INVALID_HEADER),
        ("header with a carriage return", "X-A: b\rc", INVALID_HEADER),
        ("a thousand headers", &header_lines(1_000), HEAD_TOO_LARGE),
        ("header of 1 MB", &long_etag(1_000_000), HEAD_TOO_LARGE),
    ]
    .map(|(name, headers, cause)| {
        response_fault(
            name,
            Get,
            response_with_headers(headers),
            connection_error(cause),
            RetrySucceeds,
        )
    });
    let without_a_key = response_with_headers(long_etag(1_000_000));
    let without_a_key = response_fault(
        "header of 1 MB, write without a key",
        PostWithoutKey,
        without_a_key,
        connection_error(HEAD_TOO_LARGE).ambiguous(),
        NoRetry,
    );
    accepted
        .into_iter()
        .chain(rejected)
        .chain([without_a_key])
        .collect()
}

/// Renders a response with this status line and the profile as body.
fn response_with_status_line(line: &str) -> String {
    format!(
        "{line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{PROFILE}",
        PROFILE.len()
    )
}

/// Renders a success response with these header lines, which are separated by `\r\n`, in addition to the
/// usual ones.
fn response_with_headers(headers: impl AsRef<[u8]>) -> Vec<u8> {
    let response = response_with_status_line("HTTP/1.1 200 OK");
    let (line, rest) = response.split_once("\r\n").unwrap();
    [
        line.as_bytes(),
        b"\r\n",
        headers.as_ref(),
        b"\r\n",
        rest.as_bytes(),
    ]
    .concat()
}
