//! The same contract in another form is the same code.

use std::{collections::BTreeMap, fs, path::Path};

use pgbeam_codegen::{
    bundle,
    source::{Node, Value},
};
use pgbeam_tests::checkout::Checkout;

use crate::{crate_of, fixtures, root};

/// The files of the crate that is made of a text, without the name of the document in them.
fn made(name: &str, text: &str) -> BTreeMap<String, String> {
    let checkout = Checkout::with(&[(name, text)]);
    crate_of(&checkout.path(name), &checkout.path("out"))
        .unwrap()
        .write()
        .unwrap();
    let mut files = checkout.files();
    files.remove(name);
    files
        .into_iter()
        .map(|(path, text)| (path, text.replace(name, "DOCUMENT")))
        .collect()
}

/// A document as a person writes YAML: in blocks.
fn yaml(node: &Node, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let json = |node: &Node| serde_json::to_string(node).unwrap();
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries
            .iter()
            .map(|entry| {
                let key = serde_json::to_string(&entry.key).unwrap();
                format!("\n{indent}{key}: {}", yaml(&entry.node, depth + 1))
            })
            .collect(),
        Value::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| format!("\n{indent}- {}", yaml(item, depth + 1)))
            .collect(),
        _ => json(node),
    }
}

#[test]
fn json_and_yaml_are_one() {
    for spec in fixtures()
        .into_iter()
        .chain([root().join("spec/openapi.json")])
    {
        let document = bundle::document(&spec).unwrap();
        let json = made("a.json", &serde_json::to_string(&document).unwrap());
        let yaml = yaml(&document, 0);
        assert!(yaml.lines().count() > 10, "{yaml}");
        assert!(json == made("b.yaml", &yaml), "{}", spec.display());
        assert!(json.len() > 8);
    }
}

#[test]
fn every_version_of_3_0_is_one() {
    for spec in fixtures() {
        let mut document = bundle::document(&spec).unwrap();
        let of_version = |document: &mut Node, version: &str| {
            document.set("openapi", Value::Text(version.to_owned()));
            made("a.json", &serde_json::to_string(document).unwrap())
        };
        let good = of_version(&mut document, "3.0.3");
        for version in ["3.0.0", "3.0.1", "3.0.2", "3.0.4"] {
            assert!(
                of_version(&mut document, version) == good,
                "{version}: {}",
                spec.display()
            );
        }
    }
}

#[test]
fn our_own_contract_is_what_pgbeam_api_has() {
    let name = "openapi.json";
    let text = fs::read_to_string(root().join("spec").join(name)).unwrap();
    let files = made(name, &text);
    // All but the first line and the path of the runtime, whose length moves line breaks.
    let plain = |text: &str| {
        let (_, rest) = text.split_once('\n').unwrap();
        let rest = rest.replace("::pgbeam_api::runtime", "crate::runtime");
        rest.replace(|c: char| c.is_whitespace() || c == ',', "")
    };
    let folder = root().join("pgbeam-api/src/generated");
    for name in [
        "ids.rs",
        "shared/enums.rs",
        "shared/types.rs",
        "shared/checks.rs",
        "policies/operations.rs",
    ] {
        let ours = fs::read_to_string(folder.join(name)).unwrap();
        let made = &files[&format!("out/src/generated/{name}")];
        assert!(plain(made) == plain(&ours), "{name}");
    }
}

#[test]
fn the_place_of_the_crate_is_in_its_manifest_alone() {
    let spec = &fixtures()[0];
    let one = tempfile::tempdir().unwrap();
    let text = |out: &Path| {
        crate_of(spec, out).unwrap().write().unwrap();
        let manifest = fs::read_to_string(out.join("Cargo.toml")).unwrap();
        (
            manifest,
            fs::read_to_string(out.join("src/generated/mod.rs")).unwrap(),
        )
    };
    let (near, far) = (one.path().join("same"), one.path().join("a/b/same"));
    let ((near, near_code), (far, far_code)) = (text(&near), text(&far));
    assert_eq!(near_code, far_code);
    assert_eq!(near.replace("path = \"", "path = \"../../"), far);
    assert!(near.contains("path = \"../"), "{near}");
}
