//! Whether a write may have been applied although its response does not say so.

use http::{Method, StatusCode};

use super::{outcome::Outcome, retry_policy::RetrySafety};

/// 4xx statuses that do not tell what became of an earlier attempt with the same key: they are sent
/// without a look at the key, by the API or by a gateway, or (409, 412) because of the write itself.
const NOT_REPLAYED: [u16; 14] = [
    401, 403, 407, 408, 409, 412, 413, 415, 421, 425, 429, 431, 451, 499,
];

/// Whether the attempts of one call may have made a change that no response confirms or rules out.
#[derive(Debug)]
pub(crate) struct Ambiguity {
    safety: RetrySafety,
    is_open: bool,
}

impl Ambiguity {
    pub(crate) fn new(safety: RetrySafety) -> Self {
        Self {
            safety,
            is_open: false,
        }
    }

    /// Records the outcome of one more attempt.
    ///
    /// A success resolves the ambiguity. So does a 4xx to a request with a key, since the server
    /// replays the first response to that key; but not one of [`NOT_REPLAYED`], and not one that
    /// `is_foreign`, which a gateway has sent. Any other response says nothing of earlier attempts.
    pub(crate) fn record(&mut self, outcome: Outcome, is_foreign: impl FnOnce() -> bool) {
        if let Outcome::Response { status, .. } = outcome {
            let is_replayed = self.safety == RetrySafety::Keyed
                && status.is_client_error()
                && !NOT_REPLAYED.contains(&status.as_u16())
                && !is_foreign();
            if status.is_success() || is_replayed {
                self.is_open = false;
                return;
            }
        }
        self.is_open |= outcome.may_have_acted();
    }

    /// Returns `true` if a write may have been applied.
    pub(crate) fn maybe_applied(&self) -> bool {
        self.safety != RetrySafety::ReadOnly && self.is_open
    }

    /// Returns `true` if this response shows that an earlier attempt of a DELETE succeeded: the
    /// retry of a DELETE whose response was lost gets 404.
    ///
    /// Only a problem document counts: the 404 of a gateway says nothing about the resource.
    pub(crate) fn is_own_delete(
        &self,
        method: &Method,
        status: StatusCode,
        is_problem: impl FnOnce() -> bool,
    ) -> bool {
        *method == Method::DELETE && status == StatusCode::NOT_FOUND && self.is_open && is_problem()
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

    const TURNED_AWAY: Outcome = Outcome::Response {
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
    fn one_attempt() {
        let unsafe_ones = [
            RetrySafety::Idempotent,
            RetrySafety::Keyed,
            RetrySafety::NonIdempotent,
        ];
        for outcome in [Outcome::Timeout, Outcome::Network] {
            assert!(
                unsafe_ones
                    .iter()
                    .all(|safety| maybe_applied(*safety, &[outcome]))
            );
        }
        for open in [101, 500, 502, 503, 504, 505, 520, 599, 600, 799] {
            assert!(
                unsafe_ones
                    .iter()
                    .all(|safety| maybe_applied(*safety, &[status(open)])),
                "{open}"
            );
        }
        let closed = [
            200, 201, 204, 301, 304, 400, 401, 403, 404, 408, 409, 412, 422, 429, 501,
        ];
        for outcome in closed
            .map(status)
            .into_iter()
            .chain([Outcome::Connect, TURNED_AWAY])
        {
            assert!(
                !unsafe_ones
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
    fn what_a_later_answer_settles() {
        use RetrySafety::{Idempotent, Keyed};
        let lost = Outcome::Timeout;
        for (safety, later, open) in [
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
            (Keyed, TURNED_AWAY, true),
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
                open,
                "{safety:?} {later:?}"
            );
            assert!(
                maybe_applied(safety, &[later, lost]),
                "{safety:?} {later:?}"
            );
        }
        assert!(!maybe_applied(
            Keyed,
            &[Outcome::Connect, status(429), TURNED_AWAY, status(408)]
        ));
    }

    #[test]
    fn a_gateway_knows_no_key() {
        for (foreign, open) in [(false, false), (true, true)] {
            let mut ambiguity = Ambiguity::new(RetrySafety::Keyed);
            ambiguity.record(Outcome::Network, || false);
            ambiguity.record(status(404), || foreign);
            assert_eq!(ambiguity.maybe_applied(), open);
        }
    }

    #[test]
    fn only_an_ambiguous_delete_takes_404_for_its_own_success() {
        let mut ambiguity = Ambiguity::new(RetrySafety::Idempotent);
        let own = |ambiguity: &Ambiguity, method, status| {
            ambiguity.is_own_delete(&method, StatusCode::from_u16(status).unwrap(), || true)
        };
        assert!(!own(&ambiguity, Method::DELETE, 404));
        ambiguity.record(Outcome::Connect, || false);
        ambiguity.record(status(429), || false);
        assert!(!own(&ambiguity, Method::DELETE, 404));
        ambiguity.record(status(502), || false);
        assert!(own(&ambiguity, Method::DELETE, 404));
        assert!(!ambiguity.is_own_delete(&Method::DELETE, StatusCode::NOT_FOUND, || false));
        assert!(!own(&ambiguity, Method::DELETE, 409));
        assert!(!own(&ambiguity, Method::PUT, 404));
    }
}
