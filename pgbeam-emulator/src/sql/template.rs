//! The fields of a query template that verdicts depend on.

use super::kind::Kind;
use super::normalize::normalize;

/// An enabled query template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EnabledTemplate {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The result of [`normalize`], to compare with statements.
    pub(crate) normalized: String,
}

impl EnabledTemplate {
    pub(crate) fn new(name: &str, kind: Kind, sql: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            normalized: normalize(sql),
        }
    }
}
