//! Writes generated files, or compares them with the files on disk. Each file is written atomically.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use pgbeam_spec::error::{Error, Result};

/// A set of generated files.
#[derive(Debug, Default)]
pub struct Output {
    /// File content by path.
    files: BTreeMap<PathBuf, String>,
    /// Folders in which every file must be generated.
    folders: Vec<PathBuf>,
}

/// A file that [`Output::write`] would create, replace or remove.
#[derive(Debug, PartialEq, Eq)]
pub struct StaleFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The change that [`Output::write`] makes, as a unified diff.
    pub diff: String,
}

impl Output {
    /// Adds a file.
    pub fn add_file(&mut self, path: impl Into<PathBuf>, content: impl Into<String>) {
        self.files.insert(path.into(), content.into());
    }

    /// Declares that `folder` and its subfolders contain only generated files. [`compare`](Self::compare) then
    /// reports every other file in `folder` as stale, and [`write`](Self::write) removes it.
    pub fn add_folder(&mut self, folder: impl Into<PathBuf>) {
        self.folders.push(folder.into());
    }

    /// Returns the files that [`write`](Self::write) would create, replace or remove. Treats CRLF line endings
    /// on disk as LF.
    pub fn compare(&self) -> Result<Vec<StaleFile>> {
        let mut stale = Vec::new();
        for (path, content) in &self.files {
            let actual = read(path)?;
            // A checkout on Windows may have CRLF line endings.
            let actual = actual.as_deref().map(|actual| actual.replace("\r\n", "\n"));
            if actual.as_deref() != Some(content) {
                stale.push(StaleFile {
                    path: path.clone(),
                    diff: diff(path, actual.as_deref(), Some(content)),
                });
            }
        }
        for path in self.leftover_files()? {
            let actual = read(&path)?.unwrap_or_default();
            stale.push(StaleFile {
                diff: diff(&path, Some(&actual), None),
                path,
            });
        }
        Ok(stale)
    }

    /// Writes the files that are missing or differ on disk. Removes leftover files: files in the folders of
    /// [`add_folder`](Self::add_folder) that this set does not contain. Returns the paths of all written and
    /// removed files.
    ///
    /// All new content is written to temporary files before the first file is replaced. If a temporary file
    /// cannot be written, no file changes.
    pub fn write(&self) -> Result<Vec<PathBuf>> {
        let stale = self.compare()?;
        let mut prepared = Vec::new();
        for StaleFile { path, .. } in &stale {
            if let Some(content) = self.files.get(path) {
                prepared.push((path, prepare(path, content)?));
            }
        }
        for (path, file) in prepared {
            file.persist(path)
                .map_err(|error| Error::io(path, "replaced", &error.error))?;
        }
        for StaleFile { path, .. } in &stale {
            if !self.files.contains_key(path) {
                fs::remove_file(path).map_err(|error| Error::io(path, "removed", &error))?;
            }
        }
        Ok(stale.into_iter().map(|stale| stale.path).collect())
    }

    /// Returns the files in `folders` that are not in `files`, sorted by path.
    fn leftover_files(&self) -> Result<Vec<PathBuf>> {
        let mut leftover = Vec::new();
        let mut pending = self.folders.clone();
        while let Some(folder) = pending.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io(folder, "read", &error)),
            };
            for entry in entries {
                let path = entry
                    .map_err(|error| Error::io(&folder, "read", &error))?
                    .path();
                if path.is_dir() {
                    pending.push(path);
                } else if !self.files.contains_key(&path) {
                    leftover.push(path);
                }
            }
        }
        leftover.sort();
        Ok(leftover)
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, "read", &error)),
    }
}

/// Writes `content` to a temporary file in the folder of `path`, so that it can replace `path` atomically.
/// Creates the folder if it is missing.
fn prepare(path: &Path, content: &str) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, "created", &error))?;
    let write = || {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // By default, only the owner of a temporary file can read it.
            builder.permissions(fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(content.as_bytes())?;
        file.flush()?;
        Ok(file)
    };
    write().map_err(|error| Error::io(path, "written", &error))
}

fn diff(path: &Path, actual: Option<&str>, expected: Option<&str>) -> String {
    let name = path.display().to_string();
    let label = |content: Option<&str>, name: &str| match content {
        Some(_) => name.to_owned(),
        None => "/dev/null".to_owned(),
    };
    TextDiff::from_lines(actual.unwrap_or_default(), expected.unwrap_or_default())
        .unified_diff()
        .context_radius(3)
        .header(&label(actual, &name), &label(expected, &name))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn writes_changed_files_and_removes_leftover_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("same.rs"), "a\r\nb\r\n").unwrap();
        fs::write(at("old.rs"), "1\n").unwrap();
        fs::write(at("gone.rs"), "x\n").unwrap();
        let mut output = Output::default();
        output.add_folder(folder.path());
        output.add_file(at("same.rs"), "a\nb\n");
        output.add_file(at("old.rs"), "2\n");
        output.add_file(at("new.rs"), "3\n");

        let stale = output.compare().unwrap();
        let paths: Vec<_> = stale.iter().map(|stale| stale.path.clone()).collect();
        assert_eq!(paths, [at("new.rs"), at("old.rs"), at("gone.rs")]);
        assert!(stale[1].diff.contains("-1\n+2\n"), "{}", stale[1].diff);
        assert_eq!(fs::read_to_string(at("old.rs")).unwrap(), "1\n");

        assert_eq!(output.write().unwrap(), paths);
        assert_eq!(names(folder.path()), ["new.rs", "old.rs", "same.rs"]);
        assert_eq!(output.write().unwrap(), Vec::<PathBuf>::new());
        assert_eq!(output.compare().unwrap(), []);
    }

    #[test]
    fn changes_no_file_if_one_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.rs"), "1\n").unwrap();
        fs::write(at("blocked"), "a file where a folder should be").unwrap();
        let mut output = Output::default();
        output.add_file(at("a.rs"), "2\n");
        output.add_file(at("blocked/b.rs"), "3\n");
        assert!(output.write().is_err());
        assert_eq!(fs::read_to_string(at("a.rs")).unwrap(), "1\n");
        assert_eq!(names(folder.path()), ["a.rs", "blocked"]);
    }
}
