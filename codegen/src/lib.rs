//! Turns the PgBeam OpenAPI contract into the code of `pgbeam-api`.
//!
//! ```text
//! load → bundle → lint → normalise → generate (progenitor) → refine → format → write or compare
//! ```
//!
//! Each step is a module of its name. [`bundle`] reads and merges the fragments of the contract;
//! another contract than ours is one document, which [`adapt`] brings into the form of ours;
//! [`lint`] says what is wrong with it, with file and line; [`normalise`] brings it into a form from
//! which good code comes out; the generator runs; [`refine`] and [`emit`] make of its output what is
//! published; [`output`] writes it, or says what is stale.

pub mod adapt;
pub mod bundle;
pub mod contract;
pub mod diff;
pub mod document;
pub mod emit;
pub mod error;
pub mod generate;
pub mod inline;
pub mod isolate;
pub mod lint;
pub mod locate;
pub mod method_path;
pub mod normalise;
pub mod output;
pub mod pattern;
pub mod read_back;
pub mod refine;
pub mod repository;
pub mod schemas;
pub mod source;
pub mod standalone;
mod yaml;

use std::borrow::Cow;

use contract::Contract;
use emit::module::Files;
use error::{Error, Result};
use source::Node;

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

    /// A crate of its own, which depends on `pgbeam-api`: each area with its feature.
    pub fn standalone() -> Self {
        Self {
            features: true,
            ..Self::module("crate")
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

/// The bundle as the text of `spec/openapi.json`.
pub fn bundle_json(bundle: &Node) -> Result<String> {
    let json =
        serde_json::to_string_pretty(bundle).map_err(|error| Error::new(error.to_string()))?;
    Ok(json + "\n")
}

/// Generates code from a document: our own bundle, or that of another contract, which may say
/// things otherwise than ours does ([`adapt`]).
///
/// The same bundle gives the same text, byte for byte.
///
/// # Errors
///
/// Says what is wrong with the contract and where. No contract makes it panic: a generator that
/// does becomes an error, too.
pub fn generate_code(bundle: &Node, target: &Target) -> Result<Files> {
    isolate::on_own_stack(|| {
        bundle::check_version(bundle)?;
        let mut bundle = Cow::Borrowed(bundle);
        // Our own contract is held to what lint asks for as it is written.
        if !target.handles {
            adapt::adapt(bundle.to_mut());
        }
        lint::structure(&bundle)?;
        let mut contract = Contract::read(&bundle)?;
        normalise::normalise(&mut contract)?;
        let generated = generate::generate(&contract, target)?;
        emit::module::files(&contract, &generated, target)
    })
}
