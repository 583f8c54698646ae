//! Checks bodies against the contract's bounds before they are sent.

use pgbeam_api::{FieldError, Validate, Violations};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Members of a JSON object, those that the contract does not know included.
pub(crate) type Members = Map<String, Value>;

/// What is wrong with `members` as a `T`: wrong types, a missing member, values out of bounds.
///
/// `T` is the generated type, so the bounds are the contract's own.
pub(crate) fn check<T: DeserializeOwned + Validate>(members: &Members) -> Vec<FieldError> {
    let mut violations = Violations::new();
    match serde_path_to_error::deserialize::<_, T>(Value::Object(members.clone())) {
        Ok(value) => value.validate(&mut violations),
        // What a builder put together has the right shape; this is JSON from outside.
        Err(error) => {
            let path = match error.path().to_string() {
                // The path of a member that is missing is the object it is missing from.
                path if path == "." => "body".to_owned(),
                path => path,
            };
            violations.field(&path, |violations| violations.add(error.inner().to_string()));
        }
    }
    violations.errors().to_vec()
}
