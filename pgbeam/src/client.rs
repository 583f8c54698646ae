//! The client: where every use of the SDK begins.

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
    transport::{Bound, Shared},
};

/// A client for the PgBeam control-plane API.
///
/// Make one with [`from_env`](Self::from_env) or [`builder`](Self::builder), and keep it: clones
/// share its connections and cost next to nothing. It may be used from many tasks at once. Its
/// calls need a Tokio runtime with I/O and time enabled. A call whose future is dropped stops
/// there: its connection is closed, and nothing goes on in the background.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: pgbeam_api::Client,
    shared: Arc<Shared>,
    edits: KeyedMutex,
}

impl Client {
    /// A client configured by environment variables alone: the API key is the first of
    /// `PGBEAM_API_KEY`, `PGBEAM_TOKEN` and `PGBEAM_API_TOKEN` that is not empty, the base URL
    /// `PGBEAM_API_URL` or else `https://api.pgbeam.com`.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Starts configuring a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(api: pgbeam_api::Client, shared: Arc<Shared>) -> Self {
        Self {
            inner: Arc::new(Inner {
                api,
                shared,
                edits: KeyedMutex::default(),
            }),
        }
    }

    /// The locks of the edits through this client and its clones.
    pub(crate) fn edits(&self) -> &KeyedMutex {
        &self.inner.edits
    }

    /// The total budget of a call with these options; `None` if there is no limit.
    pub(crate) fn total_budget(&self, options: &CallOptions) -> Option<Duration> {
        self.inner.shared.limits.overridden(options).budget()
    }

    /// A random number of `[0, 1)`.
    pub(crate) fn random(&self) -> f64 {
        self.inner.shared.environment.chance()
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.inner.api.base_url()
    }

    /// A project, by the identifier that the API gave it (`prj_…`). Sends nothing.
    ///
    /// # Errors
    ///
    /// Kind [`Invalid`](crate::ErrorKind::Invalid) when `id` cannot be an identifier: when it is
    /// empty, `.` or `..`, or holds anything but ASCII letters, digits, `_`, `.` and `-`.
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

    /// An organization, by the identifier that the API gave it (`org_…`). Sends nothing.
    ///
    /// # Errors
    ///
    /// As for [`project`](Self::project).
    #[cfg(feature = "_organization")]
    pub fn organization(
        &self,
        id: impl TryInto<OrgId, Error: Into<Error>>,
    ) -> Result<crate::Organization, Error> {
        let id = id.try_into().map_err(Into::into)?;
        Ok(crate::Organization::new(self.clone(), id))
    }

    /// Any operation by its name in the contract, without types: the way out where this crate has no
    /// method, and what tools are built on.
    ///
    /// ```no_run
    /// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
    /// let answer = client
    ///     .call("listPolicyProfiles")
    ///     .path("project_id", "prj_xxx")
    ///     .query("page_size", "5")
    ///     .await?;
    /// let page = answer.json::<pgbeam::JsonValue>()?;
    /// println!("{}", page["policies"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, operation_id: &str) -> request::RawRequest {
        request::RawRequest::new(self.clone(), operation_id)
    }

    /// This client: what is wanted of a project and an organization can be asked of a client, too.
    pub(crate) fn client(&self) -> &Self {
        self
    }

    /// The low-level client on the same transport: one typed builder for each operation of the
    /// contract, and [`call`](pgbeam_api::Client::call) for any operation without types.
    ///
    /// Its calls have the same credential, retries, timeouts and errors as all others.
    pub fn api(&self) -> &pgbeam_api::Client {
        &self.inner.api
    }

    /// The low-level client with options of its own.
    ///
    /// ```no_run
    /// # async fn run(
    /// #     client: pgbeam::Client,
    /// #     operation: &'static pgbeam::api::Operation,
    /// # ) -> Result<(), pgbeam::Error> {
    /// use std::time::Duration;
    /// use pgbeam::CallOptions;
    ///
    /// let quick = client.api_with(CallOptions::new().timeout(Duration::from_secs(2)));
    /// // `operation` is one of `pgbeam::api::operations`
    /// let answer = quick.call(operation).path("project_id", "prj_xxx").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api_with(&self, options: CallOptions) -> pgbeam_api::Client {
        if options.is_empty() {
            return self.inner.api.clone();
        }
        self.inner
            .api
            .with_transport(Arc::new(Bound::new(self.inner.shared.clone(), options)))
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
    fn is_one_pointer_and_crosses_threads() {
        fn check<T: Clone + Send + Sync + 'static>() {}
        check::<Client>();
        check::<Project>();
        assert_eq!(size_of::<Client>(), size_of::<usize>());
    }

    #[test]
    fn debug_shows_the_base_url_only() {
        let shown = "Client { base_url: \"http://127.0.0.1:9/x\", .. }";
        assert_eq!(format!("{:?}", client()), shown);
        assert!(!format!("{:?}", client().project("prj_1").unwrap()).contains("secret"));
    }

    #[test]
    fn a_project_is_named_by_a_whole_identifier() {
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
    fn without_options_the_transport_is_the_same() {
        let client = client();
        let same =
            |other: pgbeam_api::Client| Arc::ptr_eq(client.api().transport(), other.transport());
        assert!(same(client.api_with(CallOptions::new())));
        assert!(!same(client.api_with(CallOptions::new().header("a", "b"))));
    }
}
