//! Validates the headers that a caller sets, and adds the headers of the call options to a request.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use pgbeam_api::{Error, FieldError};

use crate::CallOptions;

/// Headers that callers must not set, because these headers frame the message or name the host. With a wrong
/// value, a server could read a part of the body as a second request (request smuggling).
const FRAMING: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const FRAMING_DETAIL: &str = "is set by the transport: omit it";

/// Parses and validates a header that a caller sets.
///
/// # Errors
///
/// A validation error if the name or the value is invalid, or if callers must not set this header:
/// `Authorization` and the headers in `FRAMING`.
pub(crate) fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), FieldError> {
    let reject = |detail| Err(FieldError::new(name, detail));
    let Ok(parsed) = HeaderName::try_from(name) else {
        return reject("is not a valid header name");
    };
    if parsed == header::AUTHORIZATION {
        return Err(authorization(name));
    }
    if FRAMING.contains(&parsed) {
        return reject(FRAMING_DETAIL);
    }
    match HeaderValue::try_from(value) {
        Ok(value) => Ok((parsed, value)),
        Err(_) => {
            reject("contains a character that is not allowed in a header, such as a line break")
        }
    }
}

fn authorization(name: &str) -> FieldError {
    FieldError::new(
        name,
        "is set by the transport: set the API key with ClientBuilder::api_key or \
         ClientBuilder::credential_provider",
    )
}

/// Adds the headers of the call options to `headers`, which contains the header parameters of the request. If
/// `headers` already has a header of the options, the value of the options replaces it.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) with one validation error for each header that is invalid
/// or that callers must not set.
pub(crate) fn apply_options(headers: &mut HeaderMap, options: &CallOptions) -> Result<(), Error> {
    if !headers.is_empty() || !options.errors().is_empty() {
        validate(headers, options)?;
    }
    if let Some(overrides) = options.overrides() {
        for (name, value) in &overrides.headers {
            headers.insert(name, value.clone());
        }
    }
    Ok(())
}

fn validate(headers: &HeaderMap, options: &CallOptions) -> Result<(), Error> {
    let mut errors = options.errors().to_vec();
    if headers.contains_key(header::AUTHORIZATION) {
        errors.push(authorization("Authorization"));
    }
    for name in FRAMING.iter().filter(|name| headers.contains_key(*name)) {
        errors.push(FieldError::new(name.as_str(), FRAMING_DETAIL));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid(errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_invalid_and_reserved_headers() {
        for (name, value, detail) in [
            ("sp ace", "x", "not a valid header name"),
            ("", "x", "not a valid header name"),
            ("x\n", "x", "not a valid header name"),
            ("x-a", "a\nb", "line break"),
            ("x-a", "a\0", "line break"),
            ("authorization", "Basic x", "ClientBuilder::api_key"),
            ("AUTHORIZATION", "Basic x", "ClientBuilder::api_key"),
            ("Content-Length", "0", "transport"),
            ("transfer-encoding", "chunked", "transport"),
            ("host", "x", "transport"),
        ] {
            let error = parse(name, value).unwrap_err();
            assert_eq!(error.field(), name);
            assert!(error.detail().contains(detail), "{error}");
        }
        assert_eq!(parse("X-A", "b").unwrap().0, "x-a");
    }

    #[test]
    fn options_take_precedence() {
        let map = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            };
            pairs.iter().map(pair).collect()
        };
        let mut headers = map(&[("a", "call"), ("b", "call")]);
        apply_options(
            &mut headers,
            &CallOptions::new()
                .header("B", "option")
                .header("c", "option"),
        )
        .unwrap();
        assert_eq!(
            headers,
            map(&[("a", "call"), ("b", "option"), ("c", "option")])
        );
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn reports_all_errors_at_once() {
        let options = CallOptions::new().header("a b", "").header("x", "\n");
        let mut call =
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("x"))]);
        let error = apply_options(&mut call, &options).unwrap_err();
        let fields: Vec<_> = error.field_errors().iter().map(FieldError::field).collect();
        assert_eq!(fields, ["a b", "x", "Authorization"]);
    }

    #[test]
    fn rejects_every_framing_header() {
        for name in [
            "Connection",
            "Content-Length",
            "Expect",
            "Host",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
        ] {
            let error = parse(name, "x").unwrap_err();
            assert_eq!((error.field(), error.detail()), (name, FRAMING_DETAIL));
            let call = CallOptions::new().header(name, "x");
            assert_eq!(call.errors()[0].detail(), FRAMING_DETAIL);
            // The headers of a low-level call do not pass through `parse`.
            let mut headers = HeaderMap::new();
            let parsed = HeaderName::try_from(name).unwrap();
            headers.insert(parsed, HeaderValue::from_static("x"));
            let error = apply_options(&mut headers, &CallOptions::new()).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), name.to_ascii_lowercase());
            assert_eq!(error.field_errors()[0].detail(), FRAMING_DETAIL);
        }
    }
}
