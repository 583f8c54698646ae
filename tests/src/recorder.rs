//! A transport that keeps what is sent and answers as it is told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pgbeam_api::{BoxFuture, Client, Error, ErrorKind, PreparedRequest, RawResponse, Transport};
use serde_json::Value;

/// Keeps every request, and gives the answers that were put in, in their order; when there are
/// none left, the last one again.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    sent: Vec<PreparedRequest>,
    answers: VecDeque<Prepared>,
}

#[derive(Clone)]
struct Prepared {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Recorder {
    /// The base URL that requests of [`client`](Self::client) begin with.
    pub const BASE_URL: &str = "https://api.test";

    /// Answers with this status and body.
    pub fn answering(status: u16, body: impl Into<Bytes>) -> Self {
        Self::default().then(status, &[], body)
    }

    /// After that, answers with this status, these headers and this body.
    #[must_use]
    pub fn then(self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("the name of a header");
            (
                name,
                HeaderValue::from_str(value).expect("the value of a header"),
            )
        });
        let answer = Prepared {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: headers.collect(),
            body: body.into(),
        };
        self.state().answers.push_back(answer);
        self
    }

    /// A client that calls through this.
    pub fn client(&self) -> Client {
        Client::new(Self::BASE_URL, self.clone()).expect("a base URL")
    }

    /// All requests so far.
    pub fn sent(&self) -> Vec<PreparedRequest> {
        self.state().sent.clone()
    }

    /// The one request that was sent.
    pub fn only(&self) -> PreparedRequest {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "one request should have been sent");
        sent.remove(0)
    }

    /// The JSON body of the one request that was sent; `None` where it had none.
    pub fn only_body(&self) -> Option<Value> {
        self.only()
            .body
            .map(|body| serde_json::from_slice(&body).expect("a body of JSON"))
    }

    /// Path and query of the one request that was sent.
    pub fn only_path(&self) -> String {
        let uri = self.only().uri().to_string();
        uri.strip_prefix(Self::BASE_URL)
            .expect("the base URL")
            .to_owned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Recorder {
    fn send(
        &self,
        outgoing: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
        let operation = outgoing.operation;
        let mut state = self.state();
        state.sent.push(*outgoing);
        let answer = match state.answers.len() {
            0 | 1 => state.answers.front().cloned(),
            _ => state.answers.pop_front(),
        };
        Box::pin(async move {
            let Prepared {
                status,
                headers,
                body,
            } = answer.ok_or_else(|| {
                Error::new(
                    ErrorKind::Network,
                    "the recorder was given no answer to give",
                )
            })?;
            Ok(Box::new(RawResponse::new(operation, status, headers, body)))
        })
    }
}
