//! Warnings about a plan: effects that its steps do not show.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    decide::{Remote, Stored},
    resource::ResourceKind,
    step::{Action, ReachedCredential, Step, is_stored_template_enabled},
};

/// Returns the warnings about a plan. There are three: a profile cannot be deleted while agent credentials refer to it;
/// the project's default profile is deleted; and profiles have the `query_mode` `templates`, but the project has no
/// enabled query template after the plan.
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

/// Returns the names of the profiles that have the `query_mode` `templates` after the plan.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policies::plan::decide::{
        Deletion, decide,
        tests::{set, stored},
    };

    #[test]
    fn a_plan_warns_if_a_profile_needs_templates_and_none_remains_enabled() {
        let template =
            |is_enabled: bool| json!({"name": "t", "sql": "SELECT 1", "enabled": is_enabled});
        let profile = |mode: &str| json!({"name": "a", "query_mode": mode});
        let kept = json!({"name": "a"});
        // (stored profile, stored template, desired profiles, desired templates, warning)
        let cases = [
            (profile("templates"), template(true), vec![], vec![], false),
            (profile("templates"), template(false), vec![], vec![], true),
            (
                profile("templates"),
                template(true),
                vec![],
                vec![template(false)],
                true,
            ),
            (
                profile("templates"),
                template(true),
                vec![kept.clone()],
                vec![template(false)],
                true,
            ),
            (
                profile("templates"),
                template(true),
                vec![profile("sql")],
                vec![template(false)],
                false,
            ),
            (
                profile("sql"),
                template(true),
                vec![profile("templates")],
                vec![template(false)],
                true,
            ),
            (
                profile("sql"),
                template(false),
                vec![profile("templates")],
                vec![template(true)],
                false,
            ),
            (profile("sql"), template(false), vec![kept], vec![], false),
        ];
        for (profile, template, profiles, templates, expected) in cases {
            let remote = Remote {
                profiles: stored(std::slice::from_ref(&profile)),
                templates: stored(std::slice::from_ref(&template)),
                ..Remote::default()
            };
            let set = set(&profiles, &templates);
            let steps = decide(&remote, &set, &Deletion::None).expect("steps");
            let is_warned = !warnings(&remote, &steps).is_empty();
            assert_eq!(
                is_warned, expected,
                "{profile} {template} {profiles:?} {templates:?}"
            );
        }
    }
}
