//! Checks that each request goes to the base URL and to the resource that the path parameters name.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use http::Method;
use pgbeam_api::{Call, Client, Content, Idempotency, Location, Operation, Parameter};
use reqwest::Url;

use super::error_output;
use crate::recorder::Recorder;

/// An operation with an identifier and a string in its path, and a string in its query.
static OPERATION: Operation = Operation::new(
    "deleteThing",
    Method::DELETE,
    "/v1/things/{thing_id}/names/{name}",
    "things",
    &[
        Parameter::identifier("thing_id"),
        Parameter::new("name", Location::Path, true),
        Parameter::new("filter", Location::Query, false),
    ],
    Idempotency::Idempotent,
    false,
    Content::None,
);

/// Sends a request with the base URL and the parameters in the input. The first line of the input is a base
/// URL, the second line is an identifier for the path, and the rest is a string for both the path and the
/// query.
///
/// # Panics
///
/// If the request goes to another origin, path or query than the input says, if [`Client::base_url`] changes
/// when it is parsed again, or if the error for an invalid base URL shows the word `secret` from that URL.
pub fn check(data: &[u8]) {
    let input = String::from_utf8_lossy(data);
    let mut lines = input.splitn(3, '\n');
    let [base, id, name] =
        [lines.next(), lines.next(), lines.next()].map(Option::unwrap_or_default);
    let recorder = Recorder::with_response(204, "");
    let client = match Client::new(base, recorder.clone()) {
        Ok(client) => client,
        Err(error) => {
            for output in error_output::check(&error) {
                assert!(
                    !output.contains("secret") || !base.contains("secret"),
                    "{output}"
                );
            }
            return;
        }
    };
    let reparsed = Client::new(client.base_url(), recorder.clone()).expect("a base URL");
    assert_eq!(reparsed.base_url(), client.base_url());
    let call = client
        .call(&OPERATION)
        .path("thing_id", id)
        .path("name", name);
    send(call.query("filter", name));
    let Some(sent) = recorder.requests().pop() else {
        return;
    };
    let base = Url::parse(client.base_url()).expect("a base URL");
    let uri = sent.uri().to_string();
    let url = Url::parse(&uri).expect("a URL");
    assert_eq!(url.as_str(), uri, "the URL library changes the URI");
    assert_eq!(url.origin(), base.origin(), "{url}");
    assert_eq!(
        (url.username(), url.password(), url.fragment()),
        ("", None, None),
        "{url}"
    );
    let query: Vec<_> = url.query_pairs().collect();
    assert_eq!(query, [("filter".into(), name.into())], "{url}");
    let prefix = base.path().trim_end_matches('/');
    let rest = url
        .path()
        .strip_prefix(prefix)
        .and_then(|path| path.strip_prefix("/v1/things/"));
    let segments: Vec<&str> = rest
        .expect("the path of the operation")
        .split('/')
        .collect();
    let [first, "names", second] = segments[..] else {
        panic!("another resource: {url}")
    };
    let decode = |segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
    assert_eq!(
        (decode(first), decode(second)),
        (id.into(), name.into()),
        "{url}"
    );
}

/// Sends a call to the recorder, and checks the output of the error if the call fails. Panics if one poll
/// does not complete the call.
fn send(call: Call) {
    let mut future = pin!(call.send());
    let poll = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    if let std::task::Poll::Ready(Err(error)) = &poll {
        error_output::check(error);
    }
    assert!(poll.is_ready());
}
