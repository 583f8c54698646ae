//! Scripted faults: what goes wrong, on which operation and how often.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::operation::Operation;

/// Something that goes wrong with a request, once unless told otherwise.
///
/// Faults wait in the order in which they were added; a request meets the first that
/// fits it. Handed to [`Emulator::fault`](crate::Emulator::fault).
///
/// ```
/// use std::time::Duration;
/// use pgbeam_emulator::{Fault, Operation};
///
/// let faults = [
///     Fault::status(429).retry_after(2).on("updatePolicyProfile"),
///     Fault::html(502, "<h1>Bad Gateway</h1>").times(3),
///     Fault::slow(Duration::from_secs(5)).on(Operation::GetPolicyProfile.id()),
///     Fault::apply_then_cut().on("createPolicyProfile"),
/// ];
/// # let _ = faults;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault does nothing until the emulator is given it"]
pub struct Fault {
    pub(crate) action: Action,
    pub(crate) delay: Option<Duration>,
    /// Headers on top of those of the answer, whoever makes it.
    pub(crate) headers: HeaderMap,
    /// Whether the request takes effect before anything else happens.
    pub(crate) applies: bool,
    operation: Option<Operation>,
    /// `None` is for ever.
    remaining: Option<u64>,
}

/// What the client gets to see.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The answer, as if nothing had gone wrong.
    Pass,
    /// A problem document with this status.
    Problem { status: StatusCode },
    /// Exactly this.
    Respond { status: StatusCode, body: Bytes },
    /// Nothing: the connection is closed.
    Cut,
    /// The head of the answer and the first half of its body, then the connection is
    /// closed.
    Truncate,
}

impl Fault {
    fn new(action: Action) -> Self {
        Self {
            action,
            delay: None,
            headers: HeaderMap::new(),
            applies: false,
            operation: None,
            remaining: Some(1),
        }
    }

    /// An error with this status and the problem document that goes with it.
    ///
    /// # Panics
    ///
    /// When `status` is not from 200 to 999.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        Self::new(Action::Problem {
            status: status_code(status),
        })
    }

    /// An HTML page with this status, as a gateway answers.
    ///
    /// # Panics
    ///
    /// When `status` is not from 200 to 999.
    #[track_caller]
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::respond(status, body.into()).header("content-type", "text/html; charset=utf-8")
    }

    /// Exactly this status and body, with no header but those that
    /// [`header`](Self::header) adds and those that HTTP itself needs.
    ///
    /// # Panics
    ///
    /// When `status` is not from 200 to 999.
    #[track_caller]
    pub fn respond(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(Action::Respond {
            status: status_code(status),
            body: body.into(),
        })
    }

    /// The right answer; with [`header`](Self::header), for what an answer may carry
    /// besides, such as `Deprecation` and `Sunset`.
    pub fn pass() -> Self {
        Self::new(Action::Pass)
    }

    /// The right answer, this much later. The wait is tokio's, so a paused clock
    /// governs it. The request takes effect after the wait: a client that hangs up
    /// before has changed nothing.
    pub fn slow(delay: Duration) -> Self {
        Self::pass().delay(delay)
    }

    /// The connection is closed without an answer, and the request has no effect.
    pub fn cut() -> Self {
        Self::new(Action::Cut)
    }

    /// The request takes effect, and the connection is closed without an answer.
    pub fn apply_then_cut() -> Self {
        Self::cut().after_applying()
    }

    /// The request takes effect; the answer breaks off in the middle of its body.
    /// An answer without a body (204, 304) is cut off whole.
    pub fn truncate() -> Self {
        Self::new(Action::Truncate)
    }

    /// Makes the request take effect before anything else happens, the wait of
    /// [`delay`](Self::delay) included: a gateway that loses the answer of a server which
    /// has done its work, a client that gives up waiting for what has been done.
    pub fn after_applying(mut self) -> Self {
        self.applies = true;
        self
    }

    /// Waits before the fault strikes.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Adds `Retry-After` in seconds.
    ///
    /// # Panics
    ///
    /// When the fault is a cut, which answers nothing.
    #[track_caller]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// Adds a header to the answer, in place of one of that name which the answer has by
    /// itself; any value, so that a client can be shown a wrong one.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value, and when the fault is a cut, which
    /// answers nothing.
    #[track_caller]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        assert!(
            !matches!(self.action, Action::Cut),
            "a cut answers nothing, {name} neither"
        );
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            _ => panic!("not an HTTP header: {name:?}: {value:?}"),
        }
        self
    }

    /// Strikes this many requests; 1 unless told, and 0 is none at all.
    pub fn times(mut self, times: u64) -> Self {
        self.remaining = Some(times);
        self
    }

    /// Strikes every request that it fits, until
    /// [`clear_faults`](crate::Emulator::clear_faults).
    pub fn forever(mut self) -> Self {
        self.remaining = None;
        self
    }

    /// Strikes this operation only, named by its `operationId`; every request, those
    /// to unknown paths included, unless told.
    ///
    /// # Panics
    ///
    /// When the emulator serves no operation of that name: the fault could never
    /// strike, and the test that scripts it would test nothing.
    #[track_caller]
    pub fn on(mut self, operation: &str) -> Self {
        match operation.parse() {
            Ok(operation) => self.operation = Some(operation),
            Err(unknown) => panic!("{unknown}"),
        }
        self
    }

    fn fits(&self, operation: Option<Operation>) -> bool {
        self.remaining != Some(0) && (self.operation.is_none() || self.operation == operation)
    }
}

#[track_caller]
fn status_code(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(code) if status >= 200 => code,
        _ => panic!("{status} is not the status of a final answer"),
    }
}

/// The faults that wait for their requests.
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

    /// The fault that a request of this operation meets; it has struck once more.
    pub(crate) fn take(&mut self, operation: Option<Operation>) -> Option<Fault> {
        let index = self.0.iter().position(|fault| fault.fits(operation))?;
        let fault = self.0.get_mut(index)?;
        let struck = fault.clone();
        fault.remaining = fault.remaining.map(|times| times.saturating_sub(1));
        self.0.retain(|fault| fault.remaining != Some(0));
        Some(struck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_strike_in_order_as_often_as_told() {
        let mut faults = Faults::default();
        faults.add(Fault::status(503).on("deletePolicyProfile").times(2));
        faults.add(Fault::cut());
        faults.add(Fault::status(500).times(0));
        assert_eq!(faults.len(), 2);

        let delete = Some(Operation::DeletePolicyProfile);
        let get = Some(Operation::GetPolicyProfile);
        let problem = |fault: Option<Fault>| {
            fault.is_some_and(|fault| matches!(fault.action, Action::Problem { .. }))
        };
        assert!(problem(faults.take(delete)));
        assert!(matches!(
            faults.take(get),
            Some(Fault {
                action: Action::Cut,
                ..
            })
        ));
        assert!(faults.take(get).is_none());
        assert!(faults.take(None).is_none());
        assert!(problem(faults.take(delete)));
        assert!(faults.take(delete).is_none());
        assert_eq!(faults.len(), 0);
    }

    #[test]
    fn a_lasting_fault_strikes_until_it_is_cleared() {
        let mut faults = Faults::default();
        faults.add(Fault::cut().forever());
        for _ in 0..10 {
            assert!(faults.take(None).is_some());
        }
        faults.clear();
        assert!(faults.take(None).is_none());
    }

    #[test]
    #[should_panic(expected = "no operation named \"updatePolicy\"")]
    fn a_misspelt_operation_is_refused() {
        let _ = Fault::cut().on("updatePolicy");
    }

    #[test]
    #[should_panic(expected = "a cut answers nothing")]
    fn a_header_that_could_not_be_sent_is_refused() {
        let _ = Fault::cut().retry_after(1);
    }

    #[test]
    #[should_panic(expected = "not an HTTP header")]
    fn a_header_that_is_none_is_refused() {
        let _ = Fault::status(503).header("retry after", "1");
    }

    #[test]
    #[should_panic(expected = "100 is not the status of a final answer")]
    fn an_interim_status_is_refused() {
        let _ = Fault::status(100);
    }
}
