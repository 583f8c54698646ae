//! `SeedCollection`: a collection that a seed can fill, found in the API contract.

use std::collections::BTreeMap;

use http::{Method, StatusCode};

use crate::admin::{ProjectHandler, project_handlers};
use crate::contract::{Contract, OperationContract};

/// The collections of a project that are filled first, in this order, because resources of others refer to them.
const FIRST: [&str; 3] = ["databases", "policies", "agents"];
/// The collection of audit log entries. A seed cannot fill it: the entries of `statements` do.
const AUDIT_LOGS: &str = "audit-logs";

/// A collection that a seed can fill.
pub(super) struct SeedCollection {
    /// The key in the seed: the part of the path after the id of the resource that contains the collection.
    pub(super) key: String,
    /// The path, with its parameters in braces. Empty for a collection that an admin route fills.
    pub(super) path: &'static str,
    pub(super) source: Source,
}

/// How the resources of a collection are created.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// With this operation.
    Create(&'static OperationContract),
    /// With this PUT operation on the collection, whose body identifies the resource.
    Put(&'static OperationContract),
    /// Without an operation, because none creates such a resource.
    None,
    /// With the handler of an admin route.
    Admin(ProjectHandler),
}

impl SeedCollection {
    /// Returns the collections of the resource whose id is the path parameter `param`, such as `project_id`, in the
    /// order in which they are filled.
    pub(super) fn for_param(contract: &'static Contract, param: &str) -> Vec<Self> {
        let mut collections = BTreeMap::new();
        let parent = format!("/{{{param}}}/");
        for operation in contract.operations() {
            if let Some((_, key)) = operation.path.split_once(&parent)
                && !key.contains('{')
                && key != AUDIT_LOGS
                && let Some(source) = Source::find(contract, &operation.path)
            {
                let path = operation.path.as_str();
                collections.insert(key, (path, source));
            }
        }
        if param == "project_id" {
            for (key, handler) in project_handlers() {
                collections.insert(key, ("", Source::Admin(handler)));
            }
        }
        let collections = collections.into_iter();
        let mut collections: Vec<Self> = collections
            .map(|(key, (path, source))| Self {
                key: key.to_owned(),
                path,
                source,
            })
            .collect();
        collections.sort_by_key(Self::rank);
        collections
    }

    fn rank(&self) -> usize {
        let first = FIRST.iter().position(|first| *first == self.key);
        match self.source {
            _ if first.is_some() => first.unwrap_or_default(),
            Source::Admin(_) => FIRST.len().saturating_add(1),
            _ => FIRST.len(),
        }
    }

    /// Returns the name of the path parameter with the id of a resource; `None` if no operation has the resource in its
    /// path.
    pub(super) fn item_param(&self, contract: &'static Contract) -> Option<&'static str> {
        contract.operations().iter().find_map(|operation| {
            let item = operation.path.strip_prefix(self.path)?;
            let (name, _) = item.strip_prefix("/{")?.split_once('}')?;
            Some(name)
        })
    }
}

impl Source {
    /// Finds out how the resources of the collection with this path are created. Returns `None` if the path is not that
    /// of a collection.
    fn find(contract: &'static Contract, path: &str) -> Option<Self> {
        let operation = |method: Method| {
            let mut operations = contract.operations().iter();
            operations.find(|operation| operation.path == path && operation.method == method)
        };
        let create = operation(Method::POST);
        let create = create.filter(|operation| operation.success == StatusCode::CREATED);
        if let Some(create) = create {
            return Some(Self::Create(create));
        }
        let collection = contract.collection(path)?;
        if collection.list_field.is_empty() {
            return None;
        }
        Some(operation(Method::PUT).map_or(Self::None, Self::Put))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(param: &str) -> Vec<String> {
        let contract = Contract::built_in().expect("a contract");
        let collections = SeedCollection::for_param(contract, param).into_iter();
        collections.map(|collection| collection.key).collect()
    }

    #[test]
    fn finds_the_collections_of_the_contract() {
        let project = keys("project_id");
        assert_eq!(project[..3], FIRST);
        for key in [
            "approval-rules",
            "domains",
            "honeytokens",
            "query-templates",
            "schema-annotations",
            "webhooks",
        ] {
            assert!(project.iter().any(|other| other == key), "{key}");
        }
        for key in ["audit-logs", "batch", "policy-evaluations", "metrics"] {
            assert!(!project.iter().any(|other| other == key), "{key}");
        }
        assert_eq!(
            keys("org_id"),
            [
                "invitations",
                "members",
                "self-host-enrollments",
                "support/cases"
            ]
        );
        assert_eq!(keys("database_id"), ["cache-rules", "replicas"]);
        assert_eq!(keys("case_id"), ["messages"]);
        assert!(keys("agent_id").is_empty());
    }
}
