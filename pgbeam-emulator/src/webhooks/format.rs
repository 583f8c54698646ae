//! The formats of deliveries. A format determines the body and the authentication.

use http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use crate::store::Resource;
use crate::webhooks::event::WebhookEvent;
use crate::webhooks::signature::Signer;

/// The format of an endpoint's deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Elastic,
    SplunkHec,
    Datadog,
}

/// How a delivery proves that its sender knows the secret of the endpoint.
pub(crate) enum Authentication {
    None,
    /// Headers with signatures of the body.
    Signature(Signer),
    /// A header that contains the secret.
    Token(HeaderName, HeaderValue),
}

impl Format {
    /// Returns the `format` of an endpoint. Default: `json`.
    pub(crate) fn new(endpoint: &Resource) -> Self {
        match endpoint.get("format").and_then(Value::as_str) {
            Some("elastic") => Self::Elastic,
            Some("splunk_hec") => Self::SplunkHec,
            Some("datadog") => Self::Datadog,
            _ => Self::Json,
        }
    }

    /// Returns the body of a delivery.
    ///
    /// PgBeam documents only the body of the format `json`. For another format, the emulator sends the same fields in
    /// the form that the log service of this format expects.
    pub(crate) fn body(self, event: &WebhookEvent) -> Value {
        let mut envelope = event.envelope();
        match self {
            Self::Json => Value::Object(envelope),
            Self::Elastic => {
                let time = Value::String(event.occurred_at_rfc3339());
                envelope.insert("@timestamp".to_owned(), time);
                Value::Object(envelope)
            }
            Self::SplunkHec => json!({
                "time": event.occurred_at.timestamp_millis() as f64 / 1000.0,
                "source": "pgbeam",
                "sourcetype": "_json",
                "event": envelope,
            }),
            Self::Datadog => {
                for (name, value) in [("ddsource", "pgbeam"), ("message", event.kind.as_str())] {
                    envelope.insert(name.to_owned(), Value::from(value));
                }
                json!([envelope])
            }
        }
    }

    /// Returns the authentication of a delivery with the secret of an endpoint. Without a secret, returns
    /// [`Authentication::None`].
    ///
    /// # Errors
    ///
    /// The reason, if the format sends the secret in a header and the secret contains control characters.
    pub(crate) fn authentication(self, secret: Option<&str>) -> Result<Authentication, String> {
        let Some(secret) = secret.filter(|secret| !secret.is_empty()) else {
            return Ok(Authentication::None);
        };
        let token = |name: HeaderName, value: String| {
            let mut value = HeaderValue::try_from(value).map_err(|_| {
                format!("the secret contains control characters, so it cannot be sent in `{name}`")
            })?;
            value.set_sensitive(true);
            Ok(Authentication::Token(name, value))
        };
        match self {
            Self::Json | Self::Elastic => Signer::new(secret)
                .map(Authentication::Signature)
                .map_err(|error| error.to_string()),
            Self::SplunkHec => token(header::AUTHORIZATION, format!("Splunk {secret}")),
            Self::Datadog => token(HeaderName::from_static("dd-api-key"), secret.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn endpoint(format: &str) -> Resource {
        Resource::from_iter([("format".to_owned(), Value::from(format))])
    }

    #[test]
    fn bodies_have_the_shape_that_the_receiver_expects() {
        let time = DateTime::from_timestamp_millis(1_784_109_600_123).expect("a time");
        let event = WebhookEvent::kill_switch("prj_1", time);
        let envelope = Value::Object(event.envelope());
        let body = |name: &str| Format::new(&endpoint(name)).body(&event);
        assert_eq!(body("json"), envelope);

        let splunk = body("splunk_hec");
        assert_eq!(splunk["time"], 1_784_109_600.123);
        assert_eq!(splunk["event"], envelope);

        let mut elastic = envelope.clone();
        elastic["@timestamp"] = json!("2026-07-15T10:00:00.123Z");
        assert_eq!(body("elastic"), elastic);

        let mut datadog = envelope;
        datadog["ddsource"] = json!("pgbeam");
        datadog["message"] = json!("kill_switch");
        assert_eq!(body("datadog"), json!([datadog]));
    }

    #[test]
    fn authentication_depends_on_the_format() {
        let authenticate = |name: &str, secret: &str| {
            let authentication = Format::new(&endpoint(name)).authentication(Some(secret))?;
            Ok::<_, String>(match authentication {
                Authentication::None => "none".to_owned(),
                Authentication::Signature(_) => "signature".to_owned(),
                Authentication::Token(name, value) => {
                    assert!(value.is_sensitive());
                    format!("{name}: {}", value.to_str().expect("ASCII"))
                }
            })
        };
        let cases = [
            ("json", "s3cret", Ok("signature")),
            ("elastic", "line\nbreak", Ok("signature")),
            ("splunk_hec", "s3cret", Ok("authorization: Splunk s3cret")),
            ("datadog", "s3cret", Ok("dd-api-key: s3cret")),
            ("datadog", "", Ok("none")),
            (
                "splunk_hec",
                "line\nbreak",
                Err(
                    "the secret contains control characters, so it cannot be sent in `authorization`",
                ),
            ),
        ];
        for (format, secret, expected) in cases {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(authenticate(format, secret), expected, "{format} {secret}");
        }
    }
}
