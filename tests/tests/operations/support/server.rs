//! A server that gives prepared answers and keeps what it was asked.

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

/// What comes before every path: a path in the base URL is kept.
pub const PREFIX: &str = "/base";

/// The id that every answer carries in its head.
pub const REQUEST_ID: &str = "req_of_the_head";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An answer to give.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// An answer with a body of this media type.
    pub fn of(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status)
        }
        .header("content-type", media_type)
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn response(self) -> Response<Body> {
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
    replies: VecDeque<Reply>,
    received: Vec<Request>,
}

/// Gives the answers that it was told, in their order; the last one again and again.
pub struct Server {
    url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{PREFIX}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let answer = async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let mut state = shared.lock().unwrap();
            state.received.push(Request {
                method,
                uri,
                headers,
                body,
            });
            let reply = match state.replies.len() {
                1 => state.replies[0].clone(),
                _ => state.replies.pop_front().expect("an answer to give"),
            };
            reply.response()
        };
        let serving = tokio::spawn(async move {
            axum::serve(listener, Router::new().fallback(answer))
                .await
                .unwrap();
        });
        Self {
            url,
            state,
            serving,
        }
    }

    /// The base URL for clients.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives these answers from now on, and forgets what it was asked before.
    pub fn answer(&self, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        *self.state.lock().unwrap() = State {
            replies,
            received: Vec::new(),
        };
    }

    /// What it was asked since it was told what to answer.
    pub fn received(&self) -> Vec<Request> {
        self.state.lock().unwrap().received.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
