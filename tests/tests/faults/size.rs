//! How large the body of the answer is, and how it is compressed.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use pgbeam_tests::raw::Script;

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [
        large(),
        compressed(),
        badly_compressed(),
        otherwise_compressed(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An answer with this status line and these headers, and a body.
fn of(head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Blanks, more than may be read into memory.
fn blanks() -> Vec<u8> {
    vec![b' '; LARGEST + 1]
}

fn too_large() -> String {
    format!("it is larger than {LARGEST} bytes, the limit set by `max_response_bytes`")
}

fn large() -> Vec<Fault> {
    let read = unread(200, &too_large());
    let written = || unread(200, &format!("{}; the request took effect", too_large())).in_doubt();
    let most = [PROFILE.as_bytes(), &blanks()[..LARGEST - PROFILE.len()]].concat();
    let piece = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let endless = Script::new()
        .request()
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        .send_forever(piece, Duration::ZERO);
    let bad = || api("HTTP 502: Bad Gateway").in_doubt();
    vec![
        answered(
            "a body as large as may be",
            Get,
            of("200 OK", &most),
            good("good"),
            Once,
        ),
        answered(
            "a body too large for a read",
            Get,
            of("200 OK", &blanks()),
            read,
            Once,
        ),
        answered(
            "a body too large for a write",
            Put,
            of("200 OK", &blanks()),
            written(),
            Once,
        ),
        answered(
            "a body too large, without a key",
            Unkeyed,
            of("200 OK", &blanks()),
            written(),
            Once,
        ),
        fault("a body without an end", Put, endless, written(), 1, Once).except(Export),
        answered(
            "a large answer to a delete",
            Delete,
            of("200 OK", &blanks()),
            good("deleted"),
            Once,
        ),
        answered(
            "a large stream",
            Export,
            of("200 OK", &[b"id\n", &blanks()[..]].concat()),
            good(&format!("id\n{}", " ".repeat(LARGEST + 1))),
            Once,
        ),
        answered(
            "a refusal too large",
            Put,
            of("400 Bad Request", &blanks()),
            api("HTTP 400: Bad Request"),
            Once,
        ),
        answered(
            "a gateway's page too large",
            Put,
            of("502 Bad Gateway", &blanks()),
            bad(),
            Again,
        ),
        answered(
            "a gateway's page too large, without a key",
            Unkeyed,
            of("502 Bad Gateway", &blanks()),
            bad(),
            Once,
        ),
    ]
}

fn compressed() -> Vec<Fault> {
    let of = |status: &str, body: &[u8]| of(&format!("{status}\r\nContent-Encoding: gzip"), body);
    let members = [gzip(&PROFILE[..50]), gzip(&PROFILE[50..])].concat();
    let bomb = gzip([PROFILE.as_bytes(), &blanks()].concat());
    let large = unread(200, &too_large());
    let refusal = gzip(r#"{"detail":"no"}"#);
    let no = || api("HTTP 400: no");
    vec![
        answered(
            "a compressed answer",
            Get,
            of("200 OK", &gzip(PROFILE)),
            good("good"),
            Once,
        ),
        answered(
            "a compressed answer to a write",
            Put,
            of("200 OK", &gzip(PROFILE)),
            good("good"),
            Once,
        ),
        answered(
            "a compressed answer in two members",
            Get,
            of("200 OK", &members),
            // reqwest undoes the first alone, and loses what follows.
            unknown("EOF while parsing a value at line 2 column 0"),
            Once,
        ),
        answered(
            "a compressed stream",
            Export,
            of("200 OK", &gzip("id\n1\n")),
            good("id\n1\n"),
            Once,
        ),
        // As above.
        answered(
            "a compressed stream in two members",
            Export,
            of("200 OK", &[gzip("id\n"), gzip("1\n")].concat()),
            good("id\n"),
            Once,
        ),
        answered(
            "a compressed refusal",
            Put,
            of("400 Bad Request", &refusal),
            no(),
            Once,
        ),
        answered(
            "a compressed nothing",
            Delete,
            of("204 No Content", b""),
            good("deleted"),
            Once,
        ),
        answered(
            "an answer that grows too large",
            Get,
            of("200 OK", &bomb),
            large,
            Once,
        ),
        answered(
            "a refusal that grows too large",
            Put,
            of("400 Bad Request", &bomb),
            api("HTTP 400: Bad Request"),
            Once,
        ),
    ]
}

/// What is said of compressed bytes that break off.
const ENDS: &str = "unexpected end of file";

fn badly_compressed() -> Vec<Fault> {
    let of = |status: &str, body: &[u8]| of(&format!("{status}\r\nContent-Encoding: gzip"), body);
    let whole = gzip(PROFILE);
    let half = &whole[..whole.len() / 2];
    let rest = [&whole[..], b"rest"].concat();
    let mut sum = whole.clone();
    let at = sum.len() - 6;
    sum[at] ^= 1;
    let mut faults: Vec<_> = [
        (
            "an answer that is not compressed as it says",
            PROFILE.as_bytes(),
            "Invalid gzip header",
        ),
        ("half a compressed answer", half, ENDS),
        (
            "a compressed answer with a wrong sum",
            &sum,
            "CRC computed does not match",
        ),
    ]
    .map(|(name, body, why)| answered(name, Put, of("200 OK", body), cut(why).in_doubt(), Again))
    .into();
    faults.extend([
        answered(
            "an answer of nothing that says it is compressed",
            Get,
            of("200 OK", b""),
            unread(200, "it is empty"),
            Once,
        ),
        answered(
            "a compressed answer and more",
            Put,
            of("200 OK", &rest),
            good("good"),
            Once,
        ),
        answered(
            "half a compressed stream",
            Export,
            of("200 OK", half),
            cut(ENDS),
            Once,
        ),
        answered(
            "half a compressed answer without a key",
            Unkeyed,
            of("200 OK", half),
            cut(ENDS).in_doubt(),
            Once,
        ),
        answered(
            "a refusal that is not compressed as it says",
            Put,
            of("400 Bad Request", b"{\"detail\":\"no\"}"),
            api("HTTP 400: Bad Request"),
            Once,
        ),
    ]);
    faults
}

fn otherwise_compressed() -> Vec<Fault> {
    let row = |name, encoding: &str, shown: &str| {
        let bytes = of(
            &format!("200 OK\r\nContent-Encoding: {encoding}"),
            PROFILE.as_bytes(),
        );
        let why = "and the HTTP client did not decompress it";
        answered(
            name,
            Get,
            bytes,
            unread(200, &format!("it is compressed ({shown}), {why}")),
            Once,
        )
    };
    let identity = of("200 OK\r\nContent-Encoding: identity", PROFILE.as_bytes());
    let refusal = of(
        "400 Bad Request\r\nContent-Encoding: br",
        b"\x8b\x01\x80no\x03",
    );
    vec![
        row("an answer compressed with brotli", "br", "br"),
        row("an answer compressed with deflate", "deflate", "deflate"),
        row("an answer compressed with zstd", "zstd", "zstd"),
        row(
            "an answer compressed twice",
            "gzip, gzip",
            "an unknown coding",
        ),
        row(
            "an answer compressed with terminal codes",
            "\u{202e}",
            "an unknown coding",
        ),
        answered(
            "an answer compressed with nothing",
            Get,
            identity,
            good("good"),
            Once,
        ),
        answered(
            "a refusal compressed with brotli",
            Put,
            refusal,
            api("HTTP 400: Bad Request"),
            Once,
        ),
    ]
}
