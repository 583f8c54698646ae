//! Turns the PgBeam API contract into the code of `pgbeam-api`, the handles of `pgbeam` and the
//! mocks of `pgbeam-mock`.
//!
//! ```text
//! bundle → normalize → progenitor → post-process → render → write or compare
//! ```
//!
//! Each step is a module of its name. [`contract`] is the state that [`normalize`] works on;
//! [`progenitor`] runs the generator; [`post_process`] and [`render`] turn its output into what is
//! published; [`output`] writes it or reports what is stale.

pub mod contract;
pub mod locate;
pub mod method_path;
pub mod normalize;
pub mod output;
pub mod pattern;
pub mod post_process;
pub mod progenitor;
pub mod read_back;
pub mod render;
pub mod repository;
pub mod schemas;

use pgbeam_spec::{bundle, error::Result, isolate, lint, read::Node};

use contract::Contract;
use render::module::Files;

/// Where the generated code will live.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path of the runtime, `crate::runtime` or `::pgbeam_api::runtime`.
    pub runtime: String,
    /// The path under which `types`, `ids`, `builder` and `operations` will be reachable.
    pub root: String,
    /// Whether each area is built only with the feature of its name.
    pub features: bool,
    /// Whether there are handles in the SDK on top of it, and mocks of it.
    pub handles: bool,
}

impl Target {
    /// The crate `pgbeam-api` itself.
    pub fn pgbeam_api() -> Self {
        Self {
            runtime: "crate::runtime".to_owned(),
            root: "crate".to_owned(),
            features: true,
            handles: true,
        }
    }

    /// A module of another crate, which depends on `pgbeam-api`: all areas, without features.
    ///
    /// `root` is the module's path in that crate, such as `crate::fixtures::lists`.
    pub fn module(root: impl Into<String>) -> Self {
        Self {
            runtime: "::pgbeam_api::runtime".to_owned(),
            root: root.into(),
            features: false,
            handles: false,
        }
    }
}

/// Generates code from a bundle.
///
/// The same bundle gives the same text, byte for byte.
///
/// # Errors
///
/// Every error of the contract with its place. A panic of progenitor is an error, too.
pub fn generate_code(bundle: &Node, target: &Target) -> Result<Files> {
    isolate::on_own_stack(|| {
        bundle::check_version(bundle)?;
        lint::structure(bundle)?;
        let mut contract = Contract::read(bundle)?;
        normalize::normalize(&mut contract)?;
        let generated = progenitor::generate(&contract, target)?;
        render::module::files(&contract, &generated, target)
    })
}
