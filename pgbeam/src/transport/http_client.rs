//! The built-in HTTP client: `reqwest`, configured for this transport.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use pgbeam_api::HttpClient;
use url::Url;

/// The default connect timeout. It is long enough to resend a few lost packets, and much shorter than the
/// default attempt timeout.
#[cfg(any(feature = "reqwest", test))]
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Creates the built-in HTTP client for the base URL `base`; `None` if the base URL is invalid. The client
/// follows no redirects and makes no retries.
///
/// For a loopback URL, the client uses no proxy and no DNS. For a loopback URL with `http`, the client also
/// loads no certificates, because minimal containers have none.
///
/// # Errors
///
/// A message for the user if the client cannot be created, for example because the TLS setup fails.
#[cfg(feature = "reqwest")]
pub(crate) fn http_client(
    base: Option<&Url>,
    user_agent: HeaderValue,
    connect_timeout: Option<Duration>,
    attempt_timeout: Duration,
) -> Result<Arc<dyn HttpClient>, String> {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    use pgbeam_api::runtime::{ReqwestClient, is_loopback};

    /// The addresses that loopback names such as `localhost` resolve to. They do not come from DNS, which
    /// could return another host: the client sends the API key to loopback names without TLS. Port 0 stands
    /// for the port of the URL.
    const LOOPBACK: [SocketAddr; 2] = [
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
    ];

    let is_loopback_url = |base: &&Url| base.host_str().is_some_and(is_loopback);
    let loopback = base.filter(is_loopback_url);
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    {
        builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
        if loopback.is_some_and(|base| base.scheme() == "http") {
            builder = builder.tls_certs_only([]);
        }
    }
    if let Some(base) = loopback {
        builder = builder.no_proxy();
        if let Some(name) = base.domain() {
            builder = builder.resolve_to_addrs(name, &LOOPBACK);
        }
    }
    if let Some(timeout) = effective_connect_timeout(connect_timeout, attempt_timeout) {
        builder = builder.connect_timeout(timeout);
    }
    match builder.build() {
        Ok(client) => Ok(match base {
            Some(base) => Arc::new(ReqwestClient::new(client, base.clone())),
            None => Arc::new(client),
        }),
        Err(error) => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(source) = cause.source() {
                cause = source;
            }
            Err(format!("cannot create the HTTP client: {cause}"))
        }
    }
}

/// Returns an error: without the feature `reqwest` there is no built-in HTTP client.
#[cfg(not(feature = "reqwest"))]
pub(crate) fn http_client(
    _: Option<&Url>,
    _: HeaderValue,
    _: Option<Duration>,
    _: Duration,
) -> Result<Arc<dyn HttpClient>, String> {
    Err(
        "no HTTP client: enable the feature `reqwest`, `rustls` or `native-tls`, or call \
         ClientBuilder::http_client"
            .to_owned(),
    )
}

/// Returns the connect timeout; `None` if it is disabled.
///
/// If a timeout is configured, returns the configured timeout; zero disables the connect timeout. If no
/// timeout is configured, the connect timeout is 10 seconds, or half of the attempt timeout `attempt` if that
/// is shorter. If `attempt` is zero, the attempt timeout is disabled, and the connect timeout is 10 seconds.
#[cfg(any(feature = "reqwest", test))]
fn effective_connect_timeout(configured: Option<Duration>, attempt: Duration) -> Option<Duration> {
    let default = || match attempt.is_zero() {
        true => CONNECT_TIMEOUT,
        false => CONNECT_TIMEOUT.min(attempt / 2),
    };
    Some(configured.unwrap_or_else(default)).filter(|timeout| !timeout.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "reqwest"))]
    #[test]
    fn build_requires_an_http_client_without_reqwest() {
        let builder = crate::Client::builder().env(|_| None).api_key("pbk_xxx");
        let error = builder.clone().build().unwrap_err();
        assert_eq!(error.kind(), pgbeam_api::ErrorKind::Config);
        assert!(error.message().contains("ClientBuilder::http_client"));
        let unused =
            crate::http::http_fn(|_| std::future::pending::<Result<http::Response<&str>, _>>());
        builder.http_client(unused).build().unwrap();
    }

    #[test]
    fn connect_timeout_leaves_time_for_the_response() {
        let s = Duration::from_secs;
        for (configured, attempt, expected) in [
            (None, s(30), Some(s(10))),
            (None, s(20), Some(s(10))),
            (None, s(1), Some(Duration::from_millis(500))),
            (None, s(0), Some(s(10))),
            (Some(s(3)), s(2), Some(s(3))),
            (Some(s(40)), s(30), Some(s(40))),
            (Some(s(0)), s(30), None),
        ] {
            assert_eq!(
                effective_connect_timeout(configured, attempt),
                expected,
                "{configured:?} {attempt:?}"
            );
        }
    }
}
