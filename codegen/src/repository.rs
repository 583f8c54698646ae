//! Generates the content of all generated files of this repository, and defines their paths.

use std::path::Path;

use pgbeam_spec::{bundle, error::Result};

use crate::{generate_code, output::Output, render::policy_files, target::Target};

/// The folder of the generated code of `pgbeam-api`, relative to the repository root.
pub const GENERATED: &str = "pgbeam-api/src/generated";

/// The folder of the generated handles of `pgbeam`, relative to the repository root.
pub const HANDLES: &str = "pgbeam/src/generated";

/// The folder of the generated mocks of `pgbeam-mock`, relative to the repository root.
pub const MOCKS: &str = "pgbeam-mock/src/generated";

/// The copy of the bundled contract in `pgbeam-emulator`, relative to the repository root.
pub const EMULATOR_CONTRACT: &str = "pgbeam-emulator/contract/openapi.json";

/// The schema of policy files in `pgbeam`, relative to the repository root.
pub const POLICY_FILES: &str = "pgbeam/src/policies/contract.json";

/// Returns every file of the repository at `root` that codegen generates. Writes nothing.
///
/// # Errors
///
/// Returns an error if a file of the contract cannot be read or merged. If the contract has lint errors, returns all
/// of them. If the contract has no lint errors, returns the first error of [`generate_code`] or
/// [`policy_files::render`].
pub fn output(root: &Path) -> Result<Output> {
    let bundle = bundle::read_linted(root)?;
    let mut output = Output::default();
    let json = bundle::to_json(&bundle)?;
    output.add_file(root.join(EMULATOR_CONTRACT), json.clone());
    output.add_file(root.join("spec/openapi.json"), json);
    let files = generate_code(&bundle, &Target::pgbeam_api())?;
    if let Some(schema) = policy_files::render(&bundle)? {
        output.add_file(root.join(POLICY_FILES), schema);
    }
    for (folder, files) in [
        (GENERATED, files.code),
        (HANDLES, files.handles),
        (MOCKS, files.mocks),
    ] {
        let folder = root.join(folder);
        output.add_folder(&folder);
        for (path, content) in files {
            output.add_file(folder.join(path), content);
        }
    }
    Ok(output)
}
