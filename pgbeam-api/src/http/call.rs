//! `Call`: assembles and validates the request of one call, and sends it through a transport.

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Uri, uri::PathAndQuery};
use serde::Serialize;

use super::{PreparedRequest, RawResponse, Transport, path};
use crate::{
    ConversionError, Error, FieldError, Location, Operation, Validate, ValidationErrors,
    client::BaseUrl, values::id,
};

/// The initial capacity of a JSON body in bytes.
const INITIAL_BODY_CAPACITY: usize = 2048;

/// The maximum length of a URL in bytes. The `http` crate rejects longer ones.
const MAX_URL_BYTES: usize = u16::MAX as usize - 1;

/// An untyped request builder, created by [`Client::call`](crate::Client::call).
///
/// The typed builders use a `Call`, too. Validation errors are collected: if there are any,
/// [`send`](Self::send) returns all of them and sends nothing.
///
/// ```
/// # async fn run(client: pgbeam_api::Client) -> Result<(), pgbeam_api::Error> {
/// let response = client
///     .call(&pgbeam_api::operations::LIST_POLICY_PROFILES)
///     .path("project_id", "prj_xxx")
///     .query("page_size", "10")
///     .send()
///     .await?;
/// let page = response.json::<serde_json::Value>()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    transport: Arc<dyn Transport>,
    base: Arc<BaseUrl>,
    /// The request assembled so far. Boxed, because it is large and moved several times.
    request: Box<PreparedRequest>,
    path: Vec<(&'static str, String)>,
    query: String,
    errors: ValidationErrors,
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
            errors: ValidationErrors::new(),
        }
    }

    /// Sets a path parameter. An unknown name or an invalid value is a validation error.
    pub fn path(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.set_path(name, value.as_ref());
        self
    }

    /// Adds a query parameter. A second parameter with the same name does not replace the first: both are
    /// sent.
    ///
    /// The name is not checked: an unknown parameter is sent.
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.set_query(name, value.as_ref());
        self
    }

    /// Sets a header, replacing an earlier value. An invalid name or value is a validation error.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.set_header(name, value.as_ref());
        self
    }

    /// Serializes `value` as the JSON body. A failed serialization is a validation error.
    ///
    /// The body is not checked against the constraints of the API contract.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        self.set_json(value);
        self
    }

    /// Sets the body to these bytes, which must be JSON. They are not checked.
    pub fn body(mut self, json: impl Into<Bytes>) -> Self {
        self.request.body = Some(json.into());
        self
    }

    /// Adds validation errors. [`send`](Self::send) returns them together with all other validation errors of
    /// the call.
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Sends the request.
    ///
    /// Returns the response for any status. The methods of [`RawResponse`] that parse the response turn an
    /// error status into an [`Error`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with all validation errors if the request is
    /// invalid: nothing was sent. If there is no complete response, the error of the transport.
    pub fn send(self) -> impl Future<Output = Result<Box<RawResponse>, Error>> + Send {
        let operation = self.request.operation;
        // Prepared before the future is created, so that the future does not contain this builder.
        let prepared = self.prepare();
        async move {
            let with_operation = |error: Error| error.with_operation(operation);
            let (transport, request) = prepared.map_err(with_operation)?;
            transport.send(request).await.map_err(with_operation)
        }
    }

    /// Assembles the URL and returns the transport and the complete request.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid) with all validation errors.
    fn prepare(mut self) -> Result<(Arc<dyn Transport>, Box<PreparedRequest>), Error> {
        let template = self.request.operation.path;
        // The path of the base URL, the template and the query are percent-encoded already.
        let prefix = self.base.uri.path().trim_end_matches('/');
        let values: usize = self.path.iter().map(|(_, value)| value.len()).sum();
        let length = prefix.len() + template.len() + values + 1 + self.query.len();
        let mut path = String::with_capacity(length);
        path.push_str(prefix);
        let mut rest = template;
        while let Some((before, after)) = split_once(rest, b'{') {
            let (name, after) = split_once(after, b'}').unwrap_or((after, ""));
            path.push_str(before);
            let value = self.path.iter().rev().find(|(key, _)| *key == name);
            match value.map(|(name, value)| path::push_segment(&mut path, name, value)) {
                Some(Ok(())) => {}
                Some(Err(error)) => self.errors.extend(error.field_errors().iter().cloned()),
                None if self
                    .errors
                    .field_errors()
                    .iter()
                    .any(|error| error.field() == name) => {}
                None => self
                    .errors
                    .check_field(name, |errors| errors.add("is missing")),
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
        if length > MAX_URL_BYTES {
            self.errors.check_field("URL", |errors| {
                errors.add(format!(
                    "must have at most {MAX_URL_BYTES} bytes, has {length}"
                ));
            });
        }
        self.errors.into_result()?;
        let invalid = |error: http::Error| Error::invalid_field("URL", error.to_string());
        let path = PathAndQuery::from_maybe_shared(Bytes::from(path));
        parts.path_and_query = Some(path.map_err(|error| invalid(error.into()))?);
        self.request.is_confidential = self.base.is_confidential;
        self.request.uri = Uri::from_parts(parts).map_err(|error| invalid(error.into()))?;
        Ok((self.transport, self.request))
    }
}

/// Methods that generated builders call.
#[doc(hidden)]
impl Call {
    /// Returns the value of a required parameter. Adds a validation error and returns `None` if it is missing
    /// or could not be converted.
    pub fn take_required<T>(&mut self, name: &str, value: Result<T, ConversionError>) -> Option<T> {
        let add_error = |error: ConversionError| {
            let message = error.to_string();
            // The message of an `InvalidId` starts with the name of the field.
            let detail = message
                .strip_prefix(name)
                .map_or(message.as_str(), str::trim_start)
                .to_owned();
            self.errors.check_field(name, |errors| errors.add(detail));
        };
        value.map_err(add_error).ok()
    }

    /// Returns the value of an optional parameter. Adds a validation error if the conversion failed.
    pub fn take_optional<T>(
        &mut self,
        name: &str,
        value: Result<Option<T>, ConversionError>,
    ) -> Option<T> {
        self.take_required(name, value).flatten()
    }

    /// Checks the constraints of a parameter with `check`, unless the parameter already has an error.
    pub fn check_parameter<T>(
        &mut self,
        name: &str,
        value: &T,
        check: impl FnOnce(&mut ValidationErrors, &T),
    ) {
        self.errors.check_field_value(name, Some(value), check);
    }

    /// Sets a path parameter. Adds a validation error if the operation has no parameter of this name, or if
    /// the parameter is an identifier and the value is invalid.
    pub fn set_path(&mut self, name: &str, value: impl Into<String>) {
        let parameters = self.request.operation.parameters.iter();
        let mut parameters = parameters.filter(|parameter| parameter.location == Location::Path);
        let Some(parameter) = parameters.find(|parameter| parameter.name == name) else {
            return self.errors.check_field(name, |errors| {
                errors.add("is not a path parameter of this operation");
            });
        };
        let (name, value) = (parameter.name, value.into());
        if parameter.is_identifier
            && let Err(error) = id::check(name, &value)
        {
            self.errors
                .extend([FieldError::new(error.field(), error.reason())]);
        } else {
            self.path.push((name, value));
        }
    }

    /// Sets an identifier in the path. Does not check it, because the identifier's type has already done so.
    pub fn set_id(&mut self, name: &'static str, id: impl Into<String>) {
        self.path.push((name, id.into()));
    }

    /// Adds a query parameter.
    pub fn set_query(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        // Writing to a `String` cannot fail.
        let _ = write!(
            self.query,
            "{}={}",
            path::percent_encode(name),
            path::percent_encode(value)
        );
    }

    /// Sets a header. Adds a validation error if its name or value is invalid.
    pub fn set_header(&mut self, name: &str, value: &str) {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => {
                self.request.headers.insert(name, value);
            }
            (Err(_), _) => self.errors.check_field(name, |errors| {
                errors.add("is not a valid header name");
            }),
            (_, Err(_)) => self.errors.check_field(name, |errors| {
                errors.add(
                    "contains a character that is not allowed in a header, such as a line break",
                );
            }),
        }
    }

    /// Serializes the JSON body, without checking its constraints. Adds a validation error if the value cannot be
    /// serialized.
    pub fn set_json(&mut self, value: &(impl Serialize + ?Sized)) {
        let mut json = Vec::with_capacity(INITIAL_BODY_CAPACITY);
        match serde_json::to_writer(&mut json, value) {
            Ok(()) => self.request.body = Some(json.into()),
            Err(error) => self.errors.check_field("body", |errors| {
                errors.add(format!("cannot be serialized as JSON: {error}"));
            }),
        }
    }

    /// Checks the body and, if it is valid, serializes it as JSON. If `value` is the error of the body's
    /// builder, adds the error as a validation error.
    pub fn set_body<T: Serialize + Validate>(&mut self, value: Result<T, impl fmt::Display>) {
        match value {
            Ok(value) => {
                let before = self.errors.field_errors().len();
                value.validate(&mut self.errors);
                // An invalid value may not be serializable.
                if self.errors.field_errors().len() == before {
                    self.set_json(&value);
                }
            }
            Err(error) => self
                .errors
                .check_field("body", |errors| errors.add(error.to_string())),
        }
    }
}

/// Same as [`str::split_once`], but faster for short strings.
fn split_once(string: &str, separator: u8) -> Option<(&str, &str)> {
    let position = string.bytes().position(|byte| byte == separator)?;
    Some((string.get(..position)?, string.get(position + 1..)?))
}

/// Formats a parameter: as JSON, but strings without quotes. Returns an empty string if the value cannot be
/// serialized.
pub fn format_parameter(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(string)) => string,
        Ok(value) => value.to_string(),
        Err(_) => String::new(),
    }
}

impl fmt::Debug for Call {
    /// Prints neither headers nor body: they may contain secrets.
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

    /// A transport that records the requests and responds with 200.
    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<PreparedRequest>>>);

    impl Transport for Recorder {
        fn send(
            &self,
            request: Box<PreparedRequest>,
        ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
            let response = RawResponse::new(
                request.operation,
                http::StatusCode::OK,
                http::HeaderMap::new(),
                Bytes::from_static(b"{}"),
            );
            self.0.lock().unwrap().push(*request);
            Box::pin(async { Ok(Box::new(response)) })
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
    async fn assembles_path_query_headers_and_body() {
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
    async fn does_not_send_an_identifier_that_changes_the_path() {
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
    async fn does_not_send_a_url_above_the_maximum_length() {
        let (client, recorder) = client();
        let send_url_of_length = |length: usize| {
            let call = client.call(&LIST_POLICY_PROFILES).path("project_id", "p");
            let rest = "https://x.test/base/v1/projects/p/policies?q=".len();
            call.query("q", "x".repeat(length - rest)).send()
        };
        send_url_of_length(MAX_URL_BYTES).await.unwrap();
        assert!(recorder.0.lock().unwrap()[0].uri().to_string().len() == MAX_URL_BYTES);
        let error = send_url_of_length(MAX_URL_BYTES + 1).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field(), "URL");
        assert_eq!(recorder.0.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn reports_all_validation_errors_and_sends_nothing() {
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
