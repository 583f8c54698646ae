//! Values that a setter of a request type refused.

use std::fmt;

use serde::{Serialize, Serializer, de::DeserializeOwned, ser::Error as _};
use serde_json::Value;

use super::Violations;
use crate::FieldError;

/// The fields of a request type whose setters were given something unusable, and the required fields
/// that were not set. They are reported when the request is sent.
///
/// A type that has any is not serialized: without the refused value it would mean something else.
#[derive(Clone, Default, PartialEq)]
#[expect(
    clippy::box_collection,
    reason = "one word in every value of a request instead of three"
)]
pub struct SetterErrors(Option<Box<Vec<FieldError>>>);

impl SetterErrors {
    /// Starts with these required fields missing.
    pub fn missing(fields: &[&str]) -> Self {
        let missing = |field: &&str| FieldError::new(*field, "is missing");
        Self(Some(Box::new(fields.iter().map(missing).collect())))
    }

    /// Returns `true` if every value is usable.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|errors| errors.is_empty())
    }

    /// Forgets what was wrong with a field, because it is set anew.
    #[inline]
    pub fn clear(&mut self, field: &str) {
        if self.0.is_some() {
            self.remove(field);
        }
    }

    #[cold]
    fn remove(&mut self, field: &str) {
        let inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        if let Some(errors) = &mut self.0 {
            errors.retain(|error| !error.field().strip_prefix(field).is_some_and(inside));
            if errors.is_empty() {
                self.0 = None;
            }
        }
    }

    /// Takes a converted value, or keeps why the conversion failed.
    pub fn take<T, E: fmt::Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        self.clear(field);
        value
            .map_err(|error| self.add(field, error.to_string()))
            .ok()
    }

    /// Takes a value of JSON as the field's type, or keeps which part of it does not fit.
    pub fn take_json<T: DeserializeOwned>(&mut self, field: &str, value: Value) -> Option<T> {
        self.clear(field);
        let value = serde_path_to_error::deserialize(value);
        let add = |error: serde_path_to_error::Error<serde_json::Error>| {
            let field = match error.path().to_string() {
                path if path == "." => field.to_owned(),
                path if path.starts_with('[') => format!("{field}{path}"),
                path => format!("{field}.{path}"),
            };
            self.add(&field, error.inner().to_string());
        };
        value.map_err(add).ok()
    }

    #[cold]
    fn add(&mut self, field: &str, detail: String) {
        let errors = self.0.get_or_insert_default();
        errors.push(FieldError::new(field, detail));
    }

    /// Reports every error, at the path of the object that is being checked.
    pub fn report(&self, violations: &mut Violations) {
        for error in self.0.iter().flat_map(|errors| errors.iter()) {
            violations.field(error.field(), |violations| violations.add(error.detail()));
        }
    }
}

impl fmt::Debug for SetterErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.0.iter().flat_map(|errors| errors.iter());
        f.debug_list().entries(errors).finish()
    }
}

impl Serialize for SetterErrors {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        let error = self.0.as_ref().and_then(|errors| errors.first());
        Err(error.map_or_else(|| S::Error::custom("is invalid"), S::Error::custom))
    }
}
