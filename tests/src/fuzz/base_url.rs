//! Base URLs and identifiers, whatever they hold: what is sent goes to the base URL, and to the
//! resource that was named.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use http::Method;
use pgbeam_api::{Call, Client, Content, Idempotency, Location, Operation, Parameter};
use reqwest::Url;

use super::line;
use crate::recorder::Recorder;

/// An operation with a parameter that is an identifier, and one that may be any text.
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

/// An input has a base URL, an identifier, and a text for the path and for the query, a line each.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n');
    let [base, id, name] =
        [lines.next(), lines.next(), lines.next()].map(Option::unwrap_or_default);
    let recorder = Recorder::answering(204, "");
    let client = match Client::new(base, recorder.clone()) {
        Ok(client) => client,
        Err(error) => {
            for shown in line::shown(&error) {
                assert!(
                    !shown.contains("secret") || !base.contains("secret"),
                    "{shown}"
                );
            }
            return;
        }
    };
    let again = Client::new(client.base_url(), recorder.clone()).expect("a base URL");
    assert_eq!(again.base_url(), client.base_url());
    let call = client
        .call(&OPERATION)
        .path("thing_id", id)
        .path("name", name);
    send(call.query("filter", name));
    let Some(sent) = recorder.sent().pop() else {
        return;
    };
    let base = Url::parse(client.base_url()).expect("a base URL");
    let text = sent.uri().to_string();
    let url = Url::parse(&text).expect("a URL");
    assert_eq!(url.as_str(), text, "a URL library changes the URI");
    assert_eq!(url.origin(), base.origin(), "{url}");
    assert_eq!(
        (url.username(), url.password(), url.fragment()),
        ("", None, None),
        "{url}"
    );
    let query: Vec<_> = url.query_pairs().collect();
    assert_eq!(query, [("filter".into(), name.into())], "{url}");
    // What the URL library makes of the path is what was put together, to the letter.
    let before = base.path().trim_end_matches('/');
    let rest = url
        .path()
        .strip_prefix(before)
        .and_then(|path| path.strip_prefix("/v1/things/"));
    let segments: Vec<&str> = rest
        .expect("the path of the operation")
        .split('/')
        .collect();
    let [one, "names", other] = segments[..] else {
        panic!("another resource: {url}")
    };
    let read = |segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
    assert_eq!((read(one), read(other)), (id.into(), name.into()), "{url}");
}

/// Sends a call through the recorder, which never waits.
fn send(call: Call) {
    let mut sending = pin!(call.send());
    let outcome = sending
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    if let std::task::Poll::Ready(Err(error)) = &outcome {
        line::shown(error);
    }
    assert!(outcome.is_ready());
}
