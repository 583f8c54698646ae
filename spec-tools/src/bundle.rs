//! Reads an API contract and merges its files into one OpenAPI document, the bundle.
//!
//! A contract is one document, or a folder with `openapi.yaml` and the fragments `areas/*.yaml`.
//! The fragments add their paths, components and tags to `openapi.yaml`.

use std::{fs, path::Path};

use crate::{
    error::{Error, Result, ValidationErrors},
    lint,
    read::{Entry, Node, Value},
};

/// Reads `openapi.yaml` and `areas/*.yaml` in `folder`, and merges the areas into `openapi.yaml` in
/// the order of their file names.
///
/// Error messages contain `name` instead of the path of the folder.
///
/// # Errors
///
/// Returns an error if a file cannot be read or parsed, if `openapi.yaml` is not OpenAPI 3.0, if a
/// value to be merged is not a map, or if two files define the same operation, component or other
/// key.
pub fn read_folder(folder: &Path, name: &str) -> Result<Node> {
    let root = Node::read(
        &folder.join("openapi.yaml"),
        &format!("{name}/openapi.yaml"),
    )?;
    let areas = folder.join("areas");
    let listing = fs::read_dir(&areas)
        .and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>())
        .map_err(|error| Error::io(format!("{name}/areas"), "read", &error))?;
    let mut files: Vec<_> = listing
        .iter()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|file| file.ends_with(".yaml"))
        .collect();
    // The order of directory entries depends on the file system.
    files.sort();
    let read = |file: &String| Node::read(&areas.join(file), &format!("{name}/areas/{file}"));
    merge_fragments(root, files.iter().map(read).collect::<Result<Vec<_>>>()?)
}

/// Merges the fragments, in order, into `root`, the content of `openapi.yaml`.
///
/// # Errors
///
/// Returns an error if `root` is not OpenAPI 3.0, if a value to be merged is not a map, or if two of
/// the documents define the same operation, component or other key.
pub fn merge_fragments(mut root: Node, fragments: Vec<Node>) -> Result<Node> {
    check_version(&root)?;
    let mut errors = ValidationErrors::default();
    for fragment in fragments {
        merge(&mut root, fragment, &mut Vec::new(), &mut errors);
    }
    errors.finish()?;
    Ok(root)
}

/// Reads a contract from a folder, such as `spec/`, with [`read_folder`], or from one file with
/// [`read_document`].
///
/// # Errors
///
/// Returns an error if a file cannot be read or parsed, if the document is not OpenAPI 3.0, or if
/// the files of the folder cannot be merged.
pub fn read(path: &Path) -> Result<Node> {
    match path.is_dir() {
        true => read_folder(path, &path.display().to_string()),
        false => read_document(path),
    }
}

/// Reads a contract from one YAML or JSON file.
///
/// # Errors
///
/// Returns an error if the file cannot be read or parsed, or if it is not OpenAPI 3.0.
pub fn read_document(path: &Path) -> Result<Node> {
    let document = Node::read(path, &path.display().to_string())?;
    check_version(&document)?;
    Ok(document)
}

/// Reads, merges and lints the contract in the folder `spec` of the repository at `root`.
///
/// # Errors
///
/// Returns an error if a file cannot be read or merged. If all files can be merged, returns every
/// error of [`lint::check_contract`].
pub fn read_linted(root: &Path) -> Result<Node> {
    let bundle = read_folder(&root.join("spec"), "spec")?;
    lint::check_contract(&bundle)?;
    Ok(bundle)
}

/// Renders the bundle as indented JSON with a final line break. This is the content of
/// `spec/openapi.json`.
///
/// # Errors
///
/// Returns an error if the bundle cannot be serialized.
pub fn to_json(bundle: &Node) -> Result<String> {
    let json =
        serde_json::to_string_pretty(bundle).map_err(|error| Error::new(error.to_string()))?;
    Ok(json + "\n")
}

/// Checks that the `openapi` version of a document is 3.0.x.
///
/// # Errors
///
/// Returns an error for any other version and for a document without `openapi`.
pub fn check_version(document: &Node) -> Result<()> {
    let (node, format) = match (document.get("openapi"), document.get("swagger")) {
        (Some(node), _) => (node, "OpenAPI"),
        (None, Some(node)) => (node, "Swagger"),
        (None, None) => {
            return Err(Error::at(
                &document.location,
                "not an OpenAPI document: `openapi` is missing",
            ));
        }
    };
    let version = match &node.value {
        Value::String(version) => version.clone(),
        Value::Number(version) => version.to_string(),
        _ => String::from("without a version"),
    };
    if format == "OpenAPI" && version.starts_with("3.0.") {
        return Ok(());
    }
    Err(Error::at(
        &node.location,
        format!("{format} {version} is not supported: it must be OpenAPI 3.0.x"),
    ))
}

/// Returns `true` if several files can define the map at `path`. The entries of these maps are then
/// combined. `path` contains the keys from the document to the map.
///
/// Returns `true` for the document itself, for `paths` and `components`, and for the maps directly
/// inside `paths` and `components`: each path and each kind of component.
fn is_mergeable(path: &[String]) -> bool {
    match path {
        [] => true,
        [top] => matches!(top.as_str(), "paths" | "components"),
        [top, _] => matches!(top.as_str(), "paths" | "components"),
        _ => false,
    }
}

fn merge(into: &mut Node, from: Node, path: &mut Vec<String>, errors: &mut ValidationErrors) {
    let (Value::Map(entries), Value::Map(new_entries)) = (&mut into.value, from.value) else {
        let message = match path.is_empty() {
            true => "a contract file must be a map".to_owned(),
            false => format!("{} must be a map to be merged", display_path(path)),
        };
        errors.push(&from.location, message);
        return;
    };
    for entry in new_entries {
        let Some(first) = entries.iter_mut().find(|first| first.key == entry.key) else {
            entries.push(entry);
            continue;
        };
        path.push(entry.key.clone());
        merge_entry(first, entry, path, errors);
        path.pop();
    }
}

fn merge_entry(
    first: &mut Entry,
    second: Entry,
    path: &mut Vec<String>,
    errors: &mut ValidationErrors,
) {
    if *path == ["tags"] {
        // Each area adds its own tags.
        if let (Value::List(tags), Value::List(new_tags)) =
            (&mut first.node.value, second.node.value)
        {
            tags.extend(new_tags);
        }
        return;
    }
    let is_empty = matches!(first.node.value, Value::Null);
    if is_empty {
        *first = second;
    } else if is_mergeable(path) {
        merge(&mut first.node, second.node, path, errors);
    } else {
        let message = format!(
            "{} is defined twice: first at {}",
            display_path(path),
            first.location
        );
        errors.push(&second.location, message);
    }
}

fn display_path(path: &[String]) -> String {
    format!("`{}`", path.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(files: &[(&str, &str)]) -> Result<Node> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("areas")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        read_folder(folder.path(), "spec")
    }

    const ROOT: &str =
        "openapi: 3.0.3\ntags:\n  - name: X\npaths: {}\ncomponents:\n  schemas:\n    A: {}\n";

    #[test]
    fn merges_fragments_in_order_of_file_names() {
        let node = spec(&[
            ("openapi.yaml", ROOT),
            (
                "areas/b.yaml",
                "tags:\n  - name: B\npaths:\n  /p:\n    get: 2\n",
            ),
            (
                "areas/a.yaml",
                "paths:\n  /p:\n    put: 1\ncomponents:\n  schemas:\n    B: {}\n  headers: {}\n",
            ),
        ]);
        assert_eq!(
            serde_json::to_string(&node.unwrap()).unwrap(),
            r#"{"openapi":"3.0.3","tags":[{"name":"X"},{"name":"B"}],"paths":{"/p":{"put":1,"get":2}},"components":{"schemas":{"A":{},"B":{}},"headers":{}}}"#
        );
    }

    #[test]
    fn reports_both_locations_of_a_duplicate_key() {
        let error = spec(&[
            ("openapi.yaml", ROOT),
            (
                "areas/a.yaml",
                "paths:\n  /p:\n    put: 1\ncomponents:\n  schemas:\n    A: {}\n",
            ),
            (
                "areas/b.yaml",
                "openapi: 3.0.3\npaths:\n  /p:\n    put: 1\n",
            ),
        ]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "spec/areas/a.yaml:6:5: `components schemas A` is defined twice: first at spec/openapi.yaml:7:5\n\
             spec/areas/b.yaml:1:1: `openapi` is defined twice: first at spec/openapi.yaml:1:1\n\
             spec/areas/b.yaml:4:5: `paths /p put` is defined twice: first at spec/areas/a.yaml:3:5"
        );
    }

    #[test]
    fn rejects_other_versions() {
        for (text, expected) in [
            (
                "openapi: 3.1.0",
                "spec/openapi.yaml:1:10: OpenAPI 3.1.0 is not supported: it must be OpenAPI 3.0.x",
            ),
            (
                "swagger: '2.0'",
                "spec/openapi.yaml:1:10: Swagger 2.0 is not supported: it must be OpenAPI 3.0.x",
            ),
            (
                "info: {}",
                "spec/openapi.yaml:1:1: not an OpenAPI document: `openapi` is missing",
            ),
        ] {
            assert_eq!(
                spec(&[("openapi.yaml", text)]).unwrap_err().to_string(),
                expected
            );
        }
    }

    #[test]
    fn reports_the_name_of_a_missing_file() {
        let error = read_folder(Path::new("/nonexistent"), "spec").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("spec/openapi.yaml: cannot be read")
        );
    }
}
