//! `Fault`: an error, delay or change that the emulator injects into responses.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::operation::{Operation, UnknownOperation};

/// A fault that the emulator injects: it replaces, delays or changes the regular response.
///
/// The regular response is the response without a fault.
///
/// Pass a fault to [`Emulator::inject_fault`](crate::Emulator::inject_fault). By default, it applies to the next
/// request, whatever its operation. If several faults match a request, only the one that was added first applies.
///
/// ```
/// use std::time::Duration;
/// use pgbeam_emulator::Fault;
///
/// let faults = [
///     Fault::status(429).retry_after(2).on("updatePolicyProfile"),
///     Fault::html(502, "<h1>Bad Gateway</h1>").times(3),
///     Fault::slow(Duration::from_secs(5)).on("getPolicyProfile"),
///     Fault::apply_then_disconnect().on("createPolicyProfile"),
/// ];
/// # let _ = faults;
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass the fault to `Emulator::inject_fault`"]
pub struct Fault {
    pub(crate) action: Action,
    pub(crate) delay: Option<Duration>,
    /// The headers that the fault adds to the response, in place of regular headers with the same names.
    pub(crate) headers: HeaderMap,
    /// Whether the emulator processes the request, and so changes its state, before the delay and the fault.
    pub(crate) applies_first: bool,
    operation: Option<Operation>,
    /// The number of requests to which the fault still applies; `None` for no limit.
    remaining: Option<u64>,
}

/// The response that a fault sends to the client, if any.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The regular response.
    PassThrough,
    /// A problem document with this status.
    Problem { status: StatusCode },
    /// A response with this status and body.
    Respond { status: StatusCode, body: Bytes },
    /// No response: the connection is closed.
    Disconnect,
    /// The head of the response and the first half of its body, then the connection is closed.
    Truncate,
}

impl Fault {
    pub(crate) fn new(action: Action) -> Self {
        Self {
            action,
            delay: None,
            headers: HeaderMap::new(),
            applies_first: false,
            operation: None,
            remaining: Some(1),
        }
    }

    /// Responds with this status and a problem document. The request has no effect.
    ///
    /// With status 429, the `RateLimit` header says that no requests remain. Add the wait in seconds with
    /// [`retry_after`](Self::retry_after).
    ///
    /// # Panics
    ///
    /// If `status` is below 200 or above 999.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        let status = or_panic(parse_status(status));
        Self::new(Action::Problem { status })
    }

    /// Responds with this status and an HTML page, as a gateway does. The request has no effect.
    ///
    /// The `Content-Type` is `text/html; charset=utf-8`. For another one, use [`respond`](Self::respond).
    ///
    /// # Panics
    ///
    /// If `status` is below 200 or above 999.
    #[track_caller]
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::respond(status, body.into()).header("content-type", "text/html; charset=utf-8")
    }

    /// Responds with this status and body. The request has no effect.
    ///
    /// The response has no headers except those of [`header`](Self::header) and those that HTTP requires.
    ///
    /// # Panics
    ///
    /// If `status` is below 200 or above 999.
    #[track_caller]
    pub fn respond(status: u16, body: impl Into<Bytes>) -> Self {
        let status = or_panic(parse_status(status));
        let body = body.into();
        Self::new(Action::Respond { status, body })
    }

    /// Processes the request and sends the regular response. Use this with [`header`](Self::header) to add response
    /// headers such as `Deprecation` and `Sunset`.
    pub fn pass_through() -> Self {
        Self::new(Action::PassThrough)
    }

    /// Waits for `delay`, then processes the request and sends the regular response.
    ///
    /// If the client disconnects during the delay, the request has no effect. The delay uses tokio's clock, which
    /// tests can pause.
    pub fn slow(delay: Duration) -> Self {
        Self::pass_through().delay(delay)
    }

    /// Closes the connection without a response. The request has no effect.
    pub fn disconnect() -> Self {
        Self::new(Action::Disconnect)
    }

    /// Processes the request, then closes the connection without a response.
    pub fn apply_then_disconnect() -> Self {
        Self::disconnect().after_applying()
    }

    /// Processes the request, sends the headers and half of the response body, then closes the connection.
    ///
    /// If the response has no body (204, 304), the connection is closed without a response.
    pub fn truncate() -> Self {
        Self::new(Action::Truncate)
    }

    /// Processes the request first, then waits for the [`delay`](Self::delay) and applies the fault. The request
    /// takes effect.
    ///
    /// This simulates a gateway that loses the response of the server, or a client that times out after the server
    /// has processed the request.
    pub fn after_applying(mut self) -> Self {
        self.applies_first = true;
        self
    }

    /// Waits before the response is sent or the connection is closed. Default: no delay.
    ///
    /// If the request is processed, this happens after the delay, or before it with
    /// [`after_applying`](Self::after_applying).
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Adds a `Retry-After` header with this number of seconds.
    ///
    /// # Panics
    ///
    /// If the fault sends no response: [`disconnect`](Self::disconnect) and
    /// [`apply_then_disconnect`](Self::apply_then_disconnect).
    #[track_caller]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// Adds a header to the response. It replaces the header of that name that the emulator would send, if any.
    /// Several calls with one name add several values.
    ///
    /// The meaning of the value is not checked: `soon` is accepted for `Retry-After`.
    ///
    /// # Panics
    ///
    /// If the name or the value has characters that HTTP does not allow, or if the fault sends no response:
    /// [`disconnect`](Self::disconnect) and [`apply_then_disconnect`](Self::apply_then_disconnect).
    #[track_caller]
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        or_panic(self.try_header(name.as_ref(), value.as_ref()))
    }

    /// Same as [`header`](Self::header), but returns an error instead of panicking.
    pub(crate) fn try_header(mut self, name: &str, value: &str) -> Result<Self, String> {
        if matches!(self.action, Action::Disconnect) {
            return Err(format!(
                "a disconnect sends no response, so it cannot have the header {name}"
            ));
        }
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            return Err(format!("not an HTTP header: {name:?}: {value:?}"));
        };
        self.headers.append(name, value);
        Ok(self)
    }

    /// Sets the number of requests to which the fault applies. Default: 1. 0 disables the fault.
    pub fn times(mut self, times: u64) -> Self {
        self.remaining = Some(times);
        self
    }

    /// Applies the fault to every matching request until [`clear_faults`](crate::Emulator::clear_faults) or
    /// [`reset`](crate::Emulator::reset).
    pub fn forever(mut self) -> Self {
        self.remaining = None;
        self
    }

    /// Applies the fault only to requests of the operation with this `operationId`. Default: all requests, including
    /// those to unknown paths, except those to admin routes.
    ///
    /// # Panics
    ///
    /// If the API contract does not declare the operation.
    #[track_caller]
    pub fn on(self, operation: &str) -> Self {
        or_panic(self.try_on(operation))
    }

    /// Same as [`on`](Self::on), but returns an error instead of panicking.
    pub(crate) fn try_on(mut self, operation: &str) -> Result<Self, UnknownOperation> {
        self.operation = Some(operation.parse()?);
        Ok(self)
    }

    fn matches(&self, operation: Option<Operation>) -> bool {
        self.remaining != Some(0) && (self.operation.is_none() || self.operation == operation)
    }
}

/// Returns the value, or panics with the error.
#[track_caller]
fn or_panic<T>(result: Result<T, impl fmt::Display>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// Checks the status of a final response: 200 to 999.
pub(crate) fn parse_status(status: u16) -> Result<StatusCode, String> {
    let code = StatusCode::from_u16(status).ok();
    code.filter(|code| code.as_u16() >= 200)
        .ok_or_else(|| format!("{status} is not the status of a final response"))
}

/// The injected faults that still apply to requests, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if fault.remaining != Some(0) {
            self.0.push(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the first fault that applies to a request of this operation, and counts the use. Removes the fault after
    /// its last use. `operation` is `None` for a request to an unknown path or with an unknown method.
    pub(crate) fn take(&mut self, operation: Option<Operation>) -> Option<Fault> {
        let index = self.0.iter().position(|fault| fault.matches(operation))?;
        let fault = self.0.get_mut(index)?;
        let taken = fault.clone();
        fault.remaining = fault.remaining.map(|times| times.saturating_sub(1));
        self.0.retain(|fault| fault.remaining != Some(0));
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_apply_in_order_and_as_often_as_requested() {
        let mut faults = Faults::default();
        faults.add(Fault::status(503).on("deletePolicyProfile").times(2));
        faults.add(Fault::disconnect());
        faults.add(Fault::status(500).times(0));
        assert_eq!(faults.len(), 2);

        let delete = "deletePolicyProfile".parse().ok();
        let get = "getPolicyProfile".parse().ok();
        let is_problem = |fault: Option<Fault>| {
            fault.is_some_and(|fault| matches!(fault.action, Action::Problem { .. }))
        };
        assert!(is_problem(faults.take(delete)));
        assert!(matches!(
            faults.take(get),
            Some(Fault {
                action: Action::Disconnect,
                ..
            })
        ));
        assert!(faults.take(get).is_none());
        assert!(faults.take(None).is_none());
        assert!(is_problem(faults.take(delete)));
        assert!(faults.take(delete).is_none());
        assert_eq!(faults.len(), 0);
    }

    #[test]
    fn forever_applies_until_cleared() {
        let mut faults = Faults::default();
        faults.add(Fault::disconnect().forever());
        for _ in 0..10 {
            assert!(faults.take(None).is_some());
        }
        faults.clear();
        assert!(faults.take(None).is_none());
    }

    #[test]
    #[should_panic(expected = "has no operation \"updatePolicy\"")]
    fn on_panics_for_an_unknown_operation() {
        let _ = Fault::disconnect().on("updatePolicy");
    }

    #[test]
    #[should_panic(expected = "a disconnect sends no response")]
    fn header_panics_for_a_disconnect() {
        let _ = Fault::disconnect().retry_after(1);
    }

    #[test]
    #[should_panic(expected = "not an HTTP header")]
    fn header_panics_for_an_invalid_name() {
        let _ = Fault::status(503).header("retry after", "1");
    }

    #[test]
    #[should_panic(expected = "100 is not the status of a final response")]
    fn status_panics_for_an_interim_status() {
        let _ = Fault::status(100);
    }
}
