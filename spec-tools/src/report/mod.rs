//! Writes a report down: [`text`] for a terminal, [`markdown`] for an issue or a pull request,
//! [`json`] for programs.

pub mod json;
pub mod markdown;
#[cfg(test)]
mod tests;
pub mod text;
pub mod words;

use crate::changes::Report;
use crate::error::Result;

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
///
/// # Errors
///
/// None that a report can give rise to.
pub fn render(report: &Report, names: Names<'_>, format: Format) -> Result<String> {
    match format {
        Format::Text => Ok(text::text(report)),
        Format::Markdown => Ok(markdown::markdown(report, names)),
        Format::Json => json::json(report, names),
    }
}
