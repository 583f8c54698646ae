//! A policy profile as it is stored and given back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::fields::choice;

choice! {
    /// Whether writes are admitted at all.
    AccessMode { ReadOnly = "read_only", ReadWrite = "read_write", }
}
choice! {
    /// What becomes of writes.
    WriteMode { Normal = "normal", Rollback = "rollback", Sandbox = "sandbox", }
}
choice! {
    /// Which statements wait for an approval.
    ApprovalMode { Off = "off", Writes = "writes", Ddl = "ddl", All = "all", }
}
choice! {
    /// What becomes of unsafe schema changes.
    MigrationSafety { Off = "off", Warn = "warn", Block = "block", }
}
choice! {
    /// What becomes of suspicious content in results.
    ContentScanMode { Off = "off", Annotate = "annotate", Block = "block", }
}
choice! {
    /// Whether any SQL is admitted or query templates alone.
    QueryMode { Sql = "sql", Templates = "templates", }
}
choice! {
    /// How a masked value is replaced.
    MaskingKind { Redact = "redact", Null = "null", Hash = "hash", }
}

/// The fields of a body that this emulator does not know. They are kept and given
/// back, as a server does that is newer than its client.
pub(crate) type Extra = BTreeMap<String, Value>;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StatementRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deny: Option<Vec<String>>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct MaskingRule {
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) kind: MaskingKind,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RowFilter {
    pub(crate) table: String,
    pub(crate) predicate: String,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// What a client decides of a profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) access_mode: AccessMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement_rules: Option<StatementRules>,
    pub(crate) table_allowlist: Vec<String>,
    pub(crate) table_denylist: Vec<String>,
    pub(crate) masking_rules: Vec<MaskingRule>,
    pub(crate) row_filters: Vec<RowFilter>,
    pub(crate) budget_queries_per_hour: i64,
    pub(crate) budget_queries_per_day: i64,
    pub(crate) max_rows: i64,
    pub(crate) statement_timeout_ms: i64,
    pub(crate) write_mode: WriteMode,
    pub(crate) approval_mode: ApprovalMode,
    pub(crate) approval_auto_max_rows: i64,
    pub(crate) approval_timeout_seconds: i64,
    pub(crate) migration_safety: MigrationSafety,
    pub(crate) egress_bytes_per_day: i64,
    pub(crate) max_affected_rows: i64,
    pub(crate) content_scan_mode: ContentScanMode,
    pub(crate) content_scan_max_bytes: i64,
    pub(crate) query_mode: QueryMode,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

impl Profile {
    /// A profile with every field at its default.
    pub(crate) fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            access_mode: AccessMode::ReadOnly,
            statement_rules: None,
            table_allowlist: Vec::new(),
            table_denylist: Vec::new(),
            masking_rules: Vec::new(),
            row_filters: Vec::new(),
            budget_queries_per_hour: 0,
            budget_queries_per_day: 0,
            max_rows: 0,
            statement_timeout_ms: 0,
            write_mode: WriteMode::Normal,
            approval_mode: ApprovalMode::Off,
            approval_auto_max_rows: 0,
            approval_timeout_seconds: 300,
            migration_safety: MigrationSafety::Off,
            egress_bytes_per_day: 0,
            max_affected_rows: 0,
            content_scan_mode: ContentScanMode::Off,
            content_scan_max_bytes: 0,
            query_mode: QueryMode::Sql,
            extra: Extra::new(),
        }
    }
}

/// A stored profile: what the client decided and what the server did.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) project_id: String,
    #[serde(flatten)]
    pub(crate) profile: Profile,
    #[serde(serialize_with = "crate::clock::serialize")]
    pub(crate) created_at: DateTime<Utc>,
    #[serde(serialize_with = "crate::clock::serialize")]
    pub(crate) updated_at: DateTime<Utc>,
}
