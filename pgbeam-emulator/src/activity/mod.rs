//! Activity: the statements of agents. Recording one evaluates it, adds it to the audit log, and sends webhook events.
//!
//! No operation of the API contract records statements. The admin routes and the library do.

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
