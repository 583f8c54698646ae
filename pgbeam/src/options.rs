//! Per-call options such as timeouts and headers, and the macro that defines their setters on every request
//! builder.

use std::{fmt, time::Duration};

use http::HeaderMap;
use pgbeam_api::FieldError;

use crate::{RetryPolicy, transport::headers};

/// Defines the setters of the per-call options. Use this macro inside the `impl` of a type that contains a
/// [`CallOptions`]. The argument is the path from `self` to the `CallOptions`: `call_options!(options)` for
/// `self.options`, `call_options!(inner.options)` for `self.inner.options`. Omit the argument in the `impl`
/// of `CallOptions` itself.
macro_rules! call_options {
    ($($field:ident).*) => {
        /// Sets the timeout of each attempt of this call: calling the credential provider, connecting,
        /// sending the request and reading the whole response. For a [`ByteStream`]($crate::ByteStream), the
        /// timeout applies to each chunk. 0 disables the timeout.
        ///
        /// If an attempt exceeds the timeout and no retry follows, the call fails with kind
        /// [`Timeout`]($crate::ErrorKind::Timeout).
        ///
        /// Default: the value of [`ClientBuilder::attempt_timeout`]($crate::ClientBuilder::attempt_timeout).
        pub fn attempt_timeout(mut self, timeout: ::std::time::Duration) -> Self {
            self$(.$field)*.set_attempt_timeout(timeout);
            self
        }

        /// Sets the timeout of this call with all its attempts and waits. 0 disables the timeout.
        ///
        /// Default: the value of [`ClientBuilder::total_timeout`]($crate::ClientBuilder::total_timeout).
        ///
        /// If the wait before a retry would exceed the timeout, the call fails immediately with the error of
        /// the last attempt. If an attempt exceeds the timeout, the call fails with kind
        /// [`Timeout`]($crate::ErrorKind::Timeout).
        pub fn total_timeout(mut self, timeout: ::std::time::Duration) -> Self {
            self$(.$field)*.set_total_timeout(timeout);
            self
        }

        /// Sets the retry policy of this call, for example
        /// [`RetryPolicy::none()`]($crate::RetryPolicy::none). Default: the policy of the client.
        pub fn retry(mut self, policy: $crate::RetryPolicy) -> Self {
            self$(.$field)*.set_retry(policy);
            self
        }

        /// Sends this `Idempotency-Key` instead of a generated key.
        ///
        /// Use your own key to retry a call from another process: store the key with the data of the request,
        /// and retry with the same key and body. The API then acts only once: it creates one resource, for
        /// example.
        ///
        /// This works for operations of class [`Keyed`]($crate::api::Idempotency::Keyed). For 24 hours the
        /// API replays the first 2xx or 4xx response to a key, except 408 and 429. If the same key arrives
        /// with another body, the API responds with 409 `IDEMPOTENCY_KEY_REUSED`. For operations of other
        /// classes, the API does not promise this. The API ignores the key if the method is not POST or
        /// PATCH.
        ///
        /// The key must have 1 to 255 visible ASCII characters. With an invalid key, or with any key on an
        /// operation that rejects keys, the call fails with kind [`Invalid`]($crate::ErrorKind::Invalid), and
        /// nothing is sent.
        pub fn idempotency_key(
            mut self,
            key: impl ::std::convert::Into<::std::string::String>,
        ) -> Self {
            self$(.$field)*.set_header("Idempotency-Key", &key.into());
            self
        }

        /// Sets a header of this call. The new value replaces an earlier value of the same header, and the
        /// value that the client has for all calls.
        ///
        /// The call fails with kind [`Invalid`]($crate::ErrorKind::Invalid), and nothing is sent, for an
        /// invalid name or value, for `Authorization`, and for headers that the transport sets (`Connection`,
        /// `Content-Length`, `Expect`, `Host`, `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`).
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

/// Per-call options, which override the options of the client.
///
/// Every request builder of this crate has the same setters. Use this type to set the options of a low-level
/// client, with [`Client::api_with`](crate::Client::api_with).
#[derive(Clone, Default)]
#[must_use = "options do nothing until they are passed to a call"]
pub struct CallOptions {
    /// The options that are set; `None` if no option is set. Boxed to keep requests small: most calls set no
    /// option.
    overrides: Option<Box<Overrides>>,
}

/// The options that are set. For an option that is `None`, the setting of the client applies.
#[derive(Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) total_timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: HeaderMap,
    /// The validation errors of the headers. Sending the call returns these errors.
    pub(crate) errors: Vec<FieldError>,
}

impl CallOptions {
    /// Creates options that override nothing.
    pub fn new() -> Self {
        Self::default()
    }

    call_options!();

    /// Returns `true` if no option is set.
    pub fn is_empty(&self) -> bool {
        self.overrides.is_none()
    }

    /// Returns the options that are set; `None` if no option is set.
    pub(crate) fn overrides(&self) -> Option<&Overrides> {
        self.overrides.as_deref()
    }

    /// Returns the validation errors of the headers.
    pub(crate) fn errors(&self) -> &[FieldError] {
        self.overrides().map_or(&[], |overrides| &overrides.errors)
    }

    fn overrides_mut(&mut self) -> &mut Overrides {
        self.overrides.get_or_insert_default()
    }

    pub(crate) fn set_attempt_timeout(&mut self, timeout: Duration) {
        self.overrides_mut().attempt_timeout = Some(timeout);
    }

    pub(crate) fn set_total_timeout(&mut self, timeout: Duration) {
        self.overrides_mut().total_timeout = Some(timeout);
    }

    pub(crate) fn set_retry(&mut self, policy: RetryPolicy) {
        self.overrides_mut().retry = Some(policy);
    }

    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        match headers::parse(name, value) {
            Ok((name, value)) => {
                self.overrides_mut().headers.insert(name, value);
            }
            Err(error) => self.overrides_mut().errors.push(error),
        }
    }
}

impl fmt::Debug for CallOptions {
    /// Does not print the values of headers, because they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("CallOptions");
        if let Some(overrides) = self.overrides() {
            shown
                .field("attempt_timeout", &overrides.attempt_timeout)
                .field("total_timeout", &overrides.total_timeout)
                .field("retry", &overrides.retry)
                .field("headers", &overrides.headers.keys().collect::<Vec<_>>());
        }
        shown.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type with the options in a field of its own.
    #[derive(Default)]
    struct Request<T> {
        options: CallOptions,
        _type: T,
    }

    impl<T> Request<T> {
        call_options!(options);
    }

    /// A type with the options in a field of its field `inner`.
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
                .attempt_timeout(Duration::from_secs(1))
                .total_timeout(Duration::ZERO)
                .retry(RetryPolicy::none())
                .idempotency_key("k-1")
                .header("X-Team", "a")
                .header("x-team", "b")
        };
    }

    #[test]
    fn builder_sets_every_option() {
        let direct = with_all!(Request::<u8>::default()).options;
        let nested = with_all!(Outer::default()).inner.options;
        for options in [direct, nested, with_all!(CallOptions::new())] {
            let options = options.overrides().unwrap();
            assert_eq!(options.attempt_timeout, Some(Duration::from_secs(1)));
            assert_eq!(options.total_timeout, Some(Duration::ZERO));
            assert_eq!(options.retry, Some(RetryPolicy::none()));
            assert_eq!(options.headers["idempotency-key"], "k-1");
            assert_eq!(
                options.headers.get_all("x-team").iter().collect::<Vec<_>>(),
                ["b"]
            );
            assert!(options.errors.is_empty());
        }
    }

    #[test]
    fn is_empty_until_an_option_is_set() {
        let new = CallOptions::new;
        assert!(new().is_empty());
        for set in [
            new().attempt_timeout(Duration::ZERO),
            new().total_timeout(Duration::ZERO),
            new().retry(RetryPolicy::new()),
            new().idempotency_key("k"),
            new().header("a", "b"),
            new().header("a\n", "b"),
        ] {
            assert!(!set.is_empty(), "{set:?}");
        }
    }

    #[test]
    fn debug_omits_header_values() {
        let options = CallOptions::new()
            .header("x-token", "s3cret")
            .header("authorization", "s3c");
        let options = options.idempotency_key("s3cret\n");
        assert!(!format!("{options:?} {options:#?}").contains("s3c"));
        assert!(format!("{options:?}").contains("x-token"));
    }
}
