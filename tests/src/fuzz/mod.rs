//! The checks of the fuzz targets.
//!
//! Each check is a function that passes an input to the library and panics if the result is wrong. The crate
//! in `fuzz/` runs the checks with libFuzzer. The test `fuzz` runs them without libFuzzer, on the checked-in
//! corpus and on mutations of it.

pub mod base_url;
pub mod error_body;
pub mod error_output;
pub mod evaluate;
pub mod link;
pub mod policy_files;
pub mod rate_limit;
pub mod response;
pub mod response_json;
pub mod retry_after;
pub mod spec_loader;

/// A fuzz target: its name, which is also the name of its corpus, and its check.
pub type Target = (&'static str, fn(&[u8]));

/// All fuzz targets.
pub const TARGETS: [Target; 9] = [
    ("base_url", base_url::check),
    ("error_body", error_body::check),
    ("evaluate", evaluate::check),
    ("link", link::check),
    ("policy_files", policy_files::check),
    ("rate_limit", rate_limit::check),
    ("response_json", response_json::check),
    ("retry_after", retry_after::check),
    ("spec_loader", spec_loader::check),
];
