//! A temporary folder with an API contract, for tests that change the contract or the generated files.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use pgbeam_codegen::{output::Output, repository};
use pgbeam_spec::error::Error;
use tempfile::TempDir;

/// A temporary folder with an API contract, in which code can be generated. Dropping the `Checkout` removes
/// the folder.
pub struct Checkout(TempDir);

impl Checkout {
    /// Creates a folder with these files. Each pair has a file's name, relative to the folder, and its
    /// contents.
    pub fn from_files(files: &[(&str, &str)]) -> Self {
        let checkout = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, contents) in files {
            checkout.write(name, contents);
        }
        checkout
    }

    /// Creates a folder with a copy of the folder `spec` of this repository.
    pub fn from_repository() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let checkout = Self::from_files(&[]);
        for (name, contents) in read_files(&root.join("spec")).expect("the API contract") {
            checkout.write(&format!("spec/{name}"), &contents);
        }
        checkout
    }

    /// Returns the path of the folder.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Returns the path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Returns the contents of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file of the checkout")
    }

    /// Writes a file and creates its parent folders.
    pub fn write(&self, name: &str, contents: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, contents).expect("a file");
    }

    /// Replaces the only occurrence of `from` in a file.
    ///
    /// # Panics
    ///
    /// If the file does not contain `from` exactly once.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let contents = self.read(name);
        assert_eq!(
            contents.matches(from).count(),
            1,
            "{name} must contain `{from}` once"
        );
        self.write(name, &contents.replacen(from, to, 1));
    }

    /// Generates the code from the contract in `spec`, without writing it.
    ///
    /// # Errors
    ///
    /// The errors of [`repository::output`], for example if the API contract is invalid.
    pub fn output(&self) -> Result<Output, Error> {
        repository::output(self.root())
    }

    /// Returns the names, relative to the folder, of the files that writing the generated code would create,
    /// replace or remove.
    ///
    /// # Panics
    ///
    /// If the API contract is invalid, or if a file cannot be read.
    pub fn stale_files(&self) -> Vec<String> {
        let stale = self
            .output()
            .and_then(|output| output.compare())
            .expect("a valid API contract");
        stale
            .iter()
            .map(|file| self.relative_name(&file.path))
            .collect()
    }

    /// Converts the path of a file in the folder to a name relative to the folder, with `/` as separator.
    pub fn relative_name(&self, path: &Path) -> String {
        relative_name(self.root(), path)
    }

    /// Returns the contents of all files in the folder, by name relative to the folder.
    pub fn files(&self) -> BTreeMap<String, String> {
        read_files(self.root()).expect("the files of the checkout")
    }
}

fn read_files(root: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let bytes = fs::read(&path)?;
                files.insert(
                    relative_name(root, &path),
                    String::from_utf8_lossy(&bytes).into_owned(),
                );
            }
        }
    }
    Ok(files)
}

fn relative_name(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative
        .iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
