//! Every operation as a user calls it: through the handles of the SDK and through the builders of
//! the low-level client, once with all that can be said and once with the least.

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
mod projects;
mod projects_parts;
mod query_templates;
mod schema_annotations;
mod support;
mod webhooks;

use crate::support::{To, outcome::Request, request::Extent};

/// A call with its parts.
type Call = fn(&To) -> Box<dyn Request>;

/// The calls of one operation. Reads that can be conditional are so in full.
pub struct Calls {
    pub id: &'static str,
    pub full: Call,
    pub least: Call,
    pub low_full: Call,
    pub low_least: Call,
}

impl Calls {
    /// All four, each with its name and what it says.
    pub fn each(&self) -> [(String, Call, Extent); 4] {
        [
            ("full", self.full, Extent::Full),
            ("least", self.least, Extent::Least),
            ("low full", self.low_full, Extent::Full),
            ("low least", self.low_least, Extent::Least),
        ]
        .map(|(name, call, extent)| (format!("{}, {name}", self.id), call, extent))
    }
}

/// The calls of all operations.
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
        projects::calls(),
        projects_parts::calls(),
        query_templates::calls(),
        schema_annotations::calls(),
        support::calls(),
        webhooks::calls(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
