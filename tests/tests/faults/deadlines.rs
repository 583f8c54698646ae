//! What never ends, or not in time. What is never answered at all is in `request`.

use std::time::Duration;

use pgbeam_tests::raw::Script;

use crate::support::*;

/// Longer than an attempt may take, and shorter than a call may.
const ATTEMPT: Duration = Duration::from_secs(31);

/// Longer than a call may take.
const CALL: Duration = Duration::from_secs(121);

/// The beginnings of answers, and what goes on with them for ever.
const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const CHUNK: &str = "1\r\n \r\n";

pub fn table() -> Vec<Fault> {
    [heads(), bodies(), refusals(), streams()]
        .into_iter()
        .flatten()
        .collect()
}

fn request() -> Script {
    Script::new().request()
}

/// Sends the one and then a piece every second.
fn drip(first: &str, piece: &str) -> Script {
    request()
        .send(first)
        .send_forever(piece, Duration::from_secs(1))
}

fn heads() -> Vec<Fault> {
    let stalled = request().send("HTTP/1.1 200 OK\r\nX").pass(ATTEMPT);
    [
        ("a head that stalls", Put, stalled.clone(), Again),
        (
            "a head that stalls, of a write without a key",
            Unkeyed,
            stalled,
            Once,
        ),
        (
            "headers for ever",
            Put,
            drip("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
            Again,
        ),
        (
            "a header for ever",
            Unkeyed,
            drip("HTTP/1.1 201 Created\r\nX: ", "y"),
            Once,
        ),
        ("a reason for ever", Get, drip("HTTP/1.1 200 O", "K"), Again),
        ("empty lines for ever", Get, drip("", "\r\n"), Again),
        (
            "interim answers for ever",
            Put,
            drip("", "HTTP/1.1 102 Processing\r\n\r\n"),
            Again,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, retry)| {
        fault(name, call, script, late().in_doubt_of(call), 1, retry)
    })
    .collect()
}

fn bodies() -> Vec<Fault> {
    // A stream does not begin to wait before its head is there, so its time must go on passing.
    let stalled = || request().send(HALF);
    [
        ("a body that stalls", Put, stalled().pass(ATTEMPT), Again),
        (
            "a body that stalls, of a write without a key",
            Unkeyed,
            stalled().pass(ATTEMPT),
            Once,
        ),
        (
            "a body that stalls beyond the budget",
            Put,
            stalled().pass(CALL),
            Once,
        ),
        ("chunks for ever", Put, drip(CHUNKED, CHUNK), Again),
        ("a size of a chunk for ever", Put, drip(CHUNKED, "0"), Again),
        (
            "trailers for ever",
            Put,
            drip(&format!("{CHUNKED}0\r\n"), "X: y\r\n"),
            Again,
        ),
        (
            "a body without a length for ever",
            Get,
            drip("HTTP/1.1 200 OK\r\n\r\n", " "),
            Again,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, retry)| {
        fault(
            name,
            call,
            script,
            late_within().in_doubt_of(call),
            1,
            retry,
        )
        .except(Export)
    })
    .collect()
}

/// A status of error needs no body.
fn refusals() -> Vec<Fault> {
    let half = "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n{";
    let forbidden = api("HTTP 403: Forbidden; use an API key that has the permission");
    let conflict = CHUNKED.replace("200 OK", "409 Conflict");
    let gateway = CHUNKED.replace("200 OK", "502 Bad Gateway");
    let bad = || api("HTTP 502: Bad Gateway").in_doubt();
    vec![
        fault(
            "a refusal that stalls",
            Put,
            request().send(half).pass(ATTEMPT),
            forbidden,
            1,
            Once,
        ),
        fault(
            "a refusal for ever",
            Put,
            drip(&conflict, CHUNK),
            api("HTTP 409: Conflict"),
            1,
            Once,
        ),
        fault(
            "a gateway's page for ever",
            Put,
            drip(&gateway, CHUNK),
            bad(),
            1,
            Again,
        ),
        fault(
            "a gateway's page for ever, without a key",
            Unkeyed,
            drip(&gateway, CHUNK),
            bad(),
            1,
            Once,
        ),
    ]
}

/// The time runs anew for each piece of a stream, so it must not run before it is waited for.
fn streams() -> Vec<Fault> {
    let begun = || {
        request()
            .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            .hold()
    };
    let stalled = begun().send("id\n").hold().pass(ATTEMPT);
    // Each piece comes in time.
    let slow = |pieces: usize| {
        (0..pieces).fold(request().send(CHUNKED).hold(), |script, _| {
            script.send(CHUNK).hold().pass(Duration::from_secs(20))
        })
    };
    let ended = slow(5).send("0\r\n\r\n");
    [
        (
            "a stream that never begins",
            begun().pass(ATTEMPT),
            late_within(),
        ),
        ("a stream that stalls", stalled, late_within()),
        ("a stream that is slow", ended, good("     ")),
        ("a stream that is slow for ever", slow(6), beyond_budget()),
    ]
    .into_iter()
    .map(|(name, script, want)| fault(name, Export, script, want, 1, Once).only())
    .collect()
}
