//! A copy of what codegen reads and writes, to be broken at will.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use pgbeam_codegen::{output::Output, repository};
use pgbeam_spec::error::Error;
use tempfile::TempDir;

/// A folder with a contract and, once written, what is generated from it.
pub struct Checkout(TempDir);

impl Checkout {
    /// A folder with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let checkout = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, text) in files {
            checkout.write(name, text);
        }
        checkout
    }

    /// A folder with this repository's contract.
    pub fn of_this_repository() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let checkout = Self::with(&[]);
        for (name, text) in texts(&root.join("spec")).expect("the contract") {
            checkout.write(&format!("spec/{name}"), &text);
        }
        checkout
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The text of a file in it.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file of the checkout")
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Replaces the one occurrence of a text in a file.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert_eq!(
            text.matches(from).count(),
            1,
            "`{from}` should be in {name} once"
        );
        self.write(name, &text.replacen(from, to, 1));
    }

    /// What should be generated.
    ///
    /// # Errors
    ///
    /// What is wrong with the contract.
    pub fn output(&self) -> Result<Output, Error> {
        repository::output(self.root())
    }

    /// Names below the root of the files that are stale.
    pub fn stale(&self) -> Vec<String> {
        let stale = self
            .output()
            .and_then(|output| output.compare())
            .expect("a contract");
        stale.iter().map(|stale| self.name(&stale.path)).collect()
    }

    /// A path as its name below the root.
    pub fn name(&self, path: &Path) -> String {
        name(self.root(), path)
    }

    /// All files and their texts, by name.
    pub fn files(&self) -> BTreeMap<String, String> {
        texts(self.root()).expect("the files of the checkout")
    }
}

fn texts(root: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(&path)?;
                texts.insert(
                    name(root, &path),
                    String::from_utf8_lossy(&bytes).into_owned(),
                );
            }
        }
    }
    Ok(texts)
}

fn name(root: &Path, path: &Path) -> String {
    let name = path.strip_prefix(root).unwrap_or(path);
    name.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
