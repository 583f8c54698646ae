//! Open enumerations: named values, and whatever else the server sends.
//!
//! The contract's sets of values may grow at any time. A value that this version does not name is
//! kept as it came, compares, prints, and is sent back unchanged.

use std::{borrow::Cow, fmt};

/// A value of an enumeration that this version of the crate does not name.
///
/// Only parsing makes one, so it never holds a value that a named variant stands for, and two
/// equal values are always equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    #[doc(hidden)]
    pub fn new(value: &str) -> Self {
        Self(value.into())
    }

    /// The value as the server sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Defines an open enumeration from its values on the wire.
#[doc(hidden)]
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$value_doc:meta])* $variant:ident = $value:literal, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$value_doc])* $variant, )+
            /// A value that this version of the crate does not name, kept as it came.
            Unknown($crate::UnknownValue),
        }

        impl ::std::default::Default for $name {
            /// The first value, as a placeholder in a value that is built field by field.
            fn default() -> Self {
                Self::from(Self::KNOWN[0])
            }
        }

        impl $name {
            /// The values that this version names, in the contract's order.
            pub const KNOWN: &'static [&'static str] = &[$($value),+];

            /// The value on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $value, )+
                    Self::Unknown(value) => value.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $( $value => Self::$variant, )+
                    other => Self::Unknown($crate::UnknownValue::new(other)),
                }
            }
        }

        impl From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;
            fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                Ok(Self::from(value))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl $crate::Validate for $name {
            fn validate(&self, _: &mut $crate::Violations) {}
        }

        impl $crate::runtime::serde::Serialize for $name {
            fn serialize<S: $crate::runtime::serde::Serializer>(&self, to: S) -> ::std::result::Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::runtime::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::runtime::serde::Deserializer<'de>>(from: D) -> ::std::result::Result<Self, D::Error> {
                $crate::runtime::deserialize_open_enum(from)
            }
        }
    };
}

/// Reads any string. The reading is one function for all enumerations, which keeps the code small.
pub fn deserialize<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct Text;
    impl<'de> serde::de::Visitor<'de> for Text {
        type Value = Cow<'de, str>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Cow::Borrowed(text))
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Cow::Owned(text.to_owned()))
        }
    }
    Ok(T::from(&from.deserialize_str(Text)?))
}

#[cfg(test)]
mod tests {
    crate::open_enum! {
        /// A mode for the tests.
        Mode {
            /// Off.
            Off = "off",
            /// On.
            ReadOnly = "read_only",
        }
    }

    #[test]
    fn known_values_have_names() {
        assert_eq!(Mode::from("read_only"), Mode::ReadOnly);
        assert_eq!(Mode::ReadOnly.to_string(), "read_only");
        assert_eq!(Mode::ReadOnly, "read_only");
        assert_eq!(Mode::KNOWN, ["off", "read_only"]);
    }

    #[test]
    fn an_unknown_value_survives_a_round_trip() {
        for text in ["\"turbo\"", "\"\"", "\"OFF\"", "\"a\\nb\""] {
            let mode: Mode = serde_json::from_str(text).unwrap();
            assert!(matches!(mode, Mode::Unknown(_)), "{text}");
            assert_eq!(mode, mode.as_str().parse::<Mode>().unwrap());
            assert_eq!(serde_json::to_string(&mode).unwrap(), text);
        }
        assert_ne!(Mode::from("turbo"), Mode::from("eco"));
    }

    #[test]
    fn only_a_string_is_a_value() {
        for text in ["1", "null", "{}", "[\"off\"]"] {
            assert!(serde_json::from_str::<Mode>(text).is_err(), "{text}");
        }
    }
}
