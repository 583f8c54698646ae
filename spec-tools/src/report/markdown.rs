//! Renders a report as Markdown for an issue or a pull request.

use super::descriptions::{Names, describe_change, describe_usages, group_by_severity, summarize};
use crate::{changes::Report, escape::code_span};

/// Renders a whole report: a title, the names of the documents, the changes, and a summary. The
/// most severe changes come first.
pub fn render(report: &Report, names: Names<'_>) -> String {
    format!(
        "# Changes of the contract\n\nFrom {} to {}.\n{}\n**Summary:** {}.\n",
        code_span(names.old),
        code_span(names.new),
        render_changes(report),
        summarize(report)
    )
}

/// Renders the changes of a report, grouped under a heading for each severity, without title and
/// summary.
pub fn render_changes(report: &Report) -> String {
    let mut out = String::new();
    for (severity, changes) in group_by_severity(report) {
        out.push_str(&format!(
            "\n## {} ({})\n\n",
            severity.heading(),
            changes.len()
        ));
        for change in changes {
            out.push_str(&format!(
                "- **{}**\n  {}\n",
                describe_change(change),
                change.verdict.reason
            ));
            for usage in describe_usages(change) {
                // A JSONPath contains Markdown characters.
                out.push_str(&format!("  - {}\n", code_span(&usage)));
            }
        }
    }
    out
}
