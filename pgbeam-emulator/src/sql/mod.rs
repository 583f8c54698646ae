//! Judging SQL by a policy: from the text of a statement to a verdict.
//!
//! `parse` reads the text, `analysis` tells what the statement does and to which
//! tables, `columns` which masked columns it shows, `verdict` decides, `rewrite` puts
//! row filters in. What cannot be told from the text becomes a note on the verdict,
//! and is refused only where the policy restricts the very thing that is unknown.

pub(crate) mod analysis;
pub(crate) mod columns;
pub(crate) mod functions;
pub(crate) mod kind;
pub(crate) mod kind_rules;
pub(crate) mod names;
pub(crate) mod normalise;
pub(crate) mod parse;
pub(crate) mod profile;
pub(crate) mod rewrite;
pub(crate) mod scope;
pub(crate) mod template;
pub(crate) mod verdict;
pub(crate) mod words;
