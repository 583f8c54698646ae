//! A connection that has served a call before.

use pgbeam_tests::raw::{Script, answer, answer_kept};

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [between_calls(), at_a_call(), too_much()]
        .into_iter()
        .flatten()
        .collect()
}

fn good_answer() -> String {
    answer_kept("200 OK", &[], PROFILE)
}

/// A good call, and what follows.
fn first() -> Script {
    Script::new().request().send(good_answer())
}

/// The next call goes over another connection, whatever it is.
fn anew(name: &'static str, call: Call, script: Script) -> Fault {
    fault(name, call, script, good(call.good()), 1, Once).kept(Kept::Yes)
}

fn between_calls() -> Vec<Fault> {
    let farewell = answer("408 Request Timeout", &[], "");
    let other = answer_kept("200 OK", &[], &PROFILE.replace("good", "another's"));
    let end = || first().hold().finish();
    let send = |bytes: &str| first().hold().send(bytes).finish();
    [
        ("a connection that ends before a read", Get, end()),
        ("a connection that ends before a write", Put, end()),
        (
            "a connection that ends before a write without a key",
            Unkeyed,
            end(),
        ),
        ("a connection that ends before a stream", Export, end()),
        (
            "a connection that says why it ends",
            Unkeyed,
            send(&farewell),
        ),
        ("rubbish between two calls", Unkeyed, send("\0")),
        ("another's answer between two calls", Get, send(&other)),
    ]
    .into_iter()
    .map(|(name, call, script)| anew(name, call, script).kept(Kept::Idle))
    .collect()
}

fn at_a_call() -> Vec<Fault> {
    let end = || first().request().finish();
    let reset = || first().request().reset();
    [
        ("a connection that ends at a read", Get, end(), ENDED, Again),
        (
            "a connection that ends at a write",
            Put,
            end(),
            ENDED,
            Again,
        ),
        (
            "a connection that ends at a write with a key",
            Keyed,
            end(),
            ENDED,
            Again,
        ),
        (
            "a connection that ends at a write without a key",
            Unkeyed,
            end(),
            ENDED,
            Once,
        ),
        (
            "a connection that ends at a delete",
            Delete,
            end(),
            ENDED,
            Again,
        ),
        (
            "a connection that is reset at a read",
            Get,
            reset(),
            RESET,
            Again,
        ),
        (
            "a connection that is reset at a write without a key",
            Unkeyed,
            reset(),
            RESET,
            Once,
        ),
        (
            "a connection that is reset in a write",
            PutLarge,
            first().head().reset(),
            RESET,
            Again,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, why, retry)| {
        fault(name, call, script, broken(why).in_doubt_of(call), 1, retry).kept(Kept::Yes)
    })
    .collect()
}

/// More came than was asked for, and must not be taken for the answer to the next call.
fn too_much() -> Vec<Fault> {
    let with = |more: &str| Script::new().request().send(good_answer() + more);
    let other = answer_kept("200 OK", &[], &PROFILE.replace("good", "another's"));
    let refusal = answer_kept("404 Not Found", &[], "");
    let closing = Script::new()
        .request()
        .send(answer("200 OK", &[], PROFILE))
        .byte()
        .reset();
    let old = good_answer().replace("HTTP/1.1", "HTTP/1.0");
    let old = Script::new().request().send(old).byte().reset();
    [
        ("an answer too many before a read", Get, with(&other)),
        ("an answer too many before a write", Put, with(&other)),
        (
            "an answer too many before a write without a key",
            Unkeyed,
            with(&refusal),
        ),
        ("an answer too many before a stream", Export, with(&other)),
        ("half an answer too many", Put, with("HTTP/1.1 200 OK\r\nX")),
        ("a byte too many", Unkeyed, with("x")),
        ("a line too many", Put, with("\r\n")),
        // The same goes for a connection that the server does not want to be used again.
        ("a connection that was to be closed", Put, closing),
        ("a connection of HTTP/1.0", Put, old),
        ("a connection that is kept", Put, first()),
    ]
    .into_iter()
    .map(|(name, call, script)| anew(name, call, script))
    .collect()
}
