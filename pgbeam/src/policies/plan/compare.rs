//! Compares two policy sets, such as two versions of the same files. Reads nothing from a project.

use pgbeam_api::Error;

use super::{
    decide::{self, Deletion, Remote, Stored},
    resource::ResourceKind,
    step::{Action, Step},
};
use crate::policies::{diff::Effect, document::PolicySet};

/// Compares two sets, for example two versions of the same files. Returns a step for each profile and template that
/// `desired` adds, changes or lacks.
///
/// Sends no requests, so the function does not know which profiles agents use. For this reason, the deletion of a
/// profile has the effect [`Unknown`](Effect::Unknown), and [`Step::credentials`] is always empty. All other effects
/// are the same as in a [plan](super#effects).
///
/// # Errors
///
/// Kind [`Invalid`](crate::ErrorKind::Invalid) if a profile or a template of `desired` is invalid.
///
/// ```
/// use pgbeam::policies::{PolicyProfileInput, document::PolicySet, plan};
///
/// let old = PolicySet::new().profile(PolicyProfileInput::new("Support").max_rows(100));
/// let new = PolicySet::new().profile(PolicyProfileInput::new("Support").max_rows(500));
/// let steps = plan::compare(&old, &new)?;
/// assert_eq!(steps[0].action(), plan::Action::Update);
/// assert!(steps[0].effect().may_loosen());
/// # Ok::<(), pgbeam::Error>(())
/// ```
pub fn compare(current: &PolicySet, desired: &PolicySet) -> Result<Vec<Step>, Error> {
    let profiles = current.profiles().iter();
    let templates = current.query_templates().iter();
    let remote = Remote {
        profiles: profiles
            .map(|entry| stored(entry.profile().to_json()))
            .collect(),
        templates: templates
            .map(|entry| stored(entry.template().to_json()))
            .collect(),
        ..Remote::default()
    };
    let mut steps = decide::decide(&remote, desired, &Deletion::All)?;
    steps.retain(|step| step.action != Action::Unchanged);
    for step in &mut steps {
        step.id = None;
        if step.action == Action::Delete && step.kind == ResourceKind::PolicyProfile {
            step.effect = Effect::Unknown;
        }
    }
    Ok(steps)
}

fn stored(json: serde_json::Map<String, serde_json::Value>) -> Stored {
    Stored {
        id: String::new(),
        json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::{PolicyProfileInput, QueryTemplateInput};

    #[test]
    fn every_change_is_a_step() {
        let profile = |name: &str, rows: i64| PolicyProfileInput::new(name).max_rows(rows);
        let template = QueryTemplateInput::new("t", "SELECT 1");
        let old = PolicySet::new()
            .profile(profile("changed", 1))
            .profile(profile("deleted", 1))
            .profile(profile("same", 1))
            .query_template(template);
        let new = PolicySet::new()
            .profile(profile("same", 1))
            .profile(profile("changed", 2))
            .profile(profile("created", 0));
        let steps = compare(&old, &new).expect("valid sets");
        let steps: Vec<_> = steps
            .iter()
            .map(|step| (step.name(), step.action(), step.effect(), step.id()))
            .collect();
        assert_eq!(
            steps,
            [
                ("created", Action::Create, Effect::Neutral, None),
                ("changed", Action::Update, Effect::Loosening, None),
                ("deleted", Action::Delete, Effect::Unknown, None),
                ("t", Action::Delete, Effect::Tightening, None),
            ]
        );
        assert!(compare(&old, &old).expect("valid sets").is_empty());
    }
}
