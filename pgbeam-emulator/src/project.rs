//! Looking into a project, and putting in it what the API of this emulator has no
//! operation for: agents, credentials and traffic.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::call::{Call, Outcome};
use crate::operation::Operation;
use crate::pipeline::Shared;
use crate::policies::PolicyProfiles;
use crate::resource;
use crate::store::{Credential, Project, Resource};
use crate::templates::QueryTemplates;
use crate::traffic::{Entry, Traffic};

/// One project of an [`Emulator`](crate::Emulator).
#[derive(Clone)]
pub struct ProjectHandle {
    shared: Arc<Shared>,
    id: String,
}

impl ProjectHandle {
    pub(crate) fn new(shared: Arc<Shared>, id: String) -> Self {
        Self { shared, id }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Project) -> T) -> T {
        look(self.shared.store().project(&self.id))
    }

    /// The project's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The policy profile with this id as the API answers it, when there is one.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<Value> {
        self.with(|project| project.policies.get(id).map(json))
    }

    /// All policy profiles in the order of their creation.
    #[must_use]
    pub fn policies(&self) -> Vec<Value> {
        self.with(|project| project.policies.iter().map(json).collect())
    }

    /// The query template with this id as the API answers it, when there is one.
    #[must_use]
    pub fn query_template(&self, id: &str) -> Option<Value> {
        self.with(|project| project.templates.get(id).map(json))
    }

    /// All query templates in the order of their creation.
    #[must_use]
    pub fn query_templates(&self) -> Vec<Value> {
        self.with(|project| project.templates.iter().map(json).collect())
    }

    /// Creates a policy profile from a body as `createPolicyProfile` takes it, and
    /// returns it as that answers. No request is recorded and no fault strikes.
    ///
    /// # Errors
    ///
    /// What the API would have refused the body with.
    pub fn create_policy(&self, body: Value) -> Result<Value, Refused> {
        self.create(
            &body,
            Operation::CreatePolicyProfile,
            resource::create::<PolicyProfiles>,
        )
    }

    /// Creates a query template, as [`create_policy`](Self::create_policy) does a
    /// policy profile.
    ///
    /// # Errors
    ///
    /// What the API would have refused the body with.
    pub fn create_query_template(&self, body: Value) -> Result<Value, Refused> {
        self.create(
            &body,
            Operation::CreateQueryTemplate,
            resource::create::<QueryTemplates>,
        )
    }

    fn create(
        &self,
        body: &Value,
        operation: Operation,
        handler: fn(&mut Call<'_>) -> Outcome,
    ) -> Result<Value, Refused> {
        let now = self.shared.clock.now();
        let body = Bytes::from(body.to_string());
        let contract = &self.shared.contract;
        let outcome = self.with(|project| {
            handler(&mut Call {
                contract,
                operation: contract.operation(operation)?,
                project,
                project_id: &self.id,
                id: &self.id,
                query: &[],
                headers: &HeaderMap::new(),
                body: &body,
                now,
            })
        });
        match outcome {
            Ok(response) => Ok(serde_json::from_slice(&response.body).unwrap_or_default()),
            Err(problem) => Err(Refused {
                status: problem.status,
                detail: problem.detail.clone(),
                fields: problem
                    .errors
                    .into_iter()
                    .map(|e| (e.field, e.detail))
                    .collect(),
            }),
        }
    }

    /// The agent with this id, made if need be.
    pub fn agent(&self, id: impl Into<String>) -> AgentHandle {
        let id = id.into();
        self.with(|project| {
            project.agents.entry(id.clone()).or_default();
        });
        AgentHandle {
            project: self.clone(),
            id,
        }
    }
}

impl fmt::Debug for ProjectHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn json(resource: &Resource) -> Value {
    Value::Object(resource.clone())
}

/// What the API would have refused a body with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The `detail` of the problem document.
    pub detail: String,
    /// The offending fields, each with what is wrong with it.
    pub fields: Vec<(String, String)>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.detail)?;
        for (field, detail) in &self.fields {
            write!(f, "; {field} {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// One agent of a project.
#[derive(Clone, Debug)]
pub struct AgentHandle {
    project: ProjectHandle,
    id: String,
}

impl AgentHandle {
    /// The agent's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The agent's credential with this id, made if need be; governed by no policy
    /// then.
    pub fn credential(&self, id: impl Into<String>) -> CredentialHandle {
        let credential = CredentialHandle {
            agent: self.clone(),
            id: id.into(),
        };
        credential.with(|_| {});
        credential
    }
}

/// One credential of an agent.
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
///     .bound_to(policy["id"].as_str().unwrap_or_default())
///     .traffic(Traffic::ran("SELECT id FROM orders").times(12));
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
        self.agent.project.with(|project| {
            let agent = project.agents.entry(self.agent.id.clone()).or_default();
            change(agent.credentials.entry(self.id.clone()).or_default());
        });
    }

    /// The credential's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Puts the credential under a policy profile, which cannot be deleted from then
    /// on.
    pub fn bound_to(&self, policy_id: impl Into<String>) -> Self {
        let policy_id = policy_id.into();
        self.with(|credential| credential.policy_id = Some(policy_id));
        self.clone()
    }

    /// Takes the credential from under its policy profile.
    pub fn unbound(&self) -> Self {
        self.with(|credential| credential.policy_id = None);
        self.clone()
    }

    /// Records traffic of the credential.
    pub fn traffic(&self, traffic: Traffic) -> Self {
        let now = self.agent.project.shared.clock.now();
        let just_now = now.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(now);
        let entry = Entry {
            agent_id: self.agent.id.clone(),
            credential_id: self.id.clone(),
            sql: traffic.sql,
            at: traffic.at.unwrap_or(just_now),
            times: traffic.times,
            event: traffic.event,
            rule: traffic.rule,
            blocked: traffic.blocked,
        };
        self.agent
            .project
            .with(|project| project.traffic.push(entry));
        self.clone()
    }
}
