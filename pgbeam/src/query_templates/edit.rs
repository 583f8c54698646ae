//! What may be changed of a query template: see
//! [`QueryTemplates::edit`](super::QueryTemplates::edit).

use super::{Param, QueryTemplate};
use crate::request::Edit;

/// The fields of a query template.
impl Edit<QueryTemplate> {
    /// Sets the name that agents use.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.set("name", name.into())
    }

    /// Sets the statement.
    pub fn sql(self, sql: impl Into<String>) -> Self {
        self.set("sql", sql.into())
    }

    /// Sets what the template is for, to be read by agents.
    pub fn description(self, text: impl Into<String>) -> Self {
        self.set("description", text.into())
    }

    /// Sets all parameters, in the order of `$1`, `$2`, ….
    pub fn params(self, params: impl IntoIterator<Item = Param>) -> Self {
        self.set("params", params.into_iter().collect::<Vec<_>>())
    }

    /// Sets whether agents see the statement.
    pub fn include_sql(self, include: bool) -> Self {
        self.set("include_sql", include)
    }

    /// Sets whether agents may use it.
    pub fn enabled(self, enabled: bool) -> Self {
        self.set("enabled", enabled)
    }
}
