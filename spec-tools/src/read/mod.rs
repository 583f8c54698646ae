//! Reads YAML and JSON documents into trees whose nodes have source locations.

pub mod document;
mod node;
pub mod object_types;
mod yaml;

pub use node::{Entry, MAX_BYTES, Node, Value, too_large};
