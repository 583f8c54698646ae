//! Tests of comparisons and guardrails.

mod guardrails;
mod properties;
mod relations;

use serde_json::Value;

use crate::policies::NormalizedProfile;

fn profile(json: &Value) -> NormalizedProfile {
    NormalizedProfile::from_json(json.as_object().cloned().expect("an object"))
}
