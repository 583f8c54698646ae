//! Renders a report as plain text for a terminal.

use super::descriptions::{describe_change, describe_usages, group_by_severity, summarize};
use crate::changes::Report;

/// Renders the changes, grouped under a heading for each severity, and then a summary. The most
/// severe changes come first.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for (severity, changes) in group_by_severity(report) {
        out.push_str(&format!("{} ({})\n\n", severity.heading(), changes.len()));
        for change in changes {
            out.push_str(&format!(
                "  {}\n    {}\n",
                describe_change(change),
                change.verdict.reason
            ));
            for usage in describe_usages(change) {
                out.push_str(&format!("    at {usage}\n"));
            }
            out.push('\n');
        }
    }
    out + &summarize(report) + "\n"
}
