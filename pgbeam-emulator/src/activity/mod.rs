//! What agents do: records statements in the audit log, and edits audit log entries.
//!
//! The admin routes and the library call these functions. No operation of the API contract causes activity.

mod approval_mode;
mod body;
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
