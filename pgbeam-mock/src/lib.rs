#![doc = include_str!("../README.md")]
//!
//! # Conditions and responses
//!
//! - [`When`] sets the conditions on a request: it has a method for each parameter and for the body. A method
//!   `without_…` requires that an optional parameter or body is absent. Parts of the request without a condition
//!   can have any value.
//! - [`Then`] sets the response: it has a method for each success response of the operation and, for reads with
//!   `If-None-Match`, for 304. [`problem`](Then::problem) sets an error response. [`json`](Then::json),
//!   [`bytes`](Then::bytes) and [`empty`](Then::empty) set any response, even one that violates the API contract.
//! - [`When::and`] and [`Then::and`] give access to the underlying [`httpmock`] types.
//!
//! If several mocks match a request, the one that was created first responds. If none matches, the server returns 404.

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

#[allow(unused_imports, reason = "empty without area features")]
pub use generated::*;
pub use problem::Problem;
pub use then::Then;
pub use when::When;

/// Deserializes a response body from JSON.
///
/// # Panics
///
/// If the JSON does not match the type. The panic message contains the path of the invalid field.
pub fn from_json<T: DeserializeOwned>(json: Value) -> T {
    match serde_path_to_error::deserialize(json) {
        Ok(value) => value,
        Err(error) => panic!(
            "the JSON is not a valid {}: {error}",
            std::any::type_name::<T>()
        ),
    }
}

/// Creates a mock of an operation on `server`. `O` is the request builder of the operation in `pgbeam-api`. It
/// determines which generated methods of [`When`] and [`Then`] the closure `configure` can call.
#[allow(dead_code, reason = "unused without area features")]
fn mock<'a, O>(
    server: &'a MockServer,
    operation: &'static Operation,
    configure: impl FnOnce(When<O>, Then<O>) -> Then<O>,
) -> Mock<'a> {
    server.mock(|when, then| {
        configure(When::new(when, operation), Then::new(then));
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::from_json;

    #[test]
    fn from_json_deserializes() {
        assert_eq!(from_json::<Vec<i64>>(json!([1, 2])), [1, 2]);
    }

    #[test]
    #[should_panic = "[1]: invalid type: string \"a\", expected i64"]
    fn from_json_panics_with_the_path_of_the_invalid_field() {
        from_json::<Vec<i64>>(json!([1, "a"]));
    }
}
