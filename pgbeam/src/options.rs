//! The options of one call, the same on every request builder.

use std::{fmt, time::Duration};

use http::HeaderMap;
use pgbeam_api::FieldError;

use crate::{RetryPolicy, transport::headers};

/// The per-call options as inherent methods, for the `impl` block of a request builder that keeps
/// a [`CallOptions`] in the named field, which may lie in another: `call_options!(inner.options)`.
macro_rules! call_options {
    ($($field:ident).*) => {
        /// Sets the timeout of each attempt of this call, in place of the client's.
        ///
        /// It covers connecting, sending and reading the whole answer. 0 turns it off.
        pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
            self$(.$field)*.set_timeout(timeout);
            self
        }

        /// Sets how long this call may take with all its attempts and waits, in place of the
        /// client's total budget.
        ///
        /// A retry whose wait would end past it is not made. 0 turns it off.
        pub fn total_budget(mut self, budget: ::std::time::Duration) -> Self {
            self$(.$field)*.set_total_budget(budget);
            self
        }

        /// Sets how often and after which waits this call is sent again, in place of the client's
        /// policy, for example [`RetryPolicy::none()`](crate::RetryPolicy::none).
        pub fn retry(mut self, policy: $crate::RetryPolicy) -> Self {
            self$(.$field)*.set_retry(policy);
            self
        }

        /// Sends this `Idempotency-Key` in place of one made for the call.
        ///
        /// With a key of your own, kept beside what you are about to create, even a call repeated
        /// by another process creates it once: for 24 hours the API replays the first response to
        /// the same key. The same key with another body is 409 `IDEMPOTENCY_KEY_REUSED`. Only
        /// operations of class [`Keyed`](crate::api::Idempotency::Keyed) promise this.
        ///
        /// 1 to 255 visible ASCII characters. Anything else, and a key on an operation that refuses
        /// them, is an error of kind [`Invalid`]($crate::ErrorKind::Invalid) when the call is sent,
        /// and then nothing leaves the process. Only creating calls (POST and PATCH) need one; the
        /// API passes it over on all others.
        pub fn idempotency_key(
            mut self,
            key: impl ::std::convert::Into<::std::string::String>,
        ) -> Self {
            self$(.$field)*.set_header("Idempotency-Key", &key.into());
            self
        }

        /// Sends a header with this call, in place of any other value it would have.
        ///
        /// A name or value that HTTP does not admit, `Authorization`, and the headers that frame
        /// a message (`Content-Length`, `Host`, …) are errors of kind
        /// [`Invalid`](crate::ErrorKind::Invalid) when the call is sent, and then nothing leaves
        /// the process.
        pub fn header(
            mut self,
            name: impl ::std::convert::AsRef<str>,
            value: impl ::std::convert::AsRef<str>,
        ) -> Self {
            self$(.$field)*.set_header(name.as_ref(), value.as_ref());
            self
        }
    };
}

/// What one call does otherwise than its client.
///
/// Every request builder of this crate has the same methods itself. This type carries them to the
/// low-level client: [`Client::api_with`](crate::Client::api_with).
#[derive(Clone, Default)]
#[must_use = "options do nothing until they are given to a call"]
pub struct CallOptions {
    /// Boxed, since most calls set nothing and a request hands its options on.
    differences: Option<Box<Differences>>,
}

/// What is set.
#[derive(Clone, Default)]
pub(crate) struct Differences {
    pub(crate) timeout: Option<Duration>,
    pub(crate) total_budget: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: HeaderMap,
    /// What is wrong with the headers given, to be said when the call is sent.
    pub(crate) faults: Vec<FieldError>,
}

impl CallOptions {
    /// No difference from the client.
    pub fn new() -> Self {
        Self::default()
    }

    call_options!();

    /// Whether the call is as the client makes any other.
    pub fn is_empty(&self) -> bool {
        self.differences.is_none()
    }

    /// What is set, if anything is.
    pub(crate) fn differences(&self) -> Option<&Differences> {
        self.differences.as_deref()
    }

    /// What is wrong with them.
    pub(crate) fn faults(&self) -> &[FieldError] {
        self.differences()
            .map_or(&[], |differences| &differences.faults)
    }

    fn differ(&mut self) -> &mut Differences {
        self.differences.get_or_insert_default()
    }

    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.differ().timeout = Some(timeout);
    }

    pub(crate) fn set_total_budget(&mut self, budget: Duration) {
        self.differ().total_budget = Some(budget);
    }

    pub(crate) fn set_retry(&mut self, policy: RetryPolicy) {
        self.differ().retry = Some(policy);
    }

    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        match headers::parse(name, value) {
            Ok((name, value)) => {
                self.differ().headers.insert(name, value);
            }
            Err(fault) => self.differ().faults.push(fault),
        }
    }
}

impl fmt::Debug for CallOptions {
    /// Leaves the values of headers out: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("CallOptions");
        if let Some(differences) = self.differences() {
            shown
                .field("timeout", &differences.timeout)
                .field("total_budget", &differences.total_budget)
                .field("retry", &differences.retry)
                .field("headers", &differences.headers.keys().collect::<Vec<_>>());
        }
        shown.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request builder as the areas have them.
    #[derive(Default)]
    struct Request<T> {
        options: CallOptions,
        _of: T,
    }

    impl<T> Request<T> {
        call_options!(options);
    }

    /// A request builder around another.
    #[derive(Default)]
    struct Outer {
        inner: Request<u8>,
    }

    impl Outer {
        call_options!(inner.options);
    }

    macro_rules! with_all {
        ($builder:expr) => {
            $builder
                .timeout(Duration::from_secs(1))
                .total_budget(Duration::ZERO)
                .retry(RetryPolicy::none())
                .idempotency_key("k-1")
                .header("X-Team", "a")
                .header("x-team", "b")
        };
    }

    #[test]
    fn a_builder_hands_every_option_on() {
        let of_request = with_all!(Request::<u8>::default()).options;
        let of_outer = with_all!(Outer::default()).inner.options;
        for options in [of_request, of_outer, with_all!(CallOptions::new())] {
            let options = options.differences().unwrap();
            assert_eq!(options.timeout, Some(Duration::from_secs(1)));
            assert_eq!(options.total_budget, Some(Duration::ZERO));
            assert_eq!(options.retry, Some(RetryPolicy::none()));
            assert_eq!(options.headers["idempotency-key"], "k-1");
            assert_eq!(
                options.headers.get_all("x-team").iter().collect::<Vec<_>>(),
                ["b"]
            );
            assert!(options.faults.is_empty());
        }
    }

    #[test]
    fn is_empty_until_anything_is_set() {
        let new = CallOptions::new;
        assert!(new().is_empty());
        for set in [
            new().timeout(Duration::ZERO),
            new().total_budget(Duration::ZERO),
            new().retry(RetryPolicy::new()),
            new().idempotency_key("k"),
            new().header("a", "b"),
            new().header("a\n", "b"),
        ] {
            assert!(!set.is_empty(), "{set:?}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let options = CallOptions::new()
            .header("x-token", "s3cret")
            .header("authorization", "s3c");
        let options = options.idempotency_key("s3cret\n");
        assert!(!format!("{options:?} {options:#?}").contains("s3c"));
        assert!(format!("{options:?}").contains("x-token"));
    }
}
