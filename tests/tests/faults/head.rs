//! The head of the answer: its status line and its headers.

use pgbeam_tests::raw::{Script, answer};

use crate::support::*;

/// What hyper says of a head that is none.
const VERSION: &str = "invalid HTTP version parsed";
const STATUS: &str = "invalid HTTP status-code parsed";
const HEADER: &str = "invalid HTTP header parsed";
const LARGE: &str = "message head is too large";

pub fn table() -> Vec<Fault> {
    let tables = [
        broken_off(),
        other_protocols(),
        status_lines(),
        interim_answers(),
        headers(),
    ];
    tables.into_iter().flatten().collect()
}

fn broken_off() -> Vec<Fault> {
    let reset = Script::new().request().send("HTTP/1.1 200 OK\r\nX").reset();
    let drip = Script::new().request().drip(status_line("HTTP/1.1 200 OK"));
    [
        ("the end within the status line", Put, "HTTP/1.1 20", Again),
        (
            "the end after the status line",
            Put,
            "HTTP/1.1 200 OK\r\n",
            Again,
        ),
        (
            "the end within a header",
            Put,
            "HTTP/1.1 200 OK\r\nContent-Le",
            Again,
        ),
        (
            "the end before the empty line",
            Get,
            "HTTP/1.1 200 OK\r\nX: y\r\n",
            Again,
        ),
        (
            "the end within a head, without a key",
            Unkeyed,
            "HTTP/1.1 201 Created\r\nX",
            Once,
        ),
        (
            "the end within a refusal, without a key",
            Unkeyed,
            "HTTP/1.1 403 Forbidden\r\nX",
            Once,
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, retry)| {
        answered(name, call, bytes, broken(ENDED).in_doubt_of(call), retry)
    })
    .chain([
        fault(
            "a reset within the head",
            Put,
            reset,
            broken(RESET).in_doubt(),
            1,
            Again,
        ),
        fault(
            "an answer that comes byte by byte",
            Get,
            drip,
            good("good"),
            1,
            Once,
        ),
    ])
    .collect()
}

fn other_protocols() -> Vec<Fault> {
    let settings = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64";
    let row = |name, bytes: &[u8], want, retry| answered(name, Put, bytes, want, retry);
    let lost = || broken(VERSION).in_doubt();
    let bare = format!("HTTP/1.0 200 OK\r\n\r\n{PROFILE}");
    vec![
        row(
            "a banner of another protocol",
            b"SSH-2.0-OpenSSH_9.9\r\n",
            lost(),
            Again,
        ),
        row("rubbish", &[0xff; 1_000], lost(), Again),
        row(
            "an answer of HTTP/0.9",
            b"<html>hello</html>",
            lost(),
            Again,
        ),
        row(
            "an answer of HTTP/1.0",
            status_line("HTTP/1.0 200 OK").as_bytes(),
            good("good"),
            Once,
        ),
        row(
            "an answer of HTTP/1.0 without a length",
            bare.as_bytes(),
            good("good"),
            Once,
        ),
        row(
            "an answer of HTTP/1.2",
            status_line("HTTP/1.2 200 OK").as_bytes(),
            lost(),
            Again,
        ),
        row(
            "an answer of HTTP/2.0 in letters",
            b"HTTP/2.0 200 OK\r\n\r\n",
            lost(),
            Again,
        ),
        row("an answer of HTTP/2", settings, lost(), Again),
        row(
            "the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            lost(),
            Again,
        ),
        row(
            "a TLS alert",
            b"\x15\x03\x01\x00\x02\x02\x46",
            lost(),
            Again,
        ),
    ]
}

fn status_lines() -> Vec<Fault> {
    let high = |line: &str| api(&format!("HTTP {line}")).in_doubt();
    let cafe = api("HTTP 500: Internal Server Error").in_doubt();
    let mut lines: Vec<_> = [
        (
            "a status line without a reason",
            "HTTP/1.1 200",
            good("good"),
            Once,
        ),
        (
            "a status line with a blank reason",
            "HTTP/1.1 200 ",
            good("good"),
            Once,
        ),
        (
            "a status line after empty lines",
            "\r\n\r\nHTTP/1.1 200 OK",
            good("good"),
            Once,
        ),
        (
            "a status line in small letters",
            "http/1.1 200 ok",
            broken(VERSION).in_doubt(),
            Again,
        ),
        (
            "a reason with terminal codes",
            "HTTP/1.1 500 \x1b[31mred",
            broken(STATUS).in_doubt(),
            Again,
        ),
        ("a reason beyond ASCII", "HTTP/1.1 500 café", cafe, Once),
        (
            "a status line of a version alone",
            "HTTP/1.1",
            broken(VERSION).in_doubt(),
            Again,
        ),
        ("status 600", "HTTP/1.1 600 High", high("600"), Once),
        ("status 999", "HTTP/1.1 999 Go away", high("999"), Once),
    ]
    .into_iter()
    .map(|(name, line, want, retry)| answered(name, Put, status_line(line), want, retry))
    .collect();
    let no_statuses = [
        ("status 099", "HTTP/1.1 099 Low"),
        ("status 000", "HTTP/1.1 000 Nothing"),
        ("status 1000", "HTTP/1.1 1000 Beyond"),
        ("status 20", "HTTP/1.1 20 OK"),
        ("status abc", "HTTP/1.1 abc OK"),
        ("status -200", "HTTP/1.1 -200 OK"),
    ];
    lines.extend(no_statuses.map(|(name, line)| {
        answered(
            name,
            Put,
            status_line(line),
            broken(STATUS).in_doubt(),
            Again,
        )
    }));
    let feeds = status_line("HTTP/1.1 200 OK").replace("\r\n", "\n");
    lines.push(answered(
        "lines that end with line feeds alone",
        Get,
        feeds,
        good("good"),
        Once,
    ));
    lines
}

fn interim_answers() -> Vec<Fault> {
    let processing = "HTTP/1.1 102 Processing\r\n\r\n";
    let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    let switched = || api("HTTP 101: Switching Protocols").in_doubt();
    let mut answers: Vec<_> = [
        ("100 and then the answer", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("102 and then the answer", processing),
        (
            "103 and then the answer",
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        ),
        (
            "a thousand times 102 and then the answer",
            &processing.repeat(1_000),
        ),
    ]
    .map(|(name, interim)| {
        let bytes = format!("{interim}{}", answer("200 OK", &[], PROFILE));
        answered(name, Put, bytes, good("good"), Once)
    })
    .into();
    answers.extend([
        answered(
            "102 and then the end",
            Put,
            processing,
            broken(ENDED).in_doubt(),
            Again,
        ),
        answered(
            "101, which nobody asked for",
            Put,
            switching,
            switched(),
            Once,
        ),
        answered(
            "101 to a write without a key",
            Unkeyed,
            switching,
            switched(),
            Once,
        ),
    ]);
    answers
}

fn headers() -> Vec<Fault> {
    let many = |n: usize| (0..n).map(|n| format!("X-{n}: y\r\n")).collect::<String>() + "X: y";
    let long = |n| format!("ETag: \"{}\"", "x".repeat(n));
    let bytes = b"ETag: \"\xff\"\r\nX-Request-Id: \xfe\xff";
    let twice = "ETag: \"a\"\r\nETag: \"b\"\r\nX-Request-Id: 1\r\nX-Request-Id: 2";
    let fine = [
        ("a header without a value", b"X-A:".as_slice()),
        (
            "headers beyond ASCII",
            "ETag: \"é\"\r\nX-Request-Id: né".as_bytes(),
        ),
        ("headers that are no text", bytes),
        ("two of each header", twice.as_bytes()),
        ("99 headers", many(96).as_bytes()),
        ("a header of 100 KB", long(100_000).as_bytes()),
    ]
    .map(|(name, headers)| answered(name, Get, with(headers), good("good"), Once));
    let wrong = [
        (
            "a header that goes on in the next line",
            "X-A: b\r\n c",
            HEADER,
        ),
        ("a header without a colon", "X-A b", HEADER),
        ("a header with a space before its colon", "X-A : b", HEADER),
        ("a header with a space in its name", "X A: b", HEADER),
        ("a header without a name", ": b", HEADER),
        ("a header with NUL", "X-A: b\0c", HEADER),
        ("a header with a carriage return", "X-A: b\rc", HEADER),
        ("a thousand headers", &many(1_000), LARGE),
        ("a header of 1 MB", &long(1_000_000), LARGE),
    ]
    .map(|(name, headers, why)| answered(name, Get, with(headers), broken(why), Again));
    let without_a_key = with(long(1_000_000));
    let without_a_key = answered(
        "a header of 1 MB, without a key",
        Unkeyed,
        without_a_key,
        broken(LARGE).in_doubt(),
        Once,
    );
    fine.into_iter()
        .chain(wrong)
        .chain([without_a_key])
        .collect()
}

/// A head whose status line is this, and a good answer otherwise.
fn status_line(line: &str) -> String {
    format!(
        "{line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{PROFILE}",
        PROFILE.len()
    )
}

/// A good answer with these bytes among its headers.
fn with(headers: impl AsRef<[u8]>) -> Vec<u8> {
    let good = status_line("HTTP/1.1 200 OK");
    let (line, rest) = good.split_once("\r\n").unwrap();
    [
        line.as_bytes(),
        b"\r\n",
        headers.as_ref(),
        b"\r\n",
        rest.as_bytes(),
    ]
    .concat()
}
