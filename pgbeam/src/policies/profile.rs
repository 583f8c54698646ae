//! A policy profile as the API answers it.

use std::time::Duration;

use pgbeam_api::{FieldError, Operation, operations, types};
use serde::Deserialize;

use super::{
    AccessMode, ApprovalMode, ContentScanMode, Mask, MigrationSafety, PolicyProfileInput,
    QueryMode, RowFilter, StatementRules, WriteMode,
};
use crate::{
    Page, Timestamp,
    body::{self, Members},
    original::{Kept, Original, written_as_it_came},
    resource::Described,
};

/// A policy profile: what the agents whose credentials refer to it may do.
///
/// To put a changed one back, use [`Policies::edit`](super::Policies::edit): it keeps fields that
/// this version of the crate does not know, which a profile rebuilt from these methods would lose.
/// Serialized, it is the JSON that the API sent.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyProfile {
    of: Box<types::PolicyProfile>,
    masking_rules: Vec<Mask>,
    row_filters: Vec<RowFilter>,
    statement_rules: StatementRules,
    original: Original,
}

written_as_it_came!(PolicyProfile);

impl Described for PolicyProfile {
    type Input = PolicyProfileInput;
    type Wire = Box<types::PolicyProfile>;
    type WirePage = WirePage;

    const ID: &'static str = "policy_id";
    const CREATE: &'static Operation = &operations::CREATE_POLICY_PROFILE;
    const GET: &'static Operation = &operations::GET_POLICY_PROFILE;
    const UPDATE: &'static Operation = &operations::UPDATE_POLICY_PROFILE;
    const DELETE: &'static Operation = &operations::DELETE_POLICY_PROFILE;
    const LIST: &'static Operation = &operations::LIST_POLICY_PROFILES;

    const SERVER_OWNED: &'static [&'static str] = &["id", "project_id", "created_at", "updated_at"];
    const KEPT_WHEN_ABSENT: &'static [(&'static str, &'static str)] = &[("query_mode", "sql")];
    const REQUIRED: &'static [(&'static str, &'static str)] = &[("name", "unchanged")];

    fn of(wire: Kept<Self::Wire>) -> Self {
        wire.into()
    }

    fn check(members: &Members) -> Vec<FieldError> {
        body::check::<types::PolicyProfileInput>(members)
    }
}

/// A page of them, each as it came.
#[derive(Deserialize)]
pub(crate) struct WirePage {
    policies: Vec<Kept<Box<types::PolicyProfile>>>,
    next_page_token: Option<String>,
}

impl From<WirePage> for Page<PolicyProfile> {
    fn from(of: WirePage) -> Self {
        Page::new(
            of.policies.into_iter().map(Into::into).collect(),
            of.next_page_token,
        )
    }
}

impl From<Kept<Box<types::PolicyProfile>>> for PolicyProfile {
    fn from(
        Kept {
            value: mut of,
            original,
        }: Kept<Box<types::PolicyProfile>>,
    ) -> Self {
        let masks = std::mem::take(&mut of.masking_rules);
        let filters = of.row_filters.take().unwrap_or_default();
        Self {
            masking_rules: masks.into_iter().map(Into::into).collect(),
            row_filters: filters.into_iter().map(Into::into).collect(),
            statement_rules: of
                .statement_rules
                .take()
                .map(Into::into)
                .unwrap_or_default(),
            of,
            original,
        }
    }
}

impl PolicyProfile {
    /// The identifier, to be given to the calls of [`Policies`](super::Policies).
    pub fn id(&self) -> &str {
        &self.of.id
    }

    /// The project that the profile belongs to.
    pub fn project_id(&self) -> &str {
        &self.of.project_id
    }

    /// The name, for people.
    pub fn name(&self) -> &str {
        &self.of.name
    }

    /// Whether statements may change data or schema.
    pub fn access_mode(&self) -> &AccessMode {
        &self.of.access_mode
    }

    /// The statement kinds that are admitted and refused on top of the access mode.
    pub fn statement_rules(&self) -> &StatementRules {
        &self.statement_rules
    }

    /// The only tables that may be reached. Empty: no restriction.
    pub fn table_allowlist(&self) -> &[String] {
        &self.of.table_allowlist
    }

    /// The tables that may not be reached, even if the allowlist names them.
    pub fn table_denylist(&self) -> &[String] {
        &self.of.table_denylist
    }

    /// The columns whose values are hidden in results.
    pub fn masking_rules(&self) -> &[Mask] {
        &self.masking_rules
    }

    /// The conditions that limit which rows exist for the agent. Empty: all rows.
    pub fn row_filters(&self) -> &[RowFilter] {
        &self.row_filters
    }

    /// The most queries in an hour. 0: unlimited.
    pub fn budget_queries_per_hour(&self) -> i64 {
        self.of.budget_queries_per_hour.unwrap_or(0)
    }

    /// The most queries in a day. 0: unlimited.
    pub fn budget_queries_per_day(&self) -> i64 {
        self.of.budget_queries_per_day.unwrap_or(0)
    }

    /// The most rows that one query may return. 0: unlimited.
    pub fn max_rows(&self) -> i64 {
        self.of.max_rows.unwrap_or(0)
    }

    /// The longest run time of a statement. Zero: the project's default, not no limit.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(unsigned(self.of.statement_timeout_ms.unwrap_or(0)))
    }

    /// What becomes of writes that the other rules admit.
    pub fn write_mode(&self) -> &WriteMode {
        self.of.write_mode.as_ref().unwrap_or(&WriteMode::Normal)
    }

    /// Which statements wait for a person's approval.
    pub fn approval_mode(&self) -> &ApprovalMode {
        self.of.approval_mode.as_ref().unwrap_or(&ApprovalMode::Off)
    }

    /// How many rows a statement may touch to be approved automatically. 0: none is.
    pub fn approval_auto_max_rows(&self) -> i64 {
        self.of.approval_auto_max_rows.unwrap_or(0)
    }

    /// How long a statement waits for approval.
    pub fn approval_timeout(&self) -> Duration {
        Duration::from_secs(unsigned(self.of.approval_timeout_seconds.unwrap_or(300)))
    }

    /// What happens to schema changes that look dangerous.
    pub fn migration_safety(&self) -> &MigrationSafety {
        self.of
            .migration_safety
            .as_ref()
            .unwrap_or(&MigrationSafety::Off)
    }

    /// The most bytes that results may carry out in a day. 0: unlimited.
    pub fn egress_bytes_per_day(&self) -> i64 {
        self.of.egress_bytes_per_day.unwrap_or(0)
    }

    /// The most rows that one write may touch. 0: unlimited.
    pub fn max_affected_rows(&self) -> i64 {
        self.of.max_affected_rows.unwrap_or(0)
    }

    /// Whether results are searched for text that looks like instructions to the agent.
    pub fn content_scan_mode(&self) -> &ContentScanMode {
        self.of
            .content_scan_mode
            .as_ref()
            .unwrap_or(&ContentScanMode::Off)
    }

    /// How much of one statement's result is searched, in bytes. 0: 4 MiB.
    pub fn content_scan_max_bytes(&self) -> i64 {
        self.of.content_scan_max_bytes.unwrap_or(0)
    }

    /// Whether agents may send SQL of their own or only use query templates.
    pub fn query_mode(&self) -> &QueryMode {
        &self.of.query_mode
    }

    /// When the profile was created.
    pub fn created_at(&self) -> Timestamp {
        self.of.created_at
    }

    /// When the profile was last changed.
    pub fn updated_at(&self) -> Timestamp {
        self.of.updated_at
    }
}

/// A duration cannot be negative; what the server sends is not held to bounds.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
