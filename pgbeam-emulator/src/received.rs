//! The requests that the emulator was sent, for a test to look at.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use crate::operation::Operation;

/// Headers whose values are not shown.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// One request as it arrived.
///
/// `Display` is one line: the operation, method, path and query. `Debug` shows the
/// headers too, with the credential withheld.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The operation, when the path and the method are those of one.
    pub operation: Option<Operation>,
    /// The method.
    pub method: Method,
    /// The path as it was sent, still percent-encoded.
    pub path: String,
    /// The query as it was sent, without the `?`.
    pub query: Option<String>,
    /// The headers, the credential among them. See [`bearer_is`](Self::bearer_is).
    pub headers: HeaderMap,
    /// The body, cut off where it is longer than the API accepts.
    pub body: Bytes,
    /// The `X-Request-Id` that the emulator gave the request.
    pub request_id: String,
}

impl ReceivedRequest {
    /// The value of a header, when it is there and is text. Of several lines, the
    /// first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON, when it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The decoded value of a query parameter. Of several, the first.
    #[must_use]
    pub fn query_param(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        query_pairs(query)
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The `Idempotency-Key`.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.header("idempotency-key")
    }

    /// Whether the request carried this bearer token.
    #[must_use]
    pub fn bearer_is(&self, token: &str) -> bool {
        bearer(&self.headers).is_some_and(|sent| sent == token)
    }

    /// Whether the request carried any bearer token.
    #[must_use]
    pub fn has_bearer(&self) -> bool {
        bearer(&self.headers).is_some()
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
        let withheld = HeaderValue::from_static("(withheld)");
        let shown: Vec<(&str, &HeaderValue)> = headers
            .into_iter()
            .map(|(name, value)| {
                (
                    name,
                    if SECRET.contains(&name) {
                        &withheld
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

/// Requests in the order of their arrival; a slice, with ways to narrow it down.
///
/// `Display` is one line a request, which reads well in a failed assertion:
///
/// ```text
/// 1. createPolicyProfile POST /v1/projects/prj_1/policies
/// 2. listPolicyProfiles GET /v1/projects/prj_1/policies?page_size=2
/// ```
#[derive(Clone, Debug, Default)]
pub struct Received(Vec<ReceivedRequest>);

impl Received {
    /// Those of one operation, named by its `operationId`.
    ///
    /// # Panics
    ///
    /// When the emulator serves no operation of that name: a test that nothing of it was
    /// received could never fail.
    #[must_use]
    #[track_caller]
    pub fn of(&self, operation: &str) -> Self {
        match operation.parse::<Operation>() {
            Ok(operation) => self.filter(|request| request.operation == Some(operation)),
            Err(unknown) => panic!("{unknown}"),
        }
    }

    /// Those with this method.
    #[must_use]
    pub fn with_method(&self, method: &Method) -> Self {
        self.filter(|request| request.method == *method)
    }

    /// Those that `keep` holds for.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&ReceivedRequest) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|request| keep(request))
                .cloned()
                .collect(),
        )
    }

    /// The `operationId`s in order, `""` for requests that are of no operation.
    #[must_use]
    pub fn operations(&self) -> Vec<&'static str> {
        self.0
            .iter()
            .map(|request| request.operation.map_or("", Operation::id))
            .collect()
    }

    pub(crate) fn push(&mut self, request: ReceivedRequest) {
        self.0.push(request);
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

/// The token of `Authorization: Bearer …`, unless it is empty.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The parameters of a query, decoded as a form is: `+` is a space.
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
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
            AUTHORIZATION,
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
    fn the_credential_is_checked_and_never_shown() {
        let request = request(None, "Bearer pbk_secret");
        assert!(request.bearer_is("pbk_secret"));
        assert!(!request.bearer_is("pbk_other"));
        let all = Received(vec![request.clone()]);
        for shown in [
            format!("{request:?}"),
            format!("{request}"),
            format!("{all:?}"),
            format!("{all}"),
        ] {
            assert!(!shown.contains("pbk_secret"), "{shown}");
        }
        assert!(format!("{request:?}").contains("withheld"));
    }

    #[test]
    fn bearers() {
        for (value, token) in [
            ("Bearer a", Some("a")),
            ("bearer  a", Some("a")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic a", None),
            ("", None),
        ] {
            assert_eq!(bearer(&request(None, value).headers), token, "{value:?}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    #[should_panic(expected = "no operation named \"listPolicies\"")]
    fn a_misspelt_operation_is_refused() {
        let _ = Received::default().of("listPolicies");
    }

    #[test]
    fn requests_are_found_and_listed() {
        let list = Some(Operation::ListPolicyProfiles);
        let all = Received(vec![request(list, "x"), request(None, "x")]);
        assert_eq!(all.of("listPolicyProfiles").len(), 1);
        assert!(all.of("getPolicyProfile").is_empty());
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
