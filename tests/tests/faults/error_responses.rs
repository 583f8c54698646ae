//! Error responses: their statuses, headers and bodies.

use pgbeam::Client;
use pgbeam_tests::raw::{RawServer, response};

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [
        gateway_errors(),
        retry_after(),
        redirects(),
        error_bodies(),
        incomplete_bodies(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn gateway_errors() -> Vec<Fault> {
    let html = ["Content-Type: text/html"];
    let page = response(
        "502 Bad Gateway",
        &html,
        "<html>\r\n<h1>Bad Gateway</h1>\r\n</html>",
    );
    let empty_body = |status| response(status, &[], "");
    let with_retry_after = response("503 Service Unavailable", &["Retry-After: 0"], "");
    let bad_gateway = "HTTP 502: Bad Gateway";
    [
        (
            "gateway page for a read",
            Get,
            page.clone(),
            bad_gateway,
            RetrySucceeds,
        ),
        (
            "gateway page for a write",
            Put,
            page.clone(),
            bad_gateway,
            RetrySucceeds,
        ),
        (
            "gateway page for a write with a key",
            PostWithKey,
            page.clone(),
            bad_gateway,
            RetrySucceeds,
        ),
        (
            "gateway page for a write without a key",
            PostWithoutKey,
            page.clone(),
            bad_gateway,
            NoRetry,
        ),
        (
            "gateway page for a delete",
            Delete,
            page.clone(),
            bad_gateway,
            RetrySucceeds,
        ),
        (
            "gateway page for a stream",
            Export,
            page,
            bad_gateway,
            RetrySucceeds,
        ),
        (
            "504 for a write without a key",
            PostWithoutKey,
            empty_body("504 Gateway Timeout"),
            "HTTP 504: Gateway Timeout",
            NoRetry,
        ),
        (
            "503 for a write without a key",
            PostWithoutKey,
            empty_body("503 Service Unavailable"),
            "HTTP 503: Service Unavailable",
            NoRetry,
        ),
        (
            "500 for a write",
            Put,
            empty_body("500 Internal Server Error"),
            "HTTP 500: Internal Server Error",
            NoRetry,
        ),
        (
            "520 for a write",
            Put,
            empty_body("520 X"),
            "HTTP 520",
            NoRetry,
        ),
        (
            "520 without a reason",
            Put,
            empty_body("520 "),
            "HTTP 520",
            NoRetry,
        ),
        (
            "custom reason of a gateway",
            Put,
            empty_body("500 Backend\tfell"),
            "HTTP 500: Internal Server Error",
            NoRetry,
        ),
        (
            "API key in the reason",
            Put,
            empty_body("500 No pbk_s3cret_key here"),
            "HTTP 500: Internal Server Error",
            NoRetry,
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, line, retry)| {
        response_fault(
            name,
            call,
            bytes,
            api_error(line).ambiguous_if_write(call),
            retry,
        )
    })
    // These responses mean that the server did not process the request.
    .chain([
        response_fault(
            "503 with Retry-After for a write without a key",
            PostWithoutKey,
            with_retry_after,
            api_error("HTTP 503: Service Unavailable (retry after 0s)"),
            RetrySucceeds,
        ),
        response_fault(
            "408 for a write without a key",
            PostWithoutKey,
            empty_body("408 Request Timeout"),
            api_error("HTTP 408: Request Timeout"),
            RetrySucceeds,
        ),
        response_fault(
            "429 for a write without a key",
            PostWithoutKey,
            empty_body("429 Too Many Requests"),
            api_error("HTTP 429: Too Many Requests"),
            RetrySucceeds,
        ),
        response_fault(
            "501 for a write",
            Put,
            empty_body("501 Not Implemented"),
            api_error("HTTP 501: Not Implemented"),
            NoRetry,
        ),
    ])
    .collect()
}

fn retry_after() -> Vec<Fault> {
    let with_retry_after = |status: &str, delay: &str| {
        response(
            status,
            &[&format!("Retry-After: {delay}")],
            r#"{"code":"RATE_LIMITED"}"#,
        )
    };
    let unavailable = api_error("HTTP 503 RATE_LIMITED: Service Unavailable").ambiguous();
    [
        ("429 with an invalid Retry-After", "soon", "", RetrySucceeds),
        ("429 with a negative Retry-After", "-5", "", RetrySucceeds),
        ("429 with Retry-After: NaN", "NaN", "", RetrySucceeds),
        ("429 with two Retry-After values", "1, 2", "", RetrySucceeds),
        (
            "429 with Retry-After: 0",
            "0",
            " (retry after 0s)",
            RetrySucceeds,
        ),
        (
            "429 with a past date in Retry-After",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            " (retry after 0s)",
            RetrySucceeds,
        ),
        (
            "429 with an invalid date in Retry-After",
            "Sun, 99 Nov 2094 08:49:37 GMT",
            "",
            RetrySucceeds,
        ),
        (
            "429 with Retry-After beyond the total timeout",
            "3600",
            " (retry after 3600s)",
            NoRetry,
        ),
        (
            "429 with Retry-After above u64",
            "99999999999999999999999999",
            " (retry after 18446744073709551615s)",
            NoRetry,
        ),
    ]
    .into_iter()
    .map(|(name, delay, shown, retry)| {
        let line = format!("HTTP 429 RATE_LIMITED: Too Many Requests{shown}");
        response_fault(
            name,
            Get,
            with_retry_after("429 Too Many Requests", delay),
            api_error(&line),
            retry,
        )
    })
    .chain([response_fault(
        "503 with an invalid Retry-After, write without a key",
        PostWithoutKey,
        with_retry_after("503 Service Unavailable", "soon"),
        unavailable,
        NoRetry,
    )])
    .collect()
}

fn redirects() -> Vec<Fault> {
    let redirect =
        |status: &str| response(status, &["Location: http://elsewhere.invalid/v1/x"], "");
    [
        (
            "301 to another host",
            Put,
            redirect("301 Moved Permanently"),
            "HTTP 301: Moved Permanently; redirects are not followed: check the base URL",
        ),
        (
            "302 to another host",
            Get,
            redirect("302 Found"),
            "HTTP 302: Found; redirects are not followed: check the base URL",
        ),
        (
            "303 to another host",
            PostWithKey,
            redirect("303 See Other"),
            "HTTP 303: See Other; redirects are not followed: check the base URL",
        ),
        (
            "307 to another host",
            PostWithoutKey,
            redirect("307 Temporary Redirect"),
            "HTTP 307: Temporary Redirect; redirects are not followed: check the base URL",
        ),
        (
            "308 to another host",
            Delete,
            redirect("308 Permanent Redirect"),
            "HTTP 308: Permanent Redirect; redirects are not followed: check the base URL",
        ),
        (
            "307 for a stream",
            Export,
            redirect("307 Temporary Redirect"),
            "HTTP 307: Temporary Redirect; redirects are not followed: check the base URL",
        ),
        (
            "302 without Location",
            Get,
            response("302 Found", &[], ""),
            "HTTP 302: Found; redirects are not followed: check the base URL",
        ),
        (
            "300 with an array",
            Get,
            response("300 Multiple Choices", &[], "[]"),
            "HTTP 300: Multiple Choices",
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, line)| response_fault(name, call, bytes, api_error(line), NoRetry))
    .collect()
}

fn error_bodies() -> Vec<Fault> {
    let challenge = |name| format!("{name}: Basic realm=\"x\"");
    let unauthorized = response("401 Unauthorized", &[&challenge("WWW-Authenticate")], "");
    let proxy_auth = response(
        "407 Proxy Authentication Required",
        &[&challenge("Proxy-Authenticate")],
        "",
    );
    let unauthorized_line =
        "HTTP 401: Unauthorized; check that the API key is correct and not revoked";
    let (long, deep) = ("x".repeat(1_000_000), "[".repeat(100_000));
    let (large, nested) = (long.repeat(5), format!("{deep}{}", "]".repeat(100_000)));
    let truncated = |n: usize| "x".repeat(n) + "…";
    let field = r#"{"field":"f","detail":"d"}"#;
    let other_types =
        r#"{"detail":{"a":1},"code":7,"errors":"no","request_id":[],"title":"Bad","status":400}"#;
    [
        ("error without a body", "", "Bad Request"),
        (
            "error with truncated JSON",
            "{\"detail\":\"no",
            "Bad Request",
        ),
        (
            "error after a byte order mark",
            "\u{feff}{\"detail\":\"no\"}",
            "no",
        ),
        ("error in an array", "[{\"detail\":\"no\"}]", "Bad Request"),
        ("error with fields of other types", other_types, "Bad"),
        (
            "error with a duplicate field",
            r#"{"detail":"one","detail":"two"}"#,
            "two",
        ),
        (
            "error with huge numbers",
            r#"{"detail":"no","status":1e999,"n":-1e999}"#,
            "no",
        ),
        (
            "error body of a hundred thousand levels",
            &deep,
            "Bad Request",
        ),
        (
            "error with a field of a hundred thousand levels",
            &format!("{{\"x\":{nested},\"detail\":\"no\"}}"),
            "no",
        ),
        (
            "error of 5 MB",
            &format!("{{\"x\":\"{large}\",\"detail\":\"no\"}}"),
            "no",
        ),
        (
            "detail of 1 MB",
            &format!("{{\"detail\":\"{long}\"}}"),
            &truncated(1_000),
        ),
        (
            "request id of 1 MB",
            &format!("{{\"request_id\":\"{long}\"}}"),
            &format!("Bad Request (request {})", truncated(200)),
        ),
        (
            "validation error of 1 MB",
            &format!(
                "{{\"detail\":\"no\",\"errors\":[{{\"field\":\"{long}\",\"detail\":\"{long}\"}}]}}"
            ),
            &format!("no; {}: {}", truncated(200), truncated(300)),
        ),
        (
            "a thousand validation errors",
            &format!(
                "{{\"detail\":\"no\",\"errors\":[{}]}}",
                vec![field; 1_000].join(",")
            ),
            &format!("no{}; … and 990 more", "; f: d".repeat(10)),
        ),
    ]
    .into_iter()
    .map(|(name, body, line)| {
        response_fault(
            name,
            Put,
            response("400 Bad Request", &[], body),
            api_error(&format!("HTTP 400: {line}")),
            NoRetry,
        )
    })
    .chain([
        response_fault(
            "code of 1 MB",
            Put,
            response("400 Bad Request", &[], &format!("{{\"code\":\"{long}\"}}")),
            api_error(&format!("HTTP 400 {}: Bad Request", truncated(200))),
            NoRetry,
        ),
        response_fault(
            "401 with a basic challenge",
            Put,
            unauthorized,
            api_error(unauthorized_line),
            NoRetry,
        ),
        response_fault(
            "407 with a basic challenge",
            Put,
            proxy_auth,
            api_error("HTTP 407: Proxy Authentication Required"),
            NoRetry,
        ),
    ])
    .collect()
}

/// Returns faults in which the body of an error response is incomplete. The error keeps its status, and the
/// fields that arrived completely.
fn incomplete_bodies() -> Vec<Fault> {
    let partial = |status| format!("HTTP/1.1 {status}\r\nContent-Length: 500\r\n\r\n{{\"detail\":");
    let incomplete_chunk =
        "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"de".to_owned();
    let invalid_chunk =
        "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".to_owned();
    let bad_gateway = || api_error("HTTP 502: Bad Gateway").ambiguous();
    let detail = r#"{"detail":"It is taken."}"#;
    let too_short = format!(
        "HTTP/1.1 409 Conflict\r\nContent-Length: {}\r\n\r\n{detail}",
        detail.len() + 1
    );
    let partial_errors = r#"{"detail":"It is taken.","errors":[{"field":"na"#;
    let partial_errors =
        format!("HTTP/1.1 409 Conflict\r\nContent-Length: 500\r\n\r\n{partial_errors}");
    let conflict = || api_error("HTTP 409: It is taken");
    [
        (
            "error shorter than Content-Length",
            Put,
            too_short,
            conflict(),
            NoRetry,
        ),
        (
            "error with truncated validation errors",
            Put,
            partial_errors,
            conflict(),
            NoRetry,
        ),
        (
            "truncated error body",
            Put,
            partial("400 Bad Request"),
            api_error("HTTP 400: Bad Request"),
            NoRetry,
        ),
        (
            "error with an incomplete chunk",
            Put,
            incomplete_chunk,
            api_error("HTTP 409: Conflict"),
            NoRetry,
        ),
        (
            "error with invalid chunks",
            Put,
            invalid_chunk,
            api_error("HTTP 409: Conflict"),
            NoRetry,
        ),
        (
            "truncated gateway page",
            Put,
            partial("502 Bad Gateway"),
            bad_gateway(),
            RetrySucceeds,
        ),
        (
            "truncated gateway page, write without a key",
            PostWithoutKey,
            partial("502 Bad Gateway"),
            bad_gateway(),
            NoRetry,
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, expected, retry)| response_fault(name, call, bytes, expected, retry))
    .collect()
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = RawServer::start(|_| response("200 OK", &[], PROFILE)).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("Location: {}/v1/x", target.url());
        let server = RawServer::start(move |_| response(status, &[&location], "")).await;
        let client = Client::builder()
            .base_url(server.url())
            .api_key("k")
            .build()
            .unwrap();
        for call in [Get, Put, Delete, PostWithKey, PostWithoutKey, Export] {
            let error = call.send(&client, || ()).await.unwrap_err();
            assert_eq!(error.status().unwrap().to_string(), status[..3]);
        }
        assert_eq!(server.requests().len(), 6);
    }
    assert!(target.requests().is_empty());
}
