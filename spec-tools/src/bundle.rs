//! Merges the fragments of the contract, key by key, into one OpenAPI document.

use std::{fs, path::Path};

use crate::{
    error::{Error, Result, ValidationErrors},
    lint,
    read::{Entry, Node, Value},
};

/// Reads `openapi.yaml` and `areas/*.yaml` under `folder` and merges them.
///
/// `name` stands for the folder in messages.
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
    // The order of a directory differs between machines.
    files.sort();
    let read = |file: &String| Node::read(&areas.join(file), &format!("{name}/areas/{file}"));
    merge_fragments(root, files.iter().map(read).collect::<Result<Vec<_>>>()?)
}

/// Merges fragments into the shared part of a contract, in their order.
pub fn merge_fragments(mut root: Node, fragments: Vec<Node>) -> Result<Node> {
    check_version(&root)?;
    let mut errors = ValidationErrors::default();
    for fragment in fragments {
        merge(&mut root, fragment, &mut Vec::new(), &mut errors);
    }
    errors.finish()?;
    Ok(root)
}

/// Reads a contract wherever it is: a folder of fragments such as `spec/`, or one document.
pub fn read(path: &Path) -> Result<Node> {
    match path.is_dir() {
        true => read_folder(path, &path.display().to_string()),
        false => read_document(path),
    }
}

/// Reads one document that is whole already.
pub fn read_document(path: &Path) -> Result<Node> {
    let document = Node::read(path, &path.display().to_string())?;
    check_version(&document)?;
    Ok(document)
}

/// Reads, bundles and lints the contract in the folder `spec` of the repository at `root`.
///
/// # Errors
///
/// Every error of the contract, a line each.
pub fn read_linted(root: &Path) -> Result<Node> {
    let bundle = read_folder(&root.join("spec"), "spec")?;
    lint::check_contract(&bundle)?;
    Ok(bundle)
}

/// The bundle as the text of `spec/openapi.json`.
pub fn to_json(bundle: &Node) -> Result<String> {
    let json =
        serde_json::to_string_pretty(bundle).map_err(|error| Error::new(error.to_string()))?;
    Ok(json + "\n")
}

/// Only OpenAPI 3.0 is understood.
pub fn check_version(document: &Node) -> Result<()> {
    let found = match (document.get("openapi"), document.get("swagger")) {
        (Some(version), _) => (version, "OpenAPI"),
        (None, Some(version)) => (version, "Swagger"),
        (None, None) => {
            return Err(Error::at(
                &document.location,
                "not an OpenAPI document: `openapi` is missing",
            ));
        }
    };
    let version = match &found.0.value {
        Value::String(version) => version.clone(),
        Value::Number(version) => version.to_string(),
        _ => String::from("without a version"),
    };
    if found.1 == "OpenAPI" && version.starts_with("3.0.") {
        return Ok(());
    }
    Err(Error::at(
        &found.0.location,
        format!(
            "{} {version} is not supported: it must be OpenAPI 3.0.x",
            found.1
        ),
    ))
}

/// How deep a map is merged by key; what is deeper is one thing that only one file may define.
fn merges(path: &[String]) -> bool {
    match path {
        [] => true,
        [top] => matches!(top.as_str(), "paths" | "components"),
        [top, _] => matches!(top.as_str(), "paths" | "components"),
        _ => false,
    }
}

fn merge(into: &mut Node, from: Node, path: &mut Vec<String>, errors: &mut ValidationErrors) {
    let (Value::Map(have), Value::Map(more)) = (&mut into.value, from.value) else {
        let message = match path.is_empty() {
            true => "a contract file must be a map".to_owned(),
            false => format!("{} must be a map to be merged", shown(path)),
        };
        errors.push(&from.location, message);
        return;
    };
    for entry in more {
        let Some(first) = have.iter_mut().find(|first| first.key == entry.key) else {
            have.push(entry);
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
        // A list of things with names, to which each area adds its own.
        if let (Value::List(have), Value::List(more)) = (&mut first.node.value, second.node.value) {
            have.extend(more);
        }
        return;
    }
    let empty = matches!(first.node.value, Value::Null);
    if empty {
        *first = second;
    } else if merges(path) {
        merge(&mut first.node, second.node, path, errors);
    } else {
        let message = format!(
            "{} is defined twice: first at {}",
            shown(path),
            first.location
        );
        errors.push(&second.location, message);
    }
}

fn shown(path: &[String]) -> String {
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
    fn merges_by_key_in_the_order_of_names() {
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
    fn a_key_defined_twice_names_both_places() {
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
    fn other_versions_are_refused() {
        for (text, want) in [
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
                want
            );
        }
    }

    #[test]
    fn a_missing_root_or_folder_is_named() {
        let error = read_folder(Path::new("/nonexistent"), "spec").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("spec/openapi.yaml: cannot be read")
        );
    }
}
