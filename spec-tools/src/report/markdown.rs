//! A report as Markdown.

use super::words::{Names, headline, places, summary};
use crate::changes::{Class, Report};
use crate::text::quoted;

/// Writes a report, the most harmful changes first and a summary last.
pub fn markdown(report: &Report, names: Names<'_>) -> String {
    let mut out = format!(
        "# Changes of the contract\n\nFrom {} to {}.\n",
        quoted(names.old),
        quoted(names.new)
    );
    out.push_str(&changes(report));
    out.push_str(&format!("\n**Summary:** {}.\n", summary(report)));
    out
}

/// The changes alone, a heading for each class.
pub fn changes(report: &Report) -> String {
    let mut out = String::new();
    for class in Class::ALL {
        let count = report.count(class);
        if count == 0 {
            continue;
        }
        out.push_str(&format!("\n## {} ({count})\n\n", class.heading()));
        for change in report
            .changes
            .iter()
            .filter(|change| change.verdict.class() == class)
        {
            out.push_str(&format!("- **{}**\n", headline(change)));
            out.push_str(&format!("  {}\n", change.verdict.why));
            for place in places(change) {
                // A path has characters that Markdown would take for its own.
                out.push_str(&format!("  - {}\n", quoted(&place)));
            }
        }
    }
    out
}
