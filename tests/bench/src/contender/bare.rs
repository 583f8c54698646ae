//! The generated client of `pgbeam-api` on its plainest transport.

use std::error::Error as StdError;

use pgbeam_api::{
    Client, ConversionError, Direct, Error, Response,
    types::{
        AccessMode, ApprovalMode, ContentScanMode, MaskKind, MaskingRule, MigrationSafety,
        PolicyProfile, PolicyProfileInput, QueryMode, RowFilter, StatementRules, WriteMode,
        builder,
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
        let direct = Direct::new(super::http()?, rules::KEY)?;
        Ok(Self {
            client: Client::new(&format!("http://{address}"), direct)?,
        })
    }

    async fn update(&self) -> Result<Self::Profile, Error> {
        let request = self.client.update_policy_profile();
        let request = request.project_id(rules::PROJECT).policy_id(rules::POLICY);
        request.body_map(|_| input()).send().await
    }
}

fn input() -> builder::PolicyProfileInput {
    PolicyProfileInput::builder()
        .name(rules::NAME)
        .access_mode(AccessMode::ReadWrite)
        .statement_rules(statement_rules())
        .table_allowlist(owned(rules::ALLOWLIST))
        .table_denylist(owned(rules::DENYLIST))
        .masking_rules(masking_rules())
        .row_filters(row_filters())
        .budget_queries_per_hour(rules::QUERIES_PER_HOUR)
        .budget_queries_per_day(rules::QUERIES_PER_DAY)
        .max_rows(rules::MAX_ROWS)
        .statement_timeout_ms(rules::STATEMENT_TIMEOUT.as_millis() as i64)
        .write_mode(WriteMode::Normal)
        .approval_mode(ApprovalMode::Writes)
        .approval_auto_max_rows(rules::APPROVAL_AUTO_MAX_ROWS)
        .approval_timeout_seconds(rules::APPROVAL_TIMEOUT.as_secs() as i64)
        .migration_safety(MigrationSafety::Block)
        .egress_bytes_per_day(rules::EGRESS_BYTES_PER_DAY)
        .max_affected_rows(rules::MAX_AFFECTED_ROWS)
        .content_scan_mode(ContentScanMode::Annotate)
        .content_scan_max_bytes(rules::CONTENT_SCAN_MAX_BYTES)
        .query_mode(QueryMode::Sql)
}

fn statement_rules() -> StatementRules {
    let rules = StatementRules::builder().allow(owned(rules::ALLOWED_STATEMENTS));
    whole(rules.deny(owned(rules::DENIED_STATEMENTS)))
}

fn masking_rules() -> Vec<MaskingRule> {
    let rule = |(table, column, kind): &(&str, &str, &str)| {
        whole(
            MaskingRule::builder()
                .table(*table)
                .column(*column)
                .kind(MaskKind::from(*kind)),
        )
    };
    rules::MASKS.iter().map(rule).collect()
}

fn row_filters() -> Vec<RowFilter> {
    let filter = |(table, predicate): &(&str, &str)| {
        whole(RowFilter::builder().table(*table).predicate(*predicate))
    };
    rules::ROW_FILTERS.iter().map(filter).collect()
}

fn whole<T>(builder: impl TryInto<T, Error = ConversionError>) -> T {
    builder.try_into().expect("every field that must be set is")
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
