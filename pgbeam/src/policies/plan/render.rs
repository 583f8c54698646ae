//! Renders a plan as plain text, as colored text for terminals, as Markdown and as JSON.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Plan,
    resource::ResourceKind,
    step::{Action, ReachedCredential, Step},
};
use crate::policies::diff::{escape, render::code};

/// The number of steps of a plan, or of changes of a [`Drift`](super::Drift), by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The number of created resources.
    pub create: usize,
    /// The number of updated resources.
    pub update: usize,
    /// The number of deleted resources.
    pub delete: usize,
    /// The number of resources that do not change.
    pub unchanged: usize,
}

impl Summary {
    pub(crate) fn new<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut summary = Self::default();
        for step in steps {
            *match step.action {
                Action::Create => &mut summary.create,
                Action::Update => &mut summary.update,
                Action::Delete => &mut summary.delete,
                Action::Unchanged => &mut summary.unchanged,
            } += 1;
        }
        summary
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            create,
            update,
            delete,
            unchanged,
        } = self;
        write!(
            f,
            "{create} to create, {update} to update, {delete} to delete, {unchanged} unchanged"
        )
    }
}

impl Plan {
    /// Returns the number of steps by action.
    pub fn summary(&self) -> Summary {
        Summary::new(&self.steps)
    }

    /// Returns the plan as plain text: the changes with their [kept fields](Step::kept), the warnings, and the summary.
    /// Unchanged resources are shown only if they have kept fields.
    pub fn to_text(&self) -> String {
        self.text(false)
    }

    /// Returns [`to_text`](Self::to_text) with ANSI colors. Use it only if the output is a terminal
    /// ([`IsTerminal`](std::io::IsTerminal)).
    pub fn to_colored_text(&self) -> String {
        self.text(true)
    }

    fn text(&self, is_colored: bool) -> String {
        let mut text = steps_text(&self.steps, is_colored);
        for warning in &self.warnings {
            let _ = writeln!(text, "warning: {}", escape(warning));
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// Returns the plan as Markdown, for example for a comment on a pull request. The content is that of
    /// [`to_text`](Self::to_text).
    pub fn to_markdown(&self) -> String {
        let mut text = steps_markdown(&self.steps);
        for warning in &self.warnings {
            let _ = writeln!(text, "> **Warning:** {}\n", code(warning));
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// Returns the changes as JSON: a list with one object for each change. Unchanged resources are left out.
    ///
    /// | field | value |
    /// | --- | --- |
    /// | `policy` | the name of the policy profile; empty for a query template |
    /// | `query_template` | the name of the query template; absent for a policy profile |
    /// | `action` | `create`, `update` or `delete` |
    /// | `fields` | the changed fields, as in [`Diff::to_json`](crate::policies::diff::Diff::to_json) |
    /// | `effect` | the effect of the change, such as `loosening` |
    /// | `id` | the identifier; empty if the project does not have the resource |
    /// | `kept` | an object with the [kept fields](Step::kept) and their values |
    /// | `credentials` | the identifiers of the [reached credentials](Step::credentials) |
    pub fn to_json(&self) -> Value {
        steps_json(self.changes())
    }
}

/// Returns the text of all steps that change a resource or have kept fields.
pub(crate) fn steps_text(steps: &[Step], is_colored: bool) -> String {
    let mut text = String::new();
    for step in steps.iter().filter(|step| is_shown(step)) {
        let _ = write!(text, "{}", title(step, &|name| format!("{:?}", name)));
        let ids: Vec<_> = step
            .credentials()
            .iter()
            .map(ReachedCredential::id)
            .collect();
        if !ids.is_empty() && step.action != Action::Unchanged {
            let _ = write!(text, ", reaches {}", escape(&ids.join(", ")));
        }
        text.push('\n');
        let diff = match is_colored {
            true => step.diff.to_colored_text(),
            false => step.diff.to_text(),
        };
        for line in diff.lines() {
            let _ = writeln!(text, "  {line}");
        }
        for (field, value) in step.kept() {
            let _ = writeln!(
                text,
                "  kept       {}: {}",
                escape(field),
                escape(&value.to_string())
            );
        }
    }
    text
}

/// Returns the Markdown of all steps that change a resource or have kept fields.
pub(crate) fn steps_markdown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps.iter().filter(|step| is_shown(step)) {
        let _ = writeln!(text, "### {}\n", title(step, &code));
        if !step.credentials().is_empty() && step.action != Action::Unchanged {
            let ids: Vec<_> = step.credentials().iter().map(|c| code(c.id())).collect();
            let _ = writeln!(text, "Reaches {}.\n", ids.join(", "));
        }
        if !step.diff.is_empty() {
            let _ = writeln!(text, "{}", step.diff.to_markdown());
        }
        for (field, value) in step.kept() {
            let _ = writeln!(text, "Kept: {} {}\n", code(field), code(&value.to_string()));
        }
    }
    text
}

/// Returns the steps as a JSON list. [`Plan::to_json`] documents the fields of its objects.
pub(crate) fn steps_json<'a>(steps: impl Iterator<Item = &'a Step>) -> Value {
    steps.map(step_json).collect()
}

pub(crate) fn step_json(step: &Step) -> Value {
    let kept: serde_json::Map<_, _> = step.kept.iter().cloned().collect();
    let credentials: Vec<_> = step
        .credentials()
        .iter()
        .map(ReachedCredential::id)
        .collect();
    let mut json = json!({
        "policy": step.name,
        "action": step.action.as_str(),
        "fields": step.diff.to_json(),
        "effect": step.effect,
        "id": step.id().unwrap_or_default(),
        "kept": kept,
        "credentials": credentials,
    });
    if step.kind == ResourceKind::QueryTemplate {
        json["policy"] = "".into();
        json["query_template"] = step.name.clone().into();
    }
    json
}

fn is_shown(step: &Step) -> bool {
    step.action != Action::Unchanged || !step.kept.is_empty()
}

/// Returns the title of a step, such as `update policy profile "Support": loosening`.
pub(crate) fn title(step: &Step, quote: &dyn Fn(&str) -> String) -> String {
    let title = format!(
        "{} {} {}",
        step.action,
        step.kind.as_str(),
        quote(&step.name)
    );
    match step.action {
        Action::Unchanged => title,
        _ => format!("{title}: {}", step.effect),
    }
}
