//! Determines the steps of a plan: compares the state of a project with the desired policy set.

use std::collections::{BTreeMap, BTreeSet};

use pgbeam_api::{Error, ErrorKind};
use serde_json::{Map, Value};

use super::{
    resource::{self, Desired, ResourceKind},
    step::{Dependents, ReachedCredential, Step},
};
use crate::policies::document::PolicySet;

/// The state of a project from which a plan is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remote {
    pub(crate) profiles: Vec<Stored>,
    pub(crate) templates: Vec<Stored>,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) default_profile: Option<String>,
}

/// A policy profile or query template of the project, as the API returned it.
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

    pub(crate) fn is_templates_only(&self) -> bool {
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

/// The resources to delete, out of the resources of the project that the set lacks.
#[derive(Clone, Debug, Default)]
pub(crate) enum Deletion {
    #[default]
    None,
    All,
    /// The resources with these identifiers.
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

/// Returns a step for each resource of the set, and for each resource that `deletion` includes and the set lacks. The
/// steps are in the order in which they are applied.
///
/// # Errors
///
/// Kind [`Invalid`](ErrorKind::Invalid) if a profile or template of the set is invalid. Kind
/// [`Decode`](ErrorKind::Decode) if two stored profiles or two stored templates have the same name.
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
        (
            ResourceKind::PolicyProfile,
            by_name(ResourceKind::PolicyProfile, &remote.profiles)?,
        ),
        (
            ResourceKind::QueryTemplate,
            by_name(ResourceKind::QueryTemplate, &remote.templates)?,
        ),
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

/// Maps the name of each stored resource to the resource. All resources are of the kind `kind`.
///
/// # Errors
///
/// Kind [`Decode`](ErrorKind::Decode) if two resources have the same name. The message contains both identifiers.
pub(crate) fn by_name(
    kind: ResourceKind,
    stored: &[Stored],
) -> Result<BTreeMap<&str, &Stored>, Error> {
    let mut names: BTreeMap<&str, &Stored> = BTreeMap::new();
    for stored in stored {
        if let Some(other) = names.insert(stored.name(), stored) {
            return Err(duplicate_name(kind, stored.name(), &other.id, &stored.id));
        }
    }
    Ok(names)
}

/// Returns the error about two resources of one kind that have the same name. `id` and `other` are their identifiers.
pub(crate) fn duplicate_name(kind: ResourceKind, name: &str, id: &str, other: &str) -> Error {
    let kind = kind.as_str();
    let message = format!(
        "two {kind}s have the name {name:?}, {id} and {other}: rename or delete one of them"
    );
    Error::new(ErrorKind::Decode, message)
}

/// Returns the identifiers of the stored profiles that have the `query_mode` `templates` before or after the plan.
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

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::policies::{
        diff::Effect,
        normalized::{NormalizedProfile, NormalizedTemplate},
        plan::{step::Action, warnings::warnings},
    };

    fn object(json: Value) -> Map<String, Value> {
        json.as_object().cloned().expect("an object")
    }

    /// Returns the resources as [`Stored`] values. The identifier of each resource is its name in upper case.
    pub(in super::super) fn stored(resources: &[Value]) -> Vec<Stored> {
        let stored = resources.iter().map(|json| Stored {
            id: json["name"].as_str().expect("a name").to_uppercase(),
            json: object(json.clone()),
        });
        stored.collect()
    }

    pub(in super::super) fn set(profiles: &[Value], templates: &[Value]) -> PolicySet {
        let set = profiles.iter().fold(PolicySet::new(), |set, json| {
            set.profile(NormalizedProfile::from_json(object(json.clone())))
        });
        templates.iter().fold(set, |set, json| {
            set.query_template(NormalizedTemplate::from_json(object(json.clone())))
        })
    }

    /// Returns the action and effect of the only step; `None` if there are no steps.
    fn only(remote: &Remote, set: &PolicySet, deletion: &Deletion) -> Option<(Action, Effect)> {
        let steps = decide(remote, set, deletion).expect("steps");
        assert!(steps.len() <= 1, "{steps:?}");
        steps.first().map(|step| (step.action, step.effect))
    }

    #[test]
    fn actions_and_effects_of_a_profile() {
        use {Action::*, Effect::*};
        let a = |rows: i64| json!({"name": "a", "max_rows": rows});
        let (none, all) = (Deletion::None, Deletion::All);
        let id = |id: &str| Deletion::Only([id.to_owned()].into());
        // (stored, desired, deletion, expected)
        let cases = [
            (vec![], vec![], all.clone(), None),
            (vec![], vec![a(1)], all.clone(), Some((Create, Neutral))),
            (
                vec![a(1)],
                vec![a(1)],
                all.clone(),
                Some((Unchanged, Neutral)),
            ),
            (
                vec![a(2)],
                vec![a(1)],
                all.clone(),
                Some((Update, Tightening)),
            ),
            (
                vec![a(1)],
                vec![a(2)],
                none.clone(),
                Some((Update, Loosening)),
            ),
            (vec![a(1)], vec![], none, None),
            (vec![a(1)], vec![], all, Some((Delete, Neutral))),
            (vec![a(1)], vec![], id("A"), Some((Delete, Neutral))),
            (vec![a(1)], vec![], id("B"), None),
        ];
        for (before, desired, deletion, expected) in cases {
            let remote = Remote {
                profiles: stored(&before),
                ..Remote::default()
            };
            let actual = only(&remote, &set(&desired, &[]), &deletion);
            assert_eq!(actual, expected, "{before:?} {desired:?} {deletion:?}");
        }
    }

    #[test]
    fn the_deletion_of_a_used_profile_is_unknown() {
        let credential = Credential {
            reached: ReachedCredential {
                id: "cred_1".into(),
                name: "Bot".into(),
            },
            profile: "A".into(),
        };
        let unused = Remote {
            profiles: stored(&[json!({"name": "a"})]),
            ..Remote::default()
        };
        let bound = Remote {
            credentials: vec![credential],
            ..unused.clone()
        };
        let default = Remote {
            default_profile: Some("A".into()),
            ..unused.clone()
        };
        for (remote, effect) in [
            (unused, Effect::Neutral),
            (bound, Effect::Unknown),
            (default, Effect::Unknown),
        ] {
            let step = only(&remote, &PolicySet::new(), &Deletion::All);
            assert_eq!(step, Some((Action::Delete, effect)));
            let steps = decide(&remote, &PolicySet::new(), &Deletion::All).expect("steps");
            let is_warned = !warnings(&remote, &steps).is_empty();
            assert_eq!(is_warned, effect == Effect::Unknown);
        }
    }

    #[test]
    fn an_error_about_one_name_has_the_kind_and_both_identifiers() {
        let mut resources = stored(&[json!({"name": "a"}), json!({"name": "a"})]);
        resources[1].id = "B".into();
        for (kind, expected) in [
            (
                ResourceKind::PolicyProfile,
                "two policy profiles have the name \"a\", A and B",
            ),
            (
                ResourceKind::QueryTemplate,
                "two query templates have the name \"a\", A and B",
            ),
        ] {
            let error = by_name(kind, &resources).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
