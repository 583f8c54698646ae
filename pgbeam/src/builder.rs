//! `ClientBuilder`: sets, validates and applies the options of a client.

use std::{error::Error as StdError, fmt, future::Future, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, header};
use pgbeam_api::{
    Error, ErrorKind, HttpClient,
    runtime::{MAX_RESPONSE_BYTES, is_loopback, plain_http_error},
};
use secrecy::SecretString;
use url::Url;

use crate::{
    Attempt, CallOptions, Client, CredentialRequest, RetryPolicy, RetryThrottle,
    transport::{
        ClientState, Credential, Observer, RateLimitGate, RetryTransport, SystemEnvironment,
        Telemetry, Timeouts, TokenBucket, headers, http_client, idempotency,
    },
    variables::{API_KEYS, Variables},
};

/// The base URL if neither the builder nor the environment sets one.
const DEFAULT_BASE_URL: &str = "https://api.pgbeam.com";

/// The default `User-Agent`. [`ClientBuilder::user_agent_suffix`] appends to it.
const USER_AGENT: &str = concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"));

/// Builds a [`Client`]. Created by [`Client::builder`].
///
/// Each method documents the default of its option. The defaults of [`base_url`](Self::base_url) and
/// [`api_key`](Self::api_key) come from environment variables. The methods do not fail:
/// [`build`](Self::build) reports all invalid values.
///
/// ```
/// use std::time::Duration;
///
/// let client = pgbeam::Client::builder()
///     .base_url("http://127.0.0.1:4010")
///     .api_key("pbk_xxx")
///     .attempt_timeout(Duration::from_secs(10))
///     .max_retries(2)
///     .build()?;
/// # Ok::<(), pgbeam::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    base_url: Option<String>,
    credential: Option<Credential>,
    variables: Option<Variables>,
    attempt_timeout: Duration,
    connect_timeout: Option<Duration>,
    total_timeout: Duration,
    retry: RetryPolicy,
    retry_throttle: RetryThrottle,
    idempotency_keys: bool,
    max_response_bytes: u64,
    allow_http: bool,
    observer: Option<Observer>,
    headers: HeaderMap,
    user_agent: String,
    http: Option<Arc<dyn HttpClient>>,
    /// The errors of the setters called so far. `build` returns them.
    errors: Vec<String>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: None,
            credential: None,
            variables: None,
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: None,
            total_timeout: Duration::from_secs(120),
            retry: RetryPolicy::new(),
            retry_throttle: RetryThrottle::new(),
            idempotency_keys: true,
            max_response_bytes: MAX_RESPONSE_BYTES,
            allow_http: false,
            observer: None,
            headers: HeaderMap::new(),
            user_agent: USER_AGENT.to_owned(),
            http: None,
            errors: Vec::new(),
        }
    }

    /// Sets the base URL of the API: an absolute `http` or `https` URL without user information
    /// (`user:password@`), query or fragment. The path of the URL becomes the prefix of every request path.
    ///
    /// Default: `PGBEAM_API_URL` without surrounding whitespace, or `https://api.pgbeam.com` if this variable
    /// is unset or empty.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the API key, which is sent as `Authorization: Bearer …`.
    ///
    /// Default: the first non-empty value of `PGBEAM_API_KEY`, `PGBEAM_TOKEN` and `PGBEAM_API_TOKEN`, without
    /// surrounding whitespace. With an empty `key`, the client sends no `Authorization` header, even if one
    /// of these variables is set. Replaces an earlier [`credential_provider`](Self::credential_provider).
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.credential = Some(Credential::fixed(SecretString::from(key.into())));
        self
    }

    /// Sets the credential provider: an async callback that returns the API key of a call. Use a provider for
    /// keys that rotate or come from a vault. Replaces an earlier [`api_key`](Self::api_key).
    ///
    /// The client calls the provider once before the first attempt of a call, and not for retries. An edit
    /// sends several requests, and the client calls the provider for each of them. If the provider returns an
    /// empty key, the client sends no `Authorization` header.
    ///
    /// If the server rejects the key with 401, the client calls the provider once more.
    /// [`CredentialRequest::rejected`] then returns the rejected key. If the provider returns a different
    /// key, the client makes another attempt with this key. If the provider returns the rejected key or an
    /// invalid key, fails or is too slow, the call fails with the 401.
    ///
    /// # Errors
    ///
    /// If the provider fails before the first attempt of a call, the call fails and nothing is sent:
    ///
    /// - Kind [`Timeout`](ErrorKind::Timeout) if the provider exceeds the attempt timeout or the total
    ///   timeout.
    /// - Kind [`Auth`](ErrorKind::Auth) if the provider returns an error, which becomes the source, or a key
    ///   with a character that is not allowed in a header.
    ///
    /// # Caching
    ///
    /// The client does not cache keys. The following provider caches the key: it reads the vault for the
    /// first call, and again when the server rejects the cached key. If the server rejects the key of several
    /// concurrent calls, the provider reads the vault only for the first call. For the other calls, the
    /// cached key already differs from the rejected key.
    ///
    /// ```
    /// # async fn read_vault() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// use std::sync::Arc;
    /// use tokio::sync::Mutex;
    ///
    /// let cache = Arc::new(Mutex::new(None::<String>));
    /// let client = pgbeam::Client::builder()
    ///     .base_url("http://127.0.0.1:4010")
    ///     .credential_provider(move |request| {
    ///         let cache = cache.clone();
    ///         async move {
    ///             let mut cached = cache.lock().await;
    ///             match &*cached {
    ///                 Some(key) if request.rejected() != Some(key) => Ok(key.clone()),
    ///                 _ => read_vault().await.inspect(|key| *cached = Some(key.clone())),
    ///             }
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), pgbeam::Error>(())
    /// ```
    pub fn credential_provider<F, R, E>(mut self, provider: F) -> Self
    where
        F: Fn(CredentialRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.credential = Some(Credential::provider(provider));
        self
    }

    /// Reads the environment variables of [`base_url`](Self::base_url) and [`api_key`](Self::api_key) with
    /// `lookup` instead of from the process environment. Use it in tests, or if the program has another
    /// source of configuration.
    ///
    /// `lookup` receives the name of a variable and returns its value, or `None` if the variable is unset.
    /// `env` calls `lookup` immediately and does not keep it. Values that are set with a method of this
    /// builder take precedence over the variables.
    pub fn env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.variables = Some(Variables::read(lookup));
        self
    }

    /// Sets the timeout of each attempt: calling the credential provider, connecting, sending the request and
    /// reading the whole response. For a [`ByteStream`](crate::ByteStream), the timeout applies to each
    /// chunk.
    ///
    /// Default: 30 seconds. 0 disables the timeout.
    ///
    /// If an attempt exceeds the timeout and no retry follows, the call fails with kind
    /// [`Timeout`](ErrorKind::Timeout).
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the timeout of connecting within an attempt: DNS lookup, TCP connection and TLS handshake.
    ///
    /// Default: 10 seconds, or half of [`attempt_timeout`](Self::attempt_timeout) if that is shorter. 0
    /// disables the connect timeout.
    ///
    /// An attempt that exceeds the connect timeout has sent nothing. The client therefore retries every
    /// request, even a write that is not retry-safe ([retries](crate#retries)), and such an attempt does not
    /// set [`Error::maybe_applied`]. If no retry follows, the call fails with kind
    /// [`Timeout`](ErrorKind::Timeout).
    ///
    /// Keep the connect timeout shorter than the attempt timeout. If the attempt timeout elapses first, the
    /// client treats the request as possibly sent, and does not retry a write that is not retry-safe.
    ///
    /// The connect timeout cannot be combined with [`http_client`](Self::http_client): set it on the HTTP
    /// client instead.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets the timeout of a whole call: the credential provider, all attempts and all waits. For an edit,
    /// the timeout covers all reads, writes and waits of the edit. For a [`ByteStream`](crate::ByteStream),
    /// the timeout covers the whole body.
    ///
    /// Default: 120 seconds. 0 disables the timeout: the client then waits as long as a `Retry-After` says.
    ///
    /// If the wait before a retry would exceed the timeout, the call fails immediately with the error of the
    /// last attempt. If an attempt exceeds the timeout, the call fails with kind
    /// [`Timeout`](ErrorKind::Timeout).
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Sets the retry policy. Default: [`RetryPolicy::new`].
    ///
    /// Replaces earlier calls of [`max_retries`](Self::max_retries),
    /// [`initial_backoff`](Self::initial_backoff) and [`max_backoff`](Self::max_backoff).
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the maximum number of retries. Default: 5. 0 disables retries. See
    /// [`RetryPolicy::max_retries`].
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.retry = self.retry.max_retries(retries);
        self
    }

    /// Sets the backoff before the first retry. Default: 500 milliseconds. See
    /// [`RetryPolicy::initial_backoff`].
    pub fn initial_backoff(mut self, delay: Duration) -> Self {
        self.retry = self.retry.initial_backoff(delay);
        self
    }

    /// Sets the maximum backoff. Default: 30 seconds. See [`RetryPolicy::max_backoff`].
    pub fn max_backoff(mut self, delay: Duration) -> Self {
        self.retry = self.retry.max_backoff(delay);
        self
    }

    /// Sets the retry throttle: a retry budget that all calls of the client and its clones share. The budget
    /// limits the additional requests during an outage.
    ///
    /// Default: [`RetryThrottle::new`]. `false` disables the throttle.
    pub fn retry_throttle(mut self, throttle: impl Into<RetryThrottle>) -> Self {
        self.retry_throttle = throttle.into();
        self
    }

    /// Sets whether the client generates an `Idempotency-Key` for each POST and PATCH: a random UUID, the
    /// same for all attempts of a call. Default: `true`. No key is generated if the retries of the call are
    /// disabled, or for `scanText`, which rejects a key.
    ///
    /// With `false`, a call of an operation of class [`Keyed`](crate::api::Idempotency::Keyed) that sets no
    /// key is retried only if the server cannot have acted on the request ([retries](crate#retries)). A key
    /// that a call sets is always sent.
    pub fn idempotency_keys(mut self, enabled: bool) -> Self {
        self.idempotency_keys = enabled;
        self
    }

    /// Sets the maximum number of bytes of a response body that are read into memory, after decompression.
    ///
    /// Default: 32 MiB (33,554,432 bytes). 0 disables the limit.
    ///
    /// A larger success response is an error of kind [`Decode`](ErrorKind::Decode) and is not retried. If the
    /// call is a write, [`Error::maybe_applied`] of this error returns `true`. For error responses above the
    /// limit, the status and headers are kept and the body is dropped. The limit does not apply to a
    /// [`ByteStream`](crate::ByteStream), because its body is not held in memory.
    pub fn max_response_bytes(mut self, limit: u64) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// Sets whether the API key may be sent over unencrypted `http` to hosts other than loopback hosts
    /// (such as `localhost`, `127.0.0.1` and `[::1]`). Anyone on the network can then read the key.
    ///
    /// Default: `false`. [`build`](Self::build) then rejects an `http` base URL with another host if an API
    /// key or a credential provider is set. Use `true`, for example, for a proxy in the same network that
    /// adds TLS.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sets a callback that runs after every attempt, for metrics.
    ///
    /// The callback delays the call while it runs, so it should return quickly. The callback does not run for
    /// an attempt that is cancelled because the call is dropped. A later `on_attempt` replaces the callback.
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    ///
    /// let retries = Arc::new(AtomicU64::new(0));
    /// let counter = retries.clone();
    /// let client = pgbeam::Client::builder()
    ///     .base_url("http://127.0.0.1:4010")
    ///     .api_key("pbk_xxx")
    ///     .on_attempt(move |attempt| {
    ///         if attempt.retry_in().is_some() {
    ///             counter.fetch_add(1, Ordering::Relaxed);
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), pgbeam::Error>(())
    /// ```
    pub fn on_attempt(mut self, observer: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Adds a header to all calls. A later call of this method with the same name replaces the header. A
    /// header of the same name on a call replaces the header for this call.
    ///
    /// [`build`](Self::build) rejects:
    ///
    /// - an invalid name or value;
    /// - `Authorization`: use [`api_key`](Self::api_key) or
    ///   [`credential_provider`](Self::credential_provider);
    /// - `Idempotency-Key`: set it for each call;
    /// - headers that the transport sets: `Connection`, `Content-Length`, `Expect`, `Host`, `TE`, `Trailer`,
    ///   `Transfer-Encoding` and `Upgrade`.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match headers::parse(name.as_ref(), value.as_ref()) {
            Ok((name, _)) if name == idempotency::HEADER => self.errors.push(
                "header Idempotency-Key belongs to one call: set it with the `idempotency_key` of \
                 that call"
                    .to_owned(),
            ),
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(error) => {
                self.errors
                    .push(format!("header {:?} {}", error.field(), error.detail()))
            }
        }
        self
    }

    /// Appends `suffix` to the `User-Agent` of the SDK, for example `billing/1.4`. An empty suffix appends
    /// nothing. A later call replaces the suffix.
    ///
    /// To replace the whole `User-Agent`, set it with [`header`](Self::header).
    pub fn user_agent_suffix(mut self, suffix: impl AsRef<str>) -> Self {
        self.user_agent = match suffix.as_ref() {
            "" => USER_AGENT.to_owned(),
            suffix => format!("{USER_AGENT} {suffix}"),
        };
        self
    }

    /// Sends requests through this HTTP client instead of the built-in client, for example a
    /// `reqwest::Client` with proxies or certificates, a fake network in a test, or a `tower` stack. See
    /// [`crate::http`].
    ///
    /// Timeouts, size limits, retries and the redaction of the API key work with every client. The HTTP
    /// client decides about redirects, TLS and proxies, and its own timeouts apply in addition. Set the
    /// connect timeout on the HTTP client, because [`build`](Self::build) rejects
    /// [`connect_timeout`](Self::connect_timeout) together with an HTTP client.
    ///
    /// Configure a `reqwest::Client` with:
    ///
    /// - `redirect(redirect::Policy::none())`, because a redirected POST could become a GET;
    /// - `retry(retry::never())`, because the SDK does not count the retries of the HTTP client;
    /// - `referer(false)`;
    /// - TLS 1.2 as the minimum version.
    ///
    /// By default a `reqwest::Client` uses the proxy of the environment variables even for loopback
    /// addresses.
    pub fn http_client(mut self, client: impl HttpClient + 'static) -> Self {
        self.http = Some(Arc::new(client));
        self
    }

    /// Validates the configuration and creates the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// Kind [`Auth`](ErrorKind::Auth) if the only error is that no API key is configured. In all other
    /// cases kind [`Config`](ErrorKind::Config), with all errors in one message:
    ///
    /// - an invalid base URL, header or user-agent suffix;
    /// - no API key, together with another error;
    /// - an API key with surrounding whitespace or a character that is not allowed in a header;
    /// - an API key that would be sent over unencrypted `http` (see [`allow_http`](Self::allow_http));
    /// - a connect timeout together with an [`http_client`](Self::http_client);
    /// - without the feature `reqwest`: no [`http_client`](Self::http_client);
    /// - an `https` base URL, if the built-in HTTP client has no TLS feature (`rustls` or `native-tls`);
    /// - a failed TLS setup.
    pub fn build(self) -> Result<Client, Error> {
        let mut errors = self.errors;
        let variables = self.variables.unwrap_or_else(Variables::from_env);

        let credential = self
            .credential
            .or_else(|| variables.api_key.map(Credential::fixed));
        let has_no_key = credential.is_none();
        let credential = credential.unwrap_or_else(|| {
            let [first, second, third] = API_KEYS;
            errors.push(format!(
                "no API key: set {first}, {second} or {third}, or call ClientBuilder::api_key or \
                 ClientBuilder::credential_provider"
            ));
            Credential::none()
        });
        errors.extend(credential.validate());

        let mut headers = self.headers;
        let user_agent = HeaderValue::try_from(self.user_agent).unwrap_or_else(|_| {
            errors.push(
                "the suffix of the user agent contains a character that is not allowed in a header"
                    .to_owned(),
            );
            HeaderValue::from_static(USER_AGENT)
        });

        let base_url = self.base_url.or(variables.api_url);
        let base_url = base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
        // `pgbeam_api::Client::new` below reports an invalid URL.
        let url = Url::parse(base_url.trim()).ok();
        let has_tls = cfg!(any(feature = "rustls", feature = "native-tls"));
        let is_built_in = self.http.is_none() && cfg!(feature = "reqwest");
        if is_built_in && !has_tls && url.as_ref().is_some_and(|url| url.scheme() == "https") {
            errors.push("base URL: https needs the feature `rustls` or `native-tls`".to_owned());
        }
        let is_exposed =
            |url: &Url| url.scheme() == "http" && !url.host_str().is_some_and(is_loopback);
        if !self.allow_http && !credential.is_none() && url.as_ref().is_some_and(is_exposed) {
            errors.push(format!("base URL: {}", plain_http_error().message()));
        }
        let config_error = |errors: &[String]| {
            let kind = if has_no_key && errors.len() == 1 {
                ErrorKind::Auth
            } else {
                ErrorKind::Config
            };
            Err(Error::new(kind, errors.join("; ")))
        };
        let http = match self.http {
            Some(http) => {
                if self.connect_timeout.is_some() {
                    errors.push(
                        "a connect timeout cannot be combined with an HTTP client: set it on that \
                         client"
                            .to_owned(),
                    );
                }
                headers.entry(header::USER_AGENT).or_insert(user_agent);
                Ok(http)
            }
            None => http_client(
                url.as_ref(),
                user_agent,
                self.connect_timeout,
                self.attempt_timeout,
            ),
        };
        let http = match http {
            Ok(http) => http,
            Err(error) => {
                errors.push(error);
                return config_error(&errors);
            }
        };

        let state = Arc::new(ClientState {
            timeouts: Timeouts::new(self.attempt_timeout, self.total_timeout),
            retry: self.retry,
            token_bucket: TokenBucket::new(self.retry_throttle),
            rate_limit_gate: RateLimitGate::default(),
            idempotency_keys: self.idempotency_keys,
            max_response_bytes: self.max_response_bytes,
            headers,
            credential,
            allow_http: self.allow_http,
            http,
            environment: Box::new(SystemEnvironment),
            telemetry: Telemetry::new(
                url.as_ref().and_then(Url::host_str).unwrap_or_default(),
                self.observer,
            ),
        });
        let transport = RetryTransport::new(state.clone(), CallOptions::new());
        match pgbeam_api::Client::new(base_url, transport) {
            Ok(api) if errors.is_empty() => Ok(Client::new(api, state)),
            Ok(_) => config_error(&errors),
            Err(error) => {
                errors.push(error.message());
                config_error(&errors)
            }
        }
    }
}

impl fmt::Debug for ClientBuilder {
    /// Prints neither the credential nor the headers. Also omits the base URL, which is not yet validated and
    /// may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("attempt_timeout", &self.attempt_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("retry", &self.retry)
            .field("retry_throttle", &self.retry_throttle)
            .field("idempotency_keys", &self.idempotency_keys)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("allow_http", &self.allow_http)
            .finish_non_exhaustive()
    }
}
