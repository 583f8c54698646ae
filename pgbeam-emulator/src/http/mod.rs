//! The parts of HTTP that do not depend on an operation: responses, problem documents, conditional requests,
//! idempotency keys, credentials, the rate limit.

pub(crate) mod authorization;
pub(crate) mod conditional;
pub(crate) mod idempotency;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod rate_limit;
pub(crate) mod response;
