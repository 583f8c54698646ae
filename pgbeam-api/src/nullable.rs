//! A field that can be left alone, set, or cleared.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is sent for a field whose `null` means something else than leaving it out: `null` clears it.
///
/// A value converts into one, and so does an `Option`, whose `None` is `null`. Not to set the field at
/// all leaves it as it is.
///
/// ```
/// use pgbeam_api::Nullable;
///
/// assert_eq!(Nullable::from("pol_xxx"), Nullable::Value("pol_xxx".to_owned()));
/// assert_eq!(Nullable::<String>::from(None), Nullable::Null);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// `null`: the field is cleared.
    Null,
    /// The field is set to this.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, if it is one.
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

impl From<&str> for Nullable<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(to)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::Nullable;

    #[test]
    fn null_is_sent_and_read() {
        for (value, json) in [(Nullable::Null, "null"), (Nullable::Value(7), "7")] {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<Nullable<i64>>(json).unwrap(), value);
        }
    }
}
