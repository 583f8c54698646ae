//! The headers that a caller may set, and their precedence.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use pgbeam_api::{Error, FieldError};

use crate::CallOptions;

/// The headers that frame a message or name its receiver. A wrong value could smuggle a second request.
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

const FRAMED: &str = "is set by the transport itself: leave it out";

/// Parses a header that a caller sets.
///
/// # Errors
///
/// Why it must not be set, with what to do instead.
pub(crate) fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), FieldError> {
    let refuse = |why| Err(FieldError::new(name, why));
    let Ok(parsed) = HeaderName::try_from(name) else {
        return refuse("is not the name of a header");
    };
    if parsed == header::AUTHORIZATION {
        return Err(authorization(name));
    }
    if FRAMING.contains(&parsed) {
        return refuse(FRAMED);
    }
    match HeaderValue::try_from(value) {
        Ok(value) => Ok((parsed, value)),
        Err(_) => refuse("holds a character that a header cannot carry, a line break perhaps"),
    }
}

fn authorization(name: &str) -> FieldError {
    FieldError::new(
        name,
        "carries the client's API key: set it with ClientBuilder::api_key or \
         ClientBuilder::credential",
    )
}

/// Adds the headers of a call's options to those of its parameters. The options take precedence.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) with every header that must not be set.
pub(crate) fn add(headers: &mut HeaderMap, options: &CallOptions) -> Result<(), Error> {
    if !headers.is_empty() || !options.faults().is_empty() {
        check(headers, options)?;
    }
    if let Some(differences) = options.differences() {
        for (name, value) in &differences.headers {
            headers.insert(name, value.clone());
        }
    }
    Ok(())
}

fn check(of_call: &HeaderMap, options: &CallOptions) -> Result<(), Error> {
    let mut faults = options.faults().to_vec();
    if of_call.contains_key(header::AUTHORIZATION) {
        faults.push(authorization("Authorization"));
    }
    for name in FRAMING.iter().filter(|name| of_call.contains_key(*name)) {
        faults.push(FieldError::new(name.as_str(), FRAMED));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid(faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_a_caller_may_not_set() {
        for (name, value, why) in [
            ("sp ace", "x", "not the name"),
            ("", "x", "not the name"),
            ("x\n", "x", "not the name"),
            ("x-a", "a\nb", "line break"),
            ("x-a", "a\0", "line break"),
            ("authorization", "Basic x", "ClientBuilder::api_key"),
            ("AUTHORIZATION", "Basic x", "ClientBuilder::api_key"),
            ("Content-Length", "0", "transport itself"),
            ("transfer-encoding", "chunked", "transport itself"),
            ("host", "x", "transport itself"),
        ] {
            let fault = parse(name, value).unwrap_err();
            assert_eq!(fault.field(), name);
            assert!(fault.detail().contains(why), "{fault}");
        }
        assert_eq!(parse("X-A", "b").unwrap().0, "x-a");
    }

    #[test]
    fn what_the_options_say_goes_first() {
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
        add(
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
    fn says_all_that_is_wrong() {
        let options = CallOptions::new().header("a b", "").header("x", "\n");
        let mut call =
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("x"))]);
        let error = add(&mut call, &options).unwrap_err();
        let fields: Vec<_> = error.field_errors().iter().map(FieldError::field).collect();
        assert_eq!(fields, ["a b", "x", "Authorization"]);
    }

    #[test]
    fn each_framing_header_is_refused_for_a_client_and_for_a_call() {
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
            let fault = parse(name, "x").unwrap_err();
            assert_eq!((fault.field(), fault.detail()), (name, FRAMED));
            let call = CallOptions::new().header(name, "x");
            assert_eq!(call.faults()[0].detail(), FRAMED);
            // The low-level client hands over headers that it has parsed itself.
            let mut headers = HeaderMap::new();
            let parsed = HeaderName::try_from(name).unwrap();
            headers.insert(parsed, HeaderValue::from_static("x"));
            let error = add(&mut headers, &CallOptions::new()).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), name.to_ascii_lowercase());
            assert_eq!(error.field_errors()[0].detail(), FRAMED);
        }
    }
}
