//! Generates the code of `pgbeam-api`, the handles of `pgbeam` and the mocks of `pgbeam-mock` from the PgBeam
//! API contract, the OpenAPI document in `spec/`.
//!
//! ```text
//! bundle → normalize → progenitor → post-process → render → write or compare
//! ```
//!
//! `pgbeam-spec` merges the files of the contract into one document, the bundle. The other steps are modules of
//! this crate. [`contract`] defines the data of a contract, and [`normalize`] changes it to work around defects
//! of the library progenitor. The module [`progenitor`] runs this library, and [`post_process`] edits the types
//! that it generates. [`render`] produces the content of the files. [`output`] writes the files to disk, or
//! reports stale files.
//!
//! Terms in this crate:
//!
//! - An area is the operations of one OpenAPI tag.
//! - A handle is a value of the SDK whose methods start requests, such as the result of `project.agents()`.
//! - The runtime is the module `pgbeam_api::runtime`, which contains the hand-written code that generated code
//!   uses.
//! - Progenitor is a library that generates Rust clients from OpenAPI documents.

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

use pgbeam_spec::{bundle, error::Result, lint, panics, read::Node};

use contract::Contract;
use render::module::Files;
use target::Target;

/// Generates code from a bundled API contract. Returns the content of the files and writes nothing.
///
/// The output is deterministic: the same bundle and target give the same bytes.
///
/// # Errors
///
/// The errors of the first step that rejects the contract, with their locations if they are known. A panic, for
/// example in progenitor, is returned as an error.
pub fn generate_code(bundle: &Node, target: &Target) -> Result<Files> {
    panics::run_with_large_stack(|| {
        bundle::check_version(bundle)?;
        lint::check_structure(bundle)?;
        let mut contract = Contract::read(bundle)?;
        normalize::normalize(&mut contract)?;
        let generated = progenitor::generate(&contract, target)?;
        render::module::render_files(&contract, &generated, target)
    })
}
