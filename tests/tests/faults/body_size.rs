//! Faults in the size and compression of the response body.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use pgbeam_tests::raw::Script;

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [large(), gzip_encoded(), invalid_gzip(), other_encodings()]
        .into_iter()
        .flatten()
        .collect()
}

/// Renders a response. `head` is the status and reason; header lines can follow, each after `\r\n`. The
/// headers for the length and the end of the connection are added.
fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Returns spaces, one more than the response limit allows.
fn spaces() -> Vec<u8> {
    vec![b' '; MAX_RESPONSE_BYTES + 1]
}

fn too_large_message() -> String {
    format!("it is larger than {MAX_RESPONSE_BYTES} bytes, the limit set by `max_response_bytes`")
}

fn large() -> Vec<Fault> {
    let read_error = decode_error(200, &too_large_message());
    let write_error = || {
        decode_error(
            200,
            &format!("{}; the request took effect", too_large_message()),
        )
        .ambiguous()
    };
    let largest = [
        PROFILE.as_bytes(),
        &spaces()[..MAX_RESPONSE_BYTES - PROFILE.len()],
    ]
    .concat();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let endless = Script::new()
        .read_request()
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        .send_forever(chunk, Duration::ZERO);
    let bad_gateway = || api_error("HTTP 502: Bad Gateway").ambiguous();
    vec![
        response_fault(
            "body at the limit",
            Get,
            response("200 OK", &largest),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "body above the limit for a read",
            Get,
            response("200 OK", &spaces()),
            read_error,
            NoRetry,
        ),
        response_fault(
            "body above the limit for a write",
            Put,
            response("200 OK", &spaces()),
            write_error(),
            NoRetry,
        ),
        response_fault(
            "body above the limit for a write without a key",
            PostWithoutKey,
            response("200 OK", &spaces()),
            write_error(),
            NoRetry,
        ),
        fault("endless body", Put, endless, write_error(), 1, NoRetry).except(Export),
        response_fault(
            "body above the limit for a delete",
            Delete,
            response("200 OK", &spaces()),
            success("deleted"),
            NoRetry,
        ),
        response_fault(
            "stream above the limit",
            Export,
            response("200 OK", &[b"id\n", &spaces()[..]].concat()),
            success(&format!("id\n{}", " ".repeat(MAX_RESPONSE_BYTES + 1))),
            NoRetry,
        ),
        response_fault(
            "error body above the limit",
            Put,
            response("400 Bad Request", &spaces()),
            api_error("HTTP 400: Bad Request"),
            NoRetry,
        ),
        response_fault(
            "gateway page above the limit",
            Put,
            response("502 Bad Gateway", &spaces()),
            bad_gateway(),
            RetrySucceeds,
        ),
        response_fault(
            "gateway page above the limit, write without a key",
            PostWithoutKey,
            response("502 Bad Gateway", &spaces()),
            bad_gateway(),
            NoRetry,
        ),
    ]
}

fn gzip_encoded() -> Vec<Fault> {
    let gzip_response =
        |status: &str, body: &[u8]| response(&format!("{status}\r\nContent-Encoding: gzip"), body);
    let two_gzip_members = [gzip(&PROFILE[..50]), gzip(&PROFILE[50..])].concat();
    let decompresses_too_large = gzip([PROFILE.as_bytes(), &spaces()].concat());
    let too_large = decode_error(200, &too_large_message());
    let error_body = gzip(r#"{"detail":"no"}"#);
    let detail = || api_error("HTTP 400: no");
    vec![
        response_fault(
            "gzip response",
            Get,
            gzip_response("200 OK", &gzip(PROFILE)),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "gzip response to a write",
            Put,
            gzip_response("200 OK", &gzip(PROFILE)),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "gzip response with two members",
            Get,
            gzip_response("200 OK", &two_gzip_members),
            // reqwest decodes only the first member and drops the rest.
            incompatible("EOF while parsing a value at line 2 column 0"),
            NoRetry,
        ),
        response_fault(
            "gzip stream",
            Export,
            gzip_response("200 OK", &gzip("id\n1\n")),
            success("id\n1\n"),
            NoRetry,
        ),
        // reqwest decodes only the first member, as above.
        response_fault(
            "gzip stream with two members",
            Export,
            gzip_response("200 OK", &[gzip("id\n"), gzip("1\n")].concat()),
            success("id\n"),
            NoRetry,
        ),
        response_fault(
            "gzip error response",
            Put,
            gzip_response("400 Bad Request", &error_body),
            detail(),
            NoRetry,
        ),
        response_fault(
            "204 with Content-Encoding",
            Delete,
            gzip_response("204 No Content", b""),
            success("deleted"),
            NoRetry,
        ),
        response_fault(
            "gzip response above the limit",
            Get,
            gzip_response("200 OK", &decompresses_too_large),
            too_large,
            NoRetry,
        ),
        response_fault(
            "gzip error response above the limit",
            Put,
            gzip_response("400 Bad Request", &decompresses_too_large),
            api_error("HTTP 400: Bad Request"),
            NoRetry,
        ),
    ]
}

/// The message for truncated gzip data.
const TRUNCATED: &str = "unexpected end of file";

fn invalid_gzip() -> Vec<Fault> {
    let gzip_response =
        |status: &str, body: &[u8]| response(&format!("{status}\r\nContent-Encoding: gzip"), body);
    let complete = gzip(PROFILE);
    let truncated = &complete[..complete.len() / 2];
    let with_trailing_bytes = [&complete[..], b"rest"].concat();
    let mut wrong_checksum = complete.clone();
    let index = wrong_checksum.len() - 6;
    wrong_checksum[index] ^= 1;
    let mut faults: Vec<_> = [
        (
            "plain response labeled as gzip",
            PROFILE.as_bytes(),
            "Invalid gzip header",
        ),
        ("truncated gzip response", truncated, TRUNCATED),
        (
            "gzip response with a wrong checksum",
            &wrong_checksum,
            "CRC computed does not match",
        ),
    ]
    .map(|(name, body, cause)| {
        response_fault(
            name,
            Put,
            gzip_response("200 OK", body),
            incomplete_body(cause).ambiguous(),
            RetrySucceeds,
        )
    })
    .into();
    faults.extend([
        response_fault(
            "empty response labeled as gzip",
            Get,
            gzip_response("200 OK", b""),
            decode_error(200, "it is empty"),
            NoRetry,
        ),
        response_fault(
            "gzip response with trailing bytes",
            Put,
            gzip_response("200 OK", &with_trailing_bytes),
            success("good"),
            NoRetry,
        ),
        response_fault(
            "truncated gzip stream",
            Export,
            gzip_response("200 OK", truncated),
            incomplete_body(TRUNCATED),
            NoRetry,
        ),
        response_fault(
            "truncated gzip response to a write without a key",
            PostWithoutKey,
            gzip_response("200 OK", truncated),
            incomplete_body(TRUNCATED).ambiguous(),
            NoRetry,
        ),
        response_fault(
            "plain error response labeled as gzip",
            Put,
            gzip_response("400 Bad Request", b"{\"detail\":\"no\"}"),
            api_error("HTTP 400: Bad Request"),
            NoRetry,
        ),
    ]);
    faults
}

fn other_encodings() -> Vec<Fault> {
    let row = |name, encoding: &str, shown: &str| {
        let bytes = response(
            &format!("200 OK\r\nContent-Encoding: {encoding}"),
            PROFILE.as_bytes(),
        );
        let reason = "and the HTTP client did not decompress it";
        response_fault(
            name,
            Get,
            bytes,
            decode_error(200, &format!("it is compressed ({shown}), {reason}")),
            NoRetry,
        )
    };
    let identity = response("200 OK\r\nContent-Encoding: identity", PROFILE.as_bytes());
    let brotli_error = response(
        "400 Bad Request\r\nContent-Encoding: br",
        b"\x8b\x01\x80no\x03",
    );
    vec![
        row("brotli response", "br", "br"),
        row("deflate response", "deflate", "deflate"),
        row("zstd response", "zstd", "zstd"),
        row(
            "response with two encodings",
            "gzip, gzip",
            "an unknown coding",
        ),
        row(
            "encoding with terminal codes",
            "\u{202e}",
            "an unknown coding",
        ),
        response_fault("identity encoding", Get, identity, success("good"), NoRetry),
        response_fault(
            "brotli error response",
            Put,
            brotli_error,
            api_error("HTTP 400: Bad Request"),
            NoRetry,
        ),
    ]
}
