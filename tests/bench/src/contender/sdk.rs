//! The contender that uses `pgbeam` with its defaults.

use std::error::Error as StdError;

use pgbeam::{
    Client, Error, Project, Response,
    policies::{
        AccessMode, ApprovalMode, ContentScanMode, Mask, MigrationSafety, PolicyProfile,
        PolicyProfileInput, QueryMode, RowFilter, WriteMode,
    },
};

use super::Contender;
use crate::rules;

#[derive(Clone)]
pub struct Sdk {
    project: Project,
}

impl Contender for Sdk {
    type Profile = Response<PolicyProfile>;
    type Error = Error;

    fn new(address: &str) -> Result<Self, Box<dyn StdError>> {
        let base_url = format!("http://{address}");
        let client = Client::builder()
            .base_url(base_url)
            .api_key(rules::KEY)
            .build()?;
        Ok(Self {
            project: client.project(rules::PROJECT)?,
        })
    }

    async fn update(&self) -> Result<Self::Profile, Error> {
        self.project.policies().update(rules::POLICY, input()).await
    }
}

fn input() -> PolicyProfileInput {
    PolicyProfileInput::new(rules::NAME)
        .access_mode(AccessMode::ReadWrite)
        .allow_statements(rules::ALLOWED_STATEMENTS.iter().copied())
        .deny_statements(rules::DENIED_STATEMENTS.iter().copied())
        .table_allowlist(rules::ALLOWLIST.iter().copied())
        .table_denylist(rules::DENYLIST.iter().copied())
        .masking_rules(
            rules::MASKS
                .iter()
                .map(|(table, column, kind)| Mask::new(*table, *column, *kind)),
        )
        .row_filters(
            rules::ROW_FILTERS
                .iter()
                .map(|(table, predicate)| RowFilter::new(*table, *predicate)),
        )
        .budget_queries_per_hour(rules::QUERIES_PER_HOUR)
        .budget_queries_per_day(rules::QUERIES_PER_DAY)
        .max_rows(rules::MAX_ROWS)
        .statement_timeout(rules::STATEMENT_TIMEOUT)
        .write_mode(WriteMode::Normal)
        .approval_mode(ApprovalMode::Writes)
        .approval_auto_max_rows(rules::APPROVAL_AUTO_MAX_ROWS)
        .approval_timeout(rules::APPROVAL_TIMEOUT)
        .migration_safety(MigrationSafety::Block)
        .egress_bytes_per_day(rules::EGRESS_BYTES_PER_DAY)
        .max_affected_rows(rules::MAX_AFFECTED_ROWS)
        .content_scan_mode(ContentScanMode::Annotate)
        .content_scan_max_bytes(rules::CONTENT_SCAN_MAX_BYTES)
        .query_mode(QueryMode::Sql)
}
