//! Decides what a plan does: compares the state of a project with the desired set.

use std::collections::{BTreeMap, BTreeSet};

use pgbeam_api::{Error, ErrorKind};
use serde_json::{Map, Value};

use super::{
    resource::{self, Desired, ResourceKind},
    step::{Action, Dependents, ReachedCredential, Step, is_stored_template_enabled},
};
use crate::policies::document::PolicySet;

/// The state of a project, as far as a plan depends on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remote {
    pub(crate) profiles: Vec<Stored>,
    pub(crate) templates: Vec<Stored>,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) default_profile: Option<String>,
}

/// A stored resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) json: Map<String, Value>,
}

impl Stored {
    pub(crate) fn name(&self) -> &str {
        self.json
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn is_templates_only(&self) -> bool {
        self.json
            .get("query_mode")
            .is_some_and(|mode| mode == "templates")
    }
}

/// An agent credential that is not revoked.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) reached: ReachedCredential,
    pub(crate) profile: String,
}

/// Which resources that the set lacks are deleted.
#[derive(Clone, Debug, Default)]
pub(crate) enum Deletion {
    #[default]
    None,
    All,
    /// Those with these identifiers.
    Only(BTreeSet<String>),
}

impl Deletion {
    fn includes(&self, id: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }
}

/// Returns one step for each resource of the set and for each resource to delete, in the order in which they are
/// applied.
///
/// # Errors
///
/// Kind [`Invalid`](ErrorKind::Invalid) if the set is invalid. Kind [`Decode`](ErrorKind::Decode) if two stored
/// profiles have the same name.
pub(crate) fn decide(
    remote: &Remote,
    set: &PolicySet,
    deletion: &Deletion,
) -> Result<Vec<Step>, Error> {
    let templates = set.query_templates().iter().map(resource::template);
    let profiles = set.profiles().iter().map(resource::profile);
    let desired = templates.chain(profiles).collect::<Result<Vec<_>, _>>()?;
    let users = template_users(remote, &desired);
    let mut stored = [
        (ResourceKind::PolicyProfile, by_name(&remote.profiles)?),
        (ResourceKind::QueryTemplate, by_name(&remote.templates)?),
    ];
    let mut steps = Vec::new();
    for desired in desired {
        let kind = desired.kind();
        let [(_, profiles), (_, templates)] = &mut stored;
        let stored = match kind {
            ResourceKind::PolicyProfile => profiles.remove(desired.name()),
            ResourceKind::QueryTemplate => templates.remove(desired.name()),
        };
        let dependents = dependents(remote, &users, kind, stored);
        let stored = stored.map(|stored| (stored.id.as_str(), stored.json.clone()));
        steps.push(Step::new(kind, stored, Some(desired), dependents));
    }
    for (kind, stored) in stored {
        let deleted = stored
            .into_values()
            .filter(|stored| deletion.includes(&stored.id));
        steps.extend(deleted.map(|stored| {
            let dependents = dependents(remote, &users, kind, Some(stored));
            let stored = (stored.id.as_str(), stored.json.clone());
            Step::new(kind, Some(stored), None, dependents)
        }));
    }
    sort(&mut steps);
    Ok(steps)
}

/// Sorts steps into the order in which they are applied.
pub(crate) fn sort(steps: &mut [Step]) {
    steps.sort_by(|a, b| (a.phase(), a.kind, &a.name).cmp(&(b.phase(), b.kind, &b.name)));
}

/// Returns stored resources by name.
///
/// # Errors
///
/// Kind [`Decode`](ErrorKind::Decode) if two have the same name. The message contains both identifiers.
pub(crate) fn by_name(stored: &[Stored]) -> Result<BTreeMap<&str, &Stored>, Error> {
    let mut names: BTreeMap<&str, &Stored> = BTreeMap::new();
    for stored in stored {
        if let Some(other) = names.insert(stored.name(), stored) {
            return Err(duplicate_name(stored.name(), &other.id, &stored.id));
        }
    }
    Ok(names)
}

pub(crate) fn duplicate_name(name: &str, id: &str, other: &str) -> Error {
    let message = format!(
        "two policy profiles have the name {name:?}, {id} and {other}: rename or delete one of them"
    );
    Error::new(ErrorKind::Decode, message)
}

/// Returns the identifiers of the stored profiles that use query templates, before or after the change.
fn template_users<'a>(remote: &'a Remote, desired: &[Desired]) -> BTreeSet<&'a str> {
    let profiles = desired.iter().filter(|desired| {
        matches!(desired, Desired::Profile(profile) if profile.str("query_mode") == "templates")
    });
    let names: BTreeSet<&str> = profiles.map(Desired::name).collect();
    let users = remote.profiles.iter();
    let users = users.filter(|stored| stored.is_templates_only() || names.contains(stored.name()));
    users.map(|stored| stored.id.as_str()).collect()
}

fn dependents(
    remote: &Remote,
    template_users: &BTreeSet<&str>,
    kind: ResourceKind,
    stored: Option<&Stored>,
) -> Dependents {
    let is_reached = |credential: &&Credential| match kind {
        ResourceKind::PolicyProfile => stored.is_some_and(|s| s.id == credential.profile),
        ResourceKind::QueryTemplate => template_users.contains(credential.profile.as_str()),
    };
    let credentials = remote.credentials.iter().filter(is_reached);
    let is_default = |stored: &Stored| remote.default_profile.as_ref() == Some(&stored.id);
    Dependents {
        credentials: credentials
            .map(|credential| credential.reached.clone())
            .collect(),
        is_project_default: kind == ResourceKind::PolicyProfile && stored.is_some_and(is_default),
    }
}

/// Returns what a reviewer of the plan must know and the steps do not show.
pub(crate) fn warnings(remote: &Remote, steps: &[Step]) -> Vec<String> {
    let mut warnings = Vec::new();
    let deleted =
        |step: &&Step| step.kind == ResourceKind::PolicyProfile && step.action == Action::Delete;
    for step in steps.iter().filter(deleted) {
        let ids: Vec<_> = step
            .credentials()
            .iter()
            .map(ReachedCredential::id)
            .collect();
        if !ids.is_empty() {
            warnings.push(format!(
                "the policy profile {:?} cannot be deleted while agent credentials refer to it: revoke {} first",
                step.name,
                ids.join(", ")
            ));
        }
        if step.is_project_default() {
            warnings.push(format!(
                "the policy profile {:?} is the default of the project: after its deletion, the project has none",
                step.name
            ));
        }
    }
    if !has_enabled_template(remote, steps) {
        let users = remaining_template_users(remote, steps);
        if !users.is_empty() {
            let users: Vec<_> = users.iter().map(|name| format!("{name:?}")).collect();
            warnings.push(format!(
                "no enabled query template remains, so the agents of these policy profiles with query_mode \
                 `templates` can execute no statement: {}",
                users.join(", ")
            ));
        }
    }
    warnings
}

/// Returns `true` if the project has an enabled query template after the plan.
fn has_enabled_template(remote: &Remote, steps: &[Step]) -> bool {
    let planned: BTreeSet<&str> = steps.iter().filter_map(Step::id).collect();
    let mut others = remote
        .templates
        .iter()
        .filter(|stored| !planned.contains(stored.id.as_str()));
    steps.iter().any(Step::enables_template)
        || others.any(|stored| is_stored_template_enabled(&stored.json))
}

/// Returns the names of the profiles that use query templates after the plan.
fn remaining_template_users<'a>(remote: &'a Remote, steps: &'a [Step]) -> BTreeSet<&'a str> {
    let profiles = steps
        .iter()
        .filter(|step| step.kind == ResourceKind::PolicyProfile);
    let by_id: BTreeMap<&str, &Step> = profiles
        .clone()
        .filter_map(|s| Some((s.id()?, s)))
        .collect();
    let stored = remote
        .profiles
        .iter()
        .filter(|stored| match by_id.get(stored.id.as_str()) {
            None => stored.is_templates_only(),
            Some(step) => match step
                .desired
                .as_ref()
                .map(|desired| desired.get("query_mode"))
            {
                None => false,
                Some(None) => stored.is_templates_only(),
                Some(Some(mode)) => mode == "templates",
            },
        });
    let created = profiles.filter(|step| {
        let mode = step
            .desired
            .as_ref()
            .and_then(|desired| desired.get("query_mode"));
        step.action == Action::Create && mode.is_some_and(|mode| mode == "templates")
    });
    stored
        .map(Stored::name)
        .chain(created.map(Step::name))
        .collect()
}
