//! Activity: what a live proxy would add to a project, such as recorded statements, approval requests, anomaly alerts
//! and database branches.
//!
//! No operation of the API contract creates them. The admin routes and the library create them with the functions of
//! this module. The handlers in [`crate::areas`] use other functions of this module, for example to approve a request.

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
