//! Identifiers of resources in paths: one type for each kind of resource.
//!
//! The pattern in the API contract accepts `.` and `..`. URL libraries resolve such segments, even if they
//! are percent-encoded: `DELETE …/policies/..` would become `DELETE …/projects/{id}/` and delete the
//! project. The identifier types reject them before a request is sent.

use std::fmt;

use crate::http::path::is_slug_byte;

/// The error for a string that is not a valid identifier.
///
/// The message says what to pass instead. The error converts into a [`crate::Error`] of kind
/// [`Invalid`](crate::ErrorKind::Invalid).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    field: &'static str,
    value: String,
    reason: &'static str,
}

impl InvalidId {
    /// Returns the name of the path parameter, for example `policy_id`.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns why the value is invalid and what to pass instead.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.field, self.value, self.reason)
    }
}

impl std::error::Error for InvalidId {}

/// Checks that `value` is a valid identifier. `field` is the name of the path parameter in the error.
///
/// # Errors
///
/// If `value` is empty, `.` or `..`, or contains a character other than ASCII letters, digits, `_`, `.` and
/// `-`.
pub fn check(field: &'static str, value: &str) -> Result<(), InvalidId> {
    let reason = if value.is_empty() {
        "is empty: pass the identifier that the API returned"
    } else if value == "." || value == ".." {
        "would change the URL path: pass the identifier that the API returned"
    } else if !value.bytes().all(|b| is_slug_byte(b) || b == b'.') {
        "must contain only ASCII letters, digits, `_`, `.` and `-`"
    } else {
        return Ok(());
    };
    // Keeps messages short.
    let value = value.chars().take(64).collect();
    Err(InvalidId {
        field,
        value,
        reason,
    })
}

/// Defines the identifier type of one kind of resource. The second argument is the name of the path
/// parameter, for errors.
#[doc(hidden)]
#[macro_export]
macro_rules! path_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Creates an identifier from the string that the API returned.
            ///
            /// # Errors
            ///
            /// If it is empty, `.` or `..`, or contains a character other than ASCII letters, digits,
            /// `_`, `.` and `-`.
            pub fn new(id: impl Into<String>) -> Result<Self, $crate::runtime::InvalidId> {
                let id = id.into();
                $crate::runtime::check_id($field, &id)?;
                Ok(Self(id))
            }

            /// Returns the identifier as a string.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::runtime::InvalidId;
            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Self::new(id)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::runtime::InvalidId;
            fn try_from(id: &str) -> Result<Self, Self::Error> {
                Self::new(id)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::runtime::InvalidId;
            fn try_from(id: String) -> Result<Self, Self::Error> {
                Self::new(id)
            }
        }

        impl TryFrom<&String> for $name {
            type Error = $crate::runtime::InvalidId;
            fn try_from(id: &String) -> Result<Self, Self::Error> {
                Self::new(id.as_str())
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl $crate::runtime::serde::Serialize for $name {
            fn serialize<S: $crate::runtime::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::runtime::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::runtime::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let id = <String as $crate::runtime::serde::Deserialize>::deserialize(from)?;
                Self::new(id).map_err($crate::runtime::serde::de::Error::custom)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    crate::path_id!(
        /// An identifier for the tests.
        PolicyId,
        "policy_id"
    );

    #[test]
    fn accepts_valid_identifiers_and_rejects_those_that_change_the_path() {
        for valid in ["pol_1", "a", "...", ".a", "a..", "A-b.C_9"] {
            assert_eq!(PolicyId::new(valid).unwrap().as_str(), valid);
        }
        for invalid in [
            "", ".", "..", "a/b", "/", "%2e%2e", "a b", "a?b", "a#b", "é", "a\n", "\\",
        ] {
            let error = PolicyId::new(invalid).unwrap_err();
            assert_eq!(error.field(), "policy_id", "{invalid:?}");
            assert!(invalid.parse::<PolicyId>().is_err());
            assert!(PolicyId::try_from(invalid.to_owned()).is_err());
            let json = serde_json::to_string(invalid).unwrap();
            assert!(serde_json::from_str::<PolicyId>(&json).is_err());
        }
    }

    #[test]
    fn the_message_has_the_value_and_the_remedy() {
        let error = PolicyId::new("..").unwrap_err();
        assert_eq!(
            error.to_string(),
            "policy_id \"..\" would change the URL path: pass the identifier that the API returned"
        );
        let long = PolicyId::new("/".repeat(10_000)).unwrap_err();
        assert!(long.to_string().len() < 200);
    }

    #[test]
    fn is_a_string_in_json() {
        let id = PolicyId::new("pol_1").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"pol_1\"");
        assert_eq!(serde_json::from_str::<PolicyId>("\"pol_1\"").unwrap(), id);
    }

    #[test]
    fn accepts_only_letters_digits_underscore_dot_and_hyphen() {
        for byte in 0..=127_u8 {
            let value = format!("a{}b", char::from(byte));
            let is_valid =
                matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'.' | b'-');
            assert_eq!(PolicyId::new(&value).is_ok(), is_valid, "{value:?}");
        }
    }
}
