//! A request that has passed the checks all operations share, as its handler sees it.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::answer::Answer;
use crate::problem::Problem;
use crate::store::Project;

/// What a handler decides.
pub(crate) type Outcome = Result<Answer, Problem>;

/// A request for one operation, with the project it is about.
pub(crate) struct Call<'a> {
    pub(crate) project: &'a mut Project,
    pub(crate) project_id: &'a str,
    /// The last identifier of the path, that of the project when it has no other.
    pub(crate) id: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) now: DateTime<Utc>,
}
