//! Where a credential may be sent: only where nobody on the way can read it.

use std::net::IpAddr;

use http::Uri;

use crate::{Error, ErrorKind};

/// Returns whether a request can carry a credential without showing it to the network: over `https`,
/// or without leaving this machine. The URI must be one that `url` has normalized.
pub fn is_confidential(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https") || uri.host().is_some_and(is_loopback)
}

/// Returns whether a host, as `url` normalizes it, names this machine.
pub fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']'));
    match address.unwrap_or(host).parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The refusal to send a credential elsewhere.
pub fn not_confidential() -> Error {
    Error::new(
        ErrorKind::Config,
        "over plain http, anybody on the way could read the API key: use https, or allow it with \
         `allow_http(true)`",
    )
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn knows_this_machine_by_all_its_names() {
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
