//! Checks the dependencies against `deny.toml`, without cargo-deny.
//!
//! This suite does not check for known vulnerabilities, because that requires a download. `.ci/deny` does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
};

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a TOML file of this repository.
fn read_toml(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path))
        .unwrap()
        .parse()
        .unwrap()
}

/// Returns the standard output of a cargo command. `--locked` keeps `Cargo.lock` unchanged, so cargo
/// downloads only packages of the lock file that are missing.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let output = command
        .args(arguments)
        .arg("--locked")
        .current_dir(root())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{error}\nrun `cargo fetch --locked` with network access first"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the names and versions of all packages that the workspace builds, on any platform.
fn built_packages() -> BTreeSet<(String, String)> {
    let tree = [
        "tree",
        "--workspace",
        "--all-features",
        "--target",
        "all",
        "--prefix",
        "none",
    ];
    let parse_line = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    cargo(&tree).lines().filter_map(parse_line).collect()
}

/// Returns the metadata of the packages that the workspace builds. `cargo metadata` also lists packages of
/// disabled features; this function removes them.
fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--all-features"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let (mut packages, built) = (
        metadata["packages"].as_array().unwrap().clone(),
        built_packages(),
    );
    packages.retain(|package| {
        built.contains(
            &["name", "version"]
                .map(|key| get_str(package, key).to_owned())
                .into(),
        )
    });
    assert_eq!(packages.len(), built.len());
    packages
}

fn get_str<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

fn string_items(list: &toml::Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
}

/// Returns the licenses that `deny.toml` allows for a crate.
fn allowed_licenses(deny: &toml::Table, name: &str) -> Vec<Licensee> {
    let licenses = &deny["licenses"];
    let exceptions = licenses["exceptions"].as_array().unwrap();
    let exceptions = exceptions
        .iter()
        .filter(|exception| exception["crate"].as_str() == Some(name));
    let lists = exceptions
        .map(|exception| &exception["allow"])
        .chain([&licenses["allow"]]);
    lists
        .flat_map(string_items)
        .map(|license| Licensee::parse(license).unwrap())
        .collect()
}

/// Returns `true` if the allowed licenses satisfy an SPDX expression. Returns `false` if the expression is
/// invalid.
fn is_allowed(expression: &str, allowed: &[Licensee]) -> bool {
    match Expression::parse_mode(expression, ParseMode::LAX) {
        Ok(expression) => expression
            .evaluate(|required| allowed.iter().any(|license| license.satisfies(required))),
        Err(_) => false,
    }
}

#[test]
fn every_license_is_allowed() {
    let deny = read_toml("deny.toml");
    for package in packages() {
        let (name, license) = (get_str(&package, "name"), get_str(&package, "license"));
        assert!(
            is_allowed(license, &allowed_licenses(&deny, name)),
            "{name} has the license {license:?}, which deny.toml does not allow"
        );
    }
}

#[test]
fn deny_toml_allows_listed_licenses() {
    let deny = read_toml("deny.toml");
    for (name, license, expected) in [
        ("any", "MIT", true),
        ("any", "MIT/GPL-3.0", true),
        ("any", "MIT OR GPL-3.0-only", true),
        ("any", "MIT AND GPL-3.0-only", false),
        ("any", "(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("any", "Apache-2.0 WITH LLVM-exception", true),
        ("any", "MPL-2.0", false),
        ("progenitor", "MPL-2.0", true),
        ("any", "Proprietary", false),
        ("any", "", false),
    ] {
        assert_eq!(
            is_allowed(license, &allowed_licenses(&deny, name)),
            expected,
            "{name}: {license}"
        );
    }
}

#[test]
fn packages_come_from_the_workspace_or_crates_io() {
    let deny = read_toml("deny.toml");
    let registries: Vec<_> = string_items(&deny["sources"]["allow-registry"]).collect();
    for package in packages() {
        let is_allowed_source = match package["source"].as_str() {
            Some(source) => source
                .strip_prefix("registry+")
                .is_some_and(|url| registries.contains(&url)),
            None => {
                let manifest = PathBuf::from(get_str(&package, "manifest_path"));
                manifest.starts_with(root().canonicalize().unwrap())
            }
        };
        assert!(
            is_allowed_source,
            "{} comes from {}",
            package["id"], package["source"]
        );
    }
}

#[test]
fn no_dependency_has_a_wildcard_version() {
    for package in packages()
        .iter()
        .filter(|package| package["source"].is_null())
    {
        for dependency in package["dependencies"].as_array().unwrap() {
            let dependency_name = format!("{}: {}", package["name"], dependency["name"]);
            assert_ne!(get_str(dependency, "req"), "*", "{dependency_name}");
        }
    }
}

/// Checks that the build has several versions of a crate only if `skip` in `deny.toml` lists the crate. Also
/// checks each entry of `skip`: it gives a reason, and the build has several versions of the crate, including
/// the skipped one.
#[test]
fn only_skipped_crates_have_two_versions() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in built_packages() {
        versions.entry(name).or_default().insert(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let deny = read_toml("deny.toml");
    for skipped in deny["bans"]["skip"].as_array().unwrap() {
        let (name, prefix) = skipped["crate"].as_str().unwrap().split_once('@').unwrap();
        let is_skipped =
            |version: &String| format!("{version}.").starts_with(&format!("{prefix}."));
        let crate_versions = versions
            .get_mut(name)
            .unwrap_or_else(|| panic!("{name} has only one version"));
        let count = crate_versions.len();
        crate_versions.retain(|version| !is_skipped(version));
        assert!(crate_versions.len() < count, "no {name} {prefix}");
        assert!(!skipped["reason"].as_str().unwrap().is_empty());
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert_eq!(
        versions,
        BTreeMap::new(),
        "use one version, or add the crate to `skip` in deny.toml with a reason"
    );
}

#[test]
fn sdk_has_no_duplicate_dependencies() {
    let sdk = [
        "tree",
        "--package",
        "pgbeam",
        "--edges",
        "normal",
        "--duplicates",
    ];
    assert_eq!(cargo(&sdk), "");
}

#[test]
fn fuzz_lock_file_has_the_same_versions() {
    let locked_packages = |path: &str| -> BTreeSet<(String, String)> {
        let lock = read_toml(path);
        let packages = lock["package"].as_array().unwrap().iter();
        let get_str = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
        packages
            .map(|package| (get_str(package, "name"), get_str(package, "version")))
            .collect()
    };
    let fuzz = locked_packages("fuzz/Cargo.lock");
    let workspace = locked_packages("Cargo.lock");
    let additional: Vec<_> = fuzz.difference(&workspace).map(|(name, _)| name).collect();
    assert_eq!(
        additional,
        ["arbitrary", "libfuzzer-sys", "pgbeam-fuzz"],
        "copy Cargo.lock to fuzz/Cargo.lock, then run `cargo metadata --manifest-path fuzz/Cargo.toml`"
    );
}
