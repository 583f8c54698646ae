//! `RawRequest`: an untyped request of an operation, which the caller selects by its `operationId`.

use std::fmt;

use pgbeam_api::{BoxFuture, Error, Operation, RawResponse, operations};
use serde::Serialize;

use crate::{CallOptions, Client};

/// An untyped request of an operation. Created by [`Client::call`], and sent when it is awaited. It uses the
/// same transport as typed requests.
///
/// The result is a [`RawResponse`] for every status, including error statuses. Methods such as
/// [`RawResponse::json`] parse the body, and convert an error status into an [`Error`].
///
/// Path parameters and headers are validated. The query and the body are sent without validation.
///
/// # Errors
///
/// - Kind [`Invalid`](crate::ErrorKind::Invalid) if the `operationId` is unknown, if a path parameter is
///   missing, unknown or invalid, if a header or the idempotency key is invalid, if the URL is too long, or
///   if the body cannot be serialized as JSON. Nothing is sent. The `operationId` of an operation is also
///   unknown if the feature of its area is disabled.
/// - The errors of a call that gets no complete response: kinds [`Network`](crate::ErrorKind::Network),
///   [`Timeout`](crate::ErrorKind::Timeout), [`Auth`](crate::ErrorKind::Auth) and
///   [`Config`](crate::ErrorKind::Config).
///
/// ```no_run
/// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
/// let response = client
///     .call("updateProject")
///     .path("project_id", "prj_xxx")
///     .json(&serde_json::json!({"name": "Shop"}))
///     .await?;
/// let project = response.json::<pgbeam::JsonValue>()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a request is sent when it is awaited"]
pub struct RawRequest {
    client: Client,
    operation: String,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Option<Result<bytes::Bytes, String>>,
    options: CallOptions,
}

impl RawRequest {
    pub(crate) fn new(client: Client, operation: &str) -> Self {
        let operation = operation.to_owned();
        let options = CallOptions::new();
        Self {
            client,
            operation,
            path: Vec::new(),
            query: Vec::new(),
            body: None,
            options,
        }
    }

    /// Sets a path parameter. If the operation has no parameter of this name, awaiting the request fails
    /// with kind [`Invalid`](crate::ErrorKind::Invalid).
    pub fn path(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.path.push((name.into(), value.into()));
        self
    }

    /// Adds a query parameter. Several parameters with the same name are all sent.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body to `body`, serialized as JSON. If the serialization fails, awaiting the request fails
    /// with kind [`Invalid`](crate::ErrorKind::Invalid).
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_vec(body).map(Into::into);
        self.body = Some(json.map_err(|error| error.to_string()));
        self
    }

    call_options!(options);

    async fn run(self) -> Result<RawResponse, Error> {
        let operation = find_operation(&self.operation)?;
        let mut call = super::call_with(&self.client, self.options, |api| api.call(operation));
        for (name, value) in &self.path {
            call = call.path(name, value);
        }
        for (name, value) in &self.query {
            call = call.query(name, value);
        }
        call = match self.body {
            None => call,
            Some(Ok(json)) => call.body(json),
            Some(Err(error)) => {
                let detail = format!("cannot be serialized as JSON: {error}");
                call.with_errors([crate::FieldError::new("body", detail)])
            }
        };
        Ok(*call.send().await?)
    }
}

impl fmt::Debug for RawRequest {
    /// Prints neither the query nor the body, because they may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("operation", &self.operation)
            .field("path", &self.path)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn find_operation(id: &str) -> Result<&'static Operation, Error> {
    let operation = operations::ALL.iter().find(|operation| operation.id == id);
    operation.copied().ok_or_else(|| {
        let detail = format!(
            "{id:?} is not an operationId in this build: check its spelling, or enable the feature of \
             its area"
        );
        Error::invalid_field("operation", detail)
    })
}

impl IntoFuture for RawRequest {
    type Output = Result<RawResponse, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

#[cfg(test)]
mod tests {
    use crate::Client;

    #[test]
    fn debug_omits_query_headers_and_body() {
        let client = Client::builder()
            .base_url("http://127.0.0.1:9")
            .api_key("k")
            .build()
            .unwrap();
        let call = client.call("createDatabase").path("project_id", "prj_1");
        let call = call.query("token", "hunter2").header("x-token", "hunter2");
        let call = call.json(&serde_json::json!({"password": "hunter2"}));
        let shown = format!("{call:?} {call:#?}");
        assert!(
            shown.contains("createDatabase") && shown.contains("prj_1"),
            "{shown}"
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[tokio::test]
    async fn rejects_an_unknown_operation() {
        let client = Client::builder()
            .base_url("http://127.0.0.1:9")
            .api_key("k")
            .build()
            .unwrap();
        for id in ["", "..", "updateproject"] {
            let error = client.call(id).await.unwrap_err();
            assert_eq!(
                (error.field_errors()[0].field(), error.attempts()),
                ("operation", 0)
            );
        }
    }
}
