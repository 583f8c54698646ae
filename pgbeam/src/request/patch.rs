//! A change of some members of a JSON object that leaves all others as they came, byte for byte.

use std::collections::BTreeMap;

use pgbeam_api::{Error, ErrorKind};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::body::Members;

/// A JSON object whose members are kept as they came.
pub(crate) type RawObject = BTreeMap<String, Box<RawValue>>;

/// What is to change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Patch {
    changes: BTreeMap<String, Change>,
}

#[derive(Clone, Debug, PartialEq)]
enum Change {
    /// The whole member.
    Set(Value),
    /// Back to the default.
    Reset,
    /// Members of the object that the member is; the others stay.
    Inner(BTreeMap<String, Value>),
    /// Items for the list that the member is; those that it has stay.
    Add(Vec<Value>),
}

impl Patch {
    pub(crate) fn set(&mut self, member: &str, value: Value) {
        self.changes.insert(member.to_owned(), Change::Set(value));
    }

    pub(crate) fn reset(&mut self, member: &str) {
        self.changes.insert(member.to_owned(), Change::Reset);
    }

    /// Sets a member of the object `member`, and leaves its other members as they are.
    pub(crate) fn set_inner(&mut self, member: &str, inner: &str, value: Value) {
        match self.changes.get_mut(member) {
            Some(Change::Inner(members)) => {
                members.insert(inner.to_owned(), value);
            }
            Some(Change::Set(Value::Object(members))) => {
                members.insert(inner.to_owned(), value);
            }
            Some(change @ (Change::Reset | Change::Set(Value::Null))) => {
                *change = Change::Set(Value::Object(
                    [(inner.to_owned(), value)].into_iter().collect(),
                ));
            }
            // What is no object is left for the check to refuse.
            Some(Change::Set(_)) => {}
            _ => {
                let members = [(inner.to_owned(), value)].into();
                self.changes
                    .insert(member.to_owned(), Change::Inner(members));
            }
        }
    }

    /// Whether `member` goes back to its default.
    pub(crate) fn resets(&self, member: &str) -> bool {
        matches!(self.changes.get(member), Some(Change::Reset))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The values that are set, as the members of a body of their own: to be checked.
    pub(crate) fn values(&self) -> Members {
        let value = |change: &Change| match change {
            Change::Set(value) => Some(value.clone()),
            Change::Inner(members) => Some(Value::Object(members.clone().into_iter().collect())),
            Change::Add(items) => Some(Value::Array(items.clone())),
            Change::Reset => None,
        };
        let changes = self.changes.iter();
        changes
            .filter_map(|(name, change)| Some((name.clone(), value(change)?)))
            .collect()
    }

    /// Adds an item to the list `member`, whatever it holds by then, unless it holds it already.
    pub(crate) fn add(&mut self, member: &str, item: Value) {
        match self.changes.get_mut(member) {
            Some(Change::Add(items) | Change::Set(Value::Array(items))) => items.push(item),
            Some(change @ (Change::Reset | Change::Set(Value::Null))) => {
                *change = Change::Set(Value::Array(vec![item]));
            }
            // What is no list is left for the check to refuse.
            Some(Change::Set(_)) => {}
            _ => {
                self.changes
                    .insert(member.to_owned(), Change::Add(vec![item]));
            }
        }
    }

    /// Whether `member` is changed.
    pub(crate) fn changes(&self, member: &str) -> bool {
        self.changes.contains_key(member)
    }

    /// The object with the changes made: what a PUT carries, given what a GET brought.
    ///
    /// A member that is reset is left out, unless it is among those that then keep their stored
    /// value; it gets the default that stands beside it.
    pub(crate) fn apply(
        &self,
        current: RawObject,
        kept_when_absent: &[(&str, &str)],
    ) -> Result<RawObject, Error> {
        let mut next = current;
        for (name, change) in &self.changes {
            match change {
                Change::Set(value) => {
                    next.insert(name.clone(), raw(value)?);
                }
                Change::Reset => {
                    next.remove(name);
                    let kept = kept_when_absent.iter().find(|(kept, _)| kept == name);
                    if let Some((_, default)) = kept {
                        next.insert(name.clone(), raw(default)?);
                    }
                }
                Change::Add(items) => {
                    let mut list = match next.get(name) {
                        Some(list) => read_list(list, name)?,
                        None => Vec::new(),
                    };
                    for item in items {
                        let same = |have: &RawValue| {
                            serde_json::from_str::<Value>(have.get())
                                .is_ok_and(|have| have == *item)
                        };
                        if !list.iter().any(|have| same(have)) {
                            list.push(raw(item)?);
                        }
                    }
                    next.insert(name.clone(), raw(&list)?);
                }
                Change::Inner(members) => {
                    let inner = match next.get(name) {
                        Some(inner) => read_object(inner.get().as_bytes(), name)?,
                        None => RawObject::new(),
                    };
                    let mut inner = inner;
                    for (member, value) in members {
                        inner.insert(member.clone(), raw(value)?);
                    }
                    next.insert(name.clone(), raw(&inner)?);
                }
            }
        }
        Ok(next)
    }
}

fn raw(value: &(impl Serialize + ?Sized)) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| Error::new(ErrorKind::Invalid, format!("not JSON: {error}")))
}

/// Reads a list, `null` as an empty one.
fn read_list(json: &RawValue, what: &str) -> Result<Vec<Box<RawValue>>, Error> {
    let list = serde_json::from_str::<Option<Vec<Box<RawValue>>>>(json.get());
    list.map(Option::unwrap_or_default).map_err(|_| {
        Error::new(
            ErrorKind::Decode,
            format!("{what} is not a list, so nothing was changed"),
        )
    })
}

/// Reads an object, `null` as an empty one.
fn read_object(json: &[u8], what: &str) -> Result<RawObject, Error> {
    let object = serde_json::from_slice::<Option<RawObject>>(json);
    object.map(Option::unwrap_or_default).map_err(|_| {
        Error::new(
            ErrorKind::Decode,
            format!("{what} is not an object, so nothing was changed"),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn apply(current: &str, change: impl FnOnce(&mut Patch)) -> String {
        let mut patch = Patch::default();
        change(&mut patch);
        let current = serde_json::from_str(current).unwrap();
        serde_json::to_string(&patch.apply(current, &[("query_mode", "sql")]).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_changed_stays_as_it_came() {
        // Numbers that no integer or float holds, spaces, escapes, and members nobody knows.
        let current = r#"{"a":123456789012345678901234567890,"b":1.50,"c":{ "x" : "\u00e9" },"d":null,"max_rows":1}"#;
        let next = apply(current, |patch| patch.set("max_rows", json!(10)));
        assert_eq!(next, current.replace(":1}", ":10}"));
    }

    #[test]
    fn a_reset_leaves_a_member_out_unless_it_would_then_keep_its_value() {
        let current = r#"{"name":"x","query_mode":"templates","row_filters":[1]}"#;
        let next = apply(current, |patch| {
            patch.reset("row_filters");
            patch.reset("query_mode");
            patch.reset("gone");
        });
        assert_eq!(next, r#"{"name":"x","query_mode":"sql"}"#);
    }

    #[test]
    fn one_list_of_the_rules_does_not_cost_the_other() {
        let deny = |patch: &mut Patch| patch.set_inner("statement_rules", "deny", json!(["ddl"]));
        for (current, want) in [
            (
                r#"{"statement_rules":{"allow":["select"],"new":1.0}}"#,
                r#"{"statement_rules":{"allow":["select"],"deny":["ddl"],"new":1.0}}"#,
            ),
            (
                r#"{"statement_rules":{"deny":["x"]}}"#,
                r#"{"statement_rules":{"deny":["ddl"]}}"#,
            ),
            (
                r#"{"statement_rules":null}"#,
                r#"{"statement_rules":{"deny":["ddl"]}}"#,
            ),
            (r#"{}"#, r#"{"statement_rules":{"deny":["ddl"]}}"#),
        ] {
            assert_eq!(apply(current, deny), want);
        }
        // What is no object cannot be changed in part, and is not thrown away either.
        let mut patch = Patch::default();
        deny(&mut patch);
        let current = serde_json::from_str(r#"{"statement_rules":[1]}"#).unwrap();
        assert!(patch.apply(current, &[]).unwrap_err().is_decode());
    }

    #[test]
    fn an_item_is_added_to_what_is_there_by_then_and_not_twice() {
        let add = |patch: &mut Patch| {
            patch.add("m", json!({"t": 1}));
            patch.add("m", json!({"t": 2}));
        };
        for (current, want) in [
            (
                r#"{"m":[{"t":0,"new":1.50}]}"#,
                r#"{"m":[{"t":0,"new":1.50},{"t":1},{"t":2}]}"#,
            ),
            (r#"{"m":[{ "t" : 2 }]}"#, r#"{"m":[{ "t" : 2 },{"t":1}]}"#),
            (r#"{"m":null}"#, r#"{"m":[{"t":1},{"t":2}]}"#),
            (r#"{}"#, r#"{"m":[{"t":1},{"t":2}]}"#),
        ] {
            assert_eq!(apply(current, add), want);
        }
        let replaced = apply(r#"{"m":[0]}"#, |patch| {
            patch.set("m", json!([]));
            add(patch);
        });
        assert_eq!(replaced, r#"{"m":[{"t":1},{"t":2}]}"#);
        let emptied = apply(r#"{"m":[0]}"#, |patch| {
            patch.reset("m");
            add(patch);
        });
        assert_eq!(emptied, r#"{"m":[{"t":1},{"t":2}]}"#);
        let mut patch = Patch::default();
        add(&mut patch);
        let current = serde_json::from_str(r#"{"m":{}}"#).unwrap();
        assert!(patch.apply(current, &[]).unwrap_err().is_decode());
        let malformed = apply(r#"{"m":[0]}"#, |patch| {
            patch.set("m", json!({"a": 1}));
            add(patch);
        });
        assert_eq!(malformed, r#"{"m":{"a":1}}"#);
    }

    #[test]
    fn the_last_change_of_a_member_counts() {
        let current = r#"{"r":{"allow":["a"]},"m":1}"#;
        assert_eq!(
            apply(current, |patch| {
                patch.reset("r");
                patch.set_inner("r", "deny", json!(["d"]));
                patch.set("m", json!(2));
                patch.reset("m");
            }),
            r#"{"r":{"deny":["d"]}}"#
        );
        assert_eq!(
            apply(current, |patch| {
                patch.set("r", json!({"allow": []}));
                patch.set_inner("r", "deny", json!(["d"]));
            }),
            r#"{"m":1,"r":{"allow":[],"deny":["d"]}}"#
        );
        assert_eq!(
            apply(current, |patch| {
                patch.set_inner("r", "deny", json!(["d"]));
                patch.set_inner("r", "deny", json!(["e"]));
                patch.set_inner("r", "x", json!(1));
            }),
            r#"{"m":1,"r":{"allow":["a"],"deny":["e"],"x":1}}"#
        );
    }

    #[test]
    fn the_values_that_are_set_can_be_checked() {
        let mut patch = Patch::default();
        patch.set("a", json!(1));
        patch.reset("b");
        patch.set_inner("c", "d", json!([]));
        assert_eq!(
            Value::Object(patch.values()),
            json!({"a": 1, "c": {"d": []}})
        );
        assert!(patch.changes("b") && patch.resets("b") && !patch.resets("a"));
    }
}
