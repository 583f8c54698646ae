//! The values that the test calls send, such as identifiers and entity tags.

use pgbeam::Timestamp;

pub const API_KEY: &str = "pbk_operations_tests";

/// The value of every secret field, in requests and in responses.
pub const SECRET: &str = "s3cret-value";

pub const PROJECT: &str = "prj_1";
pub const ORGANIZATION: &str = "org_1";

/// The entity tag of conditional requests.
pub const ETAG: &str = "\"v1\"";

/// The key of calls that set `Idempotency-Key`.
pub const IDEMPOTENCY_KEY: &str = "caller-key";

pub const PAGE_TOKEN: &str = "tok_a.b-c";

/// A query value that needs percent-encoding.
pub const RESERVED_CHARACTERS: &str = "a&b=c d+e%20f#g/h?é\"";

pub const START: &str = "2026-01-02T03:04:05Z";
pub const END: &str = "2026-02-03T04:05:06Z";

pub fn timestamp(rfc3339: &str) -> Timestamp {
    rfc3339.parse().unwrap()
}

pub fn date(iso8601: &str) -> chrono::NaiveDate {
    iso8601.parse().unwrap()
}

/// Returns the value that every call sends for a parameter; `None` if any value of its enum is accepted.
pub fn parameter_value(name: &str) -> Option<&'static str> {
    Some(match name {
        "project_id" => PROJECT,
        "org_id" => ORGANIZATION,
        "agent_id" => "cred_1",
        "anomaly_id" => "ano_1",
        "anomaly_rule_id" => "anr_1",
        "approval_id" => "apr_1",
        "approval_rule_id" => "apl_1",
        "branch_id" => "br_1",
        "case_id" => "case_1",
        "credential_id" => "cred_2",
        "database_id" => "db_1",
        "domain_id" => "dom_1",
        "enrollment_id" => "enr_1",
        "honeytoken_id" => "hny_1",
        "invitation_id" => "inv_1",
        "member_id" => "mem_1",
        "policy_id" => "pol_1",
        "query_hash" => "9f2c41d07be3a586",
        "query_template_id" => "qt_1",
        "replica_id" => "rep_1",
        "session_id" => "ses_1",
        "webhook_id" => "whk_1",

        "page_size" => "50",
        "page_token" => PAGE_TOKEN,
        "limit" => "7",
        "page" => "3",
        "event" => "query_blocked",
        "start" => START,
        "end" => END,
        "before" => "2026-03-04T05:06:07.008Z",
        "start_date" => "2026-01-02",
        "end_date" => "2026-02-03",
        "region" | "search" | "table_name" | "schema_name" | "column_name" => RESERVED_CHARACTERS,

        "If-Match" | "If-None-Match" => ETAG,
        "Idempotency-Key" => IDEMPOTENCY_KEY,
        "Payment-Authorization" => SECRET,
        "Accept-Payment" => "x402, mpp",
        _ => return None,
    })
}
