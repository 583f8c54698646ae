//! Path identifiers: one type a resource, which refuses what would change the path it stands in.
//!
//! The contract's pattern admits `.` and `..`. A URL library collapses such segments, escaped ones
//! too, so that `DELETE …/policies/..` would become `DELETE …/projects/{id}/` and delete the
//! project. They are refused here, before anything is sent.

use std::fmt;

use crate::http::path::is_plain;

/// A text that cannot be an identifier.
///
/// The remedy is in its message. It converts into [`crate::Error`] of kind
/// [`Invalid`](crate::ErrorKind::Invalid).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    field: &'static str,
    value: String,
    reason: &'static str,
}

impl InvalidId {
    /// The name of the path parameter, for example `policy_id`.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// What is wrong with the value and what to give instead.
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

/// Checks `value` against what every identifier of the contract must be.
pub fn check(field: &'static str, value: &str) -> Result<(), InvalidId> {
    let reason = if value.is_empty() {
        "is empty: give the identifier that the API returned"
    } else if value == "." || value == ".." {
        "would name another resource: give the identifier that the API returned"
    } else if !value.bytes().all(|b| is_plain(b) || b == b'.') {
        "may hold only ASCII letters, digits, `_`, `.` and `-`"
    } else {
        return Ok(());
    };
    // Long enough for any identifier, short enough for a message.
    let value = value.chars().take(64).collect();
    Err(InvalidId {
        field,
        value,
        reason,
    })
}

/// Defines the identifier type of one resource.
#[doc(hidden)]
#[macro_export]
macro_rules! path_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes an identifier as the API returned it.
            ///
            /// # Errors
            ///
            /// When it is empty, `.` or `..`, or holds a character other than ASCII letters,
            /// digits, `_`, `.` and `-`.
            pub fn new(id: impl Into<String>) -> Result<Self, $crate::runtime::InvalidId> {
                let id = id.into();
                $crate::runtime::check_id($field, &id)?;
                Ok(Self(id))
            }

            /// The identifier as text.
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
        ThingId,
        "thing_id"
    );

    #[test]
    fn accepts_what_the_contract_admits_and_nothing_that_moves_the_path() {
        for good in ["pol_1", "a", "...", ".a", "a..", "A-b.C_9"] {
            assert_eq!(ThingId::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "", ".", "..", "a/b", "/", "%2e%2e", "a b", "a?b", "a#b", "é", "a\n", "\\",
        ] {
            let error = ThingId::new(bad).unwrap_err();
            assert_eq!(error.field(), "thing_id", "{bad:?}");
            assert!(bad.parse::<ThingId>().is_err());
            assert!(ThingId::try_from(bad.to_owned()).is_err());
            let json = serde_json::to_string(bad).unwrap();
            assert!(serde_json::from_str::<ThingId>(&json).is_err());
        }
    }

    #[test]
    fn says_what_was_given_and_what_to_give() {
        let error = ThingId::new("..").unwrap_err();
        assert_eq!(
            error.to_string(),
            "thing_id \"..\" would name another resource: give the identifier that the API returned"
        );
        let long = ThingId::new("/".repeat(10_000)).unwrap_err();
        assert!(long.to_string().len() < 200);
    }

    #[test]
    fn is_plain_text_in_json() {
        let id = ThingId::new("pol_1").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"pol_1\"");
        assert_eq!(serde_json::from_str::<ThingId>("\"pol_1\"").unwrap(), id);
    }

    #[test]
    fn of_ascii_only_letters_digits_and_three_marks_are_accepted() {
        for byte in 0..=127_u8 {
            let value = format!("a{}b", char::from(byte));
            let is_valid =
                matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'.' | b'-');
            assert_eq!(ThingId::new(&value).is_ok(), is_valid, "{value:?}");
        }
    }
}
