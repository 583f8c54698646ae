//! A body as the arguments of a typed method.

use std::iter::Peekable;

use pgbeam::{Error, FieldError, api::Operation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::{
    answer::Failure,
    command::without_place,
    request::{Json, Members},
};

/// A body whose members are taken out one by one. What is wrong with them is kept, to be said at
/// once.
pub struct Body {
    operation: &'static Operation,
    members: Members,
    faults: Vec<FieldError>,
}

impl Body {
    /// The members of a body.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when it is missing or no object: no method could be given it.
    pub fn read(operation: &'static Operation, json: Option<&Json>) -> Result<Self, Error> {
        let members = whole(operation, json)?;
        Ok(Self {
            operation,
            members,
            faults: Vec::new(),
        })
    }

    /// Whether it has a member.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Takes a member out.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let json = self.members.remove(name)?;
        match serde_json::from_str(json.get()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, without_place(&error));
                None
            }
        }
    }

    /// Takes a member out that must be there.
    pub fn require<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        if !self.has(name) {
            self.fault(name, "is missing");
        }
        self.take(name)
    }

    /// Keeps what is wrong with a member.
    pub fn fault(&mut self, name: &str, why: impl Into<String>) {
        self.faults.push(FieldError::new(name, why));
    }

    /// What was made of the members, if all of them were taken and nothing is wrong with any.
    pub fn finish<T>(self, made: Option<T>) -> Result<T, Failure> {
        if let Some(name) = self.members.keys().next() {
            let id = self.operation.id;
            return Err(Failure::Command(format!(
                "body.{name}: the method of {id} takes no such value"
            )));
        }
        match made {
            Some(made) if self.faults.is_empty() => Ok(made),
            _ => Err(Error::invalid(self.faults)
                .with_operation(self.operation)
                .into()),
        }
    }
}

/// A whole body as one argument.
///
/// # Errors
///
/// Kind `Invalid` when it is missing, or with every field that the argument cannot hold.
pub fn whole<T: DeserializeOwned>(
    operation: &'static Operation,
    json: Option<&Json>,
) -> Result<T, Error> {
    let refused = |why: String| Error::invalid_field("body", why).with_operation(operation);
    let json = json.ok_or_else(|| refused("is missing".to_owned()))?;
    let error = match serde_json::from_str(json.get()) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match serde_json::from_str(json.get()) {
        Ok(Value::Object(fields)) => {
            let errors = field_errors::<T>(fields);
            Err(Error::invalid(errors).with_operation(operation))
        }
        _ => Err(refused(without_place(&error))),
    }
}

/// Names every field of an object that is no `T`: a field that cannot be read hides what is wrong with
/// the others, so they are read again without it.
fn field_errors<T: DeserializeOwned>(mut fields: Map<String, Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut removed: Vec<String> = Vec::new();
    loop {
        let whole = Value::Object(fields.clone());
        let Err(error) = serde_path_to_error::deserialize::<_, T>(whole) else {
            return errors;
        };
        let why = error.inner().to_string();
        // What is missing only because it was removed has been named.
        if !removed
            .iter()
            .any(|name| why == format!("missing field `{name}`"))
        {
            let path = match error.path().to_string() {
                path if path == "." => "body".to_owned(),
                path => path,
            };
            errors.push(FieldError::new(path, why));
        }
        match remove(&mut fields, &mut error.path().iter().peekable()) {
            Some(name) => removed.push(name),
            None => return errors,
        }
    }
}

/// Removes the innermost field that the path leads to through objects, and returns its name.
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
