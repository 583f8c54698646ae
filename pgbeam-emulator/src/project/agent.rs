//! Handles to agents and credentials, with which tests add traffic and bind policies.

use chrono::TimeDelta;

use super::ProjectHandle;
use crate::store::{Credential, Traffic, TrafficEntry};

impl ProjectHandle {
    /// Returns a handle to the agent with this id. Creates the agent if it does not exist.
    pub fn agent(&self, id: impl Into<String>) -> AgentHandle {
        let id = id.into();
        self.with(|store| {
            let activity = store.activity_mut(&self.id);
            activity.agents.entry(id.clone()).or_default();
        });
        AgentHandle {
            project: self.clone(),
            id,
        }
    }
}

/// A handle to one agent of a project.
#[derive(Clone, Debug)]
pub struct AgentHandle {
    project: ProjectHandle,
    id: String,
}

impl AgentHandle {
    /// Returns the id of the agent.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns a handle to the agent's credential with this id.
    ///
    /// If the credential does not exist, creates it. A new credential is bound to no policy profile, and
    /// `listAgentCredentials` does not return it.
    pub fn credential(&self, id: impl Into<String>) -> CredentialHandle {
        let credential = CredentialHandle {
            agent: self.clone(),
            id: id.into(),
        };
        credential.with(|_| {});
        credential
    }
}

/// A handle to one credential of an agent.
///
/// ```
/// use pgbeam_emulator::{Emulator, Traffic};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::start().await?;
/// let project = emulator.project("prj_1");
/// let policy = project.create_policy(serde_json::json!({"name": "Read-only"}))?;
/// project
///     .agent("agt_1")
///     .credential("cred_1")
///     .bind_to(policy["id"].as_str().unwrap_or_default())
///     .record_traffic(Traffic::allowed("SELECT id FROM orders").times(12));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CredentialHandle {
    agent: AgentHandle,
    id: String,
}

impl CredentialHandle {
    fn with(&self, change: impl FnOnce(&mut Credential)) {
        let project = &self.agent.project;
        project.with(|store| {
            let activity = store.activity_mut(&project.id);
            let agent = activity.agents.entry(self.agent.id.clone()).or_default();
            change(agent.credentials.entry(self.id.clone()).or_default());
        });
    }

    /// Returns the id of the credential.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Binds the credential to a policy profile, in place of an earlier binding. The policy profile need not exist.
    /// `getAgentCredential` still returns the `policy_profile_id` with which the credential was created.
    ///
    /// `deletePolicyProfile` returns 409 while a credential is bound to the policy profile.
    pub fn bind_to(&self, policy_id: impl Into<String>) -> Self {
        let policy_id = policy_id.into();
        self.with(|credential| credential.policy_id = Some(policy_id));
        self.clone()
    }

    /// Removes the binding to a policy profile. Does nothing if the credential is not bound.
    pub fn unbind(&self) -> Self {
        self.with(|credential| credential.policy_id = None);
        self.clone()
    }

    /// Adds a recorded statement of the credential, which replays and recommendations use. The audit log does not
    /// change.
    pub fn record_traffic(&self, traffic: Traffic) -> Self {
        let now = self.agent.project.shared.clock.now();
        let one_second_ago = now.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(now);
        let entry = TrafficEntry {
            agent_id: self.agent.id.clone(),
            credential_id: self.id.clone(),
            sql: traffic.sql,
            at: traffic.at.unwrap_or(one_second_ago),
            times: traffic.times,
            event: traffic.event,
            rule: traffic.rule,
            blocked: traffic.blocked,
        };
        let project = &self.agent.project;
        project.with(|store| store.activity_mut(&project.id).traffic.push(entry));
        self.clone()
    }
}
