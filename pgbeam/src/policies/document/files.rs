//! Reads policy files and directories of policy files.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    Format, PolicySet,
    errors::{FileErrors, Report},
    format::is_test_file,
    node::{self, MAX_BYTES, Node, Place},
    read::SetReader,
};
use crate::policies::finding::Finding;

impl PolicySet {
    /// Parses the text of a policy file. Does not open a file: `file_name` is only the name of the file in the
    /// locations of profiles, templates and mistakes.
    ///
    /// ```
    /// use pgbeam::policies::document::{Format, PolicySet};
    ///
    /// let text = "
    /// name: Support
    /// max_rows: 500
    /// statement_timeout: 5s
    /// ";
    /// let set = PolicySet::parse(text, Format::Yaml, "support.yaml")?;
    /// let profile = set.get("Support").expect("a profile").profile();
    /// assert_eq!(profile.get("statement_timeout_ms"), Some(&5000.into()));
    /// # Ok::<(), pgbeam::policies::document::FileErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The text has mistakes, as the [rules](super#rules) in the module documentation define them. The error lists the
    /// mistakes, but a syntax error can hide others.
    pub fn parse(
        text: &str,
        format: Format,
        file_name: impl Into<String>,
    ) -> Result<Self, FileErrors> {
        let mut reader = SetReader::default();
        let mut report = Report::new(file_name);
        reader.read(&node::parse(text, format, &mut report), &mut report);
        finish(reader, report.into_findings())
    }

    /// Reads a policy file, or all policy files of a directory in the order of their names.
    ///
    /// A policy file has the extension `.yaml`, `.yml`, `.json` or `.toml`. Files whose name ends in `.tests` before
    /// the extension, such as `support.tests.yaml`, are test files and not policy files. Other files of a directory and
    /// its subdirectories are ignored.
    ///
    /// ```no_run
    /// use pgbeam::policies::document::PolicySet;
    ///
    /// let set = PolicySet::read("policies")?;
    /// for entry in set.profiles() {
    ///     println!("{}", entry.name());
    /// }
    /// # Ok::<(), pgbeam::policies::document::FileErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in these cases:
    ///
    /// - `path`, or a policy file of the directory, cannot be read;
    /// - `path` is a file whose name is not that of a policy file;
    /// - a file has mistakes, or two profiles or two templates have the same name;
    /// - the directory has no policy files.
    ///
    /// The error lists the mistakes of all files.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileErrors> {
        let path = path.as_ref();
        let mut reader = SetReader::default();
        let mut findings = Vec::new();
        let files = find_files(path)?;
        for file in &files {
            let mut report = Report::new(display(file));
            read_file(file, &mut reader, &mut report);
            findings.extend(report.into_findings());
        }
        finish(reader, findings)
    }
}

/// Returns the set, or an error if there are mistakes.
fn finish(reader: SetReader, findings: Vec<Finding>) -> Result<PolicySet, FileErrors> {
    match findings.is_empty() {
        true => Ok(reader.set),
        false => Err(FileErrors::new(findings)),
    }
}

/// Formats a path for findings: without a leading `./`.
pub(crate) fn display(path: &Path) -> String {
    let relative = path.strip_prefix(".").unwrap_or(path);
    match relative.as_os_str().is_empty() {
        true => path.display().to_string(),
        false => relative.display().to_string(),
    }
}

/// Returns the policy files of a directory, sorted by name. If `path` is not a directory, returns only `path`. Fails if
/// `path` cannot be read or the directory has no policy files.
fn find_files(path: &Path) -> Result<Vec<PathBuf>, FileErrors> {
    let is_policy_file = |file: &Path| Format::from_path(file).is_some() && !is_test_file(file);
    let files = list_files(path, is_policy_file)?;
    if files.is_empty() {
        let message = "the directory has no policy files";
        let finding = mistake(path, "no-policy-files", message.into());
        let finding = finding.remedy("add a file that ends in .yaml, .yml, .json or .toml");
        return Err(finding.into());
    }
    Ok(files)
}

/// Returns the files of a directory for which `is_wanted` is `true`, sorted by name. If `path` is not a directory,
/// returns only `path`. Fails if `path` cannot be read.
pub(crate) fn list_files(
    path: &Path,
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, FileErrors> {
    let failed = |error: io::Error| FileErrors::from(unreadable(path, &error));
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = path.join(entry.map_err(failed)?.file_name());
        if is_wanted(&file) && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(path: &Path, reader: &mut SetReader, report: &mut Report) {
    let format = Format::from_path(path).filter(|_| !is_test_file(path));
    let Some(format) = format else {
        let message = "the file is not a policy file by its name";
        let remedy = "end the name in .yaml, .yml, .json or .toml, and not in .tests.yaml";
        report.add("unreadable-file", Place::default(), message, remedy);
        return;
    };
    reader.read(&read_documents(path, format, report), report);
}

/// Reads a file and returns its documents. Adds the mistakes of the file to the report; if the file cannot be read,
/// this is a mistake, too.
pub(crate) fn read_documents(path: &Path, format: Format, report: &mut Report) -> Vec<Node> {
    let text = match read_bytes(path) {
        Ok(text) => text,
        Err(error) => {
            report.add(
                "unreadable-file",
                Place::default(),
                format!("the file cannot be read: {error}"),
                "check the path and its permissions",
            );
            return Vec::new();
        }
    };
    match std::str::from_utf8(&text) {
        Ok(text) => node::parse(text, format, report),
        Err(error) => {
            let valid = String::from_utf8_lossy(&text[..error.valid_up_to()]);
            let line = valid.matches('\n').count() + 1;
            let column = valid
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1;
            let place = Place::new(line, column);
            report.add("syntax", place, "the file is not UTF-8", "save it as UTF-8");
            Vec::new()
        }
    }
}

/// Reads a regular file. Reads at most one byte more than [`MAX_BYTES`], because [`node::parse`] rejects larger files.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Finding {
    let finding = mistake(path, "unreadable-file", format!("cannot be read: {error}"));
    finding.remedy("check the path and its permissions")
}

/// Returns a finding about a file or directory as a whole, without a remedy.
pub(crate) fn mistake(path: &Path, rule: &str, message: String) -> Finding {
    let mut report = Report::new(display(path));
    report.add(rule, Place::default(), message, "");
    report.into_findings().remove(0)
}
