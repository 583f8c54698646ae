//! `SetterErrors`: the validation errors that the setters of a request type collect.

use std::fmt;

use serde::{Serialize, Serializer, de::DeserializeOwned, ser::Error as _};
use serde_json::Value;

use super::ValidationErrors;
use crate::FieldError;

/// The validation errors of a request type: values that its setters could not convert, and required fields
/// that are missing. Sending the request fails with these errors.
///
/// Serializing a request with errors fails, because the request would lack the rejected values.
#[derive(Clone, Default, PartialEq)]
#[expect(
    clippy::box_collection,
    reason = "every request type has this field: one word instead of three"
)]
pub struct SetterErrors(Option<Box<Vec<FieldError>>>);

impl SetterErrors {
    /// Creates a collection with an error for each of these required fields.
    pub fn from_missing_fields(fields: &[&str]) -> Self {
        let missing = |field: &&str| FieldError::new(*field, "is missing");
        Self(Some(Box::new(fields.iter().map(missing).collect())))
    }

    /// Returns `true` if there are no errors.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|errors| errors.is_empty())
    }

    /// Removes the errors of a field and of the fields inside it. A setter calls this before it sets a value.
    #[inline]
    pub fn clear(&mut self, field: &str) {
        if self.0.is_some() {
            self.remove(field);
        }
    }

    #[cold]
    fn remove(&mut self, field: &str) {
        let is_inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        if let Some(errors) = &mut self.0 {
            errors.retain(|error| !error.field().strip_prefix(field).is_some_and(is_inside));
            if errors.is_empty() {
                self.0 = None;
            }
        }
    }

    /// Returns the converted value, or adds the conversion error and returns `None`. Removes earlier errors
    /// of the field first.
    pub fn take<T, E: fmt::Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        self.clear(field);
        value
            .map_err(|error| self.add(field, error.to_string()))
            .ok()
    }

    /// Deserializes a JSON value as the type of the field. If that fails, adds an error with the path of the
    /// invalid part and returns `None`. Removes earlier errors of the field first.
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

    /// Adds all errors to `errors`. Their paths are relative to the object that is being checked.
    pub fn report(&self, errors: &mut ValidationErrors) {
        for error in self.0.iter().flat_map(|list| list.iter()) {
            errors.check_field(error.field(), |errors| errors.add(error.detail()));
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
