//! Parses the headers of responses.

mod link;
pub(crate) mod media_type;
mod meta;
mod rate_limit;
mod retry_after;

pub use meta::Meta;
pub use rate_limit::RateLimit;
pub use retry_after::parse_retry_after;
