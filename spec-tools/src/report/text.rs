//! A report for a terminal.

use super::words::{headline, places, summary};
use crate::changes::{Class, Report};

/// Writes a report, the most harmful changes first and a summary last.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for class in Class::ALL {
        let count = report.count(class);
        if count == 0 {
            continue;
        }
        out.push_str(&format!("{} ({count})\n\n", class.heading()));
        for change in report
            .changes
            .iter()
            .filter(|change| change.verdict.class() == class)
        {
            out.push_str(&format!("  {}\n", headline(change)));
            out.push_str(&format!("    {}\n", change.verdict.why));
            for place in places(change) {
                out.push_str(&format!("    at {place}\n"));
            }
            out.push('\n');
        }
    }
    out + &summary(report) + "\n"
}
