//! What only a live proxy produces: held statements and anomaly alerts. The library and the admin routes add it.

pub(crate) mod anomaly;
pub(crate) mod approval;
mod approval_rule;
