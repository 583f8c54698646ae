//! Takes over from progenitor's output what is kept of it.
//!
//! The types are its own, with edits. Of the request builders, only the types of their parameters,
//! bodies and results are read; [`crate::render::requests`] renders the builders themselves.

pub mod request_types;
pub mod types;
