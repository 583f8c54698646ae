//! The state of the emulator: projects and what is in them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::collection::Collection;
use crate::idempotency::Keys;
use crate::rate_limit::Window;
use crate::traffic::Entry;

/// Everything, behind one lock: a request sees and leaves a whole state.
#[derive(Debug, Default)]
pub(crate) struct Store {
    projects: BTreeMap<String, Project>,
    pub(crate) keys: Keys,
    pub(crate) window: Window,
}

impl Store {
    /// The project with this id, made when it is touched for the first time.
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
    pub(crate) traffic: Vec<Entry>,
}

/// The credentials of an agent, by id.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    pub(crate) credentials: BTreeMap<String, Credential>,
}

#[derive(Debug, Default)]
pub(crate) struct Credential {
    /// The policy profile that governs the credential.
    pub(crate) policy_id: Option<String>,
}

impl Project {
    /// The credentials that a policy governs.
    pub(crate) fn bound_to<'a>(&'a self, policy_id: &'a str) -> impl Iterator<Item = &'a str> {
        self.agents
            .values()
            .flat_map(|agent| &agent.credentials)
            .filter(move |(_, credential)| credential.policy_id.as_deref() == Some(policy_id))
            .map(|(id, _)| id.as_str())
    }
}

/// A new identifier: the prefix of its kind and 128 bits at random.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}
