//! While the request is under way, and just after: no byte of an answer has come, or it came too
//! early.

use std::time::Duration;

use pgbeam_tests::raw::{Script, answer, answer_kept};

use crate::support::*;

/// How much of a large body is read before the fault.
const SOME: usize = 100_000;

pub fn table() -> Vec<Fault> {
    [unanswered(), late_ones(), early()]
        .into_iter()
        .flatten()
        .collect()
}

fn unanswered() -> Vec<Fault> {
    let head = || Script::new().head();
    let whole = || Script::new().request();
    [
        (
            "a reset after the head of a write",
            PutLarge,
            head().reset(),
            RESET,
            Again,
        ),
        (
            "a reset within the body of a write",
            PutLarge,
            head().some(SOME).reset(),
            RESET,
            Again,
        ),
        ("a reset after a write", Put, whole().reset(), RESET, Again),
        (
            "a reset after a write with a key",
            Keyed,
            whole().reset(),
            RESET,
            Again,
        ),
        (
            "a reset after a write without a key",
            Unkeyed,
            whole().reset(),
            RESET,
            Once,
        ),
        ("a reset after a read", Get, whole().reset(), RESET, Again),
        (
            "a reset after a delete",
            Delete,
            whole().reset(),
            RESET,
            Again,
        ),
        (
            "a reset after a request for a stream",
            Export,
            whole().reset(),
            RESET,
            Again,
        ),
        (
            "the end after the head of a write",
            PutLarge,
            head().finish(),
            ENDED,
            Again,
        ),
        (
            "the end within the body of a write",
            PutLarge,
            head().some(SOME).finish(),
            ENDED,
            Again,
        ),
        ("the end after a write", Put, whole().finish(), ENDED, Again),
        (
            "the end after a write with a key",
            Keyed,
            whole().finish(),
            ENDED,
            Again,
        ),
        (
            "the end after a write without a key",
            Unkeyed,
            whole().finish(),
            ENDED,
            Once,
        ),
        ("the end after a read", Get, whole().finish(), ENDED, Again),
    ]
    .into_iter()
    .map(|(name, call, script, why, retry)| {
        fault(name, call, script, broken(why).in_doubt_of(call), 1, retry)
    })
    .chain([
        // What is written may meet the reset before what is read does.
        fault(
            "a reset after a byte of a write",
            Put,
            Script::new().byte().reset(),
            broken(CUT).in_doubt(),
            0,
            Again,
        )
        .either_way(),
    ])
    .collect()
}

fn late_ones() -> Vec<Fault> {
    let silent = |script: Script, seconds| script.pass(Duration::from_secs(seconds));
    let whole = || Script::new().request();
    [
        (
            "a write that is not answered",
            Put,
            silent(whole(), 31),
            Again,
        ),
        (
            "a write with a key that is not answered",
            Keyed,
            silent(whole(), 31),
            Again,
        ),
        (
            "a write without a key that is not answered",
            Unkeyed,
            silent(whole(), 31),
            Once,
        ),
        (
            "a read that is not answered",
            Get,
            silent(whole(), 31),
            Again,
        ),
        (
            "a request for a stream that is not answered",
            Export,
            silent(whole(), 31),
            Again,
        ),
        (
            "a body that is not read",
            PutLarge,
            silent(Script::new().head(), 31),
            Again,
        ),
        (
            "a write that is not answered within the budget",
            Put,
            silent(whole(), 121),
            Once,
        ),
    ]
    .into_iter()
    .map(|(name, call, script, retry)| {
        fault(name, call, script, late().in_doubt_of(call), 1, retry)
    })
    .collect()
}

fn early() -> Vec<Fault> {
    let refusal = || answer("413 Content Too Large", &[], r#"{"detail":"too large"}"#);
    let success = || answer_kept("200 OK", &[], PROFILE);
    let refused = || api("HTTP 413: too large");
    let read = Script::new().head().send(refusal()).request().finish();
    let unread = Script::new().head().send(refusal()).hold();
    let first = Script::new().byte().send(success()).request();
    let second = Script::new().head().send(success()).request();
    [
        (
            "a refusal before the body, which is read then",
            read,
            refused(),
        ),
        (
            "a refusal before the body, which never is read",
            unread,
            refused(),
        ),
        ("a success before the head is read", first, good("good")),
        ("a success before the body is read", second, good("good")),
    ]
    .into_iter()
    .map(|(name, script, want)| fault(name, PutLarge, script, want, 1, Once))
    .collect()
}
