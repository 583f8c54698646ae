//! The HTTP client: how it is set up, and how it sends one request.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use http::HeaderValue;
use pgbeam_api::{
    BoxFuture,
    runtime::{self, is_loopback},
};
use reqwest::Url;

use super::attempt::{Failure, Head, Sender};

/// Longer than a lost packet or two take, and much shorter than an attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the names of this machine stand for, whatever a resolver says: a key may go there in the
/// clear. The port is that of the URL.
const LOOPBACK: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// Sends over HTTP.
pub(crate) struct HttpSender {
    http: reqwest::Client,
}

impl HttpSender {
    pub(crate) fn new(http: reqwest::Client) -> Self {
        Self { http }
    }
}

impl Sender for HttpSender {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<Head, Failure>> {
        let response = self.http.execute(request);
        Box::pin(async move {
            let mut response = response.await.map_err(Failure::new)?;
            Ok(Head {
                status: response.status(),
                reason: runtime::reason(&response),
                headers: std::mem::take(response.headers_mut()),
                body: Box::pin(runtime::Pieces::of(response, Failure::new)),
            })
        })
    }
}

/// The HTTP client as the transport needs it for this base URL: it sends each request once, to the
/// one address that it names. When that is this machine, it goes past any proxy, asks nobody where
/// the machine is, and does not look for certificates that plain http has no use for: a bare container
/// has none.
pub(crate) fn http_client(
    base: Option<&Url>,
    user_agent: HeaderValue,
    connect_timeout: Option<Duration>,
) -> Result<reqwest::Client, reqwest::Error> {
    let local = base.filter(|base| is_loopback(base));
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
    if let Some(timeout) = connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    builder.build()
}

/// How long making a connection may take where an attempt may take `timeout`; 0 is for ever.
pub(crate) fn connect_timeout(set: Option<Duration>, timeout: Duration) -> Option<Duration> {
    let unset = || match timeout.is_zero() {
        true => CONNECT_TIMEOUT,
        false => CONNECT_TIMEOUT.min(timeout / 2),
    };
    Some(set.unwrap_or_else(unset)).filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(connect_timeout(set, timeout), want, "{set:?} {timeout:?}");
        }
    }
}
