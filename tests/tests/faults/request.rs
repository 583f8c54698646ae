//! Faults while the request is sent, or just after: no response, or a response before the end of the
//! request.

use std::time::Duration;

use pgbeam_tests::raw::{Script, keep_alive_response, response};

use crate::support::*;

/// The number of bytes of a large body that the server reads before the fault.
const PARTIAL_BODY: usize = 100_000;

pub fn table() -> Vec<Fault> {
    [disconnects(), timeouts(), early_responses()]
        .into_iter()
        .flatten()
        .collect()
}

fn disconnects() -> Vec<Fault> {
    let read_head = || Script::new().read_head();
    let read_request = || Script::new().read_request();
    [
        (
            "reset after the head of a write",
            PutLarge,
            read_head().reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "reset within the body of a write",
            PutLarge,
            read_head().read_body_bytes(PARTIAL_BODY).reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "reset after a write",
            Put,
            read_request().reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "reset after a write with a key",
            PostWithKey,
            read_request().reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "reset after a write without a key",
            PostWithoutKey,
            read_request().reset(),
            RESET,
            NoRetry,
        ),
        (
            "reset after a read",
            Get,
            read_request().reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "reset after a delete",
            Delete,
            read_request().reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "reset after a request for a stream",
            Export,
            read_request().reset(),
            RESET,
            RetrySucceeds,
        ),
        (
            "close after the head of a write",
            PutLarge,
            read_head().shutdown(),
            CLOSED,
            RetrySucceeds,
        ),
        (
            "close within the body of a write",
            PutLarge,
            read_head().read_body_bytes(PARTIAL_BODY).shutdown(),
            CLOSED,
            RetrySucceeds,
        ),
        (
            "close after a write",
            Put,
            read_request().shutdown(),
            CLOSED,
            RetrySucceeds,
        ),
        (
            "close after a write with a key",
            PostWithKey,
            read_request().shutdown(),
            CLOSED,
            RetrySucceeds,
        ),
        (
            "close after a write without a key",
            PostWithoutKey,
            read_request().shutdown(),
            CLOSED,
            NoRetry,
        ),
        (
            "close after a read",
            Get,
            read_request().shutdown(),
            CLOSED,
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
    })
    .chain([
        // Depending on timing, the client detects the reset while it writes or while it reads.
        fault(
            "reset after a byte of a write",
            Put,
            Script::new().read_byte().reset(),
            connection_error(ANY_DISCONNECT).ambiguous(),
            0,
            RetrySucceeds,
        )
        .with_any_disconnect(),
    ])
    .collect()
}

fn timeouts() -> Vec<Fault> {
    let no_response = |script: Script, seconds| script.advance_clock(Duration::from_secs(seconds));
    let read_request = || Script::new().read_request();
    [
        (
            "no response to a write",
            Put,
            no_response(read_request(), 31),
            RetrySucceeds,
        ),
        (
            "no response to a write with a key",
            PostWithKey,
            no_response(read_request(), 31),
            RetrySucceeds,
        ),
        (
            "no response to a write without a key",
            PostWithoutKey,
            no_response(read_request(), 31),
            NoRetry,
        ),
        (
            "no response to a read",
            Get,
            no_response(read_request(), 31),
            RetrySucceeds,
        ),
        (
            "no response to a request for a stream",
            Export,
            no_response(read_request(), 31),
            RetrySucceeds,
        ),
        (
            "request body that is not read",
            PutLarge,
            no_response(Script::new().read_head(), 31),
            RetrySucceeds,
        ),
        (
            "no response to a write within the total timeout",
            Put,
            no_response(read_request(), 121),
            NoRetry,
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

fn early_responses() -> Vec<Fault> {
    let error = || response("413 Content Too Large", &[], r#"{"detail":"too large"}"#);
    let early_response = || keep_alive_response("200 OK", &[], PROFILE);
    let too_large = || api_error("HTTP 413: too large");
    let error_then_read = Script::new()
        .read_head()
        .send(error())
        .read_request()
        .shutdown();
    let error_without_read = Script::new().read_head().send(error()).wait_for_release();
    let before_head = Script::new()
        .read_byte()
        .send(early_response())
        .read_request();
    let before_body = Script::new()
        .read_head()
        .send(early_response())
        .read_request();
    [
        (
            "error response before the body is read",
            error_then_read,
            too_large(),
        ),
        (
            "error response without reading the body",
            error_without_read,
            too_large(),
        ),
        (
            "success response before the head is read",
            before_head,
            success("good"),
        ),
        (
            "success response before the body is read",
            before_body,
            success("good"),
        ),
    ]
    .into_iter()
    .map(|(name, script, expected)| fault(name, PutLarge, script, expected, 1, NoRetry))
    .collect()
}
