//! Builds the HTTP requests of a delivery, and parses the URL of the receiver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::body::Body;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Uri, header};
use serde_json::Value;

use crate::store::Resource;
use crate::webhooks::event::{EventKind, WebhookEvent};
use crate::webhooks::format::{Authentication, Format};

/// A receiver on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// The addresses of the receiver. The first one that accepts the connection is used.
    addresses: Vec<SocketAddr>,
    /// The value of the header `Host`.
    host: String,
    path: String,
}

impl Target {
    /// Parses the URL of an endpoint. Ignores the user name, the password and the fragment. Makes no DNS request.
    ///
    /// # Errors
    ///
    /// The reason, if the URL is invalid or is not an `http` URL of a loopback address.
    fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("the URL is invalid: {error}"))?;
        let authority = uri.authority().ok_or("the URL is invalid: no host")?;
        let port = authority.port();
        let host = match &port {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        let (_, sent_host) = authority
            .as_str()
            .rsplit_once('@')
            .unwrap_or(("", authority.as_str()));
        if sent_host != host {
            return Err(format!("the URL is invalid: no port in `{sent_host}`"));
        }
        let ips = loopback_addresses(authority.host());
        if ips.is_empty() || uri.scheme() != Some(&Scheme::HTTP) {
            return Err(
                "the emulator sends only to `http` URLs with the host localhost, 127.0.0.0/8 or [::1]"
                    .to_owned(),
            );
        }
        let port = port.map_or(80, |port| port.as_u16());
        Ok(Self {
            addresses: ips
                .into_iter()
                .map(|ip| SocketAddr::new(ip, port))
                .collect(),
            host,
            path: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), PathAndQuery::to_string),
        })
    }
}

/// Returns the addresses of a host in a URL if it is `localhost` or a loopback IP address. Returns none for other
/// hosts.
fn loopback_addresses(host: &str) -> Vec<IpAddr> {
    if host.eq_ignore_ascii_case("localhost") {
        return vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    let unbracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let ip: Option<IpAddr> = unbracketed.unwrap_or(host).parse().ok();
    ip.filter(IpAddr::is_loopback).into_iter().collect()
}

/// The request of a delivery, from which each attempt is built.
pub(crate) struct DeliveryRequest {
    target: Target,
    authentication: Authentication,
    kind: EventKind,
    event_id: String,
    body: Bytes,
}

impl DeliveryRequest {
    /// Creates the request that delivers an event to an endpoint.
    ///
    /// # Errors
    ///
    /// The reason, if the URL is invalid or is not an `http` URL of a loopback address, or if the secret cannot be
    /// sent.
    pub(crate) fn new(
        endpoint: &Resource,
        secret: Option<&str>,
        event: &WebhookEvent,
    ) -> Result<Self, String> {
        let url = endpoint.get("url").and_then(Value::as_str);
        let format = Format::new(endpoint);
        Ok(Self {
            target: Target::parse(url.unwrap_or_default())?,
            authentication: format.authentication(secret)?,
            kind: event.kind,
            event_id: event.id.clone(),
            body: format.body(event).to_string().into(),
        })
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.target.addresses
    }

    /// Returns the length of the body in bytes.
    pub(crate) fn body_len(&self) -> usize {
        self.body.len()
    }

    /// Builds the request of the attempt with the id `delivery_id`. `now` is the time at which it is sent.
    pub(crate) fn build(
        &self,
        delivery_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Request<Body>, http::Error> {
        let timestamp = now.timestamp().to_string();
        let request = Request::post(&self.target.path)
            .header(header::HOST, &self.target.host)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-pgbeam-event", self.kind.as_str())
            .header("x-pgbeam-event-id", &self.event_id)
            .header("x-pgbeam-delivery", delivery_id)
            .header("x-pgbeam-timestamp", &timestamp);
        let request = match &self.authentication {
            Authentication::None => request,
            Authentication::Signature(signer) => request
                .header("x-pgbeam-signature", signer.v1(&self.body))
                .header("x-pgbeam-signature-v2", signer.v2(&timestamp, &self.body)),
            Authentication::Token(name, value) => request.header(name, value),
        };
        request.body(Body::from(self.body.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_loopback_urls() {
        let cases = [
            ("http://127.0.0.1:81/a?b=c#d", "127.0.0.1:81", "/a?b=c"),
            ("http://127.9.8.7", "127.9.8.7:80", "/"),
            ("http://[::1]:81", "[::1]:81", "/"),
            ("HTTP://user:pass@LOCALHOST:81/", "127.0.0.1:81", "/"),
            ("http://localhost?a", "127.0.0.1:80", "/?a"),
        ];
        for (url, address, path) in cases {
            let target = Target::parse(url).expect(url);
            assert_eq!(target.addresses[0].to_string(), address, "{url}");
            assert_eq!(target.path, path, "{url}");
        }
        let target = Target::parse("http://user:pass@localhost:81/").expect("a target");
        assert_eq!(target.host, "localhost:81");
        assert_eq!(target.addresses[1].to_string(), "[::1]:81");
    }

    #[test]
    fn rejects_other_urls() {
        let loopback_only =
            "the emulator sends only to `http` URLs with the host localhost, 127.0.0.0/8 or [::1]";
        let urls = [
            "127.0.0.1",
            "https://127.0.0.1/",
            "ftp://127.0.0.1/",
            "http://hooks.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1.example.com/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1]/",
        ];
        for url in urls {
            assert_eq!(Target::parse(url), Err(loopback_only.to_owned()), "{url}");
        }
        for url in ["", "/path", "http://127.0.0.1:99999/", "http://127.0.0.1:/"] {
            let error = Target::parse(url).expect_err(url);
            assert!(error.starts_with("the URL is invalid"), "{url}: {error}");
        }
    }
}
