//! Calls of every operation, through the SDK's handles and through the low-level builders.
//!
//! In both ways, each operation is called once with every parameter and field, and once with only the
//! required ones.

mod account;
mod agents;
mod analytics;
mod anomalies;
mod approvals;
mod batch;
mod branches;
mod databases;
mod demo;
mod honeytokens;
mod migrations;
mod payments;
mod platform;
mod policies;
mod project_resources;
mod projects;
mod query_templates;
mod schema_annotations;
mod support;
mod webhooks;

use crate::support::{Sdk, call::Call, request_check::Inputs};

/// Builds a call.
type CallBuilder = fn(&Sdk) -> Box<dyn Call>;

/// The calls of one operation. Full calls set every parameter and field, minimal calls only the required
/// ones. A full call of a conditional read therefore sends `If-None-Match`.
pub struct Calls {
    pub id: &'static str,
    pub full: CallBuilder,
    pub minimal: CallBuilder,
    pub low_level_full: CallBuilder,
    pub low_level_minimal: CallBuilder,
}

impl Calls {
    /// Returns all four calls with their names and inputs.
    pub fn each(&self) -> [(String, CallBuilder, Inputs); 4] {
        [
            ("full", self.full, Inputs::Full),
            ("minimal", self.minimal, Inputs::Minimal),
            ("low-level full", self.low_level_full, Inputs::Full),
            ("low-level minimal", self.low_level_minimal, Inputs::Minimal),
        ]
        .map(|(name, call, inputs)| (format!("{}, {name}", self.id), call, inputs))
    }
}

/// Returns the calls of all operations.
pub fn all() -> Vec<Calls> {
    [
        account::calls(),
        agents::calls(),
        analytics::calls(),
        anomalies::calls(),
        approvals::calls(),
        batch::calls(),
        branches::calls(),
        databases::calls(),
        demo::calls(),
        honeytokens::calls(),
        migrations::calls(),
        payments::calls(),
        platform::calls(),
        policies::calls(),
        project_resources::calls(),
        projects::calls(),
        query_templates::calls(),
        schema_annotations::calls(),
        support::calls(),
        webhooks::calls(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
