//! Typed mocks of the PgBeam API, for tests of what calls it: one helper an operation, on
//! [`httpmock`].
//!
//! ```
//! use httpmock::MockServer;
//! use pgbeam_api::{Client, DirectTransport, types::{ErrorCode, PolicyProfile}};
//! use pgbeam_mock::{PoliciesMocks as _, Problem, answer};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MockServer::start_async().await;
//!
//! // An answer is a value of the operation's type. `answer` makes one of JSON, and says what is
//! // wrong with it.
//! let profile: PolicyProfile = answer(json!({
//!     "id": "pol_1", "project_id": "prj_1", "name": "Support",
//!     "access_mode": "read_only", "write_mode": "normal", "approval_mode": "off",
//!     "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
//! # "table_allowlist": [], "table_denylist": [], "masking_rules": [], "row_filters": [],
//! # "budget_queries_per_hour": 0, "budget_queries_per_day": 0, "max_rows": 0, "egress_bytes_per_day": 0,
//! # "max_affected_rows": 0, "statement_timeout_ms": 0, "approval_auto_max_rows": 0,
//! # "approval_timeout_seconds": 300, "migration_safety": "off", "content_scan_mode": "off",
//! # "content_scan_max_bytes": 0, "query_mode": "sql",
//! }));
//! let project = "prj_1".parse()?;
//! let read = server.get_policy_profile(|when, then| {
//!     when.project_id(&project).policy_id(&"pol_1".parse().unwrap()).without_if_none_match();
//!     then.ok(&profile).etag("\"v1\"")
//! });
//!
//! // Any other profile of that project is not there.
//! let gone = server.delete_policy_profile(|when, then| {
//!     when.project_id(&project);
//!     then.problem(Problem::new(404, ErrorCode::NotFound).detail("There is no such profile."))
//! });
//!
//! let http = reqwest::Client::builder().no_proxy().build()?;
//! let client = Client::new(&server.base_url(), DirectTransport::new(http, "pbk_test")?)?;
//! let found = client.get_policy_profile().project_id("prj_1").policy_id("pol_1").send().await?;
//! assert_eq!(found.into_modified()?.etag(), Some("\"v1\""));
//! let error = client.delete_policy_profile().project_id("prj_1").policy_id("pol_2").send().await;
//! assert!(error.unwrap_err().is_not_found());
//! read.assert();
//! gone.assert();
//! # Ok(())
//! # }
//! ```
//!
//! - What is expected of a request stands on [`When`]: each parameter of the operation as its own
//!   type, that an optional one is absent (`without_…`), and the body. What is not named may be
//!   anything.
//! - How it is answered stands on [`Then`]: the answers of success of that operation, 304 where it
//!   has one, and for all of them [`problem`](Then::problem) and what is no answer of the API.
//! - [`and`](When::and) gives the [`httpmock`] types under both, for all else that they can do.
//!
//! Of several mocks that fit a request, the first that was set up answers.
//!
//! Every area of the contract is a feature, as in `pgbeam-api`; `full` is all of them. For whole
//! flows, with a server that keeps what it is sent, use `pgbeam-emulator`.

#![deny(missing_docs)]

#[rustfmt::skip]
mod generated;
mod problem;
mod then;
mod when;

use httpmock::{Mock, MockServer};
use pgbeam_api::Operation;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[allow(unused_imports, reason = "without an area there is no helper")]
pub use generated::*;
pub use problem::Problem;
pub use then::Then;
pub use when::When;

/// A value of an answer's type, made of JSON.
///
/// # Panics
///
/// When the JSON is none of that type: a test must not go on with another answer than it means. The
/// message says which field is wrong.
pub fn answer<T: DeserializeOwned>(json: Value) -> T {
    match serde_path_to_error::deserialize(json) {
        Ok(value) => value,
        Err(error) => panic!("this JSON is no {}: {error}", std::any::type_name::<T>()),
    }
}

/// Sets up the mock of an operation. What its builder is, `O` says.
#[allow(dead_code, reason = "without an area there is no helper")]
fn mock<'a, O>(
    server: &'a MockServer,
    operation: &'static Operation,
    set: impl FnOnce(When<O>, Then<O>) -> Then<O>,
) -> Mock<'a> {
    server.mock(|when, then| {
        set(When::new(when, operation), Then::new(then));
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::answer;

    #[test]
    fn an_answer_is_of_its_type() {
        assert_eq!(answer::<Vec<i64>>(json!([1, 2])), [1, 2]);
    }

    #[test]
    #[should_panic = "[1]: invalid type: string \"a\", expected i64"]
    fn what_is_wrong_with_it_is_said() {
        answer::<Vec<i64>>(json!([1, "a"]));
    }
}
