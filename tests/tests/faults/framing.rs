//! Faults that concern the end of the response body: lengths, chunks, and statuses without a body.

use pgbeam_tests::raw::{Script, keep_alive_response};

use crate::support::*;

// Error messages of hyper for incomplete bodies, and for invalid lengths and chunk sizes.
const INCOMPLETE: &str = "end of file before message length reached";
const INCOMPLETE_CHUNKS: &str = "unexpected EOF during chunk size line";
const INVALID_LENGTH: &str = "invalid content-length parsed";
const INVALID_CHUNK_SIZE: &str = "Invalid chunk size line: missing size digit";

pub fn table() -> Vec<Fault> {
    [content_lengths(), chunked_bodies(), statuses()]
        .into_iter()
        .flatten()
        .collect()
}

/// Renders a success response with only these header lines.
fn ok_response(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}")
}

fn content_lengths() -> Vec<Fault> {
    let n = PROFILE.len();
    let reset = |body| {
        Script::new()
            .read_request()
            .send(ok_response("X: y", body))
            .reset()
    };
    let too_short = ok_response("Content-Length: 5000", PROFILE);
    let too_long = ok_response(&format!("Content-Length: {n}"), &PROFILE.repeat(2));
    let too_long_stream = ok_response("Content-Length: 5", "id\n1\n2\n3\n");
    let truncated = ok_response("X: y", &PROFILE[..n / 2]);
    let eof = "EOF while parsing a string at line 2 column 77";
    let length_and_chunks = ok_response(
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        &encode_chunks(&[PROFILE]),
    );
    let duplicate_length = ok_response(
        &format!("Content-Length: {n}\r\nContent-Length: {n}"),
        PROFILE,
    );
    let mut faults = vec![
        response_fault(
            "body shorter than Content-Length",
            Put,
            too_short.clone(),
            incomplete_body(INCOMPLETE).ambiguous(),
            RetrySucceeds,
        ),
        response_fault(
            "body shorter than Content-Length, write without a key",
            PostWithoutKey,
            too_short.clone(),
            incomplete_body(INCOMPLETE).ambiguous(),
            NoRetry,
        ),
        response_fault(
            "stream shorter than Content-Length",
            Export,
            too_short,
            incomplete_body(INCOMPLETE),
            NoRetry,
        ),
        response_fault(
            "body longer than Content-Length",
            Put,
            too_long,
            success("good"),
            NoRetry,
        ),
        response_fault(
            "stream longer than Content-Length",
            Export,
            too_long_stream,
            success("id\n1\n"),
            NoRetry,
        ),
        response_fault(
            "body without a length",
            Put,
            ok_response("X: y", PROFILE),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "truncated body without a length",
            Put,
            truncated,
            incompatible_write(eof),
            NoRetry,
        ),
        fault(
            "reset within a body",
            Put,
            reset("{\"id\":"),
            incomplete_body(RESET).ambiguous(),
            1,
            RetrySucceeds,
        ),
        fault(
            "reset within a stream",
            Export,
            reset("id\n"),
            incomplete_body(RESET),
            1,
            NoRetry,
        ),
        response_fault(
            "duplicate Content-Length",
            Put,
            duplicate_length,
            success("good"),
            NoRetry,
        ),
        response_fault(
            "Content-Length and chunks",
            Put,
            length_and_chunks,
            success("good"),
            NoRetry,
        ),
    ];
    let unusual_lengths = [
        (
            "negative Content-Length",
            "-1".to_owned(),
            connection_error(INVALID_LENGTH),
        ),
        (
            "Content-Length with a plus sign",
            format!("+{n}"),
            connection_error(INVALID_LENGTH),
        ),
        (
            "non-numeric Content-Length",
            "many".to_owned(),
            connection_error(INVALID_LENGTH),
        ),
        (
            "empty Content-Length",
            String::new(),
            connection_error(INVALID_LENGTH),
        ),
        (
            "Content-Length above u64",
            "99999999999999999999".to_owned(),
            connection_error(INVALID_LENGTH),
        ),
        (
            "Content-Length near the u64 maximum",
            "18446744073709551613".to_owned(),
            incomplete_body(INCOMPLETE),
        ),
        (
            "Content-Length of a petabyte",
            "1125899906842624".to_owned(),
            incomplete_body(INCOMPLETE),
        ),
        (
            "two different Content-Length headers",
            format!("{n}\r\nContent-Length: 5"),
            connection_error(INVALID_LENGTH),
        ),
        (
            "two values in one Content-Length header",
            format!("{n}, 5"),
            connection_error(INVALID_LENGTH),
        ),
    ];
    faults.extend(unusual_lengths.map(|(name, length, expected)| {
        let bytes = ok_response(&format!("Content-Length: {length}"), PROFILE);
        response_fault(name, Put, bytes, expected.ambiguous(), RetrySucceeds)
    }));
    faults
}

/// Renders a success response with this body, which is already encoded in chunks.
fn chunked_response(body: &str) -> String {
    ok_response("Transfer-Encoding: chunked", body)
}

/// Encodes a body in these chunks, and adds the empty last chunk.
fn encode_chunks(chunks: &[&str]) -> String {
    chunks
        .iter()
        .map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len()))
        .collect::<String>()
        + "0\r\n\r\n"
}

fn chunked_bodies() -> Vec<Fault> {
    let n = PROFILE.len();
    let large = "x".repeat(1_000_000);
    let single_bytes: Vec<_> = PROFILE.split_inclusive(|_| true).collect();
    let whole = format!("{n:x}\r\n{PROFILE}\r\n");
    let with_extensions = format!("{n:x};name=value;\"quoted\"\r\n{PROFILE}\r\n0;last\r\n\r\n");
    let with_trailers = format!("{whole}0\r\nX-A: b\r\nContent-Length: 5\r\n\r\n");
    let http_1_0 = chunked_response(&encode_chunks(&[PROFILE])).replace("HTTP/1.1", "HTTP/1.0");
    let unexpected = connection_error("unexpected transfer-encoding parsed").ambiguous();
    let with_encoding = |encoding| ok_response(&format!("Transfer-Encoding: {encoding}"), PROFILE);
    let mut faults = vec![
        response_fault(
            "chunks of one byte each",
            Put,
            chunked_response(&encode_chunks(&single_bytes)),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "chunks with extensions",
            Put,
            chunked_response(&with_extensions),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "chunks with trailers",
            Put,
            chunked_response(&with_trailers),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "stream with trailers",
            Export,
            chunked_response("2\r\nid\r\n0\r\nX: y\r\n\r\n"),
            success("id"),
            NoRetry,
        ),
        response_fault(
            "chunked stream without the last chunk",
            Export,
            chunked_response("2\r\nid\r\n"),
            incomplete_body(INCOMPLETE_CHUNKS),
            NoRetry,
        ),
        response_fault(
            "unknown transfer encoding",
            Put,
            with_encoding("xor"),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "transfer encoding after chunked",
            Put,
            with_encoding("chunked, gzip"),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "chunks in an HTTP/1.0 response",
            Put,
            http_1_0,
            unexpected,
            RetrySucceeds,
        ),
    ];
    let invalid_chunks = [
        ("incomplete chunk", format!("{n:x}\r\n{{\"id\""), INCOMPLETE),
        ("end between two chunks", whole.clone(), INCOMPLETE_CHUNKS),
        (
            "end within a chunk size",
            format!("{whole}1"),
            INCOMPLETE_CHUNKS,
        ),
        (
            "end after the last chunk",
            format!("{whole}0\r\n"),
            INCOMPLETE_CHUNKS,
        ),
        (
            "empty line instead of the last chunk",
            format!("{whole}\r\n"),
            INVALID_CHUNK_SIZE,
        ),
        (
            "non-numeric chunk size",
            "many\r\n".to_owned(),
            INVALID_CHUNK_SIZE,
        ),
        (
            "negative chunk size",
            "-5\r\nhello\r\n0\r\n\r\n".to_owned(),
            INVALID_CHUNK_SIZE,
        ),
        ("empty chunk size", "\r\n".to_owned(), INVALID_CHUNK_SIZE),
        (
            "chunk size above u64",
            format!("f{:f<16}\r\n{{}}", ""),
            "invalid chunk size: overflow",
        ),
        (
            "chunk size near the u64 maximum",
            format!("{:f<16}\r\n{{}}", ""),
            INCOMPLETE,
        ),
        (
            "chunk longer than its size",
            "2\r\n{}{}\r\n0\r\n\r\n".to_owned(),
            "Invalid chunk body CR",
        ),
        (
            "chunk extensions of 1 MB",
            format!("2;{large}\r\n{{}}\r\n0\r\n\r\n"),
            "chunk extensions over limit",
        ),
        (
            "trailers of 1 MB",
            format!("{whole}0\r\nX: {large}\r\n\r\n"),
            "chunk trailers bytes over limit",
        ),
    ];
    faults.extend(invalid_chunks.map(|(name, body, cause)| {
        response_fault(
            name,
            Put,
            chunked_response(&body),
            incomplete_body(cause).ambiguous(),
            RetrySucceeds,
        )
    }));
    faults
}

fn statuses() -> Vec<Fault> {
    let with_body = |name, call, status, expected| {
        let response = keep_alive_response(status, &["ETag: \"v1\""], PROFILE);
        fault(
            name,
            call,
            Script::new().read_request().send(response),
            expected,
            1,
            NoRetry,
        )
    };
    let without_body = |name, call, status: &str, expected| {
        response_fault(
            name,
            call,
            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"),
            expected,
            NoRetry,
        )
    };
    let empty = |status| decode_error(status, "it is empty; the request took effect").ambiguous();
    let not_modified = || api_error("HTTP 304: Not Modified");
    vec![
        with_body(
            "204 with a body for a delete",
            Delete,
            "204 No Content",
            success("deleted"),
        ),
        with_body(
            "204 with a body for a write",
            Put,
            "204 No Content",
            empty(204),
        ),
        without_body(
            "204 for a read",
            Get,
            "204 No Content",
            decode_error(204, "it is empty"),
        ),
        without_body("205 for a write", Put, "205 Reset Content", empty(205)),
        with_body("205 with a body", Put, "205 Reset Content", success("good")),
        without_body(
            "304 for an unconditional read",
            Get,
            "304 Not Modified",
            not_modified(),
        ),
        with_body("304 with a body", Get, "304 Not Modified", not_modified()),
        without_body("304 for a write", Put, "304 Not Modified", not_modified()),
    ]
}
