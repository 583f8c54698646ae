//! Responses that never end or end too late. The module `request` tests requests without a response.

use std::time::Duration;

use pgbeam_tests::raw::Script;

use crate::support::*;

/// Longer than the attempt timeout, and shorter than the total timeout.
const BEYOND_ATTEMPT: Duration = Duration::from_secs(31);

/// Longer than the total timeout.
const BEYOND_TOTAL: Duration = Duration::from_secs(121);

/// A response that stops within its body.
const PARTIAL: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{";

/// The head of a response with a chunked body.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A chunk with one space.
const CHUNK: &str = "1\r\n \r\n";

pub fn table() -> Vec<Fault> {
    [heads(), bodies(), error_bodies(), streams()]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns a script that reads a request.
fn request() -> Script {
    Script::new().read_request()
}

/// Returns a script that reads a request and sends `first`, then `piece` every second.
fn endless(first: &str, piece: &str) -> Script {
    request()
        .send(first)
        .send_forever(piece, Duration::from_secs(1))
}

fn heads() -> Vec<Fault> {
    let stalled = request()
        .send("HTTP/1.1 200 OK\r\nX")
        .advance_clock(BEYOND_ATTEMPT);
    [
        ("head that stalls", Put, stalled.clone(), RetrySucceeds),
        (
            "head that stalls, write without a key",
            PostWithoutKey,
            stalled,
            NoRetry,
        ),
        (
            "endless headers",
            Put,
            endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
            RetrySucceeds,
        ),
        (
            "endless header value",
            PostWithoutKey,
            endless("HTTP/1.1 201 Created\r\nX: ", "y"),
            NoRetry,
        ),
        (
            "endless reason phrase",
            Get,
            endless("HTTP/1.1 200 O", "K"),
            RetrySucceeds,
        ),
        (
            "endless empty lines",
            Get,
            endless("", "\r\n"),
            RetrySucceeds,
        ),
        (
            "endless interim responses",
            Put,
            endless("", "HTTP/1.1 102 Processing\r\n\r\n"),
            RetrySucceeds,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, retry)| {
        fault(
            name,
            call,
            script,
            attempt_timeout().ambiguous_if_write(call),
            1,
            retry,
        )
    })
    .collect()
}

fn bodies() -> Vec<Fault> {
    // These scripts do not fit `Export`: the timeout of a stream starts after the head. See `streams`.
    let stalled = || request().send(PARTIAL);
    [
        (
            "body that stalls",
            Put,
            stalled().advance_clock(BEYOND_ATTEMPT),
            RetrySucceeds,
        ),
        (
            "body that stalls, write without a key",
            PostWithoutKey,
            stalled().advance_clock(BEYOND_ATTEMPT),
            NoRetry,
        ),
        (
            "body that stalls beyond the total timeout",
            Put,
            stalled().advance_clock(BEYOND_TOTAL),
            NoRetry,
        ),
        (
            "endless chunks",
            Put,
            endless(CHUNKED, CHUNK),
            RetrySucceeds,
        ),
        (
            "endless chunk size",
            Put,
            endless(CHUNKED, "0"),
            RetrySucceeds,
        ),
        (
            "endless trailers",
            Put,
            endless(&format!("{CHUNKED}0\r\n"), "X: y\r\n"),
            RetrySucceeds,
        ),
        (
            "endless body without a length",
            Get,
            endless("HTTP/1.1 200 OK\r\n\r\n", " "),
            RetrySucceeds,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, retry)| {
        fault(
            name,
            call,
            script,
            body_timeout().ambiguous_if_write(call),
            1,
            retry,
        )
        .except(Export)
    })
    .collect()
}

/// Returns faults in which the body of an error response does not arrive in time. The SDK returns the error
/// status even if the body is incomplete.
fn error_bodies() -> Vec<Fault> {
    let partial = "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n{";
    let forbidden = api_error("HTTP 403: Forbidden");
    let conflict = CHUNKED.replace("200 OK", "409 Conflict");
    let gateway = CHUNKED.replace("200 OK", "502 Bad Gateway");
    let bad_gateway = || api_error("HTTP 502: Bad Gateway").ambiguous();
    vec![
        fault(
            "error body that stalls",
            Put,
            request().send(partial).advance_clock(BEYOND_ATTEMPT),
            forbidden,
            1,
            NoRetry,
        ),
        fault(
            "endless error body",
            Put,
            endless(&conflict, CHUNK),
            api_error("HTTP 409: Conflict"),
            1,
            NoRetry,
        ),
        fault(
            "endless gateway page",
            Put,
            endless(&gateway, CHUNK),
            bad_gateway(),
            1,
            RetrySucceeds,
        ),
        fault(
            "endless gateway page, write without a key",
            PostWithoutKey,
            endless(&gateway, CHUNK),
            bad_gateway(),
            1,
            NoRetry,
        ),
    ]
}

/// Returns faults in the byte stream of an export. Each chunk of a stream has its own timeout, so the scripts
/// advance the clock only while the client waits.
fn streams() -> Vec<Fault> {
    let start = || {
        request()
            .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            .wait_for_release()
    };
    let stalled = start()
        .send("id\n")
        .wait_for_release()
        .advance_clock(BEYOND_ATTEMPT);
    // Each chunk arrives in time.
    let slow = |chunks: usize| {
        (0..chunks).fold(request().send(CHUNKED).wait_for_release(), |script, _| {
            script
                .send(CHUNK)
                .wait_for_release()
                .advance_clock(Duration::from_secs(20))
        })
    };
    let complete = slow(5).send("0\r\n\r\n");
    [
        (
            "stream that never starts",
            start().advance_clock(BEYOND_ATTEMPT),
            body_timeout(),
        ),
        ("stream that stalls", stalled, body_timeout()),
        ("slow stream", complete, success("     ")),
        (
            "slow stream beyond the total timeout",
            slow(6),
            body_total_timeout(),
        ),
    ]
    .into_iter()
    .map(|(name, script, expected)| {
        fault(name, Export, script, expected, 1, NoRetry).only_this_call()
    })
    .collect()
}
