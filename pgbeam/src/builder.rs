//! Configuring a client.

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
        Bound, Credential, Limits, Observer, Process, RateLimitGate, Shared, Telemetry,
        TokenBucket, headers, http_client, idempotency,
    },
    variables::{API_KEYS, Variables},
};

/// Where the API is unless something else is said.
const DEFAULT_BASE_URL: &str = "https://api.pgbeam.com";

/// How this SDK names itself.
const USER_AGENT: &str = concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"));

/// Configures a [`Client`]; from [`Client::builder`].
///
/// What is not set comes from the environment variables that each method names, or else has the
/// default that it states.
///
/// ```
/// use std::time::Duration;
///
/// let client = pgbeam::Client::builder()
///     .base_url("http://127.0.0.1:4010")
///     .api_key("pbk_xxx")
///     .timeout(Duration::from_secs(10))
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
    timeout: Duration,
    connect_timeout: Option<Duration>,
    total_budget: Duration,
    retry: RetryPolicy,
    retry_throttle: RetryThrottle,
    idempotency_keys: bool,
    max_response_bytes: u64,
    allow_http: bool,
    observer: Option<Observer>,
    headers: HeaderMap,
    user_agent: String,
    http: Option<Arc<dyn HttpClient>>,
    /// What is wrong with what was given so far, to be said by `build`.
    faults: Vec<String>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: None,
            credential: None,
            variables: None,
            timeout: Duration::from_secs(30),
            connect_timeout: None,
            total_budget: Duration::from_secs(120),
            retry: RetryPolicy::new(),
            retry_throttle: RetryThrottle::new(),
            idempotency_keys: true,
            max_response_bytes: MAX_RESPONSE_BYTES,
            allow_http: false,
            observer: None,
            headers: HeaderMap::new(),
            user_agent: USER_AGENT.to_owned(),
            http: None,
            faults: Vec::new(),
        }
    }

    /// Where the API is: an absolute `http` or `https` URL, whose path is kept.
    ///
    /// Unless set, `PGBEAM_API_URL`, or else `https://api.pgbeam.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The API key, sent as `Authorization: Bearer …`.
    ///
    /// Unless this or [`credential`](Self::credential) is set, the first of `PGBEAM_API_KEY`,
    /// `PGBEAM_TOKEN` and `PGBEAM_API_TOKEN` that is not empty, without the white space around it.
    /// An empty key given here means that none is sent, whatever the environment holds.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.credential = Some(Credential::fixed(SecretString::from(key.into())));
        self
    }

    /// Calls `callback` for the API key of each call: for keys that rotate or come from a vault. An
    /// empty key is not sent.
    ///
    /// It is called once before the first attempt, and not for retries. If the server rejects the key
    /// with 401, it is called once more, and [`CredentialRequest::rejected`] returns that key. If it
    /// returns a different one, the request is sent again; otherwise the call fails with the 401.
    ///
    /// The callback must finish within the timeout of an attempt and the total budget, or the call
    /// fails with kind [`Timeout`](ErrorKind::Timeout) and no attempt. If it returns an error, the call
    /// fails with kind [`Auth`](ErrorKind::Auth) and that error as its source.
    ///
    /// # Caching
    ///
    /// The client does not cache keys. This callback reads the vault for the first call, and again
    /// when the server rejects the key. Of several calls whose key is rejected together, only the first
    /// reads the vault: the others find that the cached key is no longer the rejected one.
    ///
    /// ```
    /// # async fn read_vault() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// use std::sync::Arc;
    /// use tokio::sync::Mutex;
    ///
    /// let cache = Arc::new(Mutex::new(None::<String>));
    /// let client = pgbeam::Client::builder()
    ///     .base_url("http://127.0.0.1:4010")
    ///     .credential(move |request| {
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
    pub fn credential<F, R, E>(mut self, callback: F) -> Self
    where
        F: Fn(CredentialRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.credential = Some(Credential::callback(callback));
        self
    }

    /// Looks the environment variables up here and not in the process: for tests, and for
    /// programs that keep their configuration elsewhere.
    ///
    /// `lookup` is asked at once, for the variables that [`base_url`](Self::base_url) and
    /// [`api_key`](Self::api_key) name, and not kept.
    pub fn env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.variables = Some(Variables::read(lookup));
        self
    }

    /// How long one attempt may take: asking the credential callback, connecting, sending and reading
    /// the whole answer.
    ///
    /// 30 seconds unless set; 0 turns it off.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long making a connection may take within an attempt: looking the name up, connecting, the
    /// handshake of TLS.
    ///
    /// What has no connection has sent nothing. An attempt that ends so is repeated whatever it
    /// writes, and leaves no doubt ([`Error::maybe_applied`]); one that is still connecting when its
    /// own [`timeout`](Self::timeout) passes may have sent something, as far as is known, so that this
    /// one should be the shorter.
    ///
    /// When it passes and no other attempt follows, the error is of kind
    /// [`Timeout`](ErrorKind::Timeout). 10 seconds unless set, or half of `timeout` where that is
    /// shorter; 0 turns it off. An [HTTP client](Self::http_client) of your own has its own, and to set
    /// it here beside one is an error of [`build`](Self::build).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long a whole call may take, with the credential callback, all attempts and all waits. An
    /// `edit` is several calls, for each of which it begins anew.
    ///
    /// A retry whose wait would end past it is not made: the call ends at once with the error it
    /// has. 120 seconds unless set; 0 turns it off, and then a server's `Retry-After` is obeyed
    /// however long it is.
    pub fn total_budget(mut self, budget: Duration) -> Self {
        self.total_budget = budget;
        self
    }

    /// How often and after which waits a request is sent again; [`RetryPolicy::new`] unless set.
    ///
    /// It replaces what [`max_retries`](Self::max_retries),
    /// [`initial_delay`](Self::initial_delay) and [`max_delay`](Self::max_delay) have set before.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// See [`RetryPolicy::max_retries`]. 5 unless set; 0 turns retries off.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.retry = self.retry.max_retries(retries);
        self
    }

    /// See [`RetryPolicy::initial_delay`]. Half a second unless set.
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.retry = self.retry.initial_delay(delay);
        self
    }

    /// See [`RetryPolicy::max_delay`]. 30 seconds unless set.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.retry = self.retry.max_delay(delay);
        self
    }

    /// How many retries all calls of the client and its clones may make together, so that an outage
    /// is not multiplied by them; [`RetryThrottle::new`] unless set, and `false` turns it off.
    pub fn retry_throttle(mut self, throttle: impl Into<RetryThrottle>) -> Self {
        self.retry_throttle = throttle.into();
        self
    }

    /// Whether each POST and PATCH is sent with a new `Idempotency-Key`, a random UUID per call.
    /// Default: `true`.
    ///
    /// Without a key, an operation that declares one in the API contract is retried only if the
    /// server cannot have acted on it ([retries](crate#retries)). A key that a call sets is sent
    /// either way.
    pub fn idempotency_keys(mut self, on: bool) -> Self {
        self.idempotency_keys = on;
        self
    }

    /// The most bytes of an answer that are read into memory, after decompression.
    ///
    /// 32 MiB (33,554,432 bytes) unless set; 0 turns the limit off. An answer of success that is
    /// larger is an error of kind [`Decode`](ErrorKind::Decode), and is not asked for again; an error
    /// that is larger keeps its status and headers and loses its body. What is handed on as a
    /// [`ByteStream`](crate::ByteStream) is not limited, since it is not held in memory.
    pub fn max_response_bytes(mut self, limit: u64) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// Whether the API key may be sent over plain `http` to another machine, where anybody on the way
    /// can read it.
    ///
    /// Off unless set: `https`, and `http` to this machine (`localhost`, `127.0.0.1`, `[::1]`), need
    /// no permission, and anything else is refused by [`build`](Self::build). For a proxy in the same
    /// network that adds TLS, perhaps.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Tells `observer` of every attempt when it has ended: for metrics.
    ///
    /// It runs within the call and holds it up, so it should do no more than count. It is not told of
    /// an attempt whose call is dropped meanwhile. There is one observer; setting another replaces it.
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

    /// A header for all calls, unless a call sets it itself.
    ///
    /// `build` refuses a name or value that HTTP does not admit, `Authorization` (use
    /// [`api_key`](Self::api_key) or [`credential`](Self::credential)), the headers that frame a
    /// message (`Content-Length`, `Host`, …), and `Idempotency-Key`, which belongs to one call.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match headers::parse(name.as_ref(), value.as_ref()) {
            Ok((name, _)) if name == idempotency::HEADER => self.faults.push(
                "header Idempotency-Key names one call: give it with that call's \
                 `idempotency_key`"
                    .to_owned(),
            ),
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(fault) => self
                .faults
                .push(format!("header {} {}", fault.field(), fault.detail())),
        }
        self
    }

    /// Names the calling program after the SDK in `User-Agent`, for example `billing/1.4`; an empty
    /// text names none.
    ///
    /// To replace the whole, set the [`header`](Self::header) `User-Agent`.
    pub fn user_agent_suffix(mut self, suffix: impl AsRef<str>) -> Self {
        self.user_agent = match suffix.as_ref() {
            "" => USER_AGENT.to_owned(),
            suffix => format!("{USER_AGENT} {suffix}"),
        };
        self
    }

    /// Sends requests through this HTTP client instead of the builder's own: a `reqwest::Client` with
    /// proxies or certificates, a fake network in a test, a `tower` stack. See [`crate::http`].
    ///
    /// Deadlines, size limits, retries and redaction work with every client; redirects, TLS and proxies
    /// are the client's. Its own time limits apply in addition. Set the connect timeout on it:
    /// [the builder's](Self::connect_timeout) is refused beside an HTTP client.
    ///
    /// Configure a `reqwest::Client` with `redirect(redirect::Policy::none())`, or a redirected POST
    /// becomes a GET; with `retry(retry::never())`, or attempts are miscounted; with `referer(false)`;
    /// and with TLS 1.2 as the minimum. It uses a proxy of the environment for loopback addresses too.
    pub fn http_client(mut self, client: impl HttpClient + 'static) -> Self {
        self.http = Some(Arc::new(client));
        self
    }

    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// Kind [`Auth`](ErrorKind::Auth) when nothing is wrong but that no API key is to be had. Else kind
    /// [`Config`](ErrorKind::Config), with all that is wrong at once: a base URL or header that cannot
    /// be used, no API key, an API key that a header cannot carry, an API key that anybody on the way
    /// could read, a connect timeout beside an HTTP client, a TLS setup that this machine does not have.
    pub fn build(self) -> Result<Client, Error> {
        let mut faults = self.faults;
        let variables = self.variables.unwrap_or_else(Variables::of_process);

        let credential = self
            .credential
            .or_else(|| variables.api_key.map(Credential::fixed));
        let keyless = credential.is_none();
        let credential = credential.unwrap_or_else(|| {
            let [first, second, third] = API_KEYS;
            faults.push(format!(
                "no API key: set {first}, {second} or {third}, or give one with \
                 ClientBuilder::api_key or ClientBuilder::credential"
            ));
            Credential::none()
        });
        faults.extend(credential.fault());

        let mut headers = self.headers;
        let user_agent = HeaderValue::try_from(self.user_agent).unwrap_or_else(|_| {
            faults.push(
                "the user agent's suffix holds a character that a header cannot carry".to_owned(),
            );
            HeaderValue::from_static(USER_AGENT)
        });

        let base_url = self.base_url.or(variables.api_url);
        let base_url = base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
        // What is no URL at all is refused below, by the one place that says what a base URL is.
        let url = Url::parse(base_url.trim()).ok();
        let tls = cfg!(any(feature = "rustls", feature = "native-tls"));
        let own = self.http.is_none() && cfg!(feature = "reqwest");
        if own && !tls && url.as_ref().is_some_and(|url| url.scheme() == "https") {
            faults.push("base URL: https needs the feature `rustls` or `native-tls`".to_owned());
        }
        let exposed =
            |url: &Url| url.scheme() == "http" && !url.host_str().is_some_and(is_loopback);
        if !self.allow_http && !credential.is_none() && url.as_ref().is_some_and(exposed) {
            faults.push(format!("base URL: {}", plain_http_error().message()));
        }
        let refused = |faults: &[String]| {
            let only_keyless = keyless && faults.len() == 1;
            let kind = if only_keyless {
                ErrorKind::Auth
            } else {
                ErrorKind::Config
            };
            Err(Error::new(kind, faults.join("; ")))
        };
        let http = match self.http {
            Some(http) => {
                if self.connect_timeout.is_some() {
                    faults.push(
                        "the connect timeout is that of the HTTP client given: set it there"
                            .to_owned(),
                    );
                }
                headers.entry(header::USER_AGENT).or_insert(user_agent);
                Ok(http)
            }
            None => http_client(url.as_ref(), user_agent, self.connect_timeout, self.timeout),
        };
        let http = match http {
            Ok(http) => http,
            Err(fault) => {
                faults.push(fault);
                return refused(&faults);
            }
        };

        let shared = Arc::new(Shared {
            limits: Limits::new(self.timeout, self.total_budget),
            retry: self.retry,
            token_bucket: TokenBucket::new(self.retry_throttle),
            rate_limit_gate: RateLimitGate::default(),
            idempotency_keys: self.idempotency_keys,
            max_response_bytes: self.max_response_bytes,
            headers,
            credential,
            allow_http: self.allow_http,
            http,
            environment: Box::new(Process),
            telemetry: Telemetry::new(
                url.as_ref().and_then(Url::host_str).unwrap_or_default(),
                self.observer,
            ),
        });
        let bound = Bound::new(shared.clone(), CallOptions::new());
        match pgbeam_api::Client::new(base_url, bound) {
            Ok(api) if faults.is_empty() => Ok(Client::new(api, shared)),
            Ok(_) => refused(&faults),
            Err(error) => {
                faults.push(error.message());
                refused(&faults)
            }
        }
    }
}

impl fmt::Debug for ClientBuilder {
    /// Shows neither the credential nor headers nor the base URL, which may hold a password as
    /// long as it is not checked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("total_budget", &self.total_budget)
            .field("retry", &self.retry)
            .field("retry_throttle", &self.retry_throttle)
            .field("idempotency_keys", &self.idempotency_keys)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("allow_http", &self.allow_http)
            .finish_non_exhaustive()
    }
}
