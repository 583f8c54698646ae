//! What generated code stands on, under one path.
//!
//! Not for use by hand: it changes with the generator.

pub use http::Method;
pub use serde;

pub use crate::{
    ByteStream, Call, Client, Conditional, Content, ConversionError, Error, ErrorKind, Idempotency,
    InvalidId, Location, Operation, Parameter, Response, Secret, Validate, Violations,
    call::parameter,
    id::check as check_id,
    open_enum,
    open_enum::deserialize as deserialize_open_enum,
    path_id,
    stream::{Pieces, collect},
    validate::{Step, matches},
};
