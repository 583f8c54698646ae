//! Converts the JSON body of a command to the arguments of a typed method of `pgbeam`.

use std::iter::Peekable;

use pgbeam::{Error, FieldError, api::Operation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::{
    command::without_position,
    reply::Failure,
    request::{Fields, Json},
};

/// A body whose fields are taken one by one. Errors are collected and reported together.
pub struct Body {
    operation: &'static Operation,
    fields: Fields,
    errors: Vec<FieldError>,
}

impl Body {
    /// Parses a body.
    ///
    /// # Errors
    ///
    /// `ErrorKind::Invalid` if the body is missing or not an object.
    pub fn parse(operation: &'static Operation, json: Option<&Json>) -> Result<Self, Error> {
        let fields = parse_body(operation, json)?;
        Ok(Self {
            operation,
            fields,
            errors: Vec::new(),
        })
    }

    /// Returns `true` if the body has this field and the field was not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Removes and parses a field. If it is absent, returns `None`. If it is invalid, records an error and
    /// returns `None`.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let json = self.fields.remove(name)?;
        match serde_json::from_str(json.get()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.add_error(name, without_position(&error));
                None
            }
        }
    }

    /// Removes and parses a required field. If it is absent or invalid, records an error and returns `None`.
    pub fn require<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        if !self.has(name) {
            self.add_error(name, "is missing");
        }
        self.take(name)
    }

    /// Records an error of a field.
    pub fn add_error(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(name, detail));
    }

    /// Returns `arguments` if every field was taken and is valid. `arguments` is `None` if a required field
    /// was absent or invalid.
    ///
    /// # Errors
    ///
    /// [`Failure::Command`] if a field was not taken. `ErrorKind::Invalid` with all recorded errors if all
    /// fields were taken, but a required field was absent or a field was invalid.
    pub fn finish<T>(self, arguments: Option<T>) -> Result<T, Failure> {
        if let Some(name) = self.fields.keys().next() {
            let id = self.operation.id;
            return Err(Failure::Command(format!(
                "body.{name}: the method of {id} has no such argument"
            )));
        }
        match arguments {
            Some(arguments) if self.errors.is_empty() => Ok(arguments),
            _ => Err(Error::invalid(self.errors)
                .with_operation(self.operation)
                .into()),
        }
    }
}

/// Parses the whole body as one argument of a method.
///
/// # Errors
///
/// `ErrorKind::Invalid`: the body is missing or not an object, or it has invalid fields. The error lists the
/// fields that `field_errors` finds.
pub fn parse_body<T: DeserializeOwned>(
    operation: &'static Operation,
    json: Option<&Json>,
) -> Result<T, Error> {
    let invalid = |detail: String| Error::invalid_field("body", detail).with_operation(operation);
    let json = json.ok_or_else(|| invalid("is missing".to_owned()))?;
    let error = match serde_json::from_str(json.get()) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match serde_json::from_str(json.get()) {
        Ok(Value::Object(fields)) => {
            let errors = field_errors::<T>(fields);
            Err(Error::invalid(errors).with_operation(operation))
        }
        _ => Err(invalid(without_position(&error))),
    }
}

/// Returns an error for each invalid field. At most one error is returned for an array, and at most one for
/// the missing fields of an object. serde stops at the first invalid field, so this function removes that
/// field and parses the rest again.
fn field_errors<T: DeserializeOwned>(mut fields: Map<String, Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut removed: Vec<String> = Vec::new();
    loop {
        let whole = Value::Object(fields.clone());
        let Err(error) = serde_path_to_error::deserialize::<_, T>(whole) else {
            return errors;
        };
        let detail = error.inner().to_string();
        // A field that was removed above has its error already.
        if !removed
            .iter()
            .any(|name| detail == format!("missing field `{name}`"))
        {
            let path = match error.path().to_string() {
                path if path == "." => "body".to_owned(),
                path => path,
            };
            errors.push(FieldError::new(path, detail));
        }
        match remove(&mut fields, &mut error.path().iter().peekable()) {
            Some(name) => removed.push(name),
            None => return errors,
        }
    }
}

/// Removes the field at `path` and returns its name. If the path goes through an array, removes the field
/// that contains the array. Returns `None` if the path does not start with a field, or if there is no such
/// field.
fn remove<'a>(
    fields: &mut Map<String, Value>,
    path: &mut Peekable<impl Iterator<Item = &'a Segment>>,
) -> Option<String> {
    let Some(Segment::Map { key }) = path.next() else {
        return None;
    };
    match (fields.get_mut(key), path.peek()) {
        (Some(Value::Object(inner)), Some(Segment::Map { .. })) => remove(inner, path),
        _ => fields.remove_entry(key).map(|(name, _)| name),
    }
}
