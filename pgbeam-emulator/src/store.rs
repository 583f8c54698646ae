//! `Store`: the projects of an emulator with their resources, its idempotency keys and its rate-limit window.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
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
    pub(crate) fn project(&mut self, id: &str, now: DateTime<Utc>) -> &mut Project {
        let new = || Project {
            created_at: now,
            ..Project::default()
        };
        self.projects.entry(id.to_owned()).or_insert_with(new)
    }
}

/// A stored resource: its fields as the API returns them.
pub(crate) type Resource = Map<String, Value>;

#[derive(Debug, Default)]
pub(crate) struct Project {
    pub(crate) created_at: DateTime<Utc>,
    /// The project as `getProject` returns it. Empty until the project is read or updated for the first time.
    pub(crate) settings: Resource,
    pub(crate) policies: Collection<Resource>,
    pub(crate) templates: Collection<Resource>,
    /// The agent credentials that `createAgentCredential` created.
    pub(crate) credentials: Collection<Resource>,
    /// The agents of `credentials`, with the same id for agent and credential, and the agents of `AgentHandle`.
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
    /// Sets the policy profile that a credential is bound to. `id` is the id of the credential and of its agent.
    pub(crate) fn bind(&mut self, id: &str, policy_id: Option<String>) {
        let agent = self.agents.entry(id.to_owned()).or_default();
        let credential = agent.credentials.entry(id.to_owned()).or_default();
        credential.policy_id = policy_id;
    }

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
