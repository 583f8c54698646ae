//! Renders a preview as text, Markdown and JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Preview, gate::line, occurrences};
use crate::policies::{
    PolicyReplayItem, ReplayChange, TrafficScope,
    check::count,
    diff::{escape, render::code},
};

/// The maximum number of statements in each group of the text and the Markdown.
const SHOWN: usize = 20;

impl Preview {
    /// Returns the preview as plain text: the totals, the [gaps](super::Gap) in the evidence, the 20 most frequent
    /// newly blocked statements, and the 20 most frequent newly allowed statements.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.totals());
        for gap in self.gaps() {
            let _ = writeln!(text, "no evidence: {}", escape(&gap.to_string()));
        }
        for (title, items) in self.groups() {
            if items.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{title}:");
            for item in items.iter().take(SHOWN) {
                let _ = writeln!(text, "  {}", line(item));
            }
            if let Some(more) = more(&items) {
                let _ = writeln!(text, "  {more}");
            }
        }
        text
    }

    /// Returns the preview as Markdown, for example for a comment on a pull request. The content is that of
    /// [`to_text`](Self::to_text).
    pub fn to_markdown(&self) -> String {
        let mut text = format!("{}\n", self.totals());
        for gap in self.gaps() {
            let _ = writeln!(text, "\n> **No evidence:** {}", code(&gap.to_string()));
        }
        for (title, items) in self.groups() {
            if items.is_empty() {
                continue;
            }
            let _ = write!(
                text,
                "\n### {title}\n\n| times | statement | verdict | rule | recorded rule |\n\
                 | ---: | --- | --- | --- | --- |\n"
            );
            for item in items.iter().take(SHOWN) {
                let recorded = item.recorded_rule.as_deref().map(code);
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} |",
                    item.occurrences,
                    code(&item.sql),
                    code(item.result.verdict.as_str()),
                    code(&item.result.rule),
                    recorded.unwrap_or_default(),
                );
            }
            if let Some(more) = more(&items) {
                let _ = writeln!(text, "\n{more}");
            }
        }
        text
    }

    /// Returns the preview as a JSON object with the fields `is_evidence`, `gaps`, `summary`, `newly_blocked` and
    /// `newly_allowed`.
    ///
    /// `gaps` is a list of strings. `summary` is the summary in the response of the API. `newly_blocked` and
    /// `newly_allowed` are lists of items of the response.
    pub fn to_json(&self) -> Value {
        let gaps = self.gaps();
        json!({
            "is_evidence": gaps.is_empty(),
            "gaps": gaps.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "summary": self.summary,
            "newly_blocked": self.newly_blocked().collect::<Vec<_>>(),
            "newly_allowed": self.newly_allowed().collect::<Vec<_>>(),
        })
    }

    /// Returns the totals in one line.
    fn totals(&self) -> String {
        let scope = match (&self.summary.traffic_scope, self.summary.bound_credentials) {
            (_, Some(1)) => "1 credential".to_owned(),
            (_, Some(credentials)) => format!("{credentials} credentials"),
            (TrafficScope::Project, None) => "the project or of one credential".to_owned(),
            (scope, None) => format!("the scope {}", escape(scope.as_str())),
        };
        format!(
            "{} of {scope}, recorded {} times: {} newly blocked, {} newly allowed, {} unchanged; {} with masks, \
             {} with row filters",
            count(self.items.len(), "statement"),
            occurrences(self.items.iter()),
            self.newly_blocked().count(),
            self.newly_allowed().count(),
            self.unchanged().count(),
            self.summary.would_mask,
            self.summary.would_row_filter,
        )
    }

    fn groups(&self) -> [(&'static str, Vec<&PolicyReplayItem>); 2] {
        [
            (
                "Newly blocked",
                self.with(ReplayChange::NewlyBlocked).collect(),
            ),
            (
                "Newly allowed",
                self.with(ReplayChange::NewlyAllowed).collect(),
            ),
        ]
    }
}

/// Returns a line with the number of statements that are not shown; `None` if all are shown.
fn more(items: &[&PolicyReplayItem]) -> Option<String> {
    let more = items.len().checked_sub(SHOWN).filter(|more| *more > 0)?;
    Some(format!("and {more} more"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{item, preview};
    use super::*;

    fn example() -> Preview {
        let mut lifted = item("DELETE FROM a", 2, (true, false));
        lifted["recorded_rule"] = "read_only".into();
        let items = [
            item("SELECT a | b\n", 3, (false, true)),
            lifted,
            item("SELECT 1", 9, (false, false)),
        ];
        preview(&items, json!({"bound_credentials": 1, "truncated": true}))
    }

    #[test]
    fn text() {
        let expected = "\
3 statements of 1 credential, recorded 14 times: 1 newly blocked, 1 newly allowed, 1 unchanged; 0 with masks, 0 with row filters
no evidence: older statements were not evaluated: raise the limit, at most 500, or choose a shorter time range
Newly blocked:
  3 times, block by table_denied: `SELECT a | b\\n`
Newly allowed:
  2 times, allow, before: block by read_only: `DELETE FROM a`
";
        assert_eq!(example().to_text(), expected);
        let empty = preview(
            &[],
            json!({"traffic_scope": "project", "bound_credentials": null}),
        );
        assert_eq!(
            empty.to_text(),
            "0 statements of the project or of one credential, recorded 0 times: 0 newly blocked, 0 newly \
             allowed, 0 unchanged; 0 with masks, 0 with row filters\nno evidence: no recorded statement was evaluated: choose a longer time range\n"
        );
    }

    #[test]
    fn long_groups_are_cut() {
        let items: Vec<_> = (0..21)
            .map(|n| item(&n.to_string(), n, (false, true)))
            .collect();
        let preview = preview(&items, json!({}));
        assert_eq!(preview.to_text().lines().count(), 23);
        assert!(preview.to_text().ends_with("  and 1 more\n"));
        assert!(preview.to_markdown().ends_with("\nand 1 more\n"));
    }

    #[test]
    fn markdown() {
        let markdown = example().to_markdown();
        assert!(
            markdown.contains("> **No evidence:** `older statements"),
            "{markdown}"
        );
        assert!(
            markdown.contains("| 3 | `SELECT a \\| b\\n` | `block` | `table_denied` |  |\n"),
            "{markdown}"
        );
        assert!(
            markdown.contains("| 2 | `DELETE FROM a` | `allow` | `ok` | `read_only` |\n"),
            "{markdown}"
        );
    }

    #[test]
    fn json() {
        let json = example().to_json();
        assert_eq!(json["is_evidence"], false);
        assert_eq!(json["summary"]["bound_credentials"], 1);
        assert_eq!(json["newly_blocked"][0]["sql"], "SELECT a | b\n");
        assert_eq!(json["newly_allowed"][0]["recorded_rule"], "read_only");
    }
}
