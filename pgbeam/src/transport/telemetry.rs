//! What a call tells to `tracing`: a span a call, an event an attempt, a warning a deprecation.
//!
//! Nothing of it is secret: no header, no body, no URL with its identifiers.

use std::{collections::HashSet, sync::Mutex};

use pgbeam_api::{Answer, Meta, Operation};
use tracing::{Span, debug, debug_span, warn};

use super::outcome::Outcome;

/// What one client tells.
pub(crate) struct Telemetry {
    server: String,
    /// The operations that were warned of, each once.
    deprecated: Mutex<HashSet<&'static str>>,
}

impl Telemetry {
    /// `server` is the host that calls go to.
    pub(crate) fn new(server: &str) -> Self {
        Self { server: server.to_owned(), deprecated: Mutex::default() }
    }

    /// The span of one call; its fields are OpenTelemetry's for HTTP clients.
    pub(crate) fn span(&self, operation: &Operation) -> Span {
        debug_span!(
            "pgbeam.call",
            operation = operation.id,
            http.request.method = operation.method.as_str(),
            url.template = operation.path,
            server.address = self.server,
        )
    }

    /// The event of one attempt, after `retries` others.
    pub(crate) fn attempt(retries: u32, outcome: Outcome) {
        let answer = match &outcome {
            Outcome::Answer { status, .. } => Some(status),
            _ => None,
        };
        let error = match &outcome {
            Outcome::Answer { status, .. } if status.as_u16() < 400 => None,
            Outcome::Answer { status, .. } => Some(status.as_str()),
            Outcome::Connect => Some("connect"),
            Outcome::Timeout => Some("timeout"),
            Outcome::Network => Some("network"),
        };
        debug!(
            http.response.status_code = answer.map(http::StatusCode::as_u16),
            http.request.resend_count = retries,
            "error.type" = error,
            "attempt"
        );
    }

    /// Warns, once for each operation, that the API is about to drop it.
    pub(crate) fn deprecation(&self, answer: &Answer) {
        if !answer.headers.contains_key("deprecation") {
            return;
        }
        let operation = answer.operation.id;
        // A poisoned set is still a set.
        let mut warned = self.deprecated.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !warned.insert(operation) {
            return;
        }
        drop(warned);
        let meta =
            Meta::new(answer.status, answer.headers.clone(), answer.attempts, answer.elapsed);
        // Only a text that is a date is shown: others might hold anything.
        let sunset = meta.sunset().and_then(|_| meta.header("sunset"));
        warn!(
            operation,
            since = meta.deprecated_since(),
            sunset,
            "the API deprecates this operation: update pgbeam before its sunset"
        );
    }
}
