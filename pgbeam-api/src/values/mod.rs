//! The types of field values: identifiers, open enumerations, nullable fields, secrets, timestamps and
//! unknown fields.

pub(crate) mod id;
pub(crate) mod nullable;
pub(crate) mod open_enum;
mod secret;
pub(crate) mod timestamp;
pub(crate) mod unknown_fields;

pub use id::InvalidId;
pub use nullable::Nullable;
pub use open_enum::UnknownValue;
pub use secret::Secret;
pub use timestamp::IntoTimestamp;
pub use unknown_fields::UnknownFields;
