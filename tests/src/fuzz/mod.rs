//! What must hold whatever the bytes are: the bodies of the fuzz targets.
//!
//! Each is a plain function that panics where its property does not hold. libFuzzer runs them by way
//! of the crate in `fuzz/`, and the test `fuzz` runs them on the checked-in corpus, so that a build
//! without instrumentation has a short run of them too.

pub mod answer;
pub mod answer_json;
pub mod base_url;
pub mod error_body;
pub mod line;
pub mod link;
pub mod rate_limit;
pub mod retry_after;
pub mod spec_loader;

/// A target: its name, which is that of its corpus, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 7] = [
    ("answer_json", answer_json::check),
    ("base_url", base_url::check),
    ("error_body", error_body::check),
    ("link", link::check),
    ("rate_limit", rate_limit::check),
    ("retry_after", retry_after::check),
    ("spec_loader", spec_loader::check),
];
