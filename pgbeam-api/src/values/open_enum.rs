//! Open enumerations: named values and unknown values.
//!
//! The API may add values at any time. An unknown value is kept, can be compared and printed, and is sent
//! back unchanged.

use std::{borrow::Cow, fmt};

/// An enumeration value that this version of the crate does not know.
///
/// To send such a value, convert a string to the enumeration with `from` or `parse`. A string that equals a
/// known value becomes its named variant, so an `UnknownValue` never equals a known value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    #[doc(hidden)]
    pub fn new(value: &str) -> Self {
        Self(value.into())
    }

    /// Returns the value as it appears in JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Defines an open enumeration. The arguments are its variants with their JSON values.
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
            /// A value that this version of the crate does not know. It is sent unchanged.
            Unknown($crate::UnknownValue),
        }

        impl ::std::default::Default for $name {
            /// Returns the first known value. Request types contain this value in a required field that is
            /// not set. The value is never sent, because the missing field is a validation error.
            fn default() -> Self {
                Self::from(Self::KNOWN[0])
            }
        }

        impl $name {
            /// The JSON values of the named variants, in the order of the API contract.
            pub const KNOWN: &'static [&'static str] = &[$($value),+];

            /// Returns the string that represents the value in JSON, without quotes. Unknown values are unchanged.
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
            fn validate(&self, _: &mut $crate::ValidationErrors) {}
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

/// Deserializes a string and converts it with `From<&str>`. All open enumerations share this function, which
/// keeps the code small.
pub fn deserialize<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct StringVisitor;
    impl<'de> serde::de::Visitor<'de> for StringVisitor {
        type Value = Cow<'de, str>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_borrowed_str<E: serde::de::Error>(
            self,
            value: &'de str,
        ) -> Result<Self::Value, E> {
            Ok(Cow::Borrowed(value))
        }
        fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
            Ok(Cow::Owned(value.to_owned()))
        }
    }
    Ok(T::from(&from.deserialize_str(StringVisitor)?))
}

#[cfg(test)]
mod tests {
    crate::open_enum! {
        /// A mode for the tests.
        Mode {
            /// Off.
            Off = "off",
            /// Only reads.
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
        for json in ["\"turbo\"", "\"\"", "\"OFF\"", "\"a\\nb\""] {
            let mode: Mode = serde_json::from_str(json).unwrap();
            assert!(matches!(mode, Mode::Unknown(_)), "{json}");
            assert_eq!(mode, mode.as_str().parse::<Mode>().unwrap());
            assert_eq!(serde_json::to_string(&mode).unwrap(), json);
        }
        assert_ne!(Mode::from("turbo"), Mode::from("eco"));
    }

    #[test]
    fn rejects_json_that_is_not_a_string() {
        for json in ["1", "null", "{}", "[\"off\"]"] {
            assert!(serde_json::from_str::<Mode>(json).is_err(), "{json}");
        }
    }
}
