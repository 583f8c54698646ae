//! What the suites share: a client of an emulator, and small questions to ask of what was sent.

#![allow(
    dead_code,
    reason = "every suite has this module and uses a part of it"
)]

use std::time::Duration;

use pgbeam::{
    Client, ClientBuilder, Error,
    policies::{Policies, QueryTemplates},
};
use pgbeam_emulator::{Clock, Emulator, ProjectHandle, Received, ReceivedRequest};
use serde_json::Value;

/// The API key of all clients; nothing that is printed may hold it.
pub const KEY: &str = "pbk_s3cret_key_of_the_tests";

/// The project that calls are made in.
pub const PROJECT: &str = "prj_1";

/// Texts that must never become a segment of a path.
pub const NO_IDS: [&str; 12] = [
    "", ".", "..", "a/b", "a\\b", "/", "%2e", "%2e%2e", "%2E.", "a%2fb", "a\nb", "\n",
];

/// A client that hardly waits between attempts and hears nothing of the environment.
pub fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .api_key(KEY)
        .env(|_| None)
        .initial_delay(Duration::from_millis(1))
}

pub fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}

/// The policies of a client that talks to `url`.
pub fn policies(url: &str) -> Policies {
    client(url).project(PROJECT).unwrap().policies()
}

/// An emulator and a client of it.
pub struct Bench {
    pub emulator: Emulator,
    pub client: Client,
    pub policies: Policies,
    pub templates: QueryTemplates,
}

impl Bench {
    pub async fn start() -> Self {
        Self::of(Emulator::start().await.unwrap(), |builder| builder)
    }

    pub async fn at(clock: impl Clock) -> Self {
        let emulator = Emulator::builder().clock(clock).start().await.unwrap();
        Self::of(emulator, |builder| builder)
    }

    pub async fn with(set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        Self::of(Emulator::start().await.unwrap(), set)
    }

    fn of(emulator: Emulator, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        let client = set(builder(&emulator.base_url())).build().unwrap();
        let project = client.project(PROJECT).unwrap();
        let (policies, templates) = (project.policies(), project.query_templates());
        Self {
            emulator,
            client,
            policies,
            templates,
        }
    }

    /// The emulator's side of the project.
    pub fn project(&self) -> ProjectHandle {
        self.emulator.project(PROJECT)
    }

    /// Puts a profile into the emulator without a request, and gives its identifier.
    pub fn stored(&self, body: Value) -> String {
        text(&self.project().create_policy(body).unwrap()["id"])
    }

    /// Puts a query template into the emulator without a request, and gives its identifier.
    pub fn stored_template(&self, body: Value) -> String {
        text(&self.project().create_query_template(body).unwrap()["id"])
    }

    pub fn received(&self) -> Received {
        self.emulator.received()
    }

    /// The one request that arrived.
    pub fn only(&self) -> ReceivedRequest {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received}");
        received[0].clone()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The names of all headers of a request, sorted.
pub fn header_names(request: &ReceivedRequest) -> Vec<String> {
    let mut names: Vec<_> = request
        .headers
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    names.sort();
    names
}

/// The body of a request as text.
pub fn body(request: &ReceivedRequest) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

/// The fields that an error names, sorted.
pub fn fields(error: &Error) -> Vec<&str> {
    let mut fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|error| error.field())
        .collect();
    fields.sort_unstable();
    fields
}

/// An error that was found before anything was sent.
#[track_caller]
pub fn assert_not_sent(error: &Error) {
    assert_eq!(error.kind(), pgbeam::ErrorKind::Invalid, "{error:?}");
    assert_eq!((error.attempts(), error.status()), (0, None), "{error:?}");
    assert!(error.is_invalid() && !error.maybe_applied());
    assert_one_line(error);
}

/// What every error must print.
#[track_caller]
pub fn assert_one_line(error: &Error) {
    let line = error.to_string();
    assert!(!line.is_empty() && !line.contains(['\n', '\r']), "{line:?}");
}

/// Whether a future is not done the first time that it is asked.
pub async fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
    })
    .await
}
