//! A stub server that sends queued responses and records requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Response, Uri},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// The path of the base URL. The client must keep it in request URLs.
pub const BASE_PATH: &str = "/base";

/// The `X-Request-Id` of every response.
pub const REQUEST_ID: &str = "req_in_header";

/// A recorded request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A queued response.
#[derive(Clone, Debug)]
pub struct StubResponse {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl StubResponse {
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status)
        }
        .header("content-type", media_type)
    }

    /// Creates a response without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn into_http(self) -> Response<Body> {
        let mut response = Response::builder()
            .status(self.status)
            .header("x-request-id", REQUEST_ID);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap()
    }
}

#[derive(Default)]
struct State {
    responses: VecDeque<StubResponse>,
    received: Vec<Request>,
}

/// A server that sends its queued responses in order and repeats the last one.
pub struct Server {
    url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{BASE_PATH}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let handler_state = state.clone();
        let handler = async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let mut state = handler_state.lock().unwrap();
            state.received.push(Request {
                method,
                uri,
                headers,
                body,
            });
            let response = match state.responses.len() {
                1 => state.responses[0].clone(),
                _ => state.responses.pop_front().expect("a queued response"),
            };
            response.into_http()
        };
        let task = tokio::spawn(async move {
            axum::serve(listener, Router::new().fallback(handler))
                .await
                .unwrap();
        });
        Self { url, state, task }
    }

    /// Returns the base URL for clients.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Replaces the queued responses and clears the recorded requests.
    pub fn respond_with(&self, responses: impl IntoIterator<Item = StubResponse>) {
        let responses = responses.into_iter().collect();
        *self.state.lock().unwrap() = State {
            responses,
            received: Vec::new(),
        };
    }

    /// Returns the requests since the last `respond_with`.
    pub fn received(&self) -> Vec<Request> {
        self.state.lock().unwrap().received.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
