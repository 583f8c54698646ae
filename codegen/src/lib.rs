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
pub mod docs;
pub mod inline;
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
pub mod setters;
pub mod syntax;
pub mod target;

use pgbeam_spec::{bundle, error::Result, isolate, lint, read::Node};

use contract::Contract;
use render::module::Files;
use target::Target;

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
