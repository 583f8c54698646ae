//! The API model of a contract: its operations with their requests and responses. References are
//! resolved, `allOf`s are merged, and descriptions are dropped. Component names remain as labels
//! and as names of Rust types.

mod accessors;
mod api_model;
mod load;
mod merge;

pub use api_model::*;
pub use load::load;
pub use merge::is_minimum;
