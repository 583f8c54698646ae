//! Telemetry: a span for each call, an event for each attempt, a warning for each deprecated operation.
//!
//! Spans and events contain no secrets: no headers, bodies or URLs with identifiers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use chrono::DateTime;
use pgbeam_api::{Meta, Operation, RawResponse};
use tracing::{Level, Span, debug, debug_span, enabled, warn};

use crate::Attempt;

/// The callback that receives every attempt.
pub(crate) type Observer = Arc<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// The telemetry of a client.
pub(crate) struct Telemetry {
    server: String,
    observer: Option<Observer>,
    /// The deprecated operations that were reported.
    reported_deprecations: Mutex<HashSet<&'static str>>,
}

impl Telemetry {
    /// `server` is the host of the base URL. Brackets of an IPv6 address are removed.
    pub(crate) fn new(server: &str, observer: Option<Observer>) -> Self {
        let server = server.trim_matches(['[', ']']).to_owned();
        Self {
            server,
            observer,
            reported_deprecations: Mutex::default(),
        }
    }

    /// Returns the span of a call, with the field names of OpenTelemetry for HTTP clients.
    pub(crate) fn span(&self, operation: &Operation) -> Span {
        debug_span!(
            "pgbeam.call",
            operation = operation.id,
            http.request.method = operation.method.as_str(),
            url.template = operation.path,
            server.address = self.server,
        )
    }

    /// Returns `true` if attempts are observed or logged.
    pub(crate) fn is_enabled(&self) -> bool {
        self.observer.is_some() || enabled!(Level::DEBUG)
    }

    /// Emits the event of an attempt and calls the observer.
    pub(crate) fn record_attempt(&self, attempt: &Attempt<'_>) {
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

    /// Warns that an operation is deprecated, once for each operation.
    pub(crate) fn warn_deprecation(&self, response: &RawResponse) {
        if !response.is_deprecated() {
            return;
        }
        let operation = response.operation.id;
        // A panic cannot leave the set in an invalid state.
        let mut reported = self
            .reported_deprecations
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if !reported.insert(operation) {
            return;
        }
        drop(reported);
        let meta = Meta::new(
            response.status,
            response.headers.clone(),
            response.attempts,
            response.elapsed,
        );
        // Only a valid date is logged: other values could contain anything.
        let sunset = meta.sunset().and_then(|_| meta.header("sunset"));
        warn!(
            operation,
            since = meta.deprecated_since().and_then(http_date),
            sunset,
            "the operation is deprecated: update pgbeam before the sunset date"
        );
    }
}

/// Formats a Unix time in seconds as the headers of HTTP do, or returns `None` if it is out of range.
fn http_date(seconds: i64) -> Option<String> {
    let date = DateTime::from_timestamp(seconds, 0)?;
    Some(date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::http_date;

    #[test]
    fn formats_dates_and_ignores_those_out_of_range() {
        for (seconds, expected) in [
            (0, Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            (1_788_220_800, Some("Tue, 01 Sep 2026 00:00:00 GMT")),
            (-1, Some("Wed, 31 Dec 1969 23:59:59 GMT")),
            (i64::MAX, None),
            (i64::MIN, None),
        ] {
            assert_eq!(http_date(seconds).as_deref(), expected);
        }
    }
}
