//! `ConversionError`: the error that a generated builder returns if a required field is missing or a value
//! cannot be converted.

use std::{borrow::Cow, fmt};

/// The error of a generated builder: a required field is missing, or a value could not be converted.
#[derive(Clone, PartialEq, Eq)]
pub struct ConversionError(Cow<'static, str>);

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for ConversionError {}

impl From<&'static str> for ConversionError {
    fn from(message: &'static str) -> Self {
        Self(message.into())
    }
}

impl From<String> for ConversionError {
    fn from(message: String) -> Self {
        Self(message.into())
    }
}
