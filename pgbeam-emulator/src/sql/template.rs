//! The part of a query template that verdicts depend on.

use super::kind::Kind;
use super::normalise::normalise;

/// An enabled query template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EnabledTemplate {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The SQL as [`normalise`] writes it, with which statements are compared.
    pub(crate) normalised: String,
}

impl EnabledTemplate {
    pub(crate) fn new(name: &str, kind: Kind, sql: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            normalised: normalise(sql),
        }
    }
}
