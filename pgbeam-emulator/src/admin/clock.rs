//! `POST /_emulator/clock`: sets the clock of the emulator.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::server::SharedState;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    advance_seconds: Option<f64>,
    now: Option<DateTime<Utc>>,
}

pub(super) fn change(shared: &SharedState, body: &Map<String, Value>) -> Result<Value, Problem> {
    let change: Change = body::deserialize(body)?;
    let (field, time) = match (change.advance_seconds, change.now) {
        (Some(seconds), None) => ("advance_seconds", advance(shared.clock.now(), seconds)),
        (None, Some(time)) => ("now", Some(time)),
        _ => {
            let detail = "must have either advance_seconds or now";
            return Err(Problem::invalid_field("body", detail));
        }
    };
    let now = time.and_then(|time| shared.clock.set(time));
    let now = now.ok_or_else(|| {
        Problem::invalid_field(field, "must lead to a time in the years 1970 to 9998")
    })?;
    Ok(json!({"now": format_timestamp(now)}))
}

/// Returns the time after some seconds, rounded to microseconds; `None` if it is out of range.
fn advance(time: DateTime<Utc>, seconds: f64) -> Option<DateTime<Utc>> {
    // The conversion of a float that is out of range returns the nearest integer.
    let microseconds = (seconds * 1e6).round() as i64;
    time.checked_add_signed(TimeDelta::microseconds(microseconds))
}
