//! What is depended on is what `deny.toml` admits, as far as that can be told without cargo-deny.
//!
//! Known vulnerabilities are the matter of `.ci/deny`: their list has to be fetched.

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

/// A file of this repository that is TOML.
fn toml(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path))
        .unwrap()
        .parse()
        .unwrap()
}

/// What cargo says; it fetches nothing but what the lock file names and is not here yet.
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
        "{error}\nRun `cargo fetch --locked` with a network first."
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The names and versions of all that anything in this workspace may be built from, on any platform.
fn built() -> BTreeSet<(String, String)> {
    let tree = [
        "tree",
        "--workspace",
        "--all-features",
        "--target",
        "all",
        "--prefix",
        "none",
    ];
    let package = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    cargo(&tree).lines().filter_map(package).collect()
}

/// What cargo knows of each of them. Of itself it names what no feature turns on, too.
fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--all-features"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let (mut packages, built) = (metadata["packages"].as_array().unwrap().clone(), built());
    packages.retain(|package| {
        built.contains(
            &["name", "version"]
                .map(|key| text(package, key).to_owned())
                .into(),
        )
    });
    assert_eq!(packages.len(), built.len());
    packages
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

fn texts(list: &toml::Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
}

/// The licences that `deny.toml` admits, of every crate or of this one.
fn admitted(deny: &toml::Table, name: &str) -> Vec<Licensee> {
    let licenses = &deny["licenses"];
    let exceptions = licenses["exceptions"].as_array().unwrap();
    let exception = exceptions
        .iter()
        .filter(|of| of["crate"].as_str() == Some(name));
    let lists = exception.map(|of| &of["allow"]).chain([&licenses["allow"]]);
    lists
        .flat_map(texts)
        .map(|licence| Licensee::parse(licence).unwrap())
        .collect()
}

/// Whether one of these licences satisfies each of those that an expression asks for.
fn satisfied(expression: &str, by: &[Licensee]) -> bool {
    match Expression::parse_mode(expression, ParseMode::LAX) {
        Ok(asked) => asked.evaluate(|licence| by.iter().any(|one| one.satisfies(licence))),
        Err(_) => false,
    }
}

#[test]
fn every_licence_is_admitted() {
    let deny = toml("deny.toml");
    for package in packages() {
        let (name, licence) = (text(&package, "name"), text(&package, "license"));
        assert!(
            satisfied(licence, &admitted(&deny, name)),
            "{name} has the licence {licence:?}"
        );
    }
}

#[test]
fn a_licence_is_admitted_where_it_is_listed() {
    let deny = toml("deny.toml");
    for (name, licence, want) in [
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
            satisfied(licence, &admitted(&deny, name)),
            want,
            "{name}: {licence}"
        );
    }
}

#[test]
fn everything_comes_from_here_or_from_the_registry() {
    let deny = toml("deny.toml");
    let registries: Vec<_> = texts(&deny["sources"]["allow-registry"]).collect();
    for package in packages() {
        let known = match package["source"].as_str() {
            Some(source) => source
                .strip_prefix("registry+")
                .is_some_and(|url| registries.contains(&url)),
            None => {
                let manifest = PathBuf::from(text(&package, "manifest_path"));
                manifest.starts_with(root().canonicalize().unwrap())
            }
        };
        assert!(known, "{} comes from {}", package["id"], package["source"]);
    }
}

#[test]
fn no_dependency_takes_just_any_version() {
    for package in packages()
        .iter()
        .filter(|package| package["source"].is_null())
    {
        for dependency in package["dependencies"].as_array().unwrap() {
            let why = format!("{}: {}", package["name"], dependency["name"]);
            assert_ne!(text(dependency, "req"), "*", "{why}");
        }
    }
}

/// What `deny.toml` skips is built in two versions, and nothing else is.
#[test]
fn no_crate_is_built_in_two_versions() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in built() {
        versions.entry(name).or_default().insert(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let deny = toml("deny.toml");
    for skipped in deny["bans"]["skip"].as_array().unwrap() {
        let (name, prefix) = skipped["crate"].as_str().unwrap().split_once('@').unwrap();
        let of_it = |version: &String| format!("{version}.").starts_with(&format!("{prefix}."));
        let twice = versions
            .get_mut(name)
            .unwrap_or_else(|| panic!("{name} is not there twice"));
        let before = twice.len();
        twice.retain(|version| !of_it(version));
        assert!(twice.len() < before, "there is no {name} {prefix}");
        assert!(!skipped["reason"].as_str().unwrap().is_empty());
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert_eq!(
        versions,
        BTreeMap::new(),
        "one is needed, or a reason in deny.toml"
    );
}

#[test]
fn the_sdk_as_it_is_depended_on_has_no_crate_twice() {
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
fn what_is_fuzzed_is_what_is_built() {
    let locked = |path: &str| -> BTreeSet<(String, String)> {
        let lock = toml(path);
        let packages = lock["package"].as_array().unwrap().iter();
        let text = |of: &toml::Value, key: &str| of[key].as_str().unwrap().to_owned();
        packages
            .map(|of| (text(of, "name"), text(of, "version")))
            .collect()
    };
    let (fuzzed, built) = (locked("fuzz/Cargo.lock"), locked("Cargo.lock"));
    let more: Vec<_> = fuzzed.difference(&built).map(|(name, _)| name).collect();
    assert_eq!(
        more,
        ["arbitrary", "libfuzzer-sys", "pgbeam-fuzz"],
        "copy Cargo.lock to fuzz/Cargo.lock, then `cargo metadata --manifest-path fuzz/Cargo.toml`"
    );
}
