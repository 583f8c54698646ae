//! The generated files of this repository.

use std::path::Path;

use pgbeam_spec::{bundle, error::Result};

use crate::{generate_code, output::Output, target::Target};

/// The folder of generated code, seen from the repository's root.
pub const GENERATED: &str = "pgbeam-api/src/generated";

/// The folder of the SDK's generated handles, seen from the repository's root.
pub const HANDLES: &str = "pgbeam/src/generated";

/// The folder of the generated mocks, seen from the repository's root.
pub const MOCKS: &str = "pgbeam-mock/src/generated";

/// The copy of the bundle that the emulator is built with, seen from the repository's root.
pub const EMULATOR_CONTRACT: &str = "pgbeam-emulator/contract/openapi.json";

/// Returns every generated file that is checked in.
///
/// # Errors
///
/// Every error of the contract. Nothing is written.
pub fn output(root: &Path) -> Result<Output> {
    let bundle = bundle::contract(root)?;
    let mut output = Output::default();
    let json = bundle::json(&bundle)?;
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
