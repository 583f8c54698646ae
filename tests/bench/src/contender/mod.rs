//! The contenders: three ways to replace a policy profile, which send the same request.

mod bare;
mod hand;
mod sdk;

use std::{error::Error as StdError, future::Future, time::Duration};

use clap::ValueEnum;

pub use self::{bare::Bare, hand::Hand, sdk::Sdk};

/// The names of the contenders, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Hand-written code on reqwest and serde.
    Hand,
    /// The generated client of `pgbeam-api` on `DirectTransport`.
    Bare,
    /// `pgbeam` with its defaults.
    Pgbeam,
}

/// One way to make the measured call.
pub trait Contender: Clone + Send + Sync + 'static {
    /// The parsed response.
    type Profile: Send;
    /// The error of a call.
    type Error: StdError + Send + Sync + 'static;

    /// Creates the client. `address` is the host and port of the server.
    fn new(address: &str) -> Result<Self, Box<dyn StdError>>;

    /// Replaces the profile: builds the request from [`crate::rules`], sends it, and parses the response.
    fn update(&self) -> impl Future<Output = Result<Self::Profile, Self::Error>> + Send;
}

const USER_AGENT: &str = concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"));
const TIMEOUT: Duration = Duration::from_secs(30);

/// Builds the `reqwest::Client` of the contenders other than `pgbeam`. It has the settings of the client
/// inside `pgbeam`, with two exceptions: it loads certificates, and it has reqwest's timeout for the whole
/// call instead of a connect timeout and the timeouts that `pgbeam` implements.
fn http() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .user_agent(USER_AGENT)
        .timeout(TIMEOUT)
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        rules,
        server::{self, tests::first_request},
    };

    /// Returns the request line, headers and body of a contender's request, and the parsed response.
    async fn exchange<C: Contender>() -> (String, BTreeMap<String, String>, Value, C::Profile) {
        let listener = server::listen().unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let contender = C::new(&address).unwrap();
        let (request, profile) = tokio::join!(first_request(listener), contender.update());
        let request = String::from_utf8(request).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let (line, headers) = head.split_once("\r\n").unwrap();
        let headers = headers
            .split("\r\n")
            .map(|line| line.split_once(": ").unwrap());
        let mut headers: BTreeMap<_, _> = headers
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        // Each server has another port.
        assert_eq!(headers.remove("host"), Some(address));
        // reqwest adds this header for all contenders if another crate of the build enables reqwest's `gzip`.
        headers.remove("accept-encoding");
        (
            line.to_owned(),
            headers,
            serde_json::from_str(body).unwrap(),
            profile.unwrap(),
        )
    }

    #[tokio::test]
    async fn contenders_send_and_parse_the_same() {
        let (line, headers, body, by_hand) = exchange::<Hand>().await;
        let (bare_line, bare_headers, bare_body, bare) = exchange::<Bare>().await;
        let (sdk_line, sdk_headers, sdk_body, sdk) = exchange::<Sdk>().await;
        assert_eq!(
            (&bare_line, &bare_headers, &bare_body),
            (&line, &headers, &body)
        );
        assert_eq!(
            (&sdk_line, &sdk_headers, &sdk_body),
            (&line, &headers, &body)
        );

        assert_eq!(
            line,
            format!(
                "PUT /v1/projects/{}/policies/{} HTTP/1.1",
                rules::PROJECT,
                rules::POLICY
            )
        );
        let names: Vec<_> = headers.keys().collect();
        assert_eq!(
            names,
            [
                "accept",
                "authorization",
                "content-length",
                "content-type",
                "user-agent"
            ]
        );

        // The response is the body plus the fields of the server.
        let mut response: Value = serde_json::from_str(rules::RESPONSE).unwrap();
        for (field, value) in
            [("id", rules::POLICY), ("project_id", rules::PROJECT)].map(|(m, v)| (m, json!(v)))
        {
            assert_eq!(response.as_object_mut().unwrap().remove(field), Some(value));
        }
        for field in ["created_at", "updated_at"] {
            assert!(response.as_object_mut().unwrap().remove(field).is_some());
        }
        assert_eq!(response, body);
        assert_eq!(body.as_object().unwrap().len(), 21);

        assert_eq!(by_hand.updated_at, bare.updated_at);
        assert_eq!(by_hand.updated_at, sdk.updated_at());
        assert_eq!(by_hand.row_filters.len(), sdk.row_filters().len());
        assert_eq!(bare.masking_rules.len(), sdk.masking_rules().len());
        assert_eq!(
            serde_json::to_value(by_hand).unwrap(),
            serde_json::to_value(&*bare).unwrap()
        );
    }
}
