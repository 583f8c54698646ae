//! Error messages about seeds, and functions that return a value of a seed or such a message.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::http::problem::{FieldError, Problem};

/// A result whose error is a message. It starts with the place in the seed, such as `projects[0].id`.
pub(super) type Result<T> = std::result::Result<T, String>;

/// Returns the fields of an object.
pub(super) fn object<'v>(value: &'v Value, place: &str) -> Result<&'v Map<String, Value>> {
    let error = || message(place, "must be an object with the fields of a resource");
    value.as_object().ok_or_else(error)
}

/// Returns the items of a list with their places. Reads `null` as an empty list.
pub(super) fn items<'v>(value: &'v Value, place: &str) -> Result<Vec<(String, &'v Value)>> {
    let items = match value {
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        _ => return Err(message(place, "must be a list")),
    };
    let items = items.iter().enumerate();
    let with_place = |(index, item)| (format!("{place}[{index}]"), item);
    Ok(items.map(with_place).collect())
}

/// Returns a field that must be a string; `None` if it is absent.
pub(super) fn string<'v>(
    fields: &'v Map<String, Value>,
    name: &str,
    place: &str,
) -> Result<Option<&'v str>> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value)),
        Some(_) => Err(message(&join(place, name), "must be a string")),
    }
}

/// Returns the message for an unknown key. The message lists the known keys.
pub(super) fn unknown<'n>(
    place: &str,
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let detail = format!("is unknown; known are: {}", known.join(", "));
    message(&join(place, name), &detail)
}

/// Returns a message with the first validation error and the number of the others; `None` if there are none.
pub(super) fn invalid(place: &str, errors: &[FieldError]) -> Option<String> {
    let first = errors.first()?;
    let place = match first.field.as_str() {
        "body" => place.to_owned(),
        field => join(place, field),
    };
    let mut message = message(&place, &first.detail);
    let more = errors.len().saturating_sub(1);
    if more > 0 {
        message.push_str(&format!(" ({more} more errors there)"));
    }
    Some(message)
}

/// Returns the message for a resource whose creation failed with this problem.
pub(super) fn rejected(place: &str, problem: &Problem) -> String {
    if let Some(message) = invalid(place, &problem.errors) {
        return message;
    }
    let remedy = match problem.status {
        StatusCode::NOT_FOUND => "; add it to the seed, or correct the id",
        StatusCode::CONFLICT => "; change or remove one of them",
        _ => "",
    };
    format!("{place}: {}{remedy}", problem.detail)
}

pub(super) fn message(place: &str, detail: &str) -> String {
    match place {
        "" => format!("the seed {detail}"),
        place => format!("{place} {detail}"),
    }
}

/// Returns the place of a field.
pub(super) fn join(place: &str, name: &str) -> String {
    match place {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    }
}
