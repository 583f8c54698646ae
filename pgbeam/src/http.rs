//! The HTTP interface: sending through an HTTP client of your own.
//!
//! [`ClientBuilder::http_client`](crate::ClientBuilder::http_client) takes anything that implements
//! [`HttpClient`]: a `reqwest::Client`, a closure ([`http_fn`]), a `tower::Service`
//! (`ServiceClient`, feature `tower`), or a type of yours, for example one that wraps another client to
//! add headers. With default features off, this crate has no HTTP client and needs one of these.
//!
//! The SDK's guarantees do not depend on the client: deadlines, the size limit of responses, retries,
//! the rules for ambiguous writes, and the removal of the API key from errors. What an implementation
//! must do is listed at [`HttpClient`].
//!
//! The examples `fake_network`, `inject_headers` and `tower_service` of this crate show one each. A unit
//! test without a network:
//!
//! ```
//! # #[cfg(feature = "policies")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), pgbeam::Error> {
//! use pgbeam::{Client, http::{HttpRequest, Response, http_fn}};
//!
//! let fake = http_fn(|request: HttpRequest| async move {
//!     Ok(match request.uri().path() {
//!         "/v1/projects/prj_1/policies" => Response::new(r#"{"policies": []}"#),
//!         _ => Response::builder().status(404).body("").unwrap(),
//!     })
//! });
//! let client = Client::builder().api_key("pbk_test").http_client(fake).build()?;
//! let page = client.project("prj_1")?.policies().list().await?;
//! assert!(page.items().is_empty());
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "policies"))]
//! # fn main() {}
//! ```

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
pub use pgbeam_api::{
    BoxFuture, HttpBody, HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpResponse, http_fn,
};
#[cfg(feature = "tower")]
pub use pgbeam_api::{HttpService, ServiceClient};
