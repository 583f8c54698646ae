//! Faults on a connection that has already served a call.

use pgbeam_tests::raw::{Script, keep_alive_response, response};

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [between_calls(), during_a_call(), unrequested_bytes()]
        .into_iter()
        .flatten()
        .collect()
}

fn success_response() -> String {
    keep_alive_response("200 OK", &[], PROFILE)
}

/// Returns a script that serves a successful call.
fn successful_call() -> Script {
    Script::new().read_request().send(success_response())
}

/// Creates a fault whose `script` starts with a successful call. Expects that the next call also succeeds, on
/// the same or a new connection.
fn next_call_succeeds(name: &'static str, call: Call, script: Script) -> Fault {
    fault(
        name,
        call,
        script,
        success(call.expected_value()),
        1,
        NoRetry,
    )
    .connection(ConnectionState::Reused)
}

fn between_calls() -> Vec<Fault> {
    let timeout = response("408 Request Timeout", &[], "");
    let other_response = keep_alive_response("200 OK", &[], &PROFILE.replace("good", "another's"));
    let close = || successful_call().wait_for_release().shutdown();
    let send = |bytes: &str| successful_call().wait_for_release().send(bytes).shutdown();
    [
        ("close before a read", Get, close()),
        ("close before a write", Put, close()),
        (
            "close before a write without a key",
            PostWithoutKey,
            close(),
        ),
        ("close before a stream", Export, close()),
        ("408 between two calls", PostWithoutKey, send(&timeout)),
        (
            "invalid bytes between two calls",
            PostWithoutKey,
            send("\0"),
        ),
        (
            "unrequested response between two calls",
            Get,
            send(&other_response),
        ),
    ]
    .into_iter()
    .map(|(name, call, script)| {
        next_call_succeeds(name, call, script).connection(ConnectionState::ReusedAfterScript)
    })
    .collect()
}

fn during_a_call() -> Vec<Fault> {
    let close = || successful_call().read_request().shutdown();
    let reset = || successful_call().read_request().reset();
    [
        ("close at a read", Get, close(), CLOSED, RetrySucceeds),
        ("close at a write", Put, close(), CLOSED, RetrySucceeds),
        (
            "close at a write with a key",
            PostWithKey,
            close(),
            CLOSED,
            RetrySucceeds,
        ),
        (
            "close at a write without a key",
            PostWithoutKey,
            close(),
            CLOSED,
            NoRetry,
        ),
        ("close at a delete", Delete, close(), CLOSED, RetrySucceeds),
        ("reset at a read", Get, reset(), RESET, RetrySucceeds),
        (
            "reset at a write without a key",
            PostWithoutKey,
            reset(),
            RESET,
            NoRetry,
        ),
        (
            "reset within the body of a write on a reused connection",
            PutLarge,
            successful_call().read_head().reset(),
            RESET,
            RetrySucceeds,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, cause, retry)| {
        fault(
            name,
            call,
            script,
            connection_error(cause).ambiguous_if_write(call),
            1,
            retry,
        )
        .connection(ConnectionState::Reused)
    })
    .collect()
}

/// Returns faults in which the server sends bytes after the response, or ends or keeps the connection. The
/// bytes must not become the response to the next call.
fn unrequested_bytes() -> Vec<Fault> {
    let with_extra = |extra: &str| {
        Script::new()
            .read_request()
            .send(success_response() + extra)
    };
    let other_response = keep_alive_response("200 OK", &[], &PROFILE.replace("good", "another's"));
    let not_found = keep_alive_response("404 Not Found", &[], "");
    let closing = Script::new()
        .read_request()
        .send(response("200 OK", &[], PROFILE))
        .read_byte()
        .reset();
    let http_1_0 = success_response().replace("HTTP/1.1", "HTTP/1.0");
    let http_1_0 = Script::new()
        .read_request()
        .send(http_1_0)
        .read_byte()
        .reset();
    [
        (
            "second response before a read",
            Get,
            with_extra(&other_response),
        ),
        (
            "second response before a write",
            Put,
            with_extra(&other_response),
        ),
        (
            "second response before a write without a key",
            PostWithoutKey,
            with_extra(&not_found),
        ),
        (
            "second response before a stream",
            Export,
            with_extra(&other_response),
        ),
        (
            "partial second response",
            Put,
            with_extra("HTTP/1.1 200 OK\r\nX"),
        ),
        (
            "extra byte after the response",
            PostWithoutKey,
            with_extra("x"),
        ),
        ("extra line after the response", Put, with_extra("\r\n")),
        // The client must not reuse a connection after one of the next two responses.
        ("connection with Connection: close", Put, closing),
        ("HTTP/1.0 connection", Put, http_1_0),
        ("connection that stays open", Put, successful_call()),
    ]
    .into_iter()
    .map(|(name, call, script)| next_call_succeeds(name, call, script))
    .collect()
}
