//! Renders a report: [`text`] for a terminal, [`markdown`] for an issue or a pull request, [`json`]
//! for programs.

pub mod descriptions;
pub mod json;
pub mod markdown;
#[cfg(test)]
mod tests;
pub mod text;

use crate::changes::Report;

pub use descriptions::Names;

/// The format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Markdown,
    Json,
}

/// Renders a report in `format`. The text format omits `names`, the names of the two documents.
pub fn render(report: &Report, names: Names<'_>, format: Format) -> String {
    match format {
        Format::Text => text::render(report),
        Format::Markdown => markdown::render(report, names),
        Format::Json => json::render(report, names),
    }
}
