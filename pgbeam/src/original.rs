//! The JSON that a value was read from, kept beside it: what the API said in fields that this
//! version does not know is not lost to whoever writes the value down.

use std::fmt;

use pgbeam_api::{Conditional, Error, RawResponse, Response};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _,
    ser::Error as _,
};
use serde_json::value::RawValue;

/// JSON as it came, byte for byte.
#[derive(Clone)]
pub(crate) enum Original {
    /// A whole answer, which is known to be JSON since something was read from it. What nobody reads
    /// may hold what is no UTF-8: that is looked into when it is written, which it seldom is.
    Body(Box<[u8]>),
    /// A part of one.
    Part(Box<RawValue>),
}

impl Serialize for Original {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Body(body) => {
                let text = String::from_utf8_lossy(body);
                let json: &RawValue = serde_json::from_str(&text).map_err(S::Error::custom)?;
                json.serialize(to)
            }
            Self::Part(json) => json.serialize(to),
        }
    }
}

impl PartialEq for Original {
    /// Values are compared by what was read: how it was written makes no difference.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Original {
    /// What was read is shown beside it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

/// A value with the JSON that it was read from.
pub(crate) struct Kept<T> {
    pub(crate) value: T,
    pub(crate) original: Original,
}

/// Reads an answer and keeps it: what is quicker for a whole one than to find out where it ends.
pub(crate) fn read<T: DeserializeOwned>(
    answer: Box<RawResponse>,
) -> Result<Response<Kept<T>>, Error> {
    let original = Original::of(&answer);
    Ok(answer.json::<T>()?.map(|value| Kept { value, original }))
}

/// Reads the answer to a conditional request and keeps it.
pub(crate) fn read_conditional<T: DeserializeOwned>(
    answer: Box<RawResponse>,
) -> Result<Conditional<Kept<T>>, Error> {
    let original = Original::of(&answer);
    Ok(answer
        .conditional::<T>()?
        .map(|value| Kept { value, original }))
}

impl Original {
    /// The body of a success, as a copy: a part of the buffer that it came in would keep all of it.
    fn of(answer: &RawResponse) -> Self {
        let body = if answer.status.is_success() {
            answer.body.as_ref()
        } else {
            &[]
        };
        Self::Body(body.into())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(from)?;
        let value = serde_json::from_str(json.get()).map_err(D::Error::custom)?;
        Ok(Self {
            value,
            original: Original::Part(json),
        })
    }
}

/// Writes a type as the JSON that it was read from: its field of this name.
macro_rules! written_as_it_came {
    ($name:ty) => {
        impl ::serde::Serialize for $name {
            /// Writes what the API sent, fields that this version of the crate does not know
            /// included, in the contract's own form.
            fn serialize<S: ::serde::Serializer>(
                &self,
                to: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                self.original.serialize(to)
            }
        }
    };
}
pub(crate) use written_as_it_came;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_kept_to_the_byte() {
        let text = r#"[ {"a" : 1.50}, 123456789012345678901234567890 ]"#;
        let kept: Vec<Kept<serde_json::Value>> = serde_json::from_str(text).unwrap();
        assert_eq!(kept[0].value["a"], 1.5);
        assert_eq!(
            serde_json::to_string(&kept[0].original).unwrap(),
            r#"{"a" : 1.50}"#
        );
        let number = serde_json::to_string(&kept[1].original).unwrap();
        assert_eq!(number, "123456789012345678901234567890");
        assert_eq!(
            kept[0].original, kept[1].original,
            "only what was read is compared"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let Err(error) = serde_json::from_str::<Kept<u8>>("\"x\"") else {
            panic!("no number")
        };
        let want = "invalid type: string \"x\", expected u8 at line 1 column 3";
        assert_eq!(error.to_string(), want);
    }
}
