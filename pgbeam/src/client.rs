//! `Client`, the entry point of the SDK: creates handles of projects and organizations, untyped requests and
//! low-level clients.

use std::{fmt, sync::Arc, time::Duration};

use pgbeam_api::Error;
#[cfg(feature = "_organization")]
use pgbeam_api::ids::OrgId;
#[cfg(feature = "_project")]
use pgbeam_api::ids::ProjectId;

#[cfg(feature = "_project")]
use crate::Project;
use crate::{
    CallOptions, ClientBuilder, request,
    request::keyed_mutex::KeyedMutex,
    transport::{ClientState, RetryTransport},
};

/// A client for the PgBeam control-plane API.
///
/// Create one client with [`from_env`](Self::from_env) or [`builder`](Self::builder) and reuse it. Clones are
/// cheap. All clones share the connections, the retry budget and the rate-limit gate
/// ([retries](crate#retries)). Many tasks can use a client concurrently.
///
/// Calls need a Tokio runtime with I/O and time enabled. Dropping the future of a call cancels the call: the
/// client sends no further request for the call, and nothing runs in the background. The server may already
/// have applied a write that was cancelled.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: pgbeam_api::Client,
    state: Arc<ClientState>,
    edits: KeyedMutex,
}

impl Client {
    /// Creates a client from environment variables, with the defaults of [`ClientBuilder`].
    ///
    /// The API key is the first non-empty value of `PGBEAM_API_KEY`, `PGBEAM_TOKEN` and `PGBEAM_API_TOKEN`.
    /// The base URL is `PGBEAM_API_URL`, or `https://api.pgbeam.com` if this variable is unset or empty.
    ///
    /// # Errors
    ///
    /// Kind [`Auth`](crate::ErrorKind::Auth) if none of the variables holds an API key, kind
    /// [`Config`](crate::ErrorKind::Config) if a value is invalid. See [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Returns a builder that configures a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(api: pgbeam_api::Client, state: Arc<ClientState>) -> Self {
        Self {
            inner: Arc::new(Inner {
                api,
                state,
                edits: KeyedMutex::default(),
            }),
        }
    }

    /// Returns the locks that make edits of the same resource run one after the other. All clones of the
    /// client share these locks.
    pub(crate) fn edits(&self) -> &KeyedMutex {
        &self.inner.edits
    }

    /// Returns the total timeout of a call with these options; `None` if it is disabled.
    pub(crate) fn total_timeout(&self, options: &CallOptions) -> Option<Duration> {
        self.inner.state.timeouts.with_options(options).total()
    }

    /// Returns a random number, uniform in `[0, 1)`, for the waits of an edit.
    pub(crate) fn random(&self) -> f64 {
        self.inner.state.environment.random()
    }

    /// Returns the base URL, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.inner.api.base_url()
    }

    /// Returns the handle of a project, by its identifier (`prj_…`). Sends nothing: if the project does not
    /// exist, the first call fails with 404.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid) if `id` is empty, `.` or `..`, or contains a character
    /// other than ASCII letters, digits, `_`, `.` and `-`.
    ///
    /// ```
    /// # fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
    /// let project = client.project("prj_xxx")?;
    /// assert!(client.project("../other").unwrap_err().is_invalid());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "_project")]
    pub fn project(
        &self,
        id: impl TryInto<ProjectId, Error: Into<Error>>,
    ) -> Result<Project, Error> {
        Ok(Project::new(
            self.clone(),
            id.try_into().map_err(Into::into)?,
        ))
    }

    /// Returns the handle of an organization, by its identifier (`org_…`). Sends nothing: if the organization
    /// does not exist, the first call fails with 404.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid) if `id` is empty, `.` or `..`, or contains a character
    /// other than ASCII letters, digits, `_`, `.` and `-`.
    #[cfg(feature = "_organization")]
    pub fn organization(
        &self,
        id: impl TryInto<OrgId, Error: Into<Error>>,
    ) -> Result<crate::Organization, Error> {
        let id = id.try_into().map_err(Into::into)?;
        Ok(crate::Organization::new(self.clone(), id))
    }

    /// Returns an untyped request of an operation, by its `operationId`. The request is sent when it is
    /// awaited.
    ///
    /// Use this method for fields that the typed methods do not have yet, and for generic tools. Awaiting the
    /// request returns a [`RawResponse`](crate::RawResponse) for every status: an error status is not an
    /// `Err`. Methods of the response such as [`json`](crate::RawResponse::json) convert an error status into
    /// an `Err`.
    ///
    /// If the `operationId` is unknown, awaiting the request fails with kind
    /// [`Invalid`](crate::ErrorKind::Invalid).
    ///
    /// ```no_run
    /// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
    /// let response = client
    ///     .call("listPolicyProfiles")
    ///     .path("project_id", "prj_xxx")
    ///     .query("page_size", "5")
    ///     .await?;
    /// let page = response.json::<pgbeam::JsonValue>()?;
    /// println!("{}", page["policies"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, operation_id: &str) -> request::RawRequest {
        request::RawRequest::new(self.clone(), operation_id)
    }

    /// Returns this client. `Project` and `Organization` have the same method, so that generated code can
    /// call it on all three.
    pub(crate) fn client(&self) -> &Self {
        self
    }

    /// Returns the low-level client, which has one method for each operation of the enabled areas, and
    /// [`call`](pgbeam_api::Client::call) for untyped calls. The method of an operation returns a typed
    /// request builder.
    ///
    /// The low-level client uses the transport of this client, so its calls have the same API key, retries,
    /// timeouts and errors.
    pub fn api(&self) -> &pgbeam_api::Client {
        &self.inner.api
    }

    /// Returns a low-level client like [`api`](Self::api), with these options for all its calls. If an option
    /// is invalid, each call fails with kind [`Invalid`](crate::ErrorKind::Invalid), and nothing is sent.
    ///
    /// ```no_run
    /// # async fn run(
    /// #     client: pgbeam::Client,
    /// #     operation: &'static pgbeam::api::Operation,
    /// # ) -> Result<(), pgbeam::Error> {
    /// use std::time::Duration;
    /// use pgbeam::CallOptions;
    ///
    /// let quick = client.api_with(CallOptions::new().attempt_timeout(Duration::from_secs(2)));
    /// // `operation` is one of `pgbeam::api::operations`
    /// let response = quick.call(operation).path("project_id", "prj_xxx").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api_with(&self, options: CallOptions) -> pgbeam_api::Client {
        if options.is_empty() {
            return self.inner.api.clone();
        }
        self.inner.api.with_transport(Arc::new(RetryTransport::new(
            self.inner.state.clone(),
            options,
        )))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn client() -> Client {
        Client::builder()
            .base_url("http://127.0.0.1:9/x")
            .api_key("pbk_secret")
            .build()
            .unwrap()
    }

    #[test]
    fn client_is_pointer_sized_send_and_sync() {
        fn assert_bounds<T: Clone + Send + Sync + 'static>() {}
        assert_bounds::<Client>();
        assert_bounds::<Project>();
        assert_eq!(size_of::<Client>(), size_of::<usize>());
    }

    #[test]
    fn debug_shows_only_the_base_url() {
        let shown = "Client { base_url: \"http://127.0.0.1:9/x\", .. }";
        assert_eq!(format!("{:?}", client()), shown);
        assert!(!format!("{:?}", client().project("prj_1").unwrap()).contains("secret"));
    }

    #[test]
    fn project_validates_its_identifier() {
        let client = client();
        let project = client.project("prj_1").unwrap();
        assert_eq!(project.id().as_str(), "prj_1");
        assert_eq!(client.project(project.id()).unwrap().id(), project.id());
        assert_eq!(
            client
                .project("prj_1".to_owned())
                .unwrap()
                .client()
                .base_url(),
            "http://127.0.0.1:9/x"
        );
        for bad in ["", ".", "..", "a/b", "%2e"] {
            let error = client.project(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.field_errors()[0].field(), "project_id");
        }
    }

    #[test]
    fn empty_options_keep_the_transport() {
        let client = client();
        let is_same =
            |other: pgbeam_api::Client| Arc::ptr_eq(client.api().transport(), other.transport());
        assert!(is_same(client.api_with(CallOptions::new())));
        assert!(!is_same(
            client.api_with(CallOptions::new().header("a", "b"))
        ));
    }
}
