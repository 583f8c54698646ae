//! Statuses of error, and what their bodies hold.

use pgbeam::Client;
use pgbeam_tests::raw::{RawServer, answer};

use crate::support::*;

pub fn table() -> Vec<Fault> {
    [gateways(), waits(), redirects(), refusals(), broken_off()]
        .into_iter()
        .flatten()
        .collect()
}

fn gateways() -> Vec<Fault> {
    let html = ["Content-Type: text/html"];
    let page = answer(
        "502 Bad Gateway",
        &html,
        "<html>\r\n<h1>Bad Gateway</h1>\r\n</html>",
    );
    let empty = |status| answer(status, &[], "");
    let later = answer("503 Service Unavailable", &["Retry-After: 0"], "");
    let bad = "HTTP 502: Bad Gateway";
    [
        ("a gateway's page to a read", Get, page.clone(), bad, Again),
        ("a gateway's page to a write", Put, page.clone(), bad, Again),
        (
            "a gateway's page to a write with a key",
            Keyed,
            page.clone(),
            bad,
            Again,
        ),
        (
            "a gateway's page to a write without",
            Unkeyed,
            page.clone(),
            bad,
            Once,
        ),
        (
            "a gateway's page to a delete",
            Delete,
            page.clone(),
            bad,
            Again,
        ),
        ("a gateway's page for a stream", Export, page, bad, Again),
        (
            "504 to a write without a key",
            Unkeyed,
            empty("504 Gateway Timeout"),
            "HTTP 504: Gateway Timeout",
            Once,
        ),
        (
            "503 to a write without a key",
            Unkeyed,
            empty("503 Service Unavailable"),
            "HTTP 503: Service Unavailable",
            Once,
        ),
        (
            "500 to a write",
            Put,
            empty("500 Internal Server Error"),
            "HTTP 500: Internal Server Error",
            Once,
        ),
        ("520 to a write", Put, empty("520 X"), "HTTP 520", Once),
        ("520 without a word", Put, empty("520 "), "HTTP 520", Once),
        (
            "words of a gateway's own",
            Put,
            empty("500 Backend\tfell"),
            "HTTP 500: Internal Server Error",
            Once,
        ),
        (
            "the key in the words",
            Put,
            empty("500 No pbk_s3cret_key here"),
            "HTTP 500: Internal Server Error",
            Once,
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, line, retry)| {
        answered(name, call, bytes, api(line).in_doubt_of(call), retry)
    })
    // These say that nothing has happened.
    .chain([
        answered(
            "503 with a time to a write without a key",
            Unkeyed,
            later,
            api("HTTP 503: Service Unavailable (retry after 0s)"),
            Again,
        ),
        answered(
            "408 to a write without a key",
            Unkeyed,
            empty("408 Request Timeout"),
            api("HTTP 408: Request Timeout"),
            Again,
        ),
        answered(
            "429 to a write without a key",
            Unkeyed,
            empty("429 Too Many Requests"),
            api("HTTP 429: Too Many Requests"),
            Again,
        ),
        answered(
            "501 to a write",
            Put,
            empty("501 Not Implemented"),
            api("HTTP 501: Not Implemented"),
            Once,
        ),
    ])
    .collect()
}

fn waits() -> Vec<Fault> {
    let later = |status: &str, wait: &str| {
        answer(
            status,
            &[&format!("Retry-After: {wait}")],
            r#"{"code":"RATE_LIMITED"}"#,
        )
    };
    let rubbish = api("HTTP 503 RATE_LIMITED: Service Unavailable").in_doubt();
    [
        ("429 that says rubbish", "soon", "", Again),
        ("429 that says a negative time", "-5", "", Again),
        ("429 that says NaN", "NaN", "", Again),
        ("429 that says two times", "1, 2", "", Again),
        ("429 that says at once", "0", " (retry after 0s)", Again),
        (
            "429 that says a day that is past",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            " (retry after 0s)",
            Again,
        ),
        (
            "429 that says a day that is none",
            "Sun, 99 Nov 2094 08:49:37 GMT",
            "",
            Again,
        ),
        (
            "429 that says a time beyond the budget",
            "3600",
            " (retry after 3600s)",
            Once,
        ),
        (
            "429 that says a time beyond all times",
            "99999999999999999999999999",
            " (retry after 18446744073709551615s)",
            Once,
        ),
    ]
    .into_iter()
    .map(|(name, wait, shown, retry)| {
        let line = format!("HTTP 429 RATE_LIMITED: Too Many Requests{shown}");
        answered(
            name,
            Get,
            later("429 Too Many Requests", wait),
            api(&line),
            retry,
        )
    })
    .chain([answered(
        "503 that says rubbish, without a key",
        Unkeyed,
        later("503 Service Unavailable", "soon"),
        rubbish,
        Once,
    )])
    .collect()
}

fn redirects() -> Vec<Fault> {
    let to = |status: &str| answer(status, &["Location: http://elsewhere.invalid/v1/x"], "");
    [
        (
            "301 to another host",
            Put,
            to("301 Moved Permanently"),
            "HTTP 301: Moved Permanently; redirects are not followed: check the base URL",
        ),
        (
            "302 to another host",
            Get,
            to("302 Found"),
            "HTTP 302: Found; redirects are not followed: check the base URL",
        ),
        (
            "303 to another host",
            Keyed,
            to("303 See Other"),
            "HTTP 303: See Other; redirects are not followed: check the base URL",
        ),
        (
            "307 to another host",
            Unkeyed,
            to("307 Temporary Redirect"),
            "HTTP 307: Temporary Redirect; redirects are not followed: check the base URL",
        ),
        (
            "308 to another host",
            Delete,
            to("308 Permanent Redirect"),
            "HTTP 308: Permanent Redirect; redirects are not followed: check the base URL",
        ),
        (
            "307 for a stream",
            Export,
            to("307 Temporary Redirect"),
            "HTTP 307: Temporary Redirect; redirects are not followed: check the base URL",
        ),
        (
            "302 without a place",
            Get,
            answer("302 Found", &[], ""),
            "HTTP 302: Found; redirects are not followed: check the base URL",
        ),
        (
            "300 with a list",
            Get,
            answer("300 Multiple Choices", &[], "[]"),
            "HTTP 300: Multiple Choices",
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, line)| answered(name, call, bytes, api(line), Once))
    .collect()
}

fn refusals() -> Vec<Fault> {
    let basic = |name| format!("{name}: Basic realm=\"x\"");
    let unauthorized = answer("401 Unauthorized", &[&basic("WWW-Authenticate")], "");
    let proxy = answer(
        "407 Proxy Authentication Required",
        &[&basic("Proxy-Authenticate")],
        "",
    );
    let check = "HTTP 401: Unauthorized; check that the API key is correct and not revoked";
    let (long, deep) = ("x".repeat(1_000_000), "[".repeat(100_000));
    let (large, nested) = (long.repeat(5), format!("{deep}{}", "]".repeat(100_000)));
    let of = |n: usize| "x".repeat(n) + "…";
    let field = r#"{"field":"f","detail":"d"}"#;
    let other_types =
        r#"{"detail":{"a":1},"code":7,"errors":"no","request_id":[],"title":"Bad","status":400}"#;
    [
        ("a refusal without a body", "", "Bad Request"),
        (
            "a refusal whose JSON breaks off",
            "{\"detail\":\"no",
            "Bad Request",
        ),
        (
            "a refusal after a byte order mark",
            "\u{feff}{\"detail\":\"no\"}",
            "no",
        ),
        (
            "a refusal in a list",
            "[{\"detail\":\"no\"}]",
            "Bad Request",
        ),
        ("a refusal with members of other types", other_types, "Bad"),
        (
            "a refusal with a member twice",
            r#"{"detail":"one","detail":"two"}"#,
            "two",
        ),
        (
            "a refusal with huge numbers",
            r#"{"detail":"no","status":1e999,"n":-1e999}"#,
            "no",
        ),
        (
            "a refusal of a hundred thousand levels",
            &deep,
            "Bad Request",
        ),
        (
            "a refusal with as many within",
            &format!("{{\"x\":{nested},\"detail\":\"no\"}}"),
            "no",
        ),
        (
            "a refusal of 5 MB",
            &format!("{{\"x\":\"{large}\",\"detail\":\"no\"}}"),
            "no",
        ),
        (
            "a message of 1 MB",
            &format!("{{\"detail\":\"{long}\"}}"),
            &of(1_000),
        ),
        (
            "a request of 1 MB",
            &format!("{{\"request_id\":\"{long}\"}}"),
            &format!("Bad Request (request {})", of(200)),
        ),
        (
            "a field of 1 MB",
            &format!(
                "{{\"detail\":\"no\",\"errors\":[{{\"field\":\"{long}\",\"detail\":\"{long}\"}}]}}"
            ),
            &format!("no; {}: {}", of(200), of(300)),
        ),
        (
            "a thousand fields",
            &format!(
                "{{\"detail\":\"no\",\"errors\":[{}]}}",
                vec![field; 1_000].join(",")
            ),
            &format!("no{}; … and 990 more", "; f: d".repeat(10)),
        ),
    ]
    .into_iter()
    .map(|(name, body, line)| {
        answered(
            name,
            Put,
            answer("400 Bad Request", &[], body),
            api(&format!("HTTP 400: {line}")),
            Once,
        )
    })
    .chain([
        answered(
            "a code of 1 MB",
            Put,
            answer("400 Bad Request", &[], &format!("{{\"code\":\"{long}\"}}")),
            api(&format!("HTTP 400 {}: Bad Request", of(200))),
            Once,
        ),
        answered(
            "401 that asks for a password",
            Put,
            unauthorized,
            api(check),
            Once,
        ),
        answered(
            "407 that asks for a password",
            Put,
            proxy,
            api("HTTP 407: Proxy Authentication Required"),
            Once,
        ),
    ])
    .collect()
}

/// The status stands.
fn broken_off() -> Vec<Fault> {
    let half = |status| format!("HTTP/1.1 {status}\r\nContent-Length: 500\r\n\r\n{{\"detail\":");
    let chunk = "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"de".to_owned();
    let bad_chunk = "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".to_owned();
    let bad = || api("HTTP 502: Bad Gateway").in_doubt();
    let whole = r#"{"detail":"It is taken."}"#;
    let short = format!(
        "HTTP/1.1 409 Conflict\r\nContent-Length: {}\r\n\r\n{whole}",
        whole.len() + 1
    );
    let listed = r#"{"detail":"It is taken.","errors":[{"field":"na"#;
    let listed = format!("HTTP/1.1 409 Conflict\r\nContent-Length: 500\r\n\r\n{listed}");
    let taken = || api("HTTP 409: It is taken.");
    [
        (
            "a problem that is shorter than it says",
            Put,
            short,
            taken(),
            Once,
        ),
        (
            "a problem whose list of fields breaks off",
            Put,
            listed,
            taken(),
            Once,
        ),
        (
            "a refusal that breaks off",
            Put,
            half("400 Bad Request"),
            api("HTTP 400: Bad Request"),
            Once,
        ),
        (
            "a refusal in chunks that break off",
            Put,
            chunk,
            api("HTTP 409: Conflict"),
            Once,
        ),
        (
            "a refusal in chunks that are none",
            Put,
            bad_chunk,
            api("HTTP 409: Conflict"),
            Once,
        ),
        (
            "a gateway's page that breaks off",
            Put,
            half("502 Bad Gateway"),
            bad(),
            Again,
        ),
        (
            "a gateway's page that breaks off, without a key",
            Unkeyed,
            half("502 Bad Gateway"),
            bad(),
            Once,
        ),
    ]
    .into_iter()
    .map(|(name, call, bytes, want, retry)| answered(name, call, bytes, want, retry))
    .collect()
}

/// Beyond the table: there is another host, and nothing arrives there.
#[tokio::test]
async fn no_redirect_carries_the_key_elsewhere() {
    let elsewhere = RawServer::start(|_| answer("200 OK", &[], PROFILE)).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("Location: {}/v1/x", elsewhere.url());
        let server = RawServer::start(move |_| answer(status, &[&location], "")).await;
        let client = Client::builder()
            .base_url(server.url())
            .api_key("k")
            .build()
            .unwrap();
        for call in [Get, Put, Delete, Keyed, Unkeyed, Export] {
            let error = call.make(&client, || ()).await.unwrap_err();
            assert_eq!(error.status().unwrap().to_string(), status[..3]);
        }
        assert_eq!(server.requests().len(), 6);
    }
    assert!(elsewhere.requests().is_empty());
}
