//! Writes a report down: [`text`] for a terminal, [`markdown`] for an issue or a pull request,
//! [`json`] for programs.

pub mod json;
pub mod markdown;
#[cfg(test)]
mod tests;
pub mod text;
pub mod words;

use crate::changes::Report;

pub use words::Names;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Markdown,
    Json,
}

/// Writes a report.
pub fn render(report: &Report, names: Names<'_>, format: Format) -> String {
    match format {
        Format::Text => text::text(report),
        Format::Markdown => markdown::markdown(report, names),
        Format::Json => json::json(report, names),
    }
}
