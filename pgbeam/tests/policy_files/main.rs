//! Tests of policy files: every mistake has a message, and an exported set reads back unchanged.

mod diffs;
mod export;
mod mutations;
mod parse;
mod random_sets;
mod wrong_files;
