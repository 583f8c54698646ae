//! `Received` and `ReceivedRequest`: the requests that the emulator recorded, for assertions in tests.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use crate::http::authorization::bearer_token;
use crate::operation::Operation;

/// One received request.
///
/// `Display` prints one line: the operation, method, path and query. `Debug` also prints the headers, with credentials
/// redacted, and the body. Nothing in the query and the body is redacted.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The operation, or `None` if the API contract has none with this method and path.
    pub operation: Option<Operation>,
    /// The HTTP method.
    pub method: Method,
    /// The percent-encoded path, as received.
    pub path: String,
    /// The percent-encoded query, as received, without the `?`.
    pub query: Option<String>,
    /// The headers, including credentials. See [`has_bearer_token`](Self::has_bearer_token).
    pub headers: HeaderMap,
    /// The body, truncated to 2 MiB, the maximum that the API accepts.
    pub body: Bytes,
    /// The id that the emulator assigned to the request. The response has it in `X-Request-Id`.
    ///
    /// Exceptions: a replayed response has the id of the request whose response was stored, and responses of
    /// [`Fault::respond`](crate::Fault::respond) and [`Fault::html`](crate::Fault::html) have none.
    pub request_id: String,
}

impl ReceivedRequest {
    /// Returns the first value of a header, or `None` if the header is absent.
    ///
    /// Also returns `None` if the value contains characters other than visible ASCII characters, spaces and tabs.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the body as JSON, or `None` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the first value of a query parameter, percent-decoded, or `None` if it is absent.
    #[must_use]
    pub fn query_param(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        parse_query(query)
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// Returns the `Idempotency-Key` header, or `None` if it is absent.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.header("idempotency-key")
    }

    /// Returns `true` if the request has this bearer token.
    #[must_use]
    pub fn has_bearer_token(&self, token: &str) -> bool {
        bearer_token(&self.headers).is_some_and(|sent| sent == token)
    }

    /// Returns `true` if the request has any bearer token.
    #[must_use]
    pub fn has_any_bearer_token(&self) -> bool {
        bearer_token(&self.headers).is_some()
    }
}

impl fmt::Display for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.map_or("(no operation)", Operation::id);
        write!(f, "{operation} {} {}", self.method, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<(&str, &HeaderValue)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        let redacted = HeaderValue::from_static("(redacted)");
        let shown: Vec<(&str, &HeaderValue)> = headers
            .into_iter()
            .map(|(name, value)| {
                (
                    name,
                    if is_secret_name(name) {
                        &redacted
                    } else {
                        value
                    },
                )
            })
            .collect();
        f.debug_struct("ReceivedRequest")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("headers", &shown)
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// Received requests in the order of their arrival. Dereferences to a slice.
///
/// `Display` prints one line per request:
///
/// ```text
/// 1. createPolicyProfile POST /v1/projects/prj_1/policies
/// 2. listPolicyProfiles GET /v1/projects/prj_1/policies?page_size=2
/// ```
#[derive(Clone, Debug, Default)]
pub struct Received(Vec<ReceivedRequest>);

impl Received {
    /// Returns the requests of the operation with this `operationId`.
    ///
    /// # Panics
    ///
    /// If the API contract does not declare the operation.
    #[must_use]
    #[track_caller]
    pub fn for_operation(&self, operation: &str) -> Self {
        match operation.parse::<Operation>() {
            Ok(operation) => self.filter(|request| request.operation == Some(operation)),
            Err(unknown) => panic!("{unknown}"),
        }
    }

    /// Returns the requests with this method.
    #[must_use]
    pub fn with_method(&self, method: &Method) -> Self {
        self.filter(|request| request.method == *method)
    }

    /// Returns the requests for which `predicate` returns `true`.
    #[must_use]
    pub fn filter(&self, predicate: impl Fn(&ReceivedRequest) -> bool) -> Self {
        let matching = self.0.iter().filter(|request| predicate(request));
        matching.cloned().collect()
    }

    /// Returns the `operationId` of each request, or `""` if its `operation` is `None`.
    #[must_use]
    pub fn operations(&self) -> Vec<&'static str> {
        self.0
            .iter()
            .map(|request| request.operation.map_or("", Operation::id))
            .collect()
    }
}

impl FromIterator<ReceivedRequest> for Received {
    fn from_iter<I: IntoIterator<Item = ReceivedRequest>>(requests: I) -> Self {
        Self(requests.into_iter().collect())
    }
}

impl Deref for Received {
    type Target = [ReceivedRequest];

    fn deref(&self) -> &[ReceivedRequest] {
        &self.0
    }
}

impl IntoIterator for Received {
    type Item = ReceivedRequest;
    type IntoIter = std::vec::IntoIter<ReceivedRequest>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Received {
    type Item = &'a ReceivedRequest;
    type IntoIter = std::slice::Iter<'a, ReceivedRequest>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(no requests)");
        }
        for (index, request) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}. {request}", index.saturating_add(1))?;
        }
        Ok(())
    }
}

/// Returns `true` if the value of a header, query parameter or field with this name is probably a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 8] = [
        "authorization",
        "cookie",
        "password",
        "secret",
        "token",
        "api_key",
        "api-key",
        "connection_string",
    ];
    const NOT_SECRET: [&str; 2] = ["page_token", "next_page_token"];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part)) && !NOT_SECRET.contains(&name.as_str())
}

/// Parses a query into names and values. Decodes percent-encoding, and `+` as a space
/// (`application/x-www-form-urlencoded`).
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    let decode = |encoded: &str| {
        let encoded = encoded.replace('+', " ");
        percent_encoding::percent_decode_str(&encoded)
            .decode_utf8_lossy()
            .into_owned()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(operation: Option<Operation>, authorization: &str) -> ReceivedRequest {
        let mut headers = HeaderMap::new();
        headers.insert(
            http::header::AUTHORIZATION,
            HeaderValue::from_str(authorization).expect("a value"),
        );
        ReceivedRequest {
            operation,
            method: Method::GET,
            path: "/v1/x".to_owned(),
            query: Some("page_size=2&q=a%20b+c".to_owned()),
            headers,
            body: Bytes::from_static(b"{\"a\":1}"),
            request_id: "req_1".to_owned(),
        }
    }

    #[test]
    fn credentials_are_redacted_in_debug_and_display() {
        let request = request(None, "Bearer pbk_secret");
        assert!(request.has_bearer_token("pbk_secret"));
        assert!(!request.has_bearer_token("pbk_other"));
        let all = Received(vec![request.clone()]);
        for shown in [
            format!("{request:?}"),
            format!("{request}"),
            format!("{all:?}"),
            format!("{all}"),
        ] {
            assert!(!shown.contains("pbk_secret"), "{shown}");
        }
        assert!(format!("{request:?}").contains("redacted"));
    }

    #[test]
    fn parses_bearer_tokens() {
        for (value, token) in [
            ("Bearer a", Some("a")),
            ("bearer  a", Some("a")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic a", None),
            ("", None),
        ] {
            assert_eq!(
                bearer_token(&request(None, value).headers),
                token,
                "{value:?}"
            );
        }
        assert_eq!(bearer_token(&HeaderMap::new()), None);
    }

    #[test]
    #[should_panic(expected = "has no operation \"listPolicies\"")]
    fn for_operation_panics_for_an_unknown_operation() {
        let _ = Received::default().for_operation("listPolicies");
    }

    #[test]
    fn requests_are_filtered_and_printed() {
        let list = "listPolicyProfiles".parse().ok();
        let all = Received(vec![request(list, "x"), request(None, "x")]);
        assert_eq!(all.for_operation("listPolicyProfiles").len(), 1);
        assert!(all.for_operation("getPolicyProfile").is_empty());
        assert_eq!(all.operations(), ["listPolicyProfiles", ""]);
        assert_eq!(
            all.to_string(),
            "1. listPolicyProfiles GET /v1/x?page_size=2&q=a%20b+c\n\
             2. (no operation) GET /v1/x?page_size=2&q=a%20b+c"
        );
        let first = all.first().expect("a request");
        assert_eq!(first.query_param("q").as_deref(), Some("a b c"));
        assert_eq!(first.json(), Some(serde_json::json!({"a": 1})));
        assert_eq!(Received::default().to_string(), "(no requests)");
    }
}
