//! One call by its parts: the place where every request is put together and checked.

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Uri, uri::PathAndQuery};
use serde::Serialize;

use super::{PreparedRequest, RawResponse, Transport, path};
use crate::{
    ConversionError, Error, FieldError, Location, Operation, Validate, Violations, client::BaseUrl,
    values::id,
};

/// Room for a body that is not large, in bytes; a larger one grows.
const BODY: usize = 2048;

/// The most bytes of a URL that `http` has room for.
const LONGEST_URL: usize = u16::MAX as usize - 1;

/// A call that is being put together: the generated builders end in one, and
/// [`Client::call`](crate::Client::call) starts one for what has no typed method.
///
/// What is wrong with its parts is kept until [`send`](Self::send), which reports all of it and
/// then sends nothing.
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    transport: Arc<dyn Transport>,
    base: Arc<BaseUrl>,
    /// The request so far. Boxed, because it moves several times.
    request: Box<PreparedRequest>,
    path: Vec<(&'static str, String)>,
    query: String,
    violations: Violations,
}

impl Call {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        base: Arc<BaseUrl>,
        operation: &'static Operation,
    ) -> Self {
        Self {
            request: Box::new(PreparedRequest::new(operation)),
            transport,
            base,
            path: Vec::new(),
            query: String::new(),
            violations: Violations::new(),
        }
    }

    /// Sets a parameter of the path. A name that the path does not have is an error of the call.
    pub fn path(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.set_path(name, value.as_ref());
        self
    }

    /// Adds a parameter of the query; twice the same name sends it twice.
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.set_query(name, value.as_ref());
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.set_header(name, value.as_ref());
        self
    }

    /// Sets the body to `value` as JSON, unchecked.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        self.set_json(value);
        self
    }

    /// Sets the body to these bytes, which must be JSON.
    pub fn body(mut self, json: impl Into<Bytes>) -> Self {
        self.request.body = Some(json.into());
        self
    }

    /// Takes over what another check has found, so that the call is refused for all of it at once.
    pub fn invalid(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.violations.extend(errors);
        self
    }

    /// Sends the request.
    ///
    /// The answer may have any status; its methods read it.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid), with every part that is wrong, when the request
    /// cannot be sent as it is; otherwise what the transport says.
    pub fn send(self) -> impl Future<Output = Result<Box<RawResponse>, Error>> + Send {
        let operation = self.request.operation;
        // Not in the future, which then need not have room for the parts.
        let ready = self.prepare();
        async move {
            let named = |error: Error| error.with_operation(operation);
            let (transport, request) = ready.map_err(named)?;
            transport.send(request).await.map_err(named)
        }
    }

    /// Puts the request together, or says all that is wrong with its parts.
    fn prepare(mut self) -> Result<(Arc<dyn Transport>, Box<PreparedRequest>), Error> {
        let template = self.request.operation.path;
        // The path of the base URL and all that is added to it are escaped already.
        let prefix = self.base.uri.path().trim_end_matches('/');
        let values: usize = self.path.iter().map(|(_, value)| value.len()).sum();
        let length = prefix.len() + template.len() + values + 1 + self.query.len();
        let mut path = String::with_capacity(length);
        path.push_str(prefix);
        let mut rest = template;
        while let Some((before, after)) = split_once(rest, b'{') {
            let (name, after) = split_once(after, b'}').unwrap_or((after, ""));
            path.push_str(before);
            let value = self.path.iter().rev().find(|(of, _)| *of == name);
            match value.map(|(name, value)| path::push_segment(&mut path, name, value)) {
                Some(Ok(())) => {}
                Some(Err(error)) => self.violations.extend(error.field_errors().iter().cloned()),
                None if self
                    .violations
                    .errors()
                    .iter()
                    .any(|error| error.field() == name) => {}
                None => self
                    .violations
                    .field(name, |violations| violations.add("is missing")),
            }
            rest = after;
        }
        path.push_str(rest);
        if !self.query.is_empty() {
            path.push('?');
            path.push_str(&self.query);
        }
        let mut parts = self.base.uri.clone().into_parts();
        let scheme = parts.scheme.as_ref().map_or("", |scheme| scheme.as_str());
        let authority = parts.authority.as_ref().map_or("", |host| host.as_str());
        let length = scheme.len() + "://".len() + authority.len() + path.len();
        if length > LONGEST_URL {
            self.violations.field("URL", |violations| {
                violations.add(format!(
                    "must have at most {LONGEST_URL} bytes, has {length}"
                ));
            });
        }
        self.violations.finish()?;
        let refused = |error: http::Error| Error::invalid_field("URL", error.to_string());
        let path = PathAndQuery::from_maybe_shared(Bytes::from(path));
        parts.path_and_query = Some(path.map_err(|error| refused(error.into()))?);
        self.request.is_confidential = self.base.is_confidential;
        self.request.uri = Uri::from_parts(parts).map_err(|error| refused(error.into()))?;
        Ok((self.transport, self.request))
    }
}

/// What the generated builders use.
#[doc(hidden)]
impl Call {
    /// The value of a parameter that must be there, or a violation.
    pub fn required<T>(&mut self, name: &str, value: Result<T, ConversionError>) -> Option<T> {
        let refused = |why: ConversionError| {
            let why = why.to_string();
            // An identifier names itself in its message; the field does already.
            let why = why
                .strip_prefix(name)
                .map_or(why.as_str(), str::trim_start)
                .to_owned();
            self.violations
                .field(name, |violations| violations.add(why));
        };
        value.map_err(refused).ok()
    }

    /// The value of a parameter that may be absent, or a violation.
    pub fn optional<T>(
        &mut self,
        name: &str,
        value: Result<Option<T>, ConversionError>,
    ) -> Option<T> {
        self.required(name, value).flatten()
    }

    /// Checks a parameter against its bounds.
    pub fn check<T>(&mut self, name: &str, value: &T, check: impl FnOnce(&mut Violations, &T)) {
        self.violations.bound(name, Some(value), check);
    }

    /// Sets a parameter of the path.
    pub fn set_path(&mut self, name: &str, value: impl Into<String>) {
        let parameters = self.request.operation.parameters.iter();
        let mut parameters = parameters.filter(|parameter| parameter.location == Location::Path);
        let Some(parameter) = parameters.find(|parameter| parameter.name == name) else {
            return self.violations.field(name, |violations| {
                violations.add("is not a parameter of this operation's path");
            });
        };
        let (name, value) = (parameter.name, value.into());
        if parameter.identifier
            && let Err(why) = id::check(name, &value)
        {
            self.violations
                .extend([FieldError::new(why.field(), why.reason())]);
        } else {
            self.path.push((name, value));
        }
    }

    /// Sets an identifier of the path, which its type has checked.
    pub fn set_id(&mut self, name: &'static str, id: impl Into<String>) {
        self.path.push((name, id.into()));
    }

    /// Adds a parameter of the query.
    pub fn set_query(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        // Writing to a String cannot fail.
        let _ = write!(self.query, "{}={}", path::escape(name), path::escape(value));
    }

    /// Sets a header.
    pub fn set_header(&mut self, name: &str, value: &str) {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.request.headers.insert(name, value);
            }
            (Err(_), _) => self.violations.field(name, |violations| {
                violations.add("is not the name of a header");
            }),
            (_, Err(_)) => self.violations.field(name, |violations| {
                violations
                    .add("holds a character that a header cannot carry, a line break perhaps");
            }),
        }
    }

    /// Sets the body, unchecked.
    pub fn set_json(&mut self, value: &(impl Serialize + ?Sized)) {
        let mut json = Vec::with_capacity(BODY);
        match serde_json::to_writer(&mut json, value) {
            Ok(()) => self.request.body = Some(json.into()),
            Err(error) => self.violations.field("body", |violations| {
                violations.add(format!("cannot be written as JSON: {error}"));
            }),
        }
    }

    /// Checks a body and takes it, or takes over why it could not be built.
    pub fn set_body<T: Serialize + Validate>(&mut self, value: Result<T, impl fmt::Display>) {
        match value {
            Ok(value) => {
                let before = self.violations.errors().len();
                value.validate(&mut self.violations);
                // A value that is wrong may not be serializable either.
                if self.violations.errors().len() == before {
                    self.set_json(&value);
                }
            }
            Err(why) => self
                .violations
                .field("body", |violations| violations.add(why.to_string())),
        }
    }
}

/// Does what [`str::split_once`] does, with fewer instructions for texts as short as the parts of a path.
fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let position = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..position)?, text.get(position + 1..)?))
}

/// A parameter as text: what JSON would show, a string without its quotes.
pub fn parameter(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}

impl fmt::Debug for Call {
    /// Leaves headers and body out: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.request.operation.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{BoxFuture, Client, operations::*};

    /// Keeps what is sent and answers 200.
    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<PreparedRequest>>>);

    impl Transport for Recorder {
        fn send(
            &self,
            outgoing: Box<PreparedRequest>,
        ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
            let answer = RawResponse::new(
                outgoing.operation,
                http::StatusCode::OK,
                http::HeaderMap::new(),
                Bytes::from_static(b"{}"),
            );
            self.0.lock().unwrap().push(*outgoing);
            Box::pin(async { Ok(Box::new(answer)) })
        }
    }

    fn client() -> (Client, Recorder) {
        let recorder = Recorder::default();
        (
            Client::new("https://x.test/base", recorder.clone()).unwrap(),
            recorder,
        )
    }

    #[tokio::test]
    async fn puts_the_parts_where_they_belong() {
        let (client, recorder) = client();
        let call = client
            .call(&UPDATE_POLICY_PROFILE)
            .path("policy_id", "pol_1");
        let call = call
            .path("project_id", "prj_1")
            .query("page_token", "a b&c=d")
            .query("q", "é");
        call.header("If-Match", "\"a\"")
            .json(&[1])
            .send()
            .await
            .unwrap();
        let sent = recorder.0.lock().unwrap();
        assert_eq!(
            sent[0].uri(),
            "https://x.test/base/v1/projects/prj_1/policies/pol_1?page_token=a%20b%26c%3Dd&q=%C3%A9"
        );
        assert_eq!(sent[0].headers["if-match"], "\"a\"");
        assert_eq!(sent[0].body.as_deref(), Some(&b"[1]"[..]));
    }

    #[tokio::test]
    async fn an_identifier_that_moves_the_path_never_leaves() {
        let (client, recorder) = client();
        for id in ["", ".", "..", "a/b", "/", "..\\"] {
            let call = client
                .call(&DELETE_POLICY_PROFILE)
                .path("project_id", "p")
                .path("policy_id", id);
            let error = call.send().await.unwrap_err();
            assert_eq!(error.field_errors()[0].field(), "policy_id", "{id:?}");
            assert_eq!(error.operation(), Some("deletePolicyProfile"));
            assert_eq!(error.attempts(), 0);
        }
        assert!(recorder.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_url_that_no_request_can_have_never_leaves() {
        let (client, recorder) = client();
        let of = |length: usize| {
            let call = client.call(&LIST_POLICY_PROFILES).path("project_id", "p");
            let rest = "https://x.test/base/v1/projects/p/policies?q=".len();
            call.query("q", "x".repeat(length - rest)).send()
        };
        of(LONGEST_URL).await.unwrap();
        assert!(recorder.0.lock().unwrap()[0].uri().to_string().len() == LONGEST_URL);
        let error = of(LONGEST_URL + 1).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field(), "URL");
        assert_eq!(recorder.0.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn says_all_that_is_wrong_at_once_and_sends_nothing() {
        let (client, recorder) = client();
        let call = client
            .call(&UPDATE_POLICY_PROFILE)
            .path("policy_id", "..")
            .path("nope", "x");
        let call = call.header("If-Match", "a\nb").header("sp ace", "x");
        let error = call.send().await.unwrap_err();
        let fields: Vec<_> = error
            .field_errors()
            .iter()
            .map(|error| error.field())
            .collect();
        assert_eq!(
            fields,
            ["policy_id", "nope", "If-Match", "sp ace", "project_id"]
        );
        assert!(recorder.0.lock().unwrap().is_empty());
    }
}
