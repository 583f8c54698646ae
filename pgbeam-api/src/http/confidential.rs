//! Where a credential may be sent: only where nobody on the way can read it.

use url::{Host, Url};

use crate::{Error, ErrorKind};

/// Whether a request to `url` can carry a credential without showing it to the network: over
/// `https`, or without leaving this machine.
pub fn is_confidential(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

/// Whether a URL names this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
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
            let url = Url::parse(url).unwrap();
            assert_eq!(
                (is_loopback(&url), is_confidential(&url)),
                (loopback, confidential),
                "{url}"
            );
        }
    }
}
