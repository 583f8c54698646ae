//! What a call tells to `tracing`: a span a call, an event an attempt, a warning a deprecation.
//!
//! Nothing of it is secret: no header, no body, no URL with its identifiers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use pgbeam_api::{Meta, Operation, RawResponse};
use tracing::{Level, Span, debug, debug_span, enabled, warn};

use crate::Attempt;

/// What is told of every attempt.
pub(crate) type Observer = Arc<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// What one client tells.
pub(crate) struct Telemetry {
    server: String,
    observer: Option<Observer>,
    /// The operations that were warned of, each once.
    deprecated: Mutex<HashSet<&'static str>>,
}

impl Telemetry {
    /// `server` is the host that calls go to, an address of IPv6 in brackets or without.
    pub(crate) fn new(server: &str, observer: Option<Observer>) -> Self {
        let server = server.trim_matches(['[', ']']).to_owned();
        Self {
            server,
            observer,
            deprecated: Mutex::default(),
        }
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

    /// Whether anybody would hear of an attempt.
    pub(crate) fn is_heard(&self) -> bool {
        self.observer.is_some() || enabled!(Level::DEBUG)
    }

    /// The event of one attempt, and what the observer is told.
    pub(crate) fn attempt(&self, attempt: &Attempt<'_>) {
        debug!(
            http.response.status_code = attempt.status(),
            http.request.resend_count = (attempt.number > 1).then(|| attempt.number - 1),
            "error.type" = attempt.error_type(),
            "attempt"
        );
        if let Some(observer) = &self.observer {
            observer(attempt);
        }
    }

    /// Warns, once for each operation, that the API is about to drop it.
    pub(crate) fn deprecation(&self, answer: &RawResponse) {
        if !answer.is_deprecated() {
            return;
        }
        let operation = answer.operation.id;
        // A poisoned set is still a set.
        let mut warned = self
            .deprecated
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if !warned.insert(operation) {
            return;
        }
        drop(warned);
        let meta = Meta::new(
            answer.status,
            answer.headers.clone(),
            answer.attempts,
            answer.elapsed,
        );
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
