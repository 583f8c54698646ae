//! Before there is a connection, or just after: nothing of a request has arrived.

use std::time::Duration;

use pgbeam_tests::raw::Script;

use crate::support::{Lookup::*, *};

/// Longer than all attempts together may take to connect.
const LONG: Duration = Duration::from_secs(100);

pub fn table() -> Vec<Fault> {
    [names(), handshakes(), closed_at_once()]
        .into_iter()
        .flatten()
        .collect()
}

/// Even a write without a key is sent again: its first request was none.
fn names() -> Vec<Fault> {
    let row = |name, lookup, want, retry| {
        fault(name, Unkeyed, Script::new(), want, 0, retry).at(Place::Named(lookup))
    };
    let mut names = vec![
        row(
            "a name that does not exist",
            Unknown,
            unconnected("no such host"),
            Again,
        ),
        row(
            "a name without an address",
            Nothing,
            unconnected("Network unreachable"),
            Again,
        ),
        row(
            "a connection that is refused",
            Refusing,
            unconnected("Connection refused"),
            Again,
        ),
        row(
            "a name that is looked up for ever",
            Silence,
            connecting_late(),
            Again,
        ),
        row(
            "a connection that is neither taken nor refused",
            Deaf,
            connecting_late(),
            Again,
        ),
    ];
    let second = fault(
        "an address that refuses and another",
        Unkeyed,
        Script::new(),
        good("good"),
        1,
        Once,
    );
    names.push(second.at(Place::Named(RefusingFirst)));
    names
}

fn handshakes() -> Vec<Fault> {
    let hello = || Script::new().byte();
    let plain = hello().send("HTTP/1.1 400 Bad Request\r\n\r\n").finish();
    let alert = hello().send(b"\x15\x03\x03\x00\x02\x02\x28").finish();
    let mut handshakes: Vec<_> = [
        (
            "plain HTTP for TLS",
            plain,
            "received corrupt message of type InvalidContentType",
        ),
        (
            "the end during the handshake",
            hello().finish(),
            "tls handshake eof",
        ),
        ("a reset during the handshake", hello().reset(), RESET),
        (
            "an alert during the handshake",
            alert,
            "received fatal alert: HandshakeFailure",
        ),
    ]
    .into_iter()
    .map(|(name, script, why)| fault(name, Unkeyed, script, unconnected(why), 0, InVain))
    .collect();
    let silence = hello().pass(LONG);
    let silent = "a handshake without an answer";
    handshakes.push(fault(
        silent,
        Unkeyed,
        silence,
        connecting_late(),
        0,
        InVain,
    ));
    handshakes
        .into_iter()
        .map(|fault| fault.at(Place::Tls))
        .collect()
}

/// Which of the two notices first is for the network to decide.
fn closed_at_once() -> Vec<Fault> {
    [
        (
            "a connection that is closed at once",
            Script::new().abandon(),
        ),
        ("a connection that is ended at once", Script::new().finish()),
        ("a connection that is reset at once", Script::new().reset()),
    ]
    .into_iter()
    .map(|(name, script)| fault(name, Put, script, broken(CUT).in_doubt(), 0, Again).either_way())
    .collect()
}
