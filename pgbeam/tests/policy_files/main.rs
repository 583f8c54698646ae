//! Tests of policy files: parsing, mistakes, exports and diffs.

mod diffs;
mod export;
mod mutations;
mod parse;
mod random_sets;
mod wrong_files;
