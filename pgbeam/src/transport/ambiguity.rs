//! Determines from the outcomes of all attempts whether a write may have been applied although the call
//! fails.

use http::{Method, StatusCode};

use super::{outcome::Outcome, retry_policy::RetrySafety};

/// The 4xx statuses that do not show whether an earlier attempt with the same idempotency key was applied.
/// The API or a gateway may send them without looking up the key. 409 and 412 can also be an effect of the
/// earlier attempt.
const NOT_REPLAYED: [u16; 14] = [
    401, 403, 407, 408, 409, 412, 413, 415, 421, 425, 429, 431, 451, 499,
];

/// Whether a call is ambiguous: an attempt may have been applied, and no later response has shown whether it
/// was. Updated after each attempt.
#[derive(Debug)]
pub(crate) struct Ambiguity {
    safety: RetrySafety,
    is_ambiguous: bool,
}

impl Ambiguity {
    pub(crate) fn new(safety: RetrySafety) -> Self {
        Self {
            safety,
            is_ambiguous: false,
        }
    }

    /// Records the outcome of an attempt.
    ///
    /// A success shows the outcome of the call, so the call is no longer ambiguous. A 4xx response to a
    /// [`Keyed`](RetrySafety::Keyed) request has the same effect, because the server replays the first
    /// response to a key. Two kinds of 4xx are exceptions: the statuses in [`NOT_REPLAYED`], and responses of
    /// a gateway (`is_non_json` returns `true`). All other outcomes show nothing about earlier attempts: a
    /// call that is ambiguous stays ambiguous. A call also becomes ambiguous if the outcome is ambiguous
    /// ([`Outcome::is_ambiguous`]).
    pub(crate) fn record(&mut self, outcome: Outcome, is_non_json: impl FnOnce() -> bool) {
        if let Outcome::Response { status, .. } = outcome {
            let is_replayed = self.safety == RetrySafety::Keyed
                && status.is_client_error()
                && !NOT_REPLAYED.contains(&status.as_u16())
                && !is_non_json();
            if status.is_success() || is_replayed {
                self.is_ambiguous = false;
                return;
            }
        }
        self.is_ambiguous |= outcome.is_ambiguous();
    }

    /// Returns `true` if the call is a write and an attempt may have been applied.
    pub(crate) fn maybe_applied(&self) -> bool {
        self.safety != RetrySafety::ReadOnly && self.is_ambiguous
    }

    /// Returns `true` if this response confirms that an earlier attempt of a DELETE succeeded: a 404 after an
    /// ambiguous attempt.
    ///
    /// A 404 without a problem document (`is_problem` returns `false`) confirms nothing, because the 404 of a
    /// gateway says nothing about the resource.
    pub(crate) fn confirms_delete(
        &self,
        method: &Method,
        status: StatusCode,
        is_problem: impl FnOnce() -> bool,
    ) -> bool {
        *method == Method::DELETE
            && status == StatusCode::NOT_FOUND
            && self.is_ambiguous
            && is_problem()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn status(status: u16) -> Outcome {
        Outcome::Response {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
        }
    }

    const REJECTED: Outcome = Outcome::Response {
        status: StatusCode::SERVICE_UNAVAILABLE,
        retry_after: Some(Duration::ZERO),
    };

    fn maybe_applied(safety: RetrySafety, outcomes: &[Outcome]) -> bool {
        let mut ambiguity = Ambiguity::new(safety);
        outcomes
            .iter()
            .for_each(|outcome| ambiguity.record(*outcome, || false));
        ambiguity.maybe_applied()
    }

    #[test]
    fn maybe_applied_after_one_attempt() {
        let writes = [
            RetrySafety::Idempotent,
            RetrySafety::Keyed,
            RetrySafety::NonIdempotent,
        ];
        for outcome in [Outcome::Timeout, Outcome::Network] {
            assert!(
                writes
                    .iter()
                    .all(|safety| maybe_applied(*safety, &[outcome]))
            );
        }
        for ambiguous in [101, 500, 502, 503, 504, 505, 520, 599, 600, 799] {
            assert!(
                writes
                    .iter()
                    .all(|safety| maybe_applied(*safety, &[status(ambiguous)])),
                "{ambiguous}"
            );
        }
        let unambiguous = [
            200, 201, 204, 301, 304, 400, 401, 403, 404, 408, 409, 412, 422, 429, 501,
        ];
        for outcome in unambiguous
            .map(status)
            .into_iter()
            .chain([Outcome::Connect, REJECTED])
        {
            assert!(
                !writes
                    .iter()
                    .any(|safety| maybe_applied(*safety, &[outcome])),
                "{outcome:?}"
            );
        }
        for outcome in [Outcome::Timeout, Outcome::Network, status(500), status(502)] {
            assert!(!maybe_applied(RetrySafety::ReadOnly, &[outcome]));
        }
    }

    #[test]
    fn maybe_applied_after_a_later_response() {
        use RetrySafety::{Idempotent, Keyed};
        let lost = Outcome::Timeout;
        for (safety, later, expected) in [
            (Keyed, status(200), false),
            (Keyed, status(400), false),
            (Keyed, status(404), false),
            (Keyed, status(409), true),
            (Keyed, status(412), true),
            (Keyed, status(404), false),
            (Keyed, status(422), false),
            (Keyed, status(401), true),
            (Keyed, status(403), true),
            (Keyed, status(413), true),
            (Keyed, status(421), true),
            (Keyed, status(499), true),
            (Keyed, status(408), true),
            (Keyed, status(429), true),
            (Keyed, status(301), true),
            (Keyed, status(500), true),
            (Keyed, status(501), true),
            (Keyed, REJECTED, true),
            (Keyed, Outcome::Connect, true),
            (Idempotent, status(200), false),
            (Idempotent, status(204), false),
            (Idempotent, status(400), true),
            (Idempotent, status(404), true),
            (Idempotent, status(409), true),
            (Idempotent, status(412), true),
            (Idempotent, status(429), true),
            (Idempotent, Outcome::Connect, true),
        ] {
            assert_eq!(
                maybe_applied(safety, &[lost, later]),
                expected,
                "{safety:?} {later:?}"
            );
            assert!(
                maybe_applied(safety, &[later, lost]),
                "{safety:?} {later:?}"
            );
        }
        assert!(!maybe_applied(
            Keyed,
            &[Outcome::Connect, status(429), REJECTED, status(408)]
        ));
    }

    #[test]
    fn gateway_response_does_not_resolve_ambiguity() {
        for (is_non_json, expected) in [(false, false), (true, true)] {
            let mut ambiguity = Ambiguity::new(RetrySafety::Keyed);
            ambiguity.record(Outcome::Network, || false);
            ambiguity.record(status(404), || is_non_json);
            assert_eq!(ambiguity.maybe_applied(), expected);
        }
    }

    #[test]
    fn confirms_delete_only_by_404_after_an_ambiguous_attempt() {
        let mut ambiguity = Ambiguity::new(RetrySafety::Idempotent);
        let confirms = |ambiguity: &Ambiguity, method, status| {
            ambiguity.confirms_delete(&method, StatusCode::from_u16(status).unwrap(), || true)
        };
        assert!(!confirms(&ambiguity, Method::DELETE, 404));
        ambiguity.record(Outcome::Connect, || false);
        ambiguity.record(status(429), || false);
        assert!(!confirms(&ambiguity, Method::DELETE, 404));
        ambiguity.record(status(502), || false);
        assert!(confirms(&ambiguity, Method::DELETE, 404));
        assert!(!ambiguity.confirms_delete(&Method::DELETE, StatusCode::NOT_FOUND, || false));
        assert!(!confirms(&ambiguity, Method::DELETE, 409));
        assert!(!confirms(&ambiguity, Method::PUT, 404));
    }
}
