//! The contender that is careful hand-written code on reqwest and serde: one `reqwest::Client`, types for
//! request and response, a check of the status, and the server's error message.

use std::{error::Error as StdError, fmt};

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::Contender;
use crate::rules;

#[derive(Clone)]
pub struct Hand {
    http: reqwest::Client,
    base_url: String,
    key: String,
}

impl Contender for Hand {
    type Profile = PolicyProfile;
    type Error = Failure;

    fn new(address: &str) -> Result<Self, Box<dyn StdError>> {
        let base_url = format!("http://{address}");
        Ok(Self {
            http: super::http()?,
            base_url,
            key: rules::KEY.to_owned(),
        })
    }

    async fn update(&self) -> Result<PolicyProfile, Failure> {
        self.update_policy(rules::PROJECT, rules::POLICY, &input())
            .await
    }
}

impl Hand {
    async fn update_policy(
        &self,
        project: &str,
        policy: &str,
        input: &PolicyProfileInput,
    ) -> Result<PolicyProfile, Failure> {
        let url = format!("{}/v1/projects/{project}/policies/{policy}", self.base_url);
        let request = self.http.put(url).bearer_auth(&self.key);
        let request = request
            .header(header::ACCEPT, "application/json")
            .json(input);
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response.json().await?);
        }
        // Without a problem document, only the status is reported.
        let problem = response.json().await.unwrap_or_default();
        Err(Failure::Status(status, problem))
    }
}

fn input() -> PolicyProfileInput {
    PolicyProfileInput {
        name: rules::NAME.to_owned(),
        access_mode: Some(AccessMode::ReadWrite),
        statement_rules: Some(StatementRules {
            allow: Some(owned(rules::ALLOWED_STATEMENTS)),
            deny: Some(owned(rules::DENIED_STATEMENTS)),
        }),
        table_allowlist: Some(owned(rules::ALLOWLIST)),
        table_denylist: Some(owned(rules::DENYLIST)),
        masking_rules: Some(rules::MASKS.iter().map(MaskingRule::from).collect()),
        row_filters: Some(rules::ROW_FILTERS.iter().map(RowFilter::from).collect()),
        budget_queries_per_hour: Some(rules::QUERIES_PER_HOUR),
        budget_queries_per_day: Some(rules::QUERIES_PER_DAY),
        max_rows: Some(rules::MAX_ROWS),
        statement_timeout_ms: Some(rules::STATEMENT_TIMEOUT.as_millis() as i64),
        write_mode: Some(WriteMode::Normal),
        approval_mode: Some(ApprovalMode::Writes),
        approval_auto_max_rows: Some(rules::APPROVAL_AUTO_MAX_ROWS),
        approval_timeout_seconds: Some(rules::APPROVAL_TIMEOUT.as_secs() as i64),
        migration_safety: Some(MigrationSafety::Block),
        egress_bytes_per_day: Some(rules::EGRESS_BYTES_PER_DAY),
        max_affected_rows: Some(rules::MAX_AFFECTED_ROWS),
        content_scan_mode: Some(ContentScanMode::Annotate),
        content_scan_max_bytes: Some(rules::CONTENT_SCAN_MAX_BYTES),
        query_mode: Some(QueryMode::Sql),
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[derive(Serialize)]
pub struct PolicyProfileInput {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_mode: Option<AccessMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_rules: Option<StatementRules>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table_allowlist: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table_denylist: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    masking_rules: Option<Vec<MaskingRule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_filters: Option<Vec<RowFilter>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_queries_per_hour: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_queries_per_day: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_rows: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_timeout_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_mode: Option<WriteMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_mode: Option<ApprovalMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_auto_max_rows: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_timeout_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migration_safety: Option<MigrationSafety>,
    #[serde(skip_serializing_if = "Option::is_none")]
    egress_bytes_per_day: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_affected_rows: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_scan_mode: Option<ContentScanMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_scan_max_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_mode: Option<QueryMode>,
}

// The type has all fields of the response, because a real program would have them.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the cost of parsing them is measured")
)]
pub struct PolicyProfile {
    pub id: String,
    pub project_id: String,
    pub name: String,
    pub access_mode: AccessMode,
    pub statement_rules: Option<StatementRules>,
    #[serde(default)]
    pub table_allowlist: Vec<String>,
    #[serde(default)]
    pub table_denylist: Vec<String>,
    #[serde(default)]
    pub masking_rules: Vec<MaskingRule>,
    #[serde(default)]
    pub row_filters: Vec<RowFilter>,
    pub budget_queries_per_hour: Option<i64>,
    pub budget_queries_per_day: Option<i64>,
    pub max_rows: Option<i64>,
    pub statement_timeout_ms: Option<i64>,
    pub write_mode: Option<WriteMode>,
    pub approval_mode: Option<ApprovalMode>,
    pub approval_auto_max_rows: Option<i64>,
    pub approval_timeout_seconds: Option<i64>,
    pub migration_safety: Option<MigrationSafety>,
    pub egress_bytes_per_day: Option<i64>,
    pub max_affected_rows: Option<i64>,
    pub content_scan_mode: Option<ContentScanMode>,
    pub content_scan_max_bytes: Option<i64>,
    pub query_mode: QueryMode,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
pub struct StatementRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deny: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
pub struct MaskingRule {
    table: String,
    column: String,
    kind: MaskKind,
}

#[derive(Serialize, Deserialize)]
pub struct RowFilter {
    table: String,
    predicate: String,
}

impl From<&(&str, &str, &str)> for MaskingRule {
    fn from((table, column, kind): &(&str, &str, &str)) -> Self {
        let kind = match *kind {
            "hash" => MaskKind::Hash,
            "null" => MaskKind::Null,
            _ => MaskKind::Redact,
        };
        Self {
            table: (*table).to_owned(),
            column: (*column).to_owned(),
            kind,
        }
    }
}

impl From<&(&str, &str)> for RowFilter {
    fn from((table, predicate): &(&str, &str)) -> Self {
        Self {
            table: (*table).to_owned(),
            predicate: (*predicate).to_owned(),
        }
    }
}

/// Defines the enums. They are closed, as in typical hand-written code: an unknown value is an error.
macro_rules! enumeration {
    ($($name:ident { $($variant:ident),+ })+) => {
        $(
            #[derive(Clone, Copy, Serialize, Deserialize)]
            #[serde(rename_all = "snake_case")]
            pub enum $name { $($variant),+ }
        )+
    };
}

enumeration! {
    AccessMode { ReadOnly, ReadWrite }
    MaskKind { Redact, Null, Hash }
    WriteMode { Normal, Rollback, Sandbox }
    ApprovalMode { Off, Writes, Ddl, All }
    MigrationSafety { Off, Warn, Block }
    ContentScanMode { Off, Annotate, Block }
    QueryMode { Sql, Templates }
}

/// The error of a call.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("HTTP {0}: {1}")]
    Status(StatusCode, Problem),
}

/// A problem document (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub struct Problem {
    title: Option<String>,
    detail: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
        let message = self.detail.as_ref().or(self.title.as_ref());
        write!(
            f,
            "{} [{}] ({})",
            or_empty(&message.cloned()),
            or_empty(&self.code),
            or_empty(&self.request_id)
        )
    }
}
