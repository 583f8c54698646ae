//! Writes policy sets to directories, with one file for each profile and template.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use super::{compare, fields, read_back, sorted};
use crate::policies::document::{
    PolicySet,
    yaml_text::{Tree, render_fields, render_items},
};

/// The first line of every exported file. An export never changes or removes a file without this line.
const HEADER: &str = "# Exported by the PgBeam SDK. The next export replaces this file.\n";

impl PolicySet {
    /// Writes one file for each profile and each query template to a directory. Creates the directory if it is missing.
    /// Returns the paths of the files, sorted.
    ///
    /// The name of a file is derived from the name of the profile or template, in lower case. An export replaces the
    /// files of earlier exports in the directory, and removes them if the set no longer has their profile or template.
    /// It recognizes files of earlier exports by their first line, and changes no other files. To protect a file from
    /// later exports, remove its first line. A second export of the same set writes the same bytes.
    ///
    /// [`read`](Self::read) reads the same profiles and templates from the directory, if it contains no other policy
    /// files. After the export of an empty set, the directory has no exported files. `read` rejects a directory without
    /// policy files.
    ///
    /// ```
    /// use pgbeam::policies::{PolicyProfileInput, diff::diff, document::PolicySet};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let directory = directory.path().join("policies");
    /// let set = PolicySet::new().profile(&PolicyProfileInput::new("Support Desk").max_rows(500));
    /// let files = set.export_dir(&directory)?;
    /// assert_eq!(files, [directory.join("support-desk.yaml")]);
    ///
    /// let read = PolicySet::read(&directory)?;
    /// let profile = |set: &PolicySet| set.profiles()[0].profile().clone();
    /// assert!(diff(profile(&set), profile(&read)).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// No file is changed in these two cases:
    ///
    /// - kind [`AlreadyExists`](io::ErrorKind::AlreadyExists): the export would replace a file that no export has
    ///   written. Rename or remove that file. This is also the kind if `directory` is a file;
    /// - kind [`InvalidData`](io::ErrorKind::InvalidData): `read` would reject the files or read other profiles or
    ///   templates from them. See [`to_yaml`](Self::to_yaml) for possible causes.
    ///
    /// Any other kind means that the directory or a file cannot be read, written or removed. Some files may have
    /// changed then. A later export replaces these files.
    pub fn export_dir(&self, directory: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
        let directory = directory.as_ref();
        fs::create_dir_all(directory).map_err(|error| at(directory, &error))?;
        let own = exported_files(directory)?;
        let files: BTreeMap<PathBuf, String> = self
            .files()
            .into_iter()
            .map(|(name, text)| (directory.join(name), text))
            .collect();
        for path in files.keys() {
            if !own.contains(path) && path.symlink_metadata().is_ok() {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    format!(
                        "{}: no export has written this file: rename or remove it",
                        path.display()
                    ),
                ));
            }
        }
        let entries = self.entries();
        let mut read = BTreeMap::new();
        for (path, text) in &files {
            read.extend(read_back(text, &path.display().to_string())?);
        }
        compare(&entries, &read)?;
        for (path, text) in &files {
            fs::write(path, text).map_err(|error| at(path, &error))?;
        }
        for path in own {
            if !files.contains_key(&path) {
                fs::remove_file(&path).map_err(|error| at(&path, &error))?;
            }
        }
        Ok(files.into_keys().collect())
    }

    /// Returns the name and the content of each file to write.
    fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let profiles = sorted(self.profiles(), |entry| entry.name());
        let names = file_names(profiles.iter().map(|entry| entry.name()));
        for (entry, name) in profiles.into_iter().zip(names) {
            let mut text = HEADER.to_owned();
            if let Tree::Map(fields) = fields::profile(entry) {
                render_fields(&fields, 0, &mut text);
            }
            files.push((format!("{name}.yaml"), text));
        }
        let templates = sorted(self.query_templates(), |entry| entry.name());
        let names = file_names(templates.iter().map(|entry| entry.name()));
        for (entry, name) in templates.into_iter().zip(names) {
            let mut text = format!("{HEADER}query_templates:\n");
            render_items(&[fields::template(entry)], 2, &mut text);
            files.push((format!("{name}.query-template.yaml"), text));
        }
        files
    }
}

/// Adds the path to the message of an error.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Returns the files in a directory that an earlier export has written: `.yaml` files that start with [`HEADER`].
fn exported_files(directory: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(directory).map_err(|error| at(directory, &error))? {
        let entry = entry.map_err(|error| at(directory, &error))?;
        let path = directory.join(entry.file_name());
        // `file_type` does not follow symbolic links. So a link is never an exported file.
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml");
        if is_file && is_yaml && has_header(&path).map_err(|error| at(&path, &error))? {
            files.insert(path);
        }
    }
    Ok(files)
}

fn has_header(path: &Path) -> io::Result<bool> {
    use io::Read as _;
    let mut start = Vec::new();
    let file = fs::File::open(path)?;
    file.take(HEADER.len() as u64).read_to_end(&mut start)?;
    Ok(start == HEADER.as_bytes())
}

/// Returns a file name without extension for each name. It consists of lower-case ASCII letters, digits, `_` and `-`.
/// If several names give the same file name, all but the first get a number, as in `support.2`.
fn file_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let numbered = names.map(|name| {
        let base = file_name(name);
        let count = counts.entry(base.clone()).or_default();
        *count += 1;
        match count {
            1 => base,
            // A file name without a number has no dot, so it cannot be equal to this file name.
            count => format!("{base}.{count}"),
        }
    });
    numbered.collect()
}

fn file_name(name: &str) -> String {
    const MAX_BYTES: usize = 80;
    let mut base = String::new();
    for character in name.chars() {
        match character.to_ascii_lowercase() {
            lower @ ('a'..='z' | '0'..='9' | '_') => base.push(lower),
            _ if base.ends_with('-') || base.is_empty() => {}
            _ => base.push('-'),
        }
    }
    base.truncate(MAX_BYTES);
    let base = base.trim_end_matches('-');
    if base.is_empty() || is_reserved(base) {
        return format!("policy-{base}").trim_end_matches('-').to_owned();
    }
    base.to_owned()
}

/// Returns `true` for names that Windows reserves for devices, such as `con`.
fn is_reserved(base: &str) -> bool {
    let is_port = |prefix: &str| {
        let port = base.strip_prefix(prefix);
        port.is_some_and(|port| port.len() == 1 && port.as_bytes()[0].is_ascii_digit())
    };
    matches!(base, "con" | "prn" | "aux" | "nul") || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_distinct() {
        let long = "x".repeat(128);
        for (names, expected) in [
            (vec!["Support Desk"], vec!["support-desk"]),
            (vec!["a/b", "a\\b", "A B"], vec!["a-b", "a-b.2", "a-b.3"]),
            (vec!["../../etc/passwd"], vec!["etc-passwd"]),
            (
                vec!["..", ".", "日本"],
                vec!["policy", "policy.2", "policy.3"],
            ),
            (vec!["x.tests"], vec!["x-tests"]),
            (vec!["-rf", "a--b!"], vec!["rf", "a-b"]),
            (
                vec!["CON", "com1", "com10"],
                vec!["policy-con", "policy-com1", "com10"],
            ),
            (vec![&long], vec![&long[..80]]),
        ] {
            assert_eq!(file_names(names.into_iter()), expected);
        }
    }
}
