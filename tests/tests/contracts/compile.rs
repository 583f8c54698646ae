//! What is generated compiles, without a warning: all of it in one workspace, built once.

use std::{fs, path::Path, process::Command};

use crate::{crate_of, fixtures, root, variations};

/// A workspace of generated crates.
struct Workspace {
    folder: tempfile::TempDir,
    members: Vec<String>,
}

impl Workspace {
    fn add(&mut self, name: &str, spec: &Path) {
        crate_of(spec, &self.folder.path().join(name))
            .and_then(|output| output.write())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        self.members.push(name.to_owned());
    }

    /// Adds a crate of which only one area is built.
    fn add_alone(&mut self, name: &str, spec: &Path, area: &str) {
        self.add(name, spec);
        let manifest = self.folder.path().join(name).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains(&format!("\n{area} = []\n")), "{text}");
        let alone = text.replace("default = [\"full\"]", &format!("default = [{area:?}]"));
        assert_ne!(text, alone);
        fs::write(manifest, alone).unwrap();
    }

    /// Checks all crates; what the compiler says, if it says anything.
    fn check(&self) -> Option<String> {
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = {:?}\n",
            self.members
        );
        fs::write(self.folder.path().join("Cargo.toml"), manifest).unwrap();
        // The versions that this workspace has are at hand.
        fs::copy(
            root().join("Cargo.lock"),
            self.folder.path().join("Cargo.lock"),
        )
        .unwrap();
        let output = Command::new(env!("CARGO"))
            .args([
                "check",
                "--offline",
                "--workspace",
                "--message-format",
                "short",
            ])
            .arg("--target-dir")
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("contracts"))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let silent = output.status.success() && !text.contains("warning:");
        (!silent).then_some(text)
    }
}

#[test]
fn every_contract_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let mut workspace = Workspace {
        folder,
        members: Vec::new(),
    };
    for spec in fixtures() {
        workspace.add(spec.file_stem().unwrap().to_str().unwrap(), &spec);
    }
    let calls = fixtures()
        .into_iter()
        .find(|spec| spec.ends_with("calls.yaml"))
        .unwrap();
    workspace.add_alone("calls-other", &calls, "other");
    workspace.add_alone("calls-untagged", &calls, "untagged");
    let specs = tempfile::tempdir().unwrap();
    for (name, json) in [
        ("earlier", variations::earlier()),
        ("later", variations::later()),
    ] {
        let spec = specs.path().join(format!("{name}.json"));
        fs::write(&spec, json).unwrap();
        workspace.add(name, &spec);
    }
    let bare = specs.path().join("earlier.json");
    workspace.add_alone("earlier-agents", &bare, "agents");
    if let Some(said) = workspace.check() {
        panic!("{said}");
    }
}
