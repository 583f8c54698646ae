//! `Nullable`: the value of a field in a PATCH body, or `null` to remove the stored value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A nullable field of a PATCH body: a new value, or `null` to remove the stored value.
///
/// The type of the field is `Option<Nullable<T>>`. `None` omits the field, which keeps the stored value.
/// [`Null`](Self::Null) is sent as `null` and removes the stored value. [`Value`](Self::Value) replaces it.
///
/// A setter accepts `None::<T>` too and converts it to `Null`. To keep the stored value, do not call the
/// setter.
///
/// ```
/// use pgbeam_api::Nullable;
///
/// let new: Nullable<String> = "pol_xxx".into();
/// assert_eq!(new.value().map(String::as_str), Some("pol_xxx"));
/// assert_eq!(Nullable::<String>::Null.value(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// Removes the stored value. Sent as `null`.
    Null,
    /// Replaces the stored value.
    Value(T),
}

impl<T> Nullable<T> {
    /// Returns the value, or `None` for `Null`.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl From<&str> for Nullable<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// Deserializes a field that is present in the JSON. `null` becomes `Some(Nullable::Null)`, not `None`.
pub fn deserialize_nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Nullable<T>>, D::Error> {
    Nullable::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Body {
        #[serde(
            default,
            deserialize_with = "deserialize_nullable",
            skip_serializing_if = "Option::is_none"
        )]
        limit: Option<Nullable<i64>>,
    }

    #[test]
    fn absent_null_and_a_value_survive_a_round_trip() {
        for (json, limit) in [
            ("{}", None),
            (r#"{"limit":null}"#, Some(Nullable::Null)),
            (r#"{"limit":7}"#, Some(Nullable::from(7))),
        ] {
            assert_eq!(serde_json::from_str::<Body>(json).unwrap(), Body { limit });
            assert_eq!(serde_json::to_string(&Body { limit }).unwrap(), json);
        }
        assert!(serde_json::from_str::<Body>(r#"{"limit":"x"}"#).is_err());
    }

    #[test]
    fn converts_from_values_and_options() {
        assert_eq!(
            Nullable::<String>::from("a"),
            Nullable::Value("a".to_owned())
        );
        assert_eq!(Nullable::from(Some(1)), Nullable::Value(1));
        assert_eq!(Nullable::from(None::<i64>), Nullable::<i64>::Null);
    }
}
