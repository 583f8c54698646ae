//! Telemetry: a span for each call, an event for each attempt, a warning for each deprecated operation.
//!
//! The spans, events and warnings contain no secrets: no bodies and no URLs with identifiers. The only
//! headers in them are `Deprecation` and `Sunset`, if their dates are valid.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use chrono::DateTime;
use pgbeam_api::{Meta, Operation, RawResponse};
use tracing::{Level, Span, debug, debug_span, enabled, warn};

use crate::Attempt;

/// The callback of `ClientBuilder::on_attempt`, called after every attempt.
pub(crate) type Observer = Arc<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// Emits the spans, events and warnings of a client, and calls its observer.
pub(crate) struct Telemetry {
    server: String,
    observer: Option<Observer>,
    /// The ids of the deprecated operations about which a warning was emitted.
    reported_deprecations: Mutex<HashSet<&'static str>>,
}

impl Telemetry {
    /// Creates the telemetry. `server` is the host of the base URL, for `server.address`. The brackets of an
    /// IPv6 address are removed.
    pub(crate) fn new(server: &str, observer: Option<Observer>) -> Self {
        let server = server.trim_matches(['[', ']']).to_owned();
        Self {
            server,
            observer,
            reported_deprecations: Mutex::default(),
        }
    }

    /// Creates the span of a call. Its fields have the names that OpenTelemetry defines for HTTP clients.
    pub(crate) fn span(&self, operation: &Operation) -> Span {
        debug_span!(
            "pgbeam.call",
            operation = operation.id,
            http.request.method = operation.method.as_str(),
            url.template = operation.path,
            server.address = self.server,
        )
    }

    /// Returns `true` if an observer is set or if `debug` events are enabled. If neither is the case, reports
    /// of attempts are not needed.
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

    /// Emits a warning if the response says that its operation is deprecated. Warns only once for each
    /// operation.
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

/// Formats a Unix time in seconds as an HTTP date. Returns `None` if the time is out of the range of
/// `chrono`.
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
