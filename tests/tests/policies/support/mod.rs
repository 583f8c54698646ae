//! Shared helpers of the suites `policies`, `low_level`, `query_templates` and `secrets`: a client of an
//! emulator, and assertions on requests and errors.

#![allow(dead_code, reason = "not every test uses all helpers")]

use std::time::Duration;

use pgbeam::{
    Client, ClientBuilder, Error,
    policies::{Policies, QueryTemplates},
};
use pgbeam_emulator::{Clock, Emulator, ProjectHandle, Received, ReceivedRequest};
use serde_json::Value;

/// The API key of the clients. No output of the SDK may contain it.
pub const KEY: &str = "pbk_s3cret_key_of_the_tests";

/// The project of the handles in [`TestEnv`].
pub const PROJECT: &str = "prj_1";

/// Identifiers that the SDK must reject, because they could change the path of a request.
pub const INVALID_IDS: [&str; 12] = [
    "", ".", "..", "a/b", "a\\b", "/", "%2e", "%2e%2e", "%2E.", "a%2fb", "a\nb", "\n",
];

/// Returns a client builder that has a short backoff and ignores the environment of the process.
pub fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .api_key(KEY)
        .env(|_| None)
        .initial_backoff(Duration::from_millis(1))
}

pub fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}

/// Returns the policies handle of a client with this base URL.
pub fn policies(url: &str) -> Policies {
    client(url).project(PROJECT).unwrap().policies()
}

/// An emulator, a client of it, and handles of the project [`PROJECT`].
pub struct TestEnv {
    pub emulator: Emulator,
    pub client: Client,
    pub policies: Policies,
    pub templates: QueryTemplates,
}

impl TestEnv {
    pub async fn start() -> Self {
        Self::new(Emulator::start().await.unwrap(), |builder| builder)
    }

    pub async fn with_clock(clock: impl Clock) -> Self {
        let emulator = Emulator::builder().clock(clock).start().await.unwrap();
        Self::new(emulator, |builder| builder)
    }

    pub async fn with(configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        Self::new(Emulator::start().await.unwrap(), configure)
    }

    fn new(emulator: Emulator, configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        let client = configure(builder(&emulator.base_url())).build().unwrap();
        let project = client.project(PROJECT).unwrap();
        let (policies, templates) = (project.policies(), project.query_templates());
        Self {
            emulator,
            client,
            policies,
            templates,
        }
    }

    /// Returns the project [`PROJECT`] in the emulator.
    pub fn project(&self) -> ProjectHandle {
        self.emulator.project(PROJECT)
    }

    /// Stores a profile in the emulator without a request. Returns its identifier.
    pub fn store_policy(&self, body: Value) -> String {
        get_string(&self.project().create_policy(body).unwrap()["id"])
    }

    /// Stores a query template in the emulator without a request. Returns its identifier.
    pub fn store_template(&self, body: Value) -> String {
        get_string(&self.project().create_query_template(body).unwrap()["id"])
    }

    pub fn received(&self) -> Received {
        self.emulator.received()
    }

    /// Returns the only received request.
    pub fn only_request(&self) -> ReceivedRequest {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received}");
        received[0].clone()
    }
}

pub fn get_string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the header names of a request, sorted.
pub fn header_names(request: &ReceivedRequest) -> Vec<String> {
    let mut names: Vec<_> = request
        .headers
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    names.sort();
    names
}

/// Returns the body of a request as a string.
pub fn body(request: &ReceivedRequest) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

/// Returns the field names of the validation errors in an error, sorted.
pub fn fields(error: &Error) -> Vec<&str> {
    let mut fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|error| error.field())
        .collect();
    fields.sort_unstable();
    fields
}

/// Asserts that an error is of kind `Invalid` and that nothing was sent.
#[track_caller]
pub fn assert_not_sent(error: &Error) {
    assert_eq!(error.kind(), pgbeam::ErrorKind::Invalid, "{error:?}");
    assert_eq!((error.attempts(), error.status()), (0, None), "{error:?}");
    assert!(error.is_invalid() && !error.maybe_applied());
    assert_one_line(error);
}

/// Asserts that an error prints one line.
#[track_caller]
pub fn assert_one_line(error: &Error) {
    let line = error.to_string();
    assert!(!line.is_empty() && !line.contains(['\n', '\r']), "{line:?}");
}

/// Returns `true` if the future is pending on the first poll.
pub async fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
    })
    .await
}
