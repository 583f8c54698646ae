//! Edits the types that progenitor generates, and reads the types of parameters, bodies and results from its
//! request builders.
//!
//! Progenitor's request builders are not used otherwise: [`crate::render::requests`] renders others.

pub mod request_types;
pub mod types;
