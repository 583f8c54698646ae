//! Edits the output of progenitor.
//!
//! The types are kept with edits. From the request builders, only the types of parameters, bodies and
//! results are read. [`crate::render::requests`] writes the builders.

pub mod request_types;
pub mod types;
