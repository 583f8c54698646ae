//! The audit log of a project: its hash chain, filters and pages, the CSV export, and figures computed from entries.
//!
//! [`log::AuditLog`] stores the entries. All else is pure functions of entries. Where the API contract leaves a meaning
//! open, they follow the descriptions in the models of the official Python client.

pub(crate) mod chain;
pub(crate) mod csv;
pub(crate) mod daily_usage;
pub(crate) mod entry;
pub(crate) mod filter;
pub(crate) mod insights;
pub(crate) mod log;
pub(crate) mod session;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod usage;
pub(crate) mod verify;
