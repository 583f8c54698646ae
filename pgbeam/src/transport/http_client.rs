//! The HTTP client of a builder that is not given one: `reqwest`, configured for this transport.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use pgbeam_api::HttpClient;
use url::Url;

/// Longer than a lost packet or two take, and much shorter than an attempt.
#[cfg(any(feature = "reqwest", test))]
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the HTTP client for this base URL. It sends each request once, to the address of the URL.
///
/// If that is this machine, it uses no proxy and no resolver, and for plain http it loads no
/// certificates: a bare container has none.
#[cfg(feature = "reqwest")]
pub(crate) fn http_client(
    base: Option<&Url>,
    user_agent: HeaderValue,
    connect_timeout: Option<Duration>,
    timeout: Duration,
) -> Result<Arc<dyn HttpClient>, String> {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    use pgbeam_api::runtime::{ReqwestClient, is_loopback};

    /// What the names of this machine stand for, whatever a resolver says: a key may go there in the
    /// clear. The port is that of the URL.
    const LOOPBACK: [SocketAddr; 2] = [
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
    ];

    let is_local = |base: &&Url| base.host_str().is_some_and(is_loopback);
    let local = base.filter(is_local);
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    {
        builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
        if local.is_some_and(|base| base.scheme() == "http") {
            builder = builder.tls_certs_only([]);
        }
    }
    if let Some(base) = local {
        builder = builder.no_proxy();
        if let Some(name) = base.domain() {
            builder = builder.resolve_to_addrs(name, &LOOPBACK);
        }
    }
    if let Some(timeout) = effective_connect_timeout(connect_timeout, timeout) {
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
            Err(format!("the HTTP client cannot be set up: {cause}"))
        }
    }
}

#[cfg(not(feature = "reqwest"))]
pub(crate) fn http_client(
    _: Option<&Url>,
    _: HeaderValue,
    _: Option<Duration>,
    _: Duration,
) -> Result<Arc<dyn HttpClient>, String> {
    Err(
        "no HTTP client: enable the feature `reqwest`, `rustls` or `native-tls`, or give one with \
         ClientBuilder::http_client"
            .to_owned(),
    )
}

/// Returns how long connecting may take if an attempt may take `timeout`, where zero is no limit.
#[cfg(any(feature = "reqwest", test))]
fn effective_connect_timeout(set: Option<Duration>, timeout: Duration) -> Option<Duration> {
    let unset = || match timeout.is_zero() {
        true => CONNECT_TIMEOUT,
        false => CONNECT_TIMEOUT.min(timeout / 2),
    };
    Some(set.unwrap_or_else(unset)).filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "reqwest"))]
    #[test]
    fn without_reqwest_the_builder_needs_a_client() {
        let builder = crate::Client::builder().env(|_| None).api_key("pbk_xxx");
        let error = builder.clone().build().unwrap_err();
        assert_eq!(error.kind(), pgbeam_api::ErrorKind::Config);
        assert!(error.message().contains("ClientBuilder::http_client"));
        let unused =
            crate::http::http_fn(|_| std::future::pending::<Result<http::Response<&str>, _>>());
        builder.http_client(unused).build().unwrap();
    }

    #[test]
    fn connecting_leaves_time_to_answer() {
        let s = Duration::from_secs;
        for (set, timeout, want) in [
            (None, s(30), Some(s(10))),
            (None, s(20), Some(s(10))),
            (None, s(1), Some(Duration::from_millis(500))),
            (None, s(0), Some(s(10))),
            (Some(s(3)), s(2), Some(s(3))),
            (Some(s(40)), s(30), Some(s(40))),
            (Some(s(0)), s(30), None),
        ] {
            assert_eq!(
                effective_connect_timeout(set, timeout),
                want,
                "{set:?} {timeout:?}"
            );
        }
    }
}
