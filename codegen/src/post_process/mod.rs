//! Edits the types that progenitor generates, and reads the types of parameters, bodies and results from its
//! request builders.
//!
//! Progenitor's request builders are then dropped: [`crate::render::requests`] renders those of `pgbeam-api`.

pub mod request_types;
pub mod types;
