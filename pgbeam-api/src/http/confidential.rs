//! Decides whether a request may contain a credential: only over `https` or to a loopback host.

use std::net::IpAddr;

use http::Uri;

use crate::{Error, ErrorKind};

/// Returns `true` if a credential in a request to this URI is protected from the network: the scheme is
/// `https`, or the host is a loopback host. The URI must be normalized by the `url` crate.
pub fn is_confidential(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https") || uri.host().is_some_and(is_loopback)
}

/// Returns `true` for a loopback host. The host must be normalized by the `url` crate.
pub fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']'));
    match address.unwrap_or(host).parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Creates the error for a credential that would be sent over plain `http` to a host that is not a loopback
/// host.
pub fn plain_http_error() -> Error {
    Error::new(
        ErrorKind::Config,
        "plain http would expose the API key on the network: use https, or allow it with \
         `allow_http(true)`",
    )
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn recognizes_loopback_hosts() {
        for (url, loopback, confidential) in [
            ("http://localhost:1", true, true),
            ("http://LOCALHOST", true, true),
            ("http://api.localhost", true, true),
            ("http://127.0.0.1:4010/x", true, true),
            ("http://127.9.9.9", true, true),
            ("http://2130706433", true, true),
            ("http://[::1]:1", true, true),
            ("http://[::ffff:127.0.0.1]", true, true),
            ("https://api.pgbeam.com", false, true),
            ("http://api.pgbeam.com", false, false),
            ("http://localhost.example", false, false),
            ("http://127.0.0.1.example", false, false),
            ("http://notlocalhost", false, false),
            ("http://10.0.0.1", false, false),
            ("http://0.0.0.0", false, false),
            ("http://[::2]", false, false),
        ] {
            let uri: Uri = Url::parse(url).unwrap().as_str().parse().unwrap();
            assert_eq!(
                (is_loopback(uri.host().unwrap()), is_confidential(&uri)),
                (loopback, confidential),
                "{uri}"
            );
        }
    }
}
