//! What agents do, and what only a live proxy produces: recorded statements, held statements, anomaly alerts,
//! branches.
//!
//! The admin routes and the library call these functions. No operation of the API contract causes activity.

pub(crate) mod anomaly;
pub(crate) mod approval;
mod approval_mode;
mod approval_rule;
mod body;
pub(crate) mod branch;
mod budget;
mod credential;
mod decision;
mod edit;
mod honeytoken;
mod outcome;
mod record;
mod statement;

pub(crate) use self::edit::edit_audit_entry;
pub(crate) use self::record::record;
