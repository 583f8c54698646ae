//! The changes of an edit, and the function that applies these changes to the JSON of the stored resource.
//!
//! Fields that the edit does not change keep the bytes that the server sent.

use std::collections::BTreeMap;

use pgbeam_api::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

/// A JSON object whose values keep the bytes that the server sent.
pub(crate) type RawObject = BTreeMap<String, Box<RawValue>>;

/// The fields that an edit changes, and the kind of change of each. The new values are not stored here, but
/// in `Edit::input`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes(BTreeMap<String, Change>);

/// A kind of change of a field. The input is `Edit::input`, which contains the new values. The stored value
/// is the value of the field in the response to the GET.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    /// Replaces the stored value with the value in the input.
    Set,
    /// Resets the field to its default.
    Clear,
    /// For an object: sets the fields that the object in the input has, and keeps all other fields of the
    /// stored object.
    Merge,
    /// For a list: appends the items in the input, except items that the stored list already contains.
    Append,
}

impl Changes {
    /// Records the change of a field. A `Merge` or `Append` after a `Set` or `Clear` of the same field is
    /// recorded as `Set`: the stored value no longer matters, and the input contains the complete new value.
    pub(crate) fn add(&mut self, field: &str, change: Change) {
        let change = match (self.0.get(field), change) {
            (Some(Change::Set | Change::Clear), Change::Merge | Change::Append) => Change::Set,
            (_, change) => change,
        };
        self.0.insert(field.to_owned(), change);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, field: &str) -> Option<Change> {
        self.0.get(field).copied()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Converts `current`, the object that a GET returned, into the body of the PUT.
    ///
    /// A cleared field is omitted from the body, so that the server resets it to its default. For the fields
    /// in `kept_defaults`, the server keeps the stored value of an omitted field. If one of these fields is
    /// cleared, the body contains its default.
    ///
    /// # Errors
    ///
    /// Kind [`Decode`](ErrorKind::Decode) if the edit appends to a field whose stored value is not a list, or
    /// merges into a field whose stored value is not an object. The PUT would delete the stored value.
    pub(crate) fn apply(
        &self,
        current: RawObject,
        input: &Map<String, Value>,
        kept_defaults: &[(&str, &str)],
    ) -> Result<RawObject, Error> {
        let mut next = current;
        for (name, change) in &self.0 {
            let value = input.get(name);
            let value = match (change, value) {
                // The input omits a field only if its new value is the default, for example `None`.
                (Change::Clear, _) | (_, None) => {
                    next.remove(name);
                    let default = kept_defaults.iter().find(|(kept, _)| kept == name);
                    let Some((_, json)) = default else { continue };
                    to_raw(&serde_json::from_str::<Value>(json).map_err(json_error)?)?
                }
                (Change::Set, Some(value)) => to_raw(value)?,
                (Change::Append, Some(value)) => {
                    let mut items: Vec<Box<RawValue>> = read_stored(&next, name, "a list")?;
                    for item in value.as_array().into_iter().flatten() {
                        if !items.iter().any(|stored| is_equal(stored, item)) {
                            items.push(to_raw(item)?);
                        }
                    }
                    to_raw(&items)?
                }
                (Change::Merge, Some(value)) => {
                    let mut fields: RawObject = read_stored(&next, name, "an object")?;
                    for (field, value) in value.as_object().into_iter().flatten() {
                        fields.insert(field.clone(), to_raw(value)?);
                    }
                    to_raw(&fields)?
                }
            };
            next.insert(name.clone(), value);
        }
        Ok(next)
    }
}

fn to_raw(value: &(impl Serialize + ?Sized)) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value).map_err(json_error)
}

fn json_error(error: serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("cannot serialize as JSON: {error}"),
    )
}

fn is_equal(stored: &RawValue, item: &Value) -> bool {
    serde_json::from_str::<Value>(stored.get()).is_ok_and(|stored| stored == *item)
}

/// Parses the stored list or object in the field `name`. Returns an empty one if the field is absent or
/// `null`. `expected` describes the type in the error.
fn read_stored<T: Default + serde::de::DeserializeOwned>(
    object: &RawObject,
    name: &str,
    expected: &str,
) -> Result<T, Error> {
    let Some(json) = object.get(name) else {
        return Ok(T::default());
    };
    let value = serde_json::from_str::<Option<T>>(json.get());
    value.map(Option::unwrap_or_default).map_err(|_| {
        let message = format!(
            "`{name}` is not {expected} in the response, so the edit did not write it back"
        );
        Error::new(ErrorKind::Decode, message)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn apply(current: &str, changes: &[(&str, Change)], input: Value) -> Result<String, Error> {
        let mut all = Changes::default();
        for (field, change) in changes {
            all.add(field, *change);
        }
        let current = serde_json::from_str(current).unwrap();
        let input = input.as_object().unwrap();
        let next = all.apply(current, input, &[("query_mode", "\"sql\"")])?;
        Ok(serde_json::to_string(&next).unwrap())
    }

    #[test]
    fn unchanged_fields_keep_their_bytes() {
        // Numbers beyond integers and floats, spaces, escapes, and unknown fields.
        let current = r#"{"a":123456789012345678901234567890,"b":1.50,"c":{ "x" : "\u00e9" },"d":null,"max_rows":1}"#;
        let next = apply(
            current,
            &[("max_rows", Change::Set)],
            json!({"max_rows": 10}),
        );
        assert_eq!(next.unwrap(), current.replace(":1}", ":10}"));
    }

    #[test]
    fn clear_omits_a_field_or_sends_its_default() {
        let current = r#"{"name":"x","query_mode":"templates","row_filters":[1]}"#;
        let clears = ["row_filters", "query_mode", "absent"].map(|name| (name, Change::Clear));
        let next = apply(current, &clears, json!({"row_filters": [2]}));
        assert_eq!(next.unwrap(), r#"{"name":"x","query_mode":"sql"}"#);
        // An optional field that is set to null is not serialized.
        let next = apply(current, &[("row_filters", Change::Set)], json!({}));
        assert_eq!(next.unwrap(), r#"{"name":"x","query_mode":"templates"}"#);
    }

    #[test]
    fn merge_keeps_other_stored_fields() {
        let deny = json!({"rules": {"deny": ["ddl"]}});
        for (current, expected) in [
            (
                r#"{"rules":{"allow":["select"],"new":1.0}}"#,
                r#"{"rules":{"allow":["select"],"deny":["ddl"],"new":1.0}}"#,
            ),
            (
                r#"{"rules":{"deny":["x"]}}"#,
                r#"{"rules":{"deny":["ddl"]}}"#,
            ),
            (r#"{"rules":null}"#, r#"{"rules":{"deny":["ddl"]}}"#),
            (r#"{}"#, r#"{"rules":{"deny":["ddl"]}}"#),
        ] {
            let next = apply(current, &[("rules", Change::Merge)], deny.clone());
            assert_eq!(next.unwrap(), expected);
        }
        let malformed = apply(r#"{"rules":[1]}"#, &[("rules", Change::Merge)], deny);
        assert!(malformed.unwrap_err().is_decode());
    }

    #[test]
    fn append_skips_stored_items() {
        let items = json!({"m": [{"t": 1}, {"t": 2}]});
        for (current, expected) in [
            (
                r#"{"m":[{"t":0,"new":1.50}]}"#,
                r#"{"m":[{"t":0,"new":1.50},{"t":1},{"t":2}]}"#,
            ),
            (r#"{"m":[{ "t" : 2 }]}"#, r#"{"m":[{ "t" : 2 },{"t":1}]}"#),
            (r#"{"m":null}"#, r#"{"m":[{"t":1},{"t":2}]}"#),
            (r#"{}"#, r#"{"m":[{"t":1},{"t":2}]}"#),
        ] {
            let next = apply(current, &[("m", Change::Append)], items.clone());
            assert_eq!(next.unwrap(), expected);
        }
        for first in [Change::Set, Change::Clear] {
            let changes = [("m", first), ("m", Change::Append)];
            let next = apply(r#"{"m":[0]}"#, &changes, items.clone());
            assert_eq!(next.unwrap(), r#"{"m":[{"t":1},{"t":2}]}"#);
        }
        let malformed = apply(r#"{"m":{}}"#, &[("m", Change::Append)], items);
        assert!(malformed.unwrap_err().is_decode());
    }

    #[test]
    fn append_after_set_or_clear_becomes_set() {
        let mut changes = Changes::default();
        for (change, expected) in [
            (Change::Append, Change::Append),
            (Change::Clear, Change::Clear),
            (Change::Append, Change::Set),
            (Change::Set, Change::Set),
            (Change::Merge, Change::Set),
            (Change::Clear, Change::Clear),
        ] {
            changes.add("a", change);
            assert_eq!(changes.get("a"), Some(expected));
        }
    }
}
