//! `POST /_emulator/faults` adds a fault, whose JSON form is the body. `DELETE /_emulator/faults` removes all faults.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body;
use crate::http::problem::Problem;
use crate::server::SharedState;
use crate::server::fault::{Action, Fault, parse_status};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    kind: Kind,
    status: Option<u16>,
    body: Option<String>,
    headers: Option<BTreeMap<String, HeaderValues>>,
    retry_after: Option<u64>,
    delay_ms: Option<u64>,
    #[serde(default)]
    after_applying: bool,
    operation: Option<String>,
    times: Option<u64>,
    #[serde(default)]
    forever: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Status,
    Html,
    Respond,
    PassThrough,
    Disconnect,
    Truncate,
}

/// One value of a header, or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a string or a list of strings")]
enum HeaderValues {
    One(String),
    Many(Vec<String>),
}

pub(super) fn add(shared: &SharedState, body: &Map<String, Value>) -> Result<Value, Problem> {
    let fault = parse(body)?;
    let mut faults = shared.faults();
    faults.add(fault);
    Ok(json!({"pending_faults": faults.len()}))
}

pub(super) fn clear(shared: &SharedState, _body: &Map<String, Value>) -> Result<Value, Problem> {
    let mut faults = shared.faults();
    let removed = faults.len();
    faults.clear();
    Ok(json!({"removed_faults": removed}))
}

fn parse(body: &Map<String, Value>) -> Result<Fault, Problem> {
    let parsed: FaultBody = body::deserialize(body)?;
    let kind = parsed.kind;
    let mut fault = Fault::new(action(kind, parsed.status, parsed.body)?);
    if kind == Kind::Html {
        fault = with_header(fault, CONTENT_TYPE.as_str(), "text/html; charset=utf-8")?;
    }
    for (name, values) in parsed.headers.unwrap_or_default() {
        let values = match values {
            HeaderValues::One(value) => vec![value],
            HeaderValues::Many(values) => values,
        };
        for value in values {
            fault = with_header(fault, &name, &value)?;
        }
    }
    if let Some(seconds) = parsed.retry_after {
        let value = seconds.to_string();
        fault = (fault.try_header(RETRY_AFTER.as_str(), &value))
            .map_err(|error| Problem::invalid_field("retry_after", error))?;
    }
    if let Some(milliseconds) = parsed.delay_ms {
        fault = fault.delay(Duration::from_millis(milliseconds));
    }
    if parsed.after_applying {
        fault = fault.after_applying();
    }
    if let Some(operation) = parsed.operation {
        fault = (fault.try_on(&operation))
            .map_err(|error| Problem::invalid_field("operation", error.to_string()))?;
    }
    match (parsed.times, parsed.forever) {
        (Some(_), true) => Err(Problem::invalid_field("times", "excludes forever")),
        (Some(times), false) => Ok(fault.times(times)),
        (None, true) => Ok(fault.forever()),
        (None, false) => Ok(fault),
    }
}

/// Returns the action of a fault. Returns 400 if the kind requires `status` or `body` and it is missing, or if the kind
/// does not use it and it is present.
fn action(kind: Kind, status: Option<u16>, body: Option<String>) -> Result<Action, Problem> {
    let required = |field: &str| Problem::invalid_field(field, "is required for this kind");
    let unused = |field: &str| Problem::invalid_field(field, "is not used by this kind");
    let status = match kind {
        Kind::Status | Kind::Html | Kind::Respond => {
            let status = parse_status(status.ok_or_else(|| required("status"))?);
            status.map_err(|error| Problem::invalid_field("status", error))?
        }
        _ if status.is_some() => return Err(unused("status")),
        _ => StatusCode::OK,
    };
    let body = match kind {
        Kind::Html | Kind::Respond => Bytes::from(body.ok_or_else(|| required("body"))?),
        _ if body.is_some() => return Err(unused("body")),
        _ => Bytes::new(),
    };
    Ok(match kind {
        Kind::Status => Action::Problem { status },
        Kind::Html | Kind::Respond => Action::Respond { status, body },
        Kind::PassThrough => Action::PassThrough,
        Kind::Disconnect => Action::Disconnect,
        Kind::Truncate => Action::Truncate,
    })
}

fn with_header(fault: Fault, name: &str, value: &str) -> Result<Fault, Problem> {
    fault
        .try_header(name, value)
        .map_err(|error| Problem::invalid_field("headers", error))
}
