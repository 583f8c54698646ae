//! The contender that uses the generated client of `pgbeam-api` on `DirectTransport`.

use std::error::Error as StdError;

use pgbeam_api::{
    Client, DirectTransport, Error, Response,
    types::{
        AccessMode, ApprovalMode, ContentScanMode, MaskingRule, MigrationSafety, PolicyProfile,
        PolicyProfileInput, QueryMode, RowFilter, StatementRules, WriteMode,
    },
};

use super::Contender;
use crate::rules;

#[derive(Clone)]
pub struct Bare {
    client: Client,
}

impl Contender for Bare {
    type Profile = Response<PolicyProfile>;
    type Error = Error;

    fn new(address: &str) -> Result<Self, Box<dyn StdError>> {
        let direct = DirectTransport::new(super::http()?, rules::KEY)?;
        Ok(Self {
            client: Client::new(&format!("http://{address}"), direct)?,
        })
    }

    async fn update(&self) -> Result<Self::Profile, Error> {
        let request = self.client.update_policy_profile();
        let request = request.project_id(rules::PROJECT).policy_id(rules::POLICY);
        request.body(input()).send().await
    }
}

fn input() -> PolicyProfileInput {
    PolicyProfileInput::new(rules::NAME)
        .access_mode(AccessMode::ReadWrite)
        .statement_rules(
            StatementRules::new()
                .allow(rules::ALLOWED_STATEMENTS.iter().copied())
                .deny(rules::DENIED_STATEMENTS.iter().copied()),
        )
        .table_allowlist(rules::ALLOWLIST.iter().copied())
        .table_denylist(rules::DENYLIST.iter().copied())
        .masking_rules(
            rules::MASKS
                .iter()
                .map(|(table, column, kind)| MaskingRule::new(*table, *column, *kind)),
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
