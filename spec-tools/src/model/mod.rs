//! The API model: what a contract promises, without the way it is written.

mod api_model;
mod load;
mod merge;
mod parts;

pub use api_model::*;
pub use load::read;
pub use merge::is_least;
