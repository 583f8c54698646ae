//! Any operation by its name, without types: what tools are built on.

use std::fmt;

use pgbeam_api::{BoxFuture, Error, Operation, RawResponse, operations};
use serde::Serialize;

use crate::{CallOptions, Client};

/// A call of an operation by its name, from [`Client::call`]. It is sent when it is awaited, through
/// the same transport as all others and with the same checks of identifiers and headers.
///
/// It gives the [`RawResponse`], whatever its status is: its methods read it, and make an [`Error`] of a
/// status that is none of success.
///
/// Only identifiers are checked: a query and a body are sent as they are given.
#[derive(Clone)]
#[must_use = "a call is sent when it is awaited"]
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

    /// Sets a parameter of the path.
    pub fn path(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.path.push((name.into(), value.into()));
        self
    }

    /// Adds a parameter of the query; twice the same name sends it twice.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body, as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_vec(body).map(Into::into);
        self.body = Some(json.map_err(|error| error.to_string()));
        self
    }

    call_options!(options);

    async fn run(self) -> Result<RawResponse, Error> {
        let operation = find(&self.operation)?;
        let mut call = super::begin(&self.client, self.options, |api| api.call(operation));
        for (name, value) in &self.path {
            call = call.path(name, value);
        }
        for (name, value) in &self.query {
            call = call.query(name, value);
        }
        call = match self.body {
            None => call,
            Some(Ok(json)) => call.body(json),
            Some(Err(why)) => {
                let why = format!("cannot be written as JSON: {why}");
                call.with_errors([crate::FieldError::new("body", why)])
            }
        };
        Ok(*call.send().await?)
    }
}

impl fmt::Debug for RawRequest {
    /// Leaves query and body out: without types, nothing tells which of it is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("operation", &self.operation)
            .field("path", &self.path)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn find(id: &str) -> Result<&'static Operation, Error> {
    let found = operations::ALL.iter().find(|operation| operation.id == id);
    found.copied().ok_or_else(|| {
        let why = format!(
            "{id:?} is no operation that this build knows: see pgbeam::api::operations, and enable the \
             feature of its area"
        );
        Error::invalid_field("operation", why)
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
    fn debug_shows_no_value_that_may_be_secret() {
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
    async fn an_operation_that_is_not_known_is_refused() {
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
