//! Values of the contract that plain Rust types cannot hold: identifiers, open enumerations,
//! nullable fields and secrets.

pub(crate) mod id;
pub(crate) mod nullable;
pub(crate) mod open_enum;
pub(crate) mod optional;
mod secret;

pub use id::InvalidId;
pub use nullable::Nullable;
pub use open_enum::UnknownValue;
pub use secret::Secret;
