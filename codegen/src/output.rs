//! Writes generated files whole or not at all, or compares them with what is there.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use similar::TextDiff;

use pgbeam_spec::error::{Error, Result};

/// The files that should be there.
#[derive(Debug, Default)]
pub struct Output {
    /// Text by path.
    files: BTreeMap<PathBuf, String>,
    /// Folders that hold nothing but generated files.
    owned: Vec<PathBuf>,
}

/// A file that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Stale {
    /// The file.
    pub path: PathBuf,
    /// What would change, as a unified diff.
    pub diff: String,
}

impl Output {
    /// Adds a file.
    pub fn file(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) {
        self.files.insert(path.into(), text.into());
    }

    /// Says that all files below `folder` are generated, so that any other is left over.
    pub fn owns(&mut self, folder: impl Into<PathBuf>) {
        self.owned.push(folder.into());
    }

    /// The files that differ from what is on disk.
    pub fn compare(&self) -> Result<Vec<Stale>> {
        let mut stale = Vec::new();
        for (path, text) in &self.files {
            let have = read(path)?;
            // A checkout on Windows may have other line ends; they are no difference.
            let have = have.as_deref().map(|have| have.replace("\r\n", "\n"));
            if have.as_deref() != Some(text) {
                stale.push(Stale {
                    path: path.clone(),
                    diff: diff(path, have.as_deref(), Some(text)),
                });
            }
        }
        for path in self.left_over()? {
            let have = read(&path)?.unwrap_or_default();
            stale.push(Stale {
                diff: diff(&path, Some(&have), None),
                path,
            });
        }
        Ok(stale)
    }

    /// Writes every file that differs and removes what is left over. All new text is on the disk
    /// before the first file is replaced. Says which files changed.
    pub fn write(&self) -> Result<Vec<PathBuf>> {
        let stale = self.compare()?;
        let mut ready = Vec::new();
        for Stale { path, .. } in &stale {
            if let Some(text) = self.files.get(path) {
                ready.push((path, prepare(path, text)?));
            }
        }
        for (path, file) in ready {
            file.persist(path)
                .map_err(|error| Error::io(path, "replaced", &error.error))?;
        }
        for Stale { path, .. } in &stale {
            if !self.files.contains_key(path) {
                fs::remove_file(path).map_err(|error| Error::io(path, "removed", &error))?;
            }
        }
        Ok(stale.into_iter().map(|stale| stale.path).collect())
    }

    /// Files below an owned folder that should not be there.
    fn left_over(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut open = self.owned.clone();
        while let Some(folder) = open.pop() {
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
                    open.push(path);
                } else if !self.files.contains_key(&path) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, "read", &error)),
    }
}

/// Writes `text` beside its place, so that taking its place is one step.
fn prepare(path: &Path, text: &str) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, "made", &error))?;
    let write = || {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Like any source file; a temporary file is the owner's alone.
            builder.permissions(fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.flush()?;
        Ok(file)
    };
    write().map_err(|error| Error::io(path, "written", &error))
}

fn diff(path: &Path, have: Option<&str>, want: Option<&str>) -> String {
    let name = path.display().to_string();
    let side = |text: Option<&str>, name: &str| match text {
        Some(_) => name.to_owned(),
        None => "/dev/null".to_owned(),
    };
    TextDiff::from_lines(have.unwrap_or_default(), want.unwrap_or_default())
        .unified_diff()
        .context_radius(3)
        .header(&side(have, &name), &side(want, &name))
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
    fn writes_what_differs_and_removes_what_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("same.rs"), "a\r\nb\r\n").unwrap();
        fs::write(at("old.rs"), "1\n").unwrap();
        fs::write(at("gone.rs"), "x\n").unwrap();
        let mut output = Output::default();
        output.owns(folder.path());
        output.file(at("same.rs"), "a\nb\n");
        output.file(at("old.rs"), "2\n");
        output.file(at("new.rs"), "3\n");

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
    fn leaves_every_file_as_it_was_when_one_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.rs"), "1\n").unwrap();
        fs::write(at("blocked"), "a file where a folder should be").unwrap();
        let mut output = Output::default();
        output.file(at("a.rs"), "2\n");
        output.file(at("blocked/b.rs"), "3\n");
        assert!(output.write().is_err());
        assert_eq!(fs::read_to_string(at("a.rs")).unwrap(), "1\n");
        assert_eq!(names(folder.path()), ["a.rs", "blocked"]);
    }
}
