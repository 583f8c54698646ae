//! A report for a terminal.

use super::words::{by_class, headline, places, summary};
use crate::changes::Report;

/// Renders a report, the most harmful changes first and a summary last.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for (class, changes) in by_class(report) {
        out.push_str(&format!("{} ({})\n\n", class.heading(), changes.len()));
        for change in changes {
            out.push_str(&format!(
                "  {}\n    {}\n",
                headline(change),
                change.verdict.why
            ));
            for place in places(change) {
                out.push_str(&format!("    at {place}\n"));
            }
            out.push('\n');
        }
    }
    out + &summary(report) + "\n"
}
