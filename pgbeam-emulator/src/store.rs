//! `Store`: the projects of an emulator with their resources, its idempotency keys and its rate-limit window.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::collection::Collection;
use crate::idempotency::IdempotencyStore;
use crate::rate_limit::RateLimitWindow;
use crate::traffic::TrafficEntry;

/// The state that requests read and change. It is behind one lock, so that requests are processed one at a time.
#[derive(Debug, Default)]
pub(crate) struct Store {
    projects: BTreeMap<String, Project>,
    pub(crate) idempotency_keys: IdempotencyStore,
    pub(crate) rate_limit_window: RateLimitWindow,
}

impl Store {
    /// Returns the project with this id. Creates it if it does not exist.
    pub(crate) fn project(&mut self, id: &str) -> &mut Project {
        self.projects.entry(id.to_owned()).or_default()
    }
}

/// A stored resource: its fields as the API returns them.
pub(crate) type Resource = Map<String, Value>;

#[derive(Debug, Default)]
pub(crate) struct Project {
    pub(crate) policies: Collection<Resource>,
    pub(crate) templates: Collection<Resource>,
    pub(crate) agents: BTreeMap<String, Agent>,
    pub(crate) traffic: Vec<TrafficEntry>,
}

/// An agent: its credentials by id.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    pub(crate) credentials: BTreeMap<String, Credential>,
}

#[derive(Debug, Default)]
pub(crate) struct Credential {
    /// The id of the policy profile that the credential is bound to.
    pub(crate) policy_id: Option<String>,
}

impl Project {
    /// Returns the ids of the credentials of all agents that are bound to the policy profile with this id.
    pub(crate) fn credentials_bound_to<'a>(
        &'a self,
        policy_id: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        self.agents
            .values()
            .flat_map(|agent| &agent.credentials)
            .filter(move |(_, credential)| credential.policy_id.as_deref() == Some(policy_id))
            .map(|(id, _)| id.as_str())
    }
}

/// Returns a new id: the prefix and 128 random bits.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}
