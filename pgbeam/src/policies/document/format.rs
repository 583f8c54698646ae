//! The formats of policy files and test files, and the names of these files.

use std::path::Path;

/// The format of a policy file or test file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// YAML 1.2, without anchors, aliases, tags and merge keys.
    Yaml,
    /// JSON.
    Json,
    /// TOML 1.1.
    Toml,
}

impl Format {
    /// Returns the format of a file according to the extension of its name: `.yaml`, `.yml`, `.json` or `.toml`, in any
    /// letter case. Returns `None` for other names. Does not read the file.
    pub fn from_path(path: impl AsRef<Path>) -> Option<Self> {
        let extension = path.as_ref().extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Returns `true` if a path has the name of a test file, such as `support.tests.yaml`.
pub(crate) fn is_test_file(path: &Path) -> bool {
    let is_tests = |stem: &str| stem.to_ascii_lowercase().ends_with(".tests");
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    Format::from_path(path).is_some() && stem.is_some_and(is_tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_determines_the_format_and_whether_the_file_has_tests() {
        for (name, format, is_test) in [
            ("a.yaml", Some(Format::Yaml), false),
            ("a/b.yml", Some(Format::Yaml), false),
            ("a.JSON", Some(Format::Json), false),
            ("a.tests.toml", Some(Format::Toml), true),
            ("a.Tests.YAML", Some(Format::Yaml), true),
            ("tests.yaml", Some(Format::Yaml), false),
            ("a.tests.md", None, false),
            ("README", None, false),
            (".yaml", None, false),
        ] {
            assert_eq!(Format::from_path(name), format, "{name}");
            assert_eq!(is_test_file(Path::new(name)), is_test, "{name}");
        }
    }
}
