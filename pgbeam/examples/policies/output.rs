//! `Outcome`: the result of a command, and its output in each format.

use std::io::{IsTerminal as _, stdout};

use pgbeam::policies::{
    document::PolicySet,
    finding::{self, Finding, Location, Severity},
    plan::{ResourceKind, Step},
};
use serde_json::{Map, Value, json};

use crate::args::Format;

/// The result of a command.
#[derive(Default)]
pub struct Outcome {
    pub command: &'static str,
    /// The exit code: 0 for success, 1 for an error, 2 for changes that `--fail-on` selects, failed tests or other
    /// findings.
    pub exit_code: u8,
    pub findings: Vec<Finding>,
    pub changes: Vec<Step>,
    /// The locations of the changed resources in the policy files, in the order of `changes`. `None` for a resource
    /// that the files lack.
    pub locations: Vec<Option<Location>>,
    pub summary: Map<String, Value>,
    /// Further lines that only the formats `text` and `markdown` print.
    pub notes: Vec<String>,
    /// A YAML document that is printed instead of all other fields.
    pub document: Option<String>,
}

fn title(step: &Step) -> String {
    format!(
        "{} {} {:?}",
        step.action(),
        step.kind().as_str(),
        step.name()
    )
}

/// Returns the identifiers of the agent credentials that a change reaches.
fn credentials(step: &Step) -> impl Iterator<Item = &str> {
    step.credentials().iter().map(|credential| credential.id())
}

fn step_json(step: &Step) -> Value {
    let mut json = json!({
        "policy": "",
        "action": step.action().as_str(),
        "fields": step.diff().to_json(),
        "effect": step.effect(),
        "credentials": credentials(step).collect::<Vec<_>>(),
    });
    match step.kind() {
        ResourceKind::QueryTemplate => json["query_template"] = step.name().into(),
        _ => json["policy"] = step.name().into(),
    }
    json
}

impl Outcome {
    pub fn new(command: &'static str) -> Self {
        Self {
            command,
            ..Self::default()
        }
    }

    /// Sets the number with this name in the summary.
    pub fn count(&mut self, name: &str, count: usize) {
        self.summary.insert(name.to_owned(), count.into());
    }

    /// Sets the locations of the changed resources, from the policy set that was read from the files.
    pub fn locate(&mut self, set: &PolicySet) {
        let locations = self.changes.iter().map(|step| match step.kind() {
            ResourceKind::QueryTemplate => set.get_query_template(step.name())?.location().cloned(),
            _ => set.get(step.name())?.location().cloned(),
        });
        self.locations = locations.collect();
    }

    /// Returns the output in a format.
    pub fn render(&self, format: Format) -> String {
        if let Some(document) = &self.document {
            return document.clone();
        }
        match format {
            Format::Text => self.to_text(),
            Format::Markdown => self.to_markdown(),
            Format::Json => format!("{:#}\n", self.to_json()),
            Format::Sarif => format!("{:#}\n", finding::to_sarif(&self.all_findings())),
            Format::Junit => finding::to_junit(&self.all_findings()),
            Format::Github => finding::to_github(&self.all_findings()),
        }
    }

    /// Returns the findings and one more finding for each change. For formats that can only show findings.
    fn all_findings(&self) -> Vec<Finding> {
        let locations = self
            .locations
            .iter()
            .cloned()
            .chain(std::iter::repeat(None));
        let changes = self.changes.iter().zip(locations).map(|(step, location)| {
            let severity = match step.effect().may_loosen() {
                true => Severity::Warning,
                false => Severity::Info,
            };
            let mut message = format!("{}: {}", title(step), step.effect());
            for change in step.diff().changes() {
                message += &format!("; {}: {} → {}", change.field(), change.from(), change.to());
            }
            Finding::new(format!("policy-{}", step.action()), severity, message).location(location)
        });
        self.findings.iter().cloned().chain(changes).collect()
    }

    fn to_json(&self) -> Value {
        json!({
            "command": self.command,
            "ok": self.exit_code == 0,
            "findings": finding::to_json(&self.findings),
            "changes": self.changes.iter().map(step_json).collect::<Vec<_>>(),
            "summary": self.summary,
        })
    }

    fn to_text(&self) -> String {
        let mut text = finding::to_text(&self.findings);
        for change in &self.changes {
            text += &format!("{} ({})\n", title(change), change.effect());
            let diff = match stdout().is_terminal() {
                true => change.diff().to_colored_text(),
                false => change.diff().to_text(),
            };
            text.extend(diff.lines().map(|line| format!("  {line}\n")));
            text.extend(credentials(change).map(|id| format!("  reaches {id}\n")));
        }
        text.extend(self.notes.iter().map(|note| format!("{note}\n")));
        text + &self.summary_line() + "\n"
    }

    fn to_markdown(&self) -> String {
        let mut text = format!("### policies {}\n\n", self.command);
        for finding in &self.findings {
            text += &format!("- {}\n", inline(&finding.to_string()));
        }
        for change in &self.changes {
            let title = inline(&title(change));
            text += &format!(
                "\n**{title}** ({})\n\n{}",
                change.effect(),
                change.diff().to_markdown()
            );
            let ids: Vec<_> = credentials(change).map(inline).collect();
            if !ids.is_empty() {
                text += &format!("\nReaches {}\n", ids.join(", "));
            }
        }
        for note in &self.notes {
            text += &format!("\n{}\n", inline(note));
        }
        text + "\n" + &self.summary_line() + "\n"
    }

    fn summary_line(&self) -> String {
        let counts = self.summary.iter();
        let counts = counts.map(|(name, count)| format!("{}: {count}", name.replace('_', " ")));
        let counts: Vec<_> = counts.collect();
        format!("{}: {}", self.command, counts.join(", "))
    }
}

/// Escapes the characters that have a special meaning in Markdown and HTML, and replaces line breaks by spaces.
fn inline(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => {
                escaped.push('\\');
                escaped.push(character);
            }
            character => escaped.push(character),
        }
    }
    escaped
}
