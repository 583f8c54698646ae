//! A report as Markdown.

use super::words::{Names, by_class, headline, places, summary};
use crate::{changes::Report, escape::code_span};

/// Renders a report, the most harmful changes first and a summary last.
pub fn markdown(report: &Report, names: Names<'_>) -> String {
    format!(
        "# Changes of the contract\n\nFrom {} to {}.\n{}\n**Summary:** {}.\n",
        code_span(names.old),
        code_span(names.new),
        changes(report),
        summary(report)
    )
}

/// The changes alone, a heading for each class.
pub fn changes(report: &Report) -> String {
    let mut out = String::new();
    for (class, changes) in by_class(report) {
        out.push_str(&format!("\n## {} ({})\n\n", class.heading(), changes.len()));
        for change in changes {
            out.push_str(&format!(
                "- **{}**\n  {}\n",
                headline(change),
                change.verdict.why
            ));
            for place in places(change) {
                // A path has characters that Markdown would take for its own.
                out.push_str(&format!("  - {}\n", code_span(&place)));
            }
        }
    }
    out
}
