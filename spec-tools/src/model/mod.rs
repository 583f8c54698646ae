//! The API model of a contract: its requests and responses without references and descriptions.
//! Documents that differ only in notation have the same model.

mod accessors;
mod api_model;
mod load;
mod merge;

pub use api_model::*;
pub use load::load;
pub use merge::is_minimum;
