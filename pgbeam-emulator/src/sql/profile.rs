//! The fields of a policy profile that verdicts depend on.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::closed_enum::{ClosedEnum, closed_enum};

closed_enum! {
    /// Whether writes are allowed at all.
    #[derive(Default)]
    AccessMode { #[default] ReadOnly = "read_only", ReadWrite = "read_write", }
}
closed_enum! {
    /// How writes are executed.
    #[derive(Default)]
    WriteMode { #[default] Normal = "normal", Rollback = "rollback", Sandbox = "sandbox", }
}
closed_enum! {
    /// Which statements require an approval.
    #[derive(Default)]
    ApprovalMode { #[default] Off = "off", Writes = "writes", Ddl = "ddl", All = "all", }
}
closed_enum! {
    /// How unsafe schema changes are handled.
    #[derive(Default)]
    MigrationSafety { #[default] Off = "off", Warn = "warn", Block = "block", }
}
closed_enum! {
    /// Whether any SQL is allowed or only query templates.
    #[derive(Default)]
    QueryMode { #[default] Sql = "sql", Templates = "templates", }
}
closed_enum! {
    /// How a masked value is replaced.
    MaskingKind { Redact = "redact", Null = "null", Hash = "hash", }
}

/// The fields of a policy profile that verdicts depend on, with the defaults of the API contract. Other
/// fields are ignored.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    #[serde(deserialize_with = "deserialize_enum")]
    pub(crate) access_mode: AccessMode,
    pub(crate) statement_rules: Option<StatementRules>,
    pub(crate) table_allowlist: Vec<String>,
    pub(crate) table_denylist: Vec<String>,
    pub(crate) masking_rules: Vec<MaskingRule>,
    pub(crate) row_filters: Vec<RowFilter>,
    pub(crate) budget_queries_per_hour: i64,
    pub(crate) budget_queries_per_day: i64,
    pub(crate) egress_bytes_per_day: i64,
    #[serde(deserialize_with = "deserialize_enum")]
    pub(crate) write_mode: WriteMode,
    #[serde(deserialize_with = "deserialize_enum")]
    pub(crate) approval_mode: ApprovalMode,
    #[serde(deserialize_with = "deserialize_enum")]
    pub(crate) migration_safety: MigrationSafety,
    #[serde(deserialize_with = "deserialize_enum")]
    pub(crate) query_mode: QueryMode,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct StatementRules {
    pub(crate) allow: Option<Vec<String>>,
    pub(crate) deny: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct MaskingRule {
    pub(crate) table: String,
    pub(crate) column: String,
    #[serde(deserialize_with = "deserialize_enum")]
    pub(crate) kind: MaskingKind,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct RowFilter {
    pub(crate) table: String,
    pub(crate) predicate: String,
}

impl Profile {
    /// Parses a profile that matches the schema. Fails if a field has a value that this version cannot
    /// evaluate, such as an enum value that was added to the contract.
    pub(crate) fn from_json(fields: &Map<String, Value>) -> Result<Self, String> {
        Self::deserialize(fields).map_err(|error| error.to_string())
    }
}

fn deserialize_enum<'de, D: Deserializer<'de>, T: ClosedEnum>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = String::deserialize(deserializer)?;
    T::parse(&value).ok_or_else(|| de::Error::custom(format!("unknown value {value:?}")))
}
