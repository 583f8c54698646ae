//! A transport that records requests and returns prepared responses.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pgbeam_api::{BoxFuture, Client, Error, ErrorKind, PreparedRequest, RawResponse, Transport};
use serde_json::Value;

/// Records every request and returns the prepared responses in order. It repeats the last response. Without
/// prepared responses, every request fails with kind `Network`. Clones share the recorded requests and the
/// responses.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    requests: Vec<PreparedRequest>,
    responses: VecDeque<PreparedResponse>,
}

#[derive(Clone)]
struct PreparedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Recorder {
    /// The base URL of [`client`](Self::client).
    pub const BASE_URL: &str = "https://api.test";

    /// Creates a recorder with one prepared response that has no headers.
    pub fn with_response(status: u16, body: impl Into<Bytes>) -> Self {
        Self::default().then_response(status, &[], body)
    }

    /// Appends a prepared response. `headers` are pairs of a name and a value.
    ///
    /// # Panics
    ///
    /// If the status or a header is invalid.
    #[must_use]
    pub fn then_response(
        self,
        status: u16,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a valid header name");
            (
                name,
                HeaderValue::from_str(value).expect("a valid header value"),
            )
        });
        let response = PreparedResponse {
            status: StatusCode::from_u16(status).expect("a valid status"),
            headers: headers.collect(),
            body: body.into(),
        };
        self.state().responses.push_back(response);
        self
    }

    /// Creates a client with this transport.
    pub fn client(&self) -> Client {
        Client::new(Self::BASE_URL, self.clone()).expect("a valid base URL")
    }

    /// Returns all recorded requests.
    pub fn requests(&self) -> Vec<PreparedRequest> {
        self.state().requests.clone()
    }

    /// Returns the only recorded request.
    ///
    /// # Panics
    ///
    /// If the number of recorded requests is not one.
    pub fn only_request(&self) -> PreparedRequest {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "expected one request");
        requests.remove(0)
    }

    /// Returns the JSON body of the only recorded request, or `None` if the request has no body.
    ///
    /// # Panics
    ///
    /// If the number of recorded requests is not one, or if the body is not JSON.
    pub fn only_body(&self) -> Option<Value> {
        self.only_request()
            .body
            .map(|body| serde_json::from_slice(&body).expect("a JSON body"))
    }

    /// Returns the path and query of the only recorded request.
    ///
    /// # Panics
    ///
    /// If the number of recorded requests is not one, or if the URL of the request does not start with
    /// [`BASE_URL`](Self::BASE_URL).
    pub fn only_path(&self) -> String {
        let uri = self.only_request().uri().to_string();
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
        request: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
        let operation = request.operation;
        let mut state = self.state();
        state.requests.push(*request);
        let response = match state.responses.len() {
            0 | 1 => state.responses.front().cloned(),
            _ => state.responses.pop_front(),
        };
        Box::pin(async move {
            let PreparedResponse {
                status,
                headers,
                body,
            } = response
                .ok_or_else(|| Error::new(ErrorKind::Network, "the recorder has no response"))?;
            Ok(Box::new(RawResponse::new(operation, status, headers, body)))
        })
    }
}
