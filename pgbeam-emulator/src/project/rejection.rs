//! `Rejection`: the error of the methods of `ProjectHandle`.

use std::fmt;

use http::StatusCode;

use crate::http::problem::Problem;

/// The error of a method of [`ProjectHandle`](crate::ProjectHandle). It has the content of the error response that a
/// request would get.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rejection {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `detail` of the problem document.
    pub detail: String,
    /// The validation errors, as pairs of a field's path and a description.
    pub fields: Vec<(String, String)>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.detail)?;
        for (field, detail) in &self.fields {
            write!(f, "; {field} {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status,
            detail: problem.detail,
            fields: problem
                .errors
                .into_iter()
                .map(|error| (error.field, error.detail))
                .collect(),
        }
    }
}
