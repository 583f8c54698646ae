//! What this repository has: where its contract is, and what is made from it.

use std::path::Path;

use crate::{
    Target, bundle, bundle_json, error::Result, generate_code, lint, output::Output, source::Node,
};

/// The folder of generated code, seen from the repository's root.
pub const GENERATED: &str = "pgbeam-api/src/generated";

/// The folder of the SDK's generated handles, seen from the repository's root.
pub const HANDLES: &str = "pgbeam/src/generated";

/// The folder of the generated mocks, seen from the repository's root.
pub const MOCKS: &str = "pgbeam-mock/src/generated";

/// The copy of the bundle that the emulator is built with, seen from the repository's root.
pub const EMULATOR_CONTRACT: &str = "pgbeam-emulator/contract/openapi.json";

/// Reads, merges and lints the contract of the repository at `root`.
///
/// # Errors
///
/// All that is wrong with it, a line each.
pub fn contract(root: &Path) -> Result<Node> {
    let bundle = bundle::bundle(&root.join("spec"), "spec")?;
    lint::all(&bundle)?;
    Ok(bundle)
}

/// Everything that is generated and checked in.
///
/// # Errors
///
/// What is wrong with the contract. Nothing is written.
pub fn output(root: &Path) -> Result<Output> {
    let bundle = contract(root)?;
    let mut output = Output::default();
    let json = bundle_json(&bundle)?;
    output.file(root.join(EMULATOR_CONTRACT), json.clone());
    output.file(root.join("spec/openapi.json"), json);
    let files = generate_code(&bundle, &Target::pgbeam_api())?;
    for (folder, files) in [
        (GENERATED, files.code),
        (HANDLES, files.handles),
        (MOCKS, files.mocks),
    ] {
        let folder = root.join(folder);
        output.owns(&folder);
        for (path, text) in files {
            output.file(folder.join(path), text);
        }
    }
    Ok(output)
}
