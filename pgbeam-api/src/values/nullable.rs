//! What can be taken away.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of a PATCH that can be taken away: sent as null, it removes what is stored, where a field
/// that is not sent leaves it as it is.
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
    /// No value any more.
    Null,
    /// This value.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, unless it is null.
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
    fn from(text: &str) -> Self {
        Self::Value(text.to_owned())
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

/// Reads a field that is there: null is [`Nullable::Null`], not an absent field.
pub fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
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
            deserialize_with = "read",
            skip_serializing_if = "Option::is_none"
        )]
        of: Option<Nullable<i64>>,
    }

    #[test]
    fn absent_null_and_a_value_are_three_things_both_ways() {
        for (json, of) in [
            ("{}", None),
            (r#"{"of":null}"#, Some(Nullable::Null)),
            (r#"{"of":7}"#, Some(Nullable::from(7))),
        ] {
            assert_eq!(serde_json::from_str::<Body>(json).unwrap(), Body { of });
            assert_eq!(serde_json::to_string(&Body { of }).unwrap(), json);
        }
        assert!(serde_json::from_str::<Body>(r#"{"of":"x"}"#).is_err());
    }

    #[test]
    fn comes_from_what_there_is() {
        assert_eq!(
            Nullable::<String>::from("a"),
            Nullable::Value("a".to_owned())
        );
        assert_eq!(Nullable::from(Some(1)), Nullable::Value(1));
        assert_eq!(Nullable::from(None::<i64>), Nullable::<i64>::Null);
    }
}
