//! `Store`: the state that requests to the emulator read and change.

mod collection;
mod traffic;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};
use uuid::Uuid;

pub(crate) use self::collection::Collection;
pub use self::traffic::Traffic;
pub(crate) use self::traffic::TrafficEntry;
pub(crate) use crate::audit::entry::object as fields;
use crate::audit::log::AuditLog;
use crate::http::idempotency::IdempotencyStore;
use crate::http::rate_limit::RateLimitWindow;

/// The path of the collection of all projects.
pub(crate) const PROJECTS: &str = "/v1/projects";

/// The state that requests read and change. One lock protects it, so that requests change it one at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    /// The resources by the path of their collection, such as `/v1/projects/prj_1/policies`.
    collections: HashMap<String, Collection<Resource>>,
    /// The fields of a resource that responses never contain, such as passwords, by the path of the resource.
    write_only: HashMap<String, Resource>,
    /// The objects that are not part of a collection, such as the plan of an organization, by their path.
    objects: HashMap<String, Resource>,
    activity: BTreeMap<String, ProjectActivity>,
    deleted_projects: HashSet<String>,
    pub(crate) idempotency_keys: IdempotencyStore,
    pub(crate) rate_limit_window: RateLimitWindow,
}

/// A stored resource: its fields as the API returns them.
pub(crate) type Resource = Map<String, Value>;

/// The agents of a project and what they did.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProjectActivity {
    /// The agents by id. Each agent credential that an operation creates has its own agent, with the id of the
    /// credential. [`ProjectHandle::agent`](crate::ProjectHandle::agent) creates other agents.
    pub(crate) agents: BTreeMap<String, Agent>,
    pub(crate) traffic: Vec<TrafficEntry>,
    pub(crate) audit: AuditLog,
}

/// An agent: its credentials by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agent {
    pub(crate) credentials: BTreeMap<String, Credential>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Credential {
    /// The id of the policy profile that the credential is bound to.
    pub(crate) policy_id: Option<String>,
    /// The id of the open session. `None` before the first statement, and after the session is closed.
    session_id: Option<String>,
}

impl Store {
    /// Returns the collection with this path; `None` if it was never created. It can be empty.
    pub(crate) fn collection(&self, path: &str) -> Option<&Collection<Resource>> {
        self.collections.get(path)
    }

    /// Returns the collection with this path. Creates it if it does not exist.
    pub(crate) fn collection_mut(&mut self, path: &str) -> &mut Collection<Resource> {
        self.collections.entry(path.to_owned()).or_default()
    }

    /// Returns the resources of a collection, oldest first.
    pub(crate) fn resources<'s>(
        &'s self,
        collection: &str,
    ) -> impl Iterator<Item = &'s Resource> + use<'s> {
        self.collection(collection)
            .into_iter()
            .flat_map(Collection::iter)
    }

    pub(crate) fn get(&self, collection: &str, id: &str) -> Option<&Resource> {
        self.collection(collection)?.get(id)
    }

    pub(crate) fn get_mut(&mut self, collection: &str, id: &str) -> Option<&mut Resource> {
        self.collections.get_mut(collection)?.get_mut(id)
    }

    /// Removes a resource, its write-only fields, and everything below its path. For a project, also removes its
    /// activity. Returns `None` if the resource does not exist.
    pub(crate) fn remove(&mut self, collection: &str, id: &str) -> Option<Resource> {
        let removed = self.collections.get_mut(collection)?.remove(id)?;
        let path = format!("{collection}/{id}");
        self.write_only.remove(&path);
        let below = format!("{path}/");
        self.collections.retain(|path, _| !path.starts_with(&below));
        self.write_only.retain(|path, _| !path.starts_with(&below));
        self.objects.retain(|path, _| !path.starts_with(&below));
        if collection == PROJECTS {
            self.activity.remove(id);
            self.deleted_projects.insert(id.to_owned());
        }
        Some(removed)
    }

    /// Removes a collection with its resources. Keeps the write-only fields of the resources, and everything below
    /// them.
    pub(crate) fn remove_collection(&mut self, path: &str) {
        self.collections.remove(path);
    }

    /// Returns `true` if a project with this id was deleted.
    pub(crate) fn is_deleted_project(&self, id: &str) -> bool {
        self.deleted_projects.contains(id)
    }

    /// Returns the write-only fields of a resource.
    pub(crate) fn write_only(&self, collection: &str, id: &str) -> Option<&Resource> {
        self.write_only.get(&format!("{collection}/{id}"))
    }

    /// Removes and returns the write-only fields of a resource.
    pub(crate) fn take_write_only(&mut self, collection: &str, id: &str) -> Resource {
        let fields = self.write_only.remove(&format!("{collection}/{id}"));
        fields.unwrap_or_default()
    }

    pub(crate) fn set_write_only(&mut self, collection: &str, id: &str, fields: Resource) {
        let path = format!("{collection}/{id}");
        if fields.is_empty() {
            self.write_only.remove(&path);
        } else {
            self.write_only.insert(path, fields);
        }
    }

    /// Returns the object with this path; `None` if it was never set.
    pub(crate) fn object(&self, path: &str) -> Option<&Resource> {
        self.objects.get(path)
    }

    /// Returns `default`, in which the fields of the object with this path replace those of the same name.
    pub(crate) fn object_or(&self, path: &str, mut default: Resource) -> Resource {
        default.extend(self.object(path).cloned().unwrap_or_default());
        default
    }

    pub(crate) fn set_object(&mut self, path: String, object: Resource) {
        self.objects.insert(path, object);
    }

    /// Returns the activity of a project; `None` if the project never had an agent.
    pub(crate) fn activity(&self, project_id: &str) -> Option<&ProjectActivity> {
        self.activity.get(project_id)
    }

    pub(crate) fn activity_mut(&mut self, project_id: &str) -> &mut ProjectActivity {
        self.activity.entry(project_id.to_owned()).or_default()
    }
}

impl ProjectActivity {
    /// Sets the policy profile that a credential is bound to. `id` is the id of the credential and of its agent.
    pub(crate) fn bind(&mut self, id: &str, policy_id: Option<String>) {
        let agent = self.agents.entry(id.to_owned()).or_default();
        let credential = agent.credentials.entry(id.to_owned()).or_default();
        credential.policy_id = policy_id;
    }

    /// Returns the credential with this id, of any agent.
    pub(crate) fn credential(&self, id: &str) -> Option<&Credential> {
        self.agents
            .values()
            .find_map(|agent| agent.credentials.get(id))
    }

    /// Returns the policy profile that a credential is bound to. `id` is the id of the credential and of its agent.
    pub(crate) fn bound_policy(&self, id: &str) -> Option<&str> {
        let credential = self.agents.get(id)?.credentials.get(id)?;
        credential.policy_id.as_deref()
    }

    /// Returns the id of the open session of a credential. Opens a session if none is open. `id` is the id of the
    /// credential and of its agent.
    pub(crate) fn open_session(&mut self, id: &str) -> String {
        let agent = self.agents.entry(id.to_owned()).or_default();
        let credential = agent.credentials.entry(id.to_owned()).or_default();
        let session_id = credential.session_id.get_or_insert_with(|| new_id("ses"));
        session_id.clone()
    }

    /// Closes the session of a credential, so that its next statement opens a new one. `id` is the id of the credential
    /// and of its agent.
    pub(crate) fn close_session(&mut self, id: &str) {
        let agent = self.agents.get_mut(id);
        if let Some(credential) = agent.and_then(|agent| agent.credentials.get_mut(id)) {
            credential.session_id = None;
        }
    }

    /// Returns the ids of all credentials that are bound to the policy profile with this id.
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

/// Returns the path of a collection of a project, such as `policies`.
pub(crate) fn project_collection(project_id: &str, name: &str) -> String {
    format!("{PROJECTS}/{project_id}/{name}")
}

/// Returns a string field of a resource, or `""` if it is absent or not a string.
pub(crate) fn str_field<'a>(fields: &'a Resource, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a new id: the prefix and 128 random bits.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_everything_below_a_resource() {
        let mut store = Store::default();
        let databases = project_collection("prj_1", "databases");
        for id in ["db_1", "db_10"] {
            store
                .collection_mut(&databases)
                .insert(id.to_owned(), Resource::new());
            let rules = format!("{databases}/{id}/cache-rules");
            store
                .collection_mut(&rules)
                .insert("r".to_owned(), Resource::new());
            let secret: Resource = [("password".to_owned(), Value::from("x"))]
                .into_iter()
                .collect();
            store.set_write_only(&databases, id, secret);
            store.set_object(format!("{databases}/{id}/status"), Resource::new());
        }
        assert!(store.remove(&databases, "db_1").is_some());
        assert!(store.remove(&databases, "db_1").is_none());
        assert!(store.write_only(&databases, "db_1").is_none());
        assert!(store.object(&format!("{databases}/db_1/status")).is_none());
        assert_eq!(
            store
                .resources(&format!("{databases}/db_1/cache-rules"))
                .count(),
            0
        );
        assert_eq!(
            store
                .resources(&format!("{databases}/db_10/cache-rules"))
                .count(),
            1
        );
        assert!(store.write_only(&databases, "db_10").is_some());
    }
}
