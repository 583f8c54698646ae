//! Faults in the content of success responses.

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [
        empty_bodies(),
        other_media_types(),
        invalid_json(),
        other_values(),
        large_values(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Renders a success response with this media type and body.
fn response_with_type(media_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn json_response(body: impl AsRef<[u8]>) -> Vec<u8> {
    response_with_type("application/json", body)
}

fn empty_bodies() -> Vec<Fault> {
    let write_error = || decode_error(200, "it is empty; the request took effect").ambiguous();
    [
        (
            "empty response to a read",
            Get,
            decode_error(200, "it is empty"),
        ),
        ("empty response to a write", Put, write_error()),
        (
            "empty response to a write without a key",
            PostWithoutKey,
            write_error(),
        ),
        ("empty response to a delete", Delete, success("deleted")),
        ("empty stream", Export, success("")),
    ]
    .into_iter()
    .map(|(name, call, expected)| response_fault(name, call, json_response(""), expected, NoRetry))
    .collect()
}

/// Returns faults with a response that is not JSON, such as the login page of a proxy or a page at a wrong
/// base URL.
fn other_media_types() -> Vec<Fault> {
    let page = response_with_type("text/html", "<!doctype html>\n<h1>Welcome</h1>");
    let read_advice = "the response may not come from the API: check the base URL";
    let read_error = decode_error(
        200,
        &format!("expected value at line 1 column 1; {read_advice}"),
    );
    let write_advice = "the response may not come from the API: check the base URL, and whether the request took effect";
    let delete_error = decode_error(
        200,
        &format!("it should be empty, and is not JSON; {write_advice}"),
    )
    .ambiguous();
    let write_error = decode_error(
        200,
        &format!("expected value at line 1 column 1; {write_advice}"),
    )
    .ambiguous();
    let labeled_as_text = response_with_type("text/plain; charset=latin1", PROFILE);
    let invalid_type = response_with_type("\"\"/;;=", PROFILE);
    vec![
        response_fault(
            "HTML page for a read",
            Get,
            page.clone(),
            read_error,
            NoRetry,
        ),
        response_fault(
            "HTML page for a write",
            Put,
            page.clone(),
            write_error.clone(),
            NoRetry,
        ),
        response_fault(
            "HTML page for a write without a key",
            PostWithoutKey,
            page.clone(),
            write_error,
            NoRetry,
        ),
        response_fault(
            "HTML page for a delete",
            Delete,
            page.clone(),
            delete_error,
            NoRetry,
        ),
        response_fault(
            "HTML page for a stream",
            Export,
            page,
            success("<!doctype html>\n<h1>Welcome</h1>"),
            NoRetry,
        ),
        response_fault(
            "JSON labeled as text",
            Get,
            labeled_as_text,
            success("good"),
            NoRetry,
        ),
        response_fault(
            "JSON with an invalid media type",
            Get,
            invalid_type,
            success("good"),
            NoRetry,
        ),
    ]
}

fn invalid_json() -> Vec<Fault> {
    let with_byte_order_mark = format!("\u{feff}{PROFILE}");
    let utf16: Vec<_> = PROFILE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (before, after) = PROFILE.split_once("good").unwrap();
    let with_name = |name: &[u8]| [before.as_bytes(), name, after.as_bytes()].concat();
    let control = "control character (\\u0000-\\u001F) found while parsing a string at line 1";
    let truncated = &PROFILE.as_bytes()[..PROFILE.len() / 2];
    let eof = "EOF while parsing a string at line 2 column 77";
    let mut faults = vec![response_fault(
        "truncated JSON",
        Put,
        json_response(truncated),
        incompatible_write(eof),
        NoRetry,
    )];
    let other_errors = [
        (
            "JSON with trailing characters",
            [PROFILE.as_bytes(), b"x"].concat(),
            "trailing characters at line 4 column 77",
        ),
        (
            "JSON after a byte order mark",
            with_byte_order_mark.into(),
            "expected value at line 1 column 1",
        ),
        (
            "JSON in UTF-16",
            utf16,
            "key must be a string at line 1 column 2",
        ),
        (
            "JSON with a control character",
            with_name(b"\x01"),
            &format!("{control} column 44"),
        ),
        (
            "JSON that is not UTF-8",
            with_name(b"\xff\xfe"),
            "invalid unicode code point at line 1 column 44",
        ),
        (
            "JSON with half a surrogate pair",
            with_name(b"\\ud83d"),
            "unexpected end of hex escape at line 1 column 50",
        ),
        (
            "field name with terminal codes",
            "{\"\u{1b}[31m\u{202e}\":".into(),
            &format!("{control} column 3"),
        ),
    ];
    faults.extend(other_errors.map(|(name, body, cause)| {
        response_fault(name, Get, json_response(body), incompatible(cause), NoRetry)
    }));
    faults
}

/// Renders a success response with the profile and this field (`"name":value`), which
/// replaces an existing field of the same name.
fn with_field(field: &str) -> Vec<u8> {
    let (name, _) = field.split_once(':').unwrap();
    let fields = PROFILE[1..PROFILE.len() - 1]
        .split(',')
        .map(str::trim_start);
    let fields: Vec<_> = fields
        .filter(|old| !old.starts_with(name))
        .chain([field])
        .collect();
    json_response(format!("{{{}}}", fields.join(",")))
}

fn other_values() -> Vec<Fault> {
    let problem = r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"no"}"#;
    let missing = "missing field `access_mode` at line 1 column 68";
    let mut faults = vec![response_fault(
        "problem details with status 200",
        Put,
        json_response(problem),
        incompatible_write(missing),
        NoRetry,
    )];
    let profile = "expected struct PolicyProfile at line 1";
    let bodies = [
        (
            "null instead of an object",
            "null",
            &*format!("invalid type: null, {profile} column 4"),
        ),
        (
            "string instead of an object",
            "\"pbk_s3cret_key\"",
            &format!("invalid type: string \"…\", {profile} column 16"),
        ),
        (
            "array instead of an object",
            "[]",
            "invalid type: sequence, expected struct PolicyProfile at line 1 column 0",
        ),
        (
            "object without fields",
            "{}",
            "missing field `access_mode` at line 1 column 2",
        ),
    ];
    faults.extend(bodies.map(|(name, body, cause)| {
        response_fault(name, Get, json_response(body), incompatible(cause), NoRetry)
    }));
    let fields = [
        (
            "number instead of a string",
            "\"name\":7",
            "invalid type: integer `7`, expected a string at line 1 column 234",
        ),
        (
            "string instead of a number",
            "\"max_rows\":\"pbk_s3cret_key\"",
            "invalid type: string \"…\", expected i64 at line 1 column 253",
        ),
        (
            "null instead of an array",
            "\"masking_rules\":null",
            "invalid type: null, expected a sequence at line 1 column 241",
        ),
        (
            "fraction instead of an integer",
            "\"max_rows\":1.5",
            "invalid type: floating point `1.5`, expected i64 at line 1 column 240",
        ),
        (
            "number above f64",
            "\"max_rows\":1e999",
            "number out of range at line 1 column 242",
        ),
        (
            "integer of thirty digits",
            "\"max_rows\":123456789012345678901234567890",
            "invalid type: floating point `1.2345678901234568e+29`, expected i64 at line 1 column 267",
        ),
        (
            "invalid timestamp",
            "\"created_at\":\"yesterday\"",
            "input contains invalid characters at line 1 column 228",
        ),
        (
            "duplicate field",
            "\"name\" :\"bad\"",
            "duplicate field `name` at line 1 column 247",
        ),
    ];
    faults.extend(fields.map(|(name, field, cause)| {
        response_fault(name, Get, with_field(field), incompatible(cause), NoRetry)
    }));
    let accepted = [
        ("negative number below the minimum", "\"max_rows\":-1"),
        (
            "huge numbers in an unknown field",
            "\"new\":[1e999,123456789012345678901234567890,-0.0]",
        ),
        ("duplicate unknown field", "\"new\":1,\"new\":2"),
        ("unknown enum value", "\"access_mode\":\"turbo\u{202e}\""),
    ];
    faults.extend(accepted.map(|(name, field)| {
        response_fault(name, Get, with_field(field), success("good"), NoRetry)
    }));
    faults
}

fn large_values() -> Vec<Fault> {
    let unclosed = "[".repeat(100_000);
    let nested = format!("{unclosed}{}", "]".repeat(100_000));
    let at_top_level = "invalid type: sequence, expected struct PolicyProfile at line 1 column 0";
    let in_array = "invalid type: sequence, expected struct MaskingRule at line 1 column 238";
    let long_string = with_field(&format!("\"description\":\"{}\"", "x".repeat(5_000_000)));
    vec![
        response_fault(
            "a hundred thousand levels",
            Get,
            json_response(&nested),
            incompatible(at_top_level),
            NoRetry,
        ),
        response_fault(
            "a hundred thousand unclosed levels",
            Put,
            json_response(&unclosed),
            incompatible_write(at_top_level),
            NoRetry,
        ),
        response_fault(
            "a hundred thousand levels in an array",
            Get,
            with_field(&format!("\"masking_rules\":{nested}")),
            incompatible(in_array),
            NoRetry,
        ),
        response_fault(
            "a hundred thousand levels in an unknown field",
            Get,
            with_field(&format!("\"new\":{nested}")),
            success("good"),
            NoRetry,
        ),
        response_fault("string of 5 MB", Get, long_string, success("good"), NoRetry),
    ]
}
