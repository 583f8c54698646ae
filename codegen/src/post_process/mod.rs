//! Edits the types that progenitor generates, and reads the types of parameters, bodies and results from
//! progenitor's request builders.
//!
//! Nothing else of progenitor's request builders is used: [`crate::render::requests`] renders the request
//! builders of `pgbeam-api`.

pub mod request_types;
pub mod types;
