//! The API model: the meaning of a contract, independent of its spelling.

mod accessors;
mod api_model;
mod load;
mod merge;

pub use api_model::*;
pub use load::load;
pub use merge::is_minimum;
