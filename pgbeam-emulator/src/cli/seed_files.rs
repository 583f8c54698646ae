//! Reads seeds from JSON and YAML files.

use std::fs;
use std::path::{Path, PathBuf};

use pgbeam_emulator::Seed;
use serde_json::Value;

/// Reads the seed in a file, or the seeds in all JSON and YAML files of a directory, in the order of their names.
/// Ignores subdirectories.
///
/// # Errors
///
/// If a file cannot be read, is malformed or is neither JSON nor YAML, or if a directory has no JSON or YAML file. The
/// message has the name of the file or directory.
pub(crate) fn read(path: &Path) -> Result<Vec<Seed>, String> {
    let files = if path.is_dir() {
        files_in(path)?
    } else {
        vec![path.to_owned()]
    };
    files.iter().map(|file| read_file(file)).collect()
}

fn files_in(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot_read = |error| format!("cannot read {}: {error}", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if Format::from_path(&path).is_some() && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(format!(
            "{} has no .json, .yaml or .yml file",
            directory.display()
        ));
    }
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> Result<Seed, String> {
    let name = path.display();
    let format = Format::from_path(path).ok_or_else(|| {
        format!("{name} has no known format: its name must end in .json, .yaml or .yml")
    })?;
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    let value = format.parse(&text).map_err(|error| {
        // YAML errors have several lines: the first one has the position.
        let first = error.lines().next().unwrap_or_default();
        format!("{name} is malformed: {first}")
    })?;
    Ok(Seed::new(value).source(name.to_string()))
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Yaml,
}

impl Format {
    fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    fn parse(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
            Self::Yaml => {
                let options = serde_saphyr::options! { budget: None, with_snippet: false };
                serde_saphyr::from_str_with_options(text, options)
                    .map_err(|error| error.to_string())
            }
        }
    }
}
