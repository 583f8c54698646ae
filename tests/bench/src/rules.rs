//! The policy profile that every contender sends, and the response of the server.
//!
//! Each contender builds the request from these values for each call, so that the benchmark includes the cost
//! of building the request.

use std::time::Duration;

pub const PROJECT: &str = "prj_01j9z3k7q8w2";
pub const POLICY: &str = "pol_01j9z3m4t6x8";
pub const KEY: &str = "pbk_live_7f3a9c1e5b2d8064";

pub const NAME: &str = "Support agents: orders and customers of the EU";
pub const ALLOWED_STATEMENTS: &[&str] = &["select", "insert", "update", "explain"];
pub const DENIED_STATEMENTS: &[&str] = &["ddl", "copy"];
pub const ALLOWLIST: &[&str] = &[
    "public.orders",
    "public.order_items",
    "public.customers",
    "public.shipments",
    "support.tickets",
    "support.ticket_messages",
];
pub const DENYLIST: &[&str] = &["payment_methods", "public.sessions"];
/// The masking rules: table, column, kind.
pub const MASKS: &[(&str, &str, &str)] = &[
    ("public.customers", "email", "hash"),
    ("public.customers", "phone", "redact"),
    ("public.customers", "date_of_birth", "null"),
    ("support.ticket_messages", "sender_address", "redact"),
];
/// The row filters: table, predicate.
pub const ROW_FILTERS: &[(&str, &str)] = &[
    ("public.orders", "region = 'eu' AND deleted_at IS NULL"),
    ("public.customers", "region = 'eu'"),
    ("support.tickets", "queue IN ('first-line', 'returns')"),
];
pub const QUERIES_PER_HOUR: i64 = 2_000;
pub const QUERIES_PER_DAY: i64 = 20_000;
pub const MAX_ROWS: i64 = 1_000;
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
pub const APPROVAL_AUTO_MAX_ROWS: i64 = 10;
pub const APPROVAL_TIMEOUT: Duration = Duration::from_secs(900);
pub const EGRESS_BYTES_PER_DAY: i64 = 268_435_456;
pub const MAX_AFFECTED_ROWS: i64 = 50;
pub const CONTENT_SCAN_MAX_BYTES: i64 = 1_048_576;

/// The body of the server's response: the profile as the API returns it.
pub const RESPONSE: &str = concat!(
    r#"{"id":"pol_01j9z3m4t6x8","project_id":"prj_01j9z3k7q8w2","#,
    r#""name":"Support agents: orders and customers of the EU","access_mode":"read_write","#,
    r#""statement_rules":{"allow":["select","insert","update","explain"],"deny":["ddl","copy"]},"#,
    r#""table_allowlist":["public.orders","public.order_items","public.customers","#,
    r#""public.shipments","support.tickets","support.ticket_messages"],"#,
    r#""table_denylist":["payment_methods","public.sessions"],"#,
    r#""masking_rules":[{"table":"public.customers","column":"email","kind":"hash"},"#,
    r#"{"table":"public.customers","column":"phone","kind":"redact"},"#,
    r#"{"table":"public.customers","column":"date_of_birth","kind":"null"},"#,
    r#"{"table":"support.ticket_messages","column":"sender_address","kind":"redact"}],"#,
    r#""row_filters":[{"table":"public.orders","#,
    r#""predicate":"region = 'eu' AND deleted_at IS NULL"},"#,
    r#"{"table":"public.customers","predicate":"region = 'eu'"},"#,
    r#"{"table":"support.tickets","predicate":"queue IN ('first-line', 'returns')"}],"#,
    r#""budget_queries_per_hour":2000,"budget_queries_per_day":20000,"max_rows":1000,"#,
    r#""statement_timeout_ms":5000,"write_mode":"normal","approval_mode":"writes","#,
    r#""approval_auto_max_rows":10,"approval_timeout_seconds":900,"migration_safety":"block","#,
    r#""egress_bytes_per_day":268435456,"max_affected_rows":50,"content_scan_mode":"annotate","#,
    r#""content_scan_max_bytes":1048576,"query_mode":"sql","#,
    r#""created_at":"2026-01-12T09:30:00Z","updated_at":"2026-02-03T16:05:41.218Z"}"#,
);
