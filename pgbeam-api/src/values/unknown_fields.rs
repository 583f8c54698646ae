//! `UnknownFields`: the fields of an object that this version of the crate does not know.
//!
//! The API may add fields at any time. Objects keep unknown fields, so that a client that reads a resource,
//! changes it and sends it back does not remove them.

use std::{fmt, mem};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
    ser::{self, SerializeMap},
};
use serde_json::{Map, Value};

/// The fields of an object that this version of the crate does not know, by name.
///
/// They are serialized next to the known fields. `Debug` prints only the names, because a value may be a
/// secret.
///
/// A field whose JSON does not fit a [`Value`], such as the number `1e999`, cannot be read or sent. `get` and
/// `iter` skip the field. Serializing the object is an error that names the field, because its value would
/// change. To send the object, remove the field with `remove` or replace its value with `insert`.
#[derive(Clone, Default, PartialEq)]
pub struct UnknownFields(Option<Box<Fields>>);

#[derive(Clone, Default, PartialEq)]
struct Fields {
    values: Map<String, Value>,
    /// The fields whose JSON does not fit a `Value`, such as the number `1e999`. Each value is a string that
    /// contains the JSON.
    raw: Map<String, Value>,
}

impl UnknownFields {
    /// Returns `true` if the object has no unknown fields.
    pub fn is_empty(&self) -> bool {
        let is_empty = |fields: &Fields| fields.values.is_empty() && fields.raw.is_empty();
        self.0.as_deref().is_none_or(is_empty)
    }

    /// Returns the value of an unknown field, or `None` if there is no field with this name, or its JSON does
    /// not fit a [`Value`].
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref()?.values.get(name)
    }

    /// Returns the fields with their values, sorted by name. Fields whose JSON does not fit a [`Value`] are
    /// skipped.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let fields = self.0.iter().flat_map(|fields| fields.values.iter());
        fields.map(|(name, value)| (name.as_str(), value))
    }

    /// Sets the value of an unknown field. Replaces a previous value, even if the JSON of the previous value
    /// does not fit a [`Value`].
    ///
    /// The name is not checked. Do not pass the name of a known field: the field would be sent twice.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, fields) = (name.into(), self.0.get_or_insert_default());
        fields.raw.remove(&name);
        fields.values.insert(name, value.into());
    }

    fn insert_json(&mut self, name: String, json: Json) {
        let fields = self.0.get_or_insert_default();
        match json {
            Json::Value(value) => fields.values.insert(name, value),
            Json::Raw(json) => fields.raw.insert(name, json.into()),
        };
    }

    /// Removes a field and returns its value. Returns `None` if there is no field with this name. If the JSON
    /// of the field does not fit a [`Value`], removes the field and returns `None`.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let fields = self.0.as_mut()?;
        fields.raw.remove(name);
        fields.values.remove(name)
    }
}

impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = self.0.iter().flat_map(|fields| fields.raw.keys());
        let names = self.iter().map(|(name, _)| name);
        f.debug_set()
            .entries(names.chain(raw.map(String::as_str)))
            .finish()
    }
}

impl Serialize for UnknownFields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut raw = self.0.iter().flat_map(|fields| fields.raw.keys());
        if let Some(name) = raw.next() {
            return Err(ser::Error::custom(format!(
                "serializing `{name}` would change its value"
            )));
        }
        let mut map = to.serialize_map(None)?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Implements `Serialize` and `Deserialize` for a type with `#[serde(remote = "Self")]` derives and a field
/// `unknown_fields`.
#[doc(hidden)]
#[macro_export]
macro_rules! keep_unknown_fields {
    ($name:ident) => {
        impl $crate::runtime::serde::Serialize for $name {
            fn serialize<S: $crate::runtime::serde::Serializer>(
                &self,
                to: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                Self::serialize(self, to)
            }
        }

        impl<'de> $crate::runtime::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::runtime::serde::Deserializer<'de>>(
                from: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let mut unknown_fields = $crate::UnknownFields::default();
                let known = $crate::runtime::KnownFields::new(from, &mut unknown_fields);
                let mut value = Self::deserialize(known);
                // Sets the field in place, because a value may be large to move.
                if let Ok(value) = &mut value {
                    value.unknown_fields = unknown_fields;
                }
                value
            }
        }
    };
}

/// Deserializes a struct from its known fields and collects the unknown fields.
#[doc(hidden)]
pub struct KnownFields<'a, D> {
    from: D,
    unknown: &'a mut UnknownFields,
}

impl<'a, D> KnownFields<'a, D> {
    /// Creates a deserializer that collects unknown fields in `unknown`.
    pub fn new(from: D, unknown: &'a mut UnknownFields) -> Self {
        Self { from, unknown }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for KnownFields<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // `deserialize_struct` of a flattened struct would pass only the known fields.
        self.from.deserialize_map(Known {
            inner: visitor,
            name: Name::default(),
            unknown: self.unknown,
        })
    }

    // Derived implementations of structs call only `deserialize_struct`.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("expected a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Collects the unknown fields. `inner` is first the visitor of a derived implementation. `visit_map` then
/// passes that visitor another `Known`, whose `inner` is the map access.
struct Known<'a, 'de, T> {
    inner: T,
    /// The name of the field whose value is read next.
    name: Name<'de>,
    unknown: &'a mut UnknownFields,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Known<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Known {
            inner: map,
            name: self.name,
            unknown: self.unknown,
        })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Known<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let name = &mut self.name;
        self.inner.next_key_seed(Key { seed, name })
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        // Derived implementations deserialize an unknown field as a zero-sized `IgnoredAny`. No known field
        // has a zero-sized type.
        if size_of::<T::Value>() > 0 {
            return self.inner.next_value_seed(seed);
        }
        let name = match self.name.borrowed {
            Some(name) => name.to_owned(),
            None => mem::take(&mut self.name.owned),
        };
        let json = self.inner.next_value::<Json>()?;
        self.unknown.insert_json(name, json);
        seed.deserialize(().into_deserializer())
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The name of a field. Borrowed from the input, unless it contains escapes.
#[derive(Default)]
struct Name<'de> {
    borrowed: Option<&'de str>,
    /// The name if `borrowed` is `None`.
    owned: String,
}

/// Deserializes a field name with `seed`, and also stores it in `name`.
struct Key<'a, 'de, K> {
    seed: K,
    name: &'a mut Name<'de>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, 'de, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<K::Value, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for Key<'_, 'de, K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, name: &'de str) -> Result<K::Value, E> {
        self.name.borrowed = Some(name);
        self.seed.deserialize(name.into_deserializer())
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<K::Value, E> {
        self.name.borrowed = None;
        name.clone_into(&mut self.name.owned);
        self.seed.deserialize(name.into_deserializer())
    }
}

/// Any JSON: a `Value`, or a string that contains the JSON if it does not fit a `Value`.
enum Json {
    Value(Value),
    Raw(String),
}

/// The struct name by which `serde_json` recognizes its `RawValue`; it then returns raw JSON. Other formats
/// ignore the name and return the value.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(RAW_VALUE, AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        Value::deserialize(from).map(Json::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let _: Option<IgnoredAny> = map.next_key()?;
        let json: String = map.next_value()?;
        Ok(match serde_json::from_str(&json) {
            Ok(value) => Json::Value(value),
            Err(_) => Json::Raw(json),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::UnknownFields;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self")]
    struct Policy {
        name: String,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        type_: Option<String>,
        #[serde(flatten, skip_deserializing)]
        unknown_fields: UnknownFields,
    }
    crate::keep_unknown_fields!(Policy);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        kind: String,
        #[serde(flatten)]
        policy: Policy,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Policy(Policy),
    }

    #[test]
    fn unknown_fields_survive_a_round_trip() {
        for json in [
            json!({"name": "a"}),
            json!({"name": "a", "type": "b"}),
            json!({"zzz": {"x": [1.5, null]}, "name": "a", "aaa": "\u{e9}"}),
        ] {
            let policy: Policy = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(serde_json::to_value(&policy).unwrap(), json);
            let escaped = json.to_string().replace('e', "\\u0065");
            assert_eq!(serde_json::from_str::<Policy>(&escaped).unwrap(), policy);
        }
        let policy: Policy = serde_json::from_value(json!({"name": "a", "b": 1, "c": 2})).unwrap();
        assert_eq!(policy.unknown_fields.get("b"), Some(&json!(1)));
        assert_eq!(policy.unknown_fields.iter().count(), 2);
    }

    #[test]
    fn keeps_names_with_escapes_and_empty_names() {
        let json = r#"{"n\u0061me": "a", "\u0062c": 1, "": 2, "d": 3, "ty\u0070e": "t", "\"": 4}"#;
        let expected = json!({"name": "a", "bc": 1, "": 2, "d": 3, "type": "t", "\"": 4});
        let policy: Policy = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_value(&policy).unwrap(), expected);
        let policy: Policy = serde_json::from_value(expected.clone()).unwrap();
        assert_eq!(serde_json::to_value(&policy).unwrap(), expected);
    }

    #[test]
    fn flattened_and_tagged_types_keep_unknown_fields() {
        let json = json!({"kind": "Policy", "name": "a", "new": [1]});
        let outer: Outer = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&outer).unwrap(), json);
        let Tagged::Policy(policy) = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(policy.unknown_fields.get("new"), Some(&json!([1])));
        assert_eq!(serde_json::to_value(Tagged::Policy(policy)).unwrap(), json);
    }

    #[test]
    fn deserializes_a_value_that_would_change_and_rejects_its_serialization() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for value in ["1e999", "[-1e999]", &deep] {
            let json = format!(r#"{{"name": "a", "new": {value}, "type": "b"}}"#);
            let policy: Policy = serde_json::from_str(&json).unwrap();
            assert_eq!(
                (policy.name.as_str(), policy.type_.as_deref()),
                ("a", Some("b"))
            );
            assert!(!policy.unknown_fields.is_empty());
            assert!(format!("{policy:?}").contains("new"));
            let error = serde_json::to_string(&policy).unwrap_err().to_string();
            assert!(
                error.contains("serializing `new` would change its value"),
                "{error}"
            );
        }
    }

    #[test]
    fn removes_and_replaces_a_field_that_does_not_fit_a_value() {
        let read = || serde_json::from_str::<Policy>(r#"{"name": "a", "new": 1e999}"#).unwrap();
        let mut policy = read();
        assert_eq!(policy.unknown_fields.remove("new"), None);
        assert!(policy.unknown_fields.is_empty());
        assert_eq!(serde_json::to_value(&policy).unwrap(), json!({"name": "a"}));
        let mut policy = read();
        policy.unknown_fields.insert("new", 1);
        assert_eq!(policy.unknown_fields.get("new"), Some(&json!(1)));
        let expected = json!({"name": "a", "new": 1});
        assert_eq!(serde_json::to_value(&policy).unwrap(), expected);
        assert_eq!(policy.unknown_fields.remove("new"), Some(json!(1)));
    }

    #[test]
    fn debug_shows_names_without_values() {
        let json = json!({"name": "a", "token": "hunter2"});
        let policy: Policy = serde_json::from_value(json).unwrap();
        let output = format!("{policy:?}");
        assert!(
            output.contains("token") && !output.contains("hunter2"),
            "{output}"
        );
    }

    #[test]
    fn keeps_the_error_messages_of_the_derived_implementation() {
        let message = |json: &str| {
            serde_json::from_str::<Policy>(json)
                .unwrap_err()
                .to_string()
        };
        assert!(message("{}").starts_with("missing field `name`"));
        assert!(message(r#"{"name":"a","name":"b"}"#).starts_with("duplicate field `name`"));
        assert!(message("7").starts_with("invalid type: integer `7`, expected struct Policy"));
    }
}
