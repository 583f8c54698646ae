//! Types to send requests through another HTTP client.
//!
//! [`ClientBuilder::http_client`](crate::ClientBuilder::http_client) takes any [`HttpClient`]: a
//! `reqwest::Client`, a closure ([`http_fn`]), a `tower::Service` (`ServiceClient`, feature `tower`), or
//! another type that implements the trait, for example a type that wraps a client to add headers. Without the
//! feature `reqwest`, this crate has no built-in HTTP client, so you must set an HTTP client.
//!
//! Timeouts, the size limit of responses, retries, the handling of ambiguous writes and the redaction of the
//! API key work with every HTTP client. The documentation of [`HttpClient`] lists the requirements.
//!
//! See the examples `fake_network`, `inject_headers` and `tower_service` of this crate. A unit test without a
//! network:
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
