//! What the body of a success holds.

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [
        nothing(),
        other_media(),
        no_json(),
        other_values(),
        extremes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A success with this media type and this body.
fn typed(media_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    typed("application/json", body)
}

fn nothing() -> Vec<Fault> {
    let written = || unread(200, "it is empty; the request took effect").in_doubt();
    [
        ("an empty answer to a read", Get, unread(200, "it is empty")),
        ("an empty answer to a write", Put, written()),
        (
            "an empty answer to a write without a key",
            Unkeyed,
            written(),
        ),
        ("an empty answer to a delete", Delete, good("deleted")),
        ("an empty stream", Export, good("")),
    ]
    .into_iter()
    .map(|(name, call, want)| answered(name, call, json(""), want, Once))
    .collect()
}

/// What a proxy that wants a password answers, or a wrong base URL.
fn other_media() -> Vec<Fault> {
    let page = typed("text/html", "<!doctype html>\n<h1>Welcome</h1>");
    let read = "the response may not come from the API: check the base URL";
    let read = unread(200, &format!("expected value at line 1 column 1; {read}"));
    let written = "the response may not come from the API: check the base URL, and whether the request took effect";
    let deleted = unread(
        200,
        &format!("it should be empty, and is not JSON; {written}"),
    )
    .in_doubt();
    let written = unread(
        200,
        &format!("expected value at line 1 column 1; {written}"),
    )
    .in_doubt();
    let as_text = typed("text/plain; charset=latin1", PROFILE);
    let as_nothing = typed("\"\"/;;=", PROFILE);
    vec![
        answered("a page to a read", Get, page.clone(), read, Once),
        answered(
            "a page to a write",
            Put,
            page.clone(),
            written.clone(),
            Once,
        ),
        answered(
            "a page to a write without a key",
            Unkeyed,
            page.clone(),
            written,
            Once,
        ),
        answered("a page to a delete", Delete, page.clone(), deleted, Once),
        answered(
            "a page for a stream",
            Export,
            page,
            good("<!doctype html>\n<h1>Welcome</h1>"),
            Once,
        ),
        answered(
            "JSON that says that it is text",
            Get,
            as_text,
            good("good"),
            Once,
        ),
        answered(
            "JSON with a media type that is none",
            Get,
            as_nothing,
            good("good"),
            Once,
        ),
    ]
}

fn no_json() -> Vec<Fault> {
    let marked = format!("\u{feff}{PROFILE}");
    let utf16: Vec<_> = PROFILE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (before, after) = PROFILE.split_once("good").unwrap();
    let named = |name: &[u8]| [before.as_bytes(), name, after.as_bytes()].concat();
    let control = "control character (\\u0000-\\u001F) found while parsing a string at line 1";
    let half = &PROFILE.as_bytes()[..PROFILE.len() / 2];
    let ends = "EOF while parsing a string at line 2 column 77";
    let mut faults = vec![answered(
        "JSON that breaks off",
        Put,
        json(half),
        unknown_of_write(ends),
        Once,
    )];
    let reads = [
        (
            "JSON with something after it",
            [PROFILE.as_bytes(), b"x"].concat(),
            "trailing characters at line 4 column 77",
        ),
        (
            "JSON after a byte order mark",
            marked.into(),
            "expected value at line 1 column 1",
        ),
        (
            "JSON in UTF-16",
            utf16,
            "key must be a string at line 1 column 2",
        ),
        (
            "JSON with a control character",
            named(b"\x01"),
            &format!("{control} column 44"),
        ),
        (
            "JSON with bytes that are no UTF-8",
            named(b"\xff\xfe"),
            "invalid unicode code point at line 1 column 44",
        ),
        (
            "JSON with half a character",
            named(b"\\ud83d"),
            "unexpected end of hex escape at line 1 column 50",
        ),
        (
            "a name of terminal codes",
            "{\"\u{1b}[31m\u{202e}\":".into(),
            &format!("{control} column 3"),
        ),
    ];
    faults
        .extend(reads.map(|(name, body, why)| answered(name, Get, json(body), unknown(why), Once)));
    faults
}

/// The profile with this for one of its members, or with one more.
fn with(member: &str) -> Vec<u8> {
    let (name, _) = member.split_once(':').unwrap();
    let members = PROFILE[1..PROFILE.len() - 1]
        .split(',')
        .map(str::trim_start);
    let members: Vec<_> = members
        .filter(|old| !old.starts_with(name))
        .chain([member])
        .collect();
    json(format!("{{{}}}", members.join(",")))
}

fn other_values() -> Vec<Fault> {
    let conflict = r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"no"}"#;
    let missing = "missing field `access_mode` at line 1 column 68";
    let mut faults = vec![answered(
        "a problem with status 200",
        Put,
        json(conflict),
        unknown_of_write(missing),
        Once,
    )];
    let profile = "expected struct PolicyProfile at line 1";
    let wholes = [
        (
            "null",
            "null",
            &*format!("invalid type: null, {profile} column 4"),
        ),
        (
            "a text",
            "\"pbk_s3cret_key\"",
            &format!("invalid type: string \"…\", {profile} column 16"),
        ),
        (
            "a list",
            "[]",
            "invalid type: sequence, expected struct PolicyProfile at line 1 column 0",
        ),
        (
            "no members",
            "{}",
            "missing field `access_mode` at line 1 column 2",
        ),
    ];
    faults.extend(
        wholes.map(|(name, body, why)| answered(name, Get, json(body), unknown(why), Once)),
    );
    let members = [
        (
            "a number for a text",
            "\"name\":7",
            "invalid type: integer `7`, expected a string at line 1 column 234",
        ),
        (
            "a text for a number",
            "\"max_rows\":\"pbk_s3cret_key\"",
            "invalid type: string \"…\", expected i64 at line 1 column 253",
        ),
        (
            "null for a list",
            "\"masking_rules\":null",
            "invalid type: null, expected a sequence at line 1 column 241",
        ),
        (
            "a fraction for an integer",
            "\"max_rows\":1.5",
            "invalid type: floating point `1.5`, expected i64 at line 1 column 240",
        ),
        (
            "a number beyond all numbers",
            "\"max_rows\":1e999",
            "number out of range at line 1 column 242",
        ),
        (
            "an integer of thirty digits",
            "\"max_rows\":123456789012345678901234567890",
            "invalid type: floating point `1.2345678901234568e+29`, expected i64 at line 1 column 267",
        ),
        (
            "a time that is none",
            "\"created_at\":\"yesterday\"",
            "input contains invalid characters at line 1 column 228",
        ),
        (
            "a member twice",
            "\"name\" :\"bad\"",
            "duplicate field `name` at line 1 column 247",
        ),
    ];
    faults.extend(
        members.map(|(name, member, why)| answered(name, Get, with(member), unknown(why), Once)),
    );
    let fine = [
        ("a negative number where none is", "\"max_rows\":-1"),
        (
            "huge numbers in what nobody knows",
            "\"new\":[1e999,123456789012345678901234567890,-0.0]",
        ),
        ("an unknown member twice", "\"new\":1,\"new\":2"),
        (
            "a value that nobody knows",
            "\"access_mode\":\"turbo\u{202e}\"",
        ),
    ];
    faults.extend(fine.map(|(name, member)| answered(name, Get, with(member), good("good"), Once)));
    faults
}

fn extremes() -> Vec<Fault> {
    let deep = "[".repeat(100_000);
    let nested = format!("{deep}{}", "]".repeat(100_000));
    let first = "invalid type: sequence, expected struct PolicyProfile at line 1 column 0";
    let last = "invalid type: sequence, expected struct MaskingRule at line 1 column 238";
    let text = with(&format!("\"description\":\"{}\"", "x".repeat(5_000_000)));
    vec![
        answered(
            "a hundred thousand levels",
            Get,
            json(&nested),
            unknown(first),
            Once,
        ),
        answered(
            "a hundred thousand levels that break off",
            Put,
            json(&deep),
            unknown_of_write(first),
            Once,
        ),
        answered(
            "a hundred thousand levels in a list",
            Get,
            with(&format!("\"masking_rules\":{nested}")),
            unknown(last),
            Once,
        ),
        answered(
            "a hundred thousand levels in what nobody knows",
            Get,
            with(&format!("\"new\":{nested}")),
            good("good"),
            Once,
        ),
        answered("a text of 5 MB", Get, text, good("good"), Once),
    ]
}
