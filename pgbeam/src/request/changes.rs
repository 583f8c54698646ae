//! Which fields an edit changes, and how they change the JSON that was read.
//!
//! Fields that are not changed stay as the server sent them, byte for byte.

use std::collections::BTreeMap;

use pgbeam_api::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

/// A JSON object whose values are kept as the server sent them.
pub(crate) type RawObject = BTreeMap<String, Box<RawValue>>;

/// The changes of an edit by field. The values are those of the edit's input.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes(BTreeMap<String, Change>);

/// How a field changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    /// It takes the input's value.
    Set,
    /// It goes back to its default.
    Reset,
    /// The fields of the input's object are set, the other stored ones stay.
    Merge,
    /// The items of the input's list are added to the stored ones, unless they are there already.
    Append,
}

impl Changes {
    /// Adds a change. After a `Set` or a `Reset` the input has the whole value, so that a `Merge` or
    /// an `Append` has nothing stored to keep.
    pub(crate) fn add(&mut self, field: &str, change: Change) {
        let change = match (self.0.get(field), change) {
            (Some(Change::Set | Change::Reset), Change::Merge | Change::Append) => Change::Set,
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

    /// Changes the object that a GET returned into the body of the PUT.
    ///
    /// A field that is reset is left out, unless an omission would keep the stored value: then it is
    /// set to its default, from `kept_defaults`.
    ///
    /// # Errors
    ///
    /// Kind [`Decode`](ErrorKind::Decode) if a stored field is no list or object although the contract
    /// says so: nothing is thrown away.
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
                // A value that is not serialized is the default: null, for an optional field.
                (Change::Reset, _) | (_, None) => {
                    next.remove(name);
                    let default = kept_defaults.iter().find(|(kept, _)| kept == name);
                    let Some((_, json)) = default else { continue };
                    raw(&serde_json::from_str::<Value>(json).map_err(not_json)?)?
                }
                (Change::Set, Some(value)) => raw(value)?,
                (Change::Append, Some(value)) => {
                    let mut items: Vec<Box<RawValue>> = stored(&next, name, "a list")?;
                    for item in value.as_array().into_iter().flatten() {
                        if !items.iter().any(|stored| is_same(stored, item)) {
                            items.push(raw(item)?);
                        }
                    }
                    raw(&items)?
                }
                (Change::Merge, Some(value)) => {
                    let mut fields: RawObject = stored(&next, name, "an object")?;
                    for (field, value) in value.as_object().into_iter().flatten() {
                        fields.insert(field.clone(), raw(value)?);
                    }
                    raw(&fields)?
                }
            };
            next.insert(name.clone(), value);
        }
        Ok(next)
    }
}

fn raw(value: &(impl Serialize + ?Sized)) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Invalid, format!("not JSON: {error}"))
}

fn is_same(stored: &RawValue, item: &Value) -> bool {
    serde_json::from_str::<Value>(stored.get()).is_ok_and(|stored| stored == *item)
}

/// Reads a stored list or object; `null` and an absent field are empty.
fn stored<T: Default + serde::de::DeserializeOwned>(
    object: &RawObject,
    name: &str,
    what: &str,
) -> Result<T, Error> {
    let Some(json) = object.get(name) else {
        return Ok(T::default());
    };
    let value = serde_json::from_str::<Option<T>>(json.get());
    value.map(Option::unwrap_or_default).map_err(|_| {
        let message = format!("`{name}` is not {what} in the response, so nothing was changed");
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
    fn a_field_that_is_not_changed_stays_to_the_byte() {
        // Numbers that no integer or float holds, spaces, escapes, and unknown fields.
        let current = r#"{"a":123456789012345678901234567890,"b":1.50,"c":{ "x" : "\u00e9" },"d":null,"max_rows":1}"#;
        let next = apply(
            current,
            &[("max_rows", Change::Set)],
            json!({"max_rows": 10}),
        );
        assert_eq!(next.unwrap(), current.replace(":1}", ":10}"));
    }

    #[test]
    fn a_reset_leaves_a_field_out_unless_it_would_keep_its_value() {
        let current = r#"{"name":"x","query_mode":"templates","row_filters":[1]}"#;
        let resets = ["row_filters", "query_mode", "gone"].map(|name| (name, Change::Reset));
        let next = apply(current, &resets, json!({"row_filters": [2]}));
        assert_eq!(next.unwrap(), r#"{"name":"x","query_mode":"sql"}"#);
        // An optional field that is set to null is not serialized.
        let next = apply(current, &[("row_filters", Change::Set)], json!({}));
        assert_eq!(next.unwrap(), r#"{"name":"x","query_mode":"templates"}"#);
    }

    #[test]
    fn a_merge_keeps_the_other_stored_fields() {
        let deny = json!({"rules": {"deny": ["ddl"]}});
        for (current, want) in [
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
            assert_eq!(next.unwrap(), want);
        }
        let malformed = apply(r#"{"rules":[1]}"#, &[("rules", Change::Merge)], deny);
        assert!(malformed.unwrap_err().is_decode());
    }

    #[test]
    fn an_item_is_appended_unless_it_is_stored() {
        let items = json!({"m": [{"t": 1}, {"t": 2}]});
        for (current, want) in [
            (
                r#"{"m":[{"t":0,"new":1.50}]}"#,
                r#"{"m":[{"t":0,"new":1.50},{"t":1},{"t":2}]}"#,
            ),
            (r#"{"m":[{ "t" : 2 }]}"#, r#"{"m":[{ "t" : 2 },{"t":1}]}"#),
            (r#"{"m":null}"#, r#"{"m":[{"t":1},{"t":2}]}"#),
            (r#"{}"#, r#"{"m":[{"t":1},{"t":2}]}"#),
        ] {
            let next = apply(current, &[("m", Change::Append)], items.clone());
            assert_eq!(next.unwrap(), want);
        }
        for first in [Change::Set, Change::Reset] {
            let changes = [("m", first), ("m", Change::Append)];
            let next = apply(r#"{"m":[0]}"#, &changes, items.clone());
            assert_eq!(next.unwrap(), r#"{"m":[{"t":1},{"t":2}]}"#);
        }
        let malformed = apply(r#"{"m":{}}"#, &[("m", Change::Append)], items);
        assert!(malformed.unwrap_err().is_decode());
    }

    #[test]
    fn the_last_whole_change_counts() {
        let mut changes = Changes::default();
        for (change, want) in [
            (Change::Append, Change::Append),
            (Change::Reset, Change::Reset),
            (Change::Append, Change::Set),
            (Change::Set, Change::Set),
            (Change::Merge, Change::Set),
            (Change::Reset, Change::Reset),
        ] {
            changes.add("a", change);
            assert_eq!(changes.get("a"), Some(want));
        }
    }
}
