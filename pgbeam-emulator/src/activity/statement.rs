//! `Statement`: a statement of an agent, parsed from the body that records it.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::body;
use crate::audit::entry::string;
use crate::contract::{Contract, RequestBody};
use crate::http::problem::Problem;

static SCHEMA: LazyLock<RequestBody> = LazyLock::new(|| RequestBody {
    schema: json!({
        "type": "object",
        "required": ["credential_id", "sql"],
        "properties": {
            "credential_id": {"type": "string"},
            "sql": {"type": "string", "maxLength": 100_000},
            "rows_returned": {"type": "integer", "minimum": 0},
            "bytes_out": {"type": "integer", "minimum": 0},
            "latency_ms": {"type": "number", "minimum": 0},
            "ts": {"type": "string", "format": "date-time"},
        },
    }),
    required: true,
});

/// A statement of an agent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'a> {
    pub(super) credential_id: &'a str,
    pub(super) sql: &'a str,
    /// The number of rows of the result before it is truncated.
    pub(super) rows_returned: i64,
    pub(super) bytes_out: i64,
    pub(super) latency_ms: Option<f64>,
    /// The time of the statement.
    pub(super) at: DateTime<Utc>,
}

impl<'a> Statement<'a> {
    /// Parses a body. If `ts` is omitted, the time of the statement is `now`.
    ///
    /// # Errors
    ///
    /// 400 with an error for each invalid, missing and unknown field.
    pub(super) fn parse(
        contract: &Contract,
        body: &'a Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        body::check(contract, &SCHEMA, body)?;
        let integer = |name: &str| body.get(name).and_then(Value::as_i64);
        let at = string(body, "ts").and_then(|ts| DateTime::parse_from_rfc3339(ts).ok());
        Ok(Self {
            credential_id: string(body, "credential_id").unwrap_or_default(),
            sql: string(body, "sql").unwrap_or_default(),
            rows_returned: integer("rows_returned").unwrap_or_default(),
            bytes_out: integer("bytes_out").unwrap_or_default(),
            latency_ms: body.get("latency_ms").and_then(Value::as_f64),
            at: at.map_or(now, |at| at.with_timezone(&Utc)),
        })
    }
}
