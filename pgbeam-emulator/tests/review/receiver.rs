//! A receiver of webhook deliveries on this machine.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A receiver that responds to every delivery with 200.
pub(crate) struct Receiver {
    pub(crate) url: String,
    deliveries: mpsc::UnboundedReceiver<Delivery>,
}

pub(crate) struct Delivery {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
        let (sender, deliveries) = mpsc::unbounded_channel();
        let router = Router::new().fallback(move |request: Request| async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
            let headers = head.headers;
            let _ = sender.send(Delivery { headers, body });
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, deliveries }
    }

    /// Waits for the next delivery.
    pub(crate) async fn next(&mut self) -> Delivery {
        self.deliveries.recv().await.expect("a delivery")
    }

    /// Returns `true` if no other delivery has arrived.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.deliveries.try_recv().is_err()
    }
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// Returns the event in the body. Checks that the headers have its type and its id.
    pub(crate) fn event(&self) -> Value {
        let event: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(event["type"], self.header("x-pgbeam-event"));
        assert_eq!(event["id"], self.header("x-pgbeam-event-id"));
        event
    }

    /// Checks both signatures of the delivery.
    #[track_caller]
    pub(crate) fn assert_signed_with(&self, secret: &str) {
        let signature = |parts: &[&[u8]]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
            parts.iter().for_each(|part| mac.update(part));
            let bytes = mac.finalize().into_bytes();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256={hex}")
        };
        let timestamp = self.header("x-pgbeam-timestamp").as_bytes();
        assert_eq!(self.header("x-pgbeam-signature"), signature(&[&self.body]));
        assert_eq!(
            self.header("x-pgbeam-signature-v2"),
            signature(&[timestamp, b".", &self.body])
        );
    }
}
