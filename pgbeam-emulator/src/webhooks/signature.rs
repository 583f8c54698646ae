//! The signatures of deliveries: HMAC-SHA-256, with the secret of the endpoint as key.

use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs the bodies of deliveries.
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// Creates a signer. The HMAC key is the secret in UTF-8.
    ///
    /// # Errors
    ///
    /// None in practice, because HMAC accepts keys of any length.
    pub(crate) fn new(secret: &str) -> Result<Self, InvalidLength> {
        Hmac::new_from_slice(secret.as_bytes()).map(Self)
    }

    /// Returns the value of `X-PgBeam-Signature`: the signature of the body.
    pub(crate) fn v1(&self, body: &[u8]) -> String {
        header_value(self.0.clone().chain_update(body))
    }

    /// Returns the value of `X-PgBeam-Signature-V2`: the signature of the value of `X-PgBeam-Timestamp`, a dot and the
    /// body.
    pub(crate) fn v2(&self, timestamp: &str, body: &[u8]) -> String {
        let mac = self.0.clone().chain_update(timestamp).chain_update(".");
        header_value(mac.chain_update(body))
    }
}

fn header_value(mac: Hmac<Sha256>) -> String {
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were computed with the module `hmac` of Python.
    #[test]
    fn signs_like_other_implementations() {
        let long_secret = "schlüssel".repeat(30);
        let cases = [
            (
                "whsec_test",
                "1784109600",
                "2e4089d74934cf68d2ec6073de305e21e6d1373c383947e07274e11cef0da324",
                "d7d75ef80fde32c5728d87db65b853c4f61828e5c03da7634972f5d57ec5317c",
            ),
            (
                &long_secret,
                "0",
                "af35e7c0779f73b8c69137acdd7b287c8c5b509abbfea463ddfa7c5497139a67",
                "31b0e2c42acfc3111c66f26defc17a042cf552dc02f31b3b0eabd5e6fb27b29b",
            ),
        ];
        for (secret, timestamp, v1, v2) in cases {
            let signer = Signer::new(secret).expect("a key");
            let body = br#"{"id":"whd_1"}"#;
            assert_eq!(signer.v1(body), format!("sha256={v1}"));
            assert_eq!(signer.v2(timestamp, body), format!("sha256={v2}"));
        }
    }
}
