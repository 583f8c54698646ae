//! Where the body of the answer ends, and where it breaks off.

use pgbeam_tests::raw::{Script, answer_kept};

use crate::support::*;

/// What hyper says of a body that ends early, of one in chunks too, and of a length that is none.
const SHORT: &str = "end of file before message length reached";
const SHORT_OF_CHUNKS: &str = "unexpected EOF during chunk size line";
const LENGTH: &str = "invalid content-length parsed";
const SIZE: &str = "Invalid chunk size line: missing size digit";

pub fn table() -> Vec<Fault> {
    [by_length(), by_chunks(), by_status()]
        .into_iter()
        .flatten()
        .collect()
}

/// A success with these headers and this body.
fn of(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}")
}

fn by_length() -> Vec<Fault> {
    let n = PROFILE.len();
    let reset = |body| Script::new().request().send(of("X: y", body)).reset();
    let short = of("Content-Length: 5000", PROFILE);
    let long = of(&format!("Content-Length: {n}"), &PROFILE.repeat(2));
    let long_stream = of("Content-Length: 5", "id\n1\n2\n3\n");
    let half = of("X: y", &PROFILE[..n / 2]);
    let at = "EOF while parsing a string at line 2 column 77";
    let both = of(
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        &chunks(&[PROFILE]),
    );
    let same = of(
        &format!("Content-Length: {n}\r\nContent-Length: {n}"),
        PROFILE,
    );
    let mut lengths = vec![
        answered(
            "a body too short",
            Put,
            short.clone(),
            cut(SHORT).in_doubt(),
            Again,
        ),
        answered(
            "a body too short, without a key",
            Unkeyed,
            short.clone(),
            cut(SHORT).in_doubt(),
            Once,
        ),
        answered("a stream too short", Export, short, cut(SHORT), Once),
        answered("a body too long", Put, long, good("good"), Once),
        answered(
            "a stream too long",
            Export,
            long_stream,
            good("id\n1\n"),
            Once,
        ),
        answered(
            "a body without a length",
            Put,
            of("X: y", PROFILE),
            good("good"),
            Once,
        ),
        answered(
            "half a body without a length",
            Put,
            half,
            unknown_of_write(at),
            Once,
        ),
        fault(
            "a reset within a body",
            Put,
            reset("{\"id\":"),
            cut(RESET).in_doubt(),
            1,
            Again,
        ),
        fault(
            "a reset within a stream",
            Export,
            reset("id\n"),
            cut(RESET),
            1,
            Once,
        ),
        answered("the same length twice", Put, same, good("good"), Once),
        answered("a length and chunks", Put, both, good("good"), Once),
    ];
    let no_lengths = [
        ("a negative length", "-1".to_owned(), broken(LENGTH)),
        ("a length with a sign", format!("+{n}"), broken(LENGTH)),
        (
            "a length that is no number",
            "many".to_owned(),
            broken(LENGTH),
        ),
        ("an empty length", String::new(), broken(LENGTH)),
        (
            "a length that no number holds",
            "99999999999999999999".to_owned(),
            broken(LENGTH),
        ),
        (
            "a length of all that numbers hold",
            "18446744073709551613".to_owned(),
            cut(SHORT),
        ),
        (
            "a length of a petabyte",
            "1125899906842624".to_owned(),
            cut(SHORT),
        ),
        (
            "two lengths",
            format!("{n}\r\nContent-Length: 5"),
            broken(LENGTH),
        ),
        (
            "two lengths in one header",
            format!("{n}, 5"),
            broken(LENGTH),
        ),
    ];
    lengths.extend(no_lengths.map(|(name, length, want)| {
        let bytes = of(&format!("Content-Length: {length}"), PROFILE);
        answered(name, Put, bytes, want.in_doubt(), Again)
    }));
    lengths
}

/// A success in chunks, as they are written here.
fn chunked(body: &str) -> String {
    of("Transfer-Encoding: chunked", body)
}

/// A body in these chunks.
fn chunks(chunks: &[&str]) -> String {
    chunks
        .iter()
        .map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len()))
        .collect::<String>()
        + "0\r\n\r\n"
}

fn by_chunks() -> Vec<Fault> {
    let n = PROFILE.len();
    let large = "x".repeat(1_000_000);
    let bytes: Vec<_> = PROFILE.split_inclusive(|_| true).collect();
    let whole = format!("{n:x}\r\n{PROFILE}\r\n");
    let extended = format!("{n:x};name=value;\"quoted\"\r\n{PROFILE}\r\n0;last\r\n\r\n");
    let trailers = format!("{whole}0\r\nX-A: b\r\nContent-Length: 5\r\n\r\n");
    let old = chunked(&chunks(&[PROFILE])).replace("HTTP/1.1", "HTTP/1.0");
    let unexpected = broken("unexpected transfer-encoding parsed").in_doubt();
    let other = |encoding| of(&format!("Transfer-Encoding: {encoding}"), PROFILE);
    let mut faults = vec![
        answered(
            "chunks of one byte",
            Put,
            chunked(&chunks(&bytes)),
            good("good"),
            Once,
        ),
        answered(
            "chunks with extensions",
            Put,
            chunked(&extended),
            good("good"),
            Once,
        ),
        answered(
            "chunks with trailers",
            Put,
            chunked(&trailers),
            good("good"),
            Once,
        ),
        answered(
            "a stream with trailers",
            Export,
            chunked("2\r\nid\r\n0\r\nX: y\r\n\r\n"),
            good("id"),
            Once,
        ),
        answered(
            "a stream in chunks that breaks off",
            Export,
            chunked("2\r\nid\r\n"),
            cut(SHORT_OF_CHUNKS),
            Once,
        ),
        answered(
            "an encoding that is not known",
            Put,
            other("xor"),
            good("good"),
            Once,
        ),
        answered(
            "chunks encoded once more",
            Put,
            other("chunked, gzip"),
            good("good"),
            Once,
        ),
        answered("chunks of HTTP/1.0", Put, old, unexpected, Again),
    ];
    let broken_off = [
        (
            "a chunk that breaks off",
            format!("{n:x}\r\n{{\"id\""),
            SHORT,
        ),
        (
            "chunks that break off between two",
            whole.clone(),
            SHORT_OF_CHUNKS,
        ),
        (
            "chunks that break off within a size",
            format!("{whole}1"),
            SHORT_OF_CHUNKS,
        ),
        (
            "chunks that break off after the last",
            format!("{whole}0\r\n"),
            SHORT_OF_CHUNKS,
        ),
        ("chunks without the last", format!("{whole}\r\n"), SIZE),
        (
            "a size of a chunk that is no number",
            "many\r\n".to_owned(),
            SIZE,
        ),
        (
            "a negative size of a chunk",
            "-5\r\nhello\r\n0\r\n\r\n".to_owned(),
            SIZE,
        ),
        ("an empty size of a chunk", "\r\n".to_owned(), SIZE),
        (
            "a size that no number holds",
            format!("f{:f<16}\r\n{{}}", ""),
            "invalid chunk size: overflow",
        ),
        (
            "a size of all that numbers hold",
            format!("{:f<16}\r\n{{}}", ""),
            SHORT,
        ),
        (
            "a chunk longer than its size",
            "2\r\n{}{}\r\n0\r\n\r\n".to_owned(),
            "Invalid chunk body CR",
        ),
        (
            "extensions of 1 MB",
            format!("2;{large}\r\n{{}}\r\n0\r\n\r\n"),
            "chunk extensions over limit",
        ),
        (
            "trailers of 1 MB",
            format!("{whole}0\r\nX: {large}\r\n\r\n"),
            "chunk trailers bytes over limit",
        ),
    ];
    faults.extend(
        broken_off.map(|(name, body, why)| {
            answered(name, Put, chunked(&body), cut(why).in_doubt(), Again)
        }),
    );
    faults
}

fn by_status() -> Vec<Fault> {
    let kept = |name, call, status, want| {
        let answer = answer_kept(status, &["ETag: \"v1\""], PROFILE);
        fault(
            name,
            call,
            Script::new().request().send(answer),
            want,
            1,
            Once,
        )
    };
    let bare = |name, call, status: &str, want| {
        answered(
            name,
            call,
            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"),
            want,
            Once,
        )
    };
    let nothing = |status| unread(status, "it is empty; the request took effect").in_doubt();
    let unmodified = || api("HTTP 304: Not Modified");
    vec![
        kept(
            "204 with a body to a delete",
            Delete,
            "204 No Content",
            good("deleted"),
        ),
        kept(
            "204 with a body to a write",
            Put,
            "204 No Content",
            nothing(204),
        ),
        bare(
            "204 to a read",
            Get,
            "204 No Content",
            unread(204, "it is empty"),
        ),
        bare("205 to a write", Put, "205 Reset Content", nothing(205)),
        kept("205 with a body", Put, "205 Reset Content", good("good")),
        bare(
            "304, which nobody asked for",
            Get,
            "304 Not Modified",
            unmodified(),
        ),
        kept("304 with a body", Get, "304 Not Modified", unmodified()),
        bare("304 to a write", Put, "304 Not Modified", unmodified()),
    ]
}
