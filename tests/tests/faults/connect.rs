//! Faults while the client connects, or just after: the server reads no part of a request.

use std::time::Duration;

use pgbeam_tests::raw::Script;

use crate::support::{DnsResult::*, *};

/// Longer than the connect timeouts of all attempts together.
const BEYOND_CONNECT_TIMEOUTS: Duration = Duration::from_secs(100);

pub fn table() -> Vec<Fault> {
    [dns_and_tcp(), tls_handshakes(), immediate_disconnects()]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns faults of the DNS lookup and of the TCP connection. The client retries even a write without an
/// idempotency key, because no request was sent.
fn dns_and_tcp() -> Vec<Fault> {
    let row = |name, dns_result, expected, retry| {
        fault(name, PostWithoutKey, Script::new(), expected, 0, retry)
            .endpoint(Endpoint::Hostname(dns_result))
    };
    let mut faults = vec![
        row(
            "unknown host name",
            NotFound,
            connect_error("no such host"),
            RetrySucceeds,
        ),
        row(
            "host name without an address",
            NoAddress,
            connect_error("Network unreachable"),
            RetrySucceeds,
        ),
        row(
            "refused connection",
            Refusing,
            connect_error("Connection refused"),
            RetrySucceeds,
        ),
        row(
            "DNS lookup that never ends",
            Hangs,
            connect_timeout(),
            RetrySucceeds,
        ),
        row(
            "connection attempt without a response",
            Unresponsive,
            connect_timeout(),
            RetrySucceeds,
        ),
    ];
    let second_address = fault(
        "first address refuses the connection",
        PostWithoutKey,
        Script::new(),
        success("good"),
        1,
        NoRetry,
    );
    faults.push(second_address.endpoint(Endpoint::Hostname(RefusingThenServer)));
    faults
}

fn tls_handshakes() -> Vec<Fault> {
    let client_hello = || Script::new().read_byte();
    let plain_http = client_hello()
        .send("HTTP/1.1 400 Bad Request\r\n\r\n")
        .shutdown();
    let alert = client_hello()
        .send(b"\x15\x03\x03\x00\x02\x02\x28")
        .shutdown();
    let mut faults: Vec<_> = [
        (
            "plain HTTP during the TLS handshake",
            plain_http,
            "received corrupt message of type InvalidContentType",
        ),
        (
            "close during the TLS handshake",
            client_hello().shutdown(),
            "tls handshake eof",
        ),
        (
            "reset during the TLS handshake",
            client_hello().reset(),
            RESET,
        ),
        (
            "alert during the TLS handshake",
            alert,
            "received fatal alert: HandshakeFailure",
        ),
    ]
    .into_iter()
    .map(|(name, script, cause)| {
        fault(
            name,
            PostWithoutKey,
            script,
            connect_error(cause),
            0,
            RetryFails,
        )
    })
    .collect();
    let silence = client_hello().advance_clock(BEYOND_CONNECT_TIMEOUTS);
    faults.push(fault(
        "no response to the TLS handshake",
        PostWithoutKey,
        silence,
        connect_timeout(),
        0,
        RetryFails,
    ));
    faults
        .into_iter()
        .map(|fault| fault.endpoint(Endpoint::Https))
        .collect()
}

/// Returns faults in which the server ends the connection as soon as it is open. Depending on timing, the
/// client detects this while it reads or while it writes.
fn immediate_disconnects() -> Vec<Fault> {
    [
        ("close right after connecting", Script::new().close()),
        ("shutdown right after connecting", Script::new().shutdown()),
        ("reset right after connecting", Script::new().reset()),
    ]
    .into_iter()
    .map(|(name, script)| {
        fault(
            name,
            Put,
            script,
            connection_error(ANY_DISCONNECT).ambiguous(),
            0,
            RetrySucceeds,
        )
        .with_any_disconnect()
    })
    .collect()
}
