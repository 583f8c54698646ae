//! The audit log of a project: its hash chain, filters and pages, the CSV export, and statistics on its entries.
//!
//! [`log::AuditLog`] stores the entries. The other modules contain functions that compute a result from entries. If
//! the API contract does not define a value, it is computed as the official Python client describes it.

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
