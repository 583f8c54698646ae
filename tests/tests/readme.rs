//! Tests that the Rust examples of every README compile with the dependencies that the same README names.
//!
//! Each README becomes a crate: the `toml` blocks are the dependencies, and each `rust` block becomes a
//! module, or a program if it has a `main` function.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const READMES: [&str; 6] = [
    "README.md",
    "pgbeam/README.md",
    "pgbeam-api/README.md",
    "pgbeam-engine/README.md",
    "pgbeam-emulator/README.md",
    "pgbeam-mock/README.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// Returns the contents of the fenced code blocks with this info string, such as `rust`.
fn blocks<'a>(markdown: &'a str, info: &str) -> Vec<&'a str> {
    let fence = format!("```{info}\n");
    let blocks = markdown.split(fence.as_str()).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

/// Writes the crate of a README into `folder`. `markdown` is the README.
fn write_crate(folder: &Path, name: &str, markdown: &str) {
    let root = root();
    let dependencies = blocks(markdown, "toml").concat();
    let dependencies = dependencies.replace("../pgbeam-rust", root.to_str().unwrap());
    // READMEs of test crates name dev-dependencies, but here the examples are not tests.
    let dependencies = dependencies.replace("[dev-dependencies]", "[dependencies]");
    assert!(
        dependencies.contains("[dependencies]"),
        "{name}: no install snippet"
    );
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n{dependencies}"
    );
    fs::create_dir_all(folder.join("src/bin")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // With this lock file, cargo uses versions that are already downloaded.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let examples = blocks(markdown, "rust");
    assert!(!examples.is_empty(), "{name}: no example");
    let mut library = String::from("#![allow(dead_code, missing_docs)]\n");
    for (number, example) in examples.iter().enumerate() {
        if example.contains("fn main()") {
            fs::write(folder.join(format!("src/bin/example{number}.rs")), example).unwrap();
        } else {
            library += &format!("mod example{number} {{\n{example}}}\n");
        }
    }
    fs::write(folder.join("src/lib.rs"), library).unwrap();
}

#[test]
fn examples_compile_with_the_install_snippet_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    for readme in READMES {
        let name = readme.to_lowercase().replace(['/', '.'], "-");
        let markdown = fs::read_to_string(root().join(readme)).unwrap();
        let folder = folder.path().join(&name);
        write_crate(&folder, &name, &markdown);
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--offline", "--target-dir"])
            .arg(root().join("target/readme"))
            .current_dir(&folder)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{readme}: {errors}");
    }
}

/// Checks each path in backquotes, relative to the root, and each relative link.
#[test]
fn links_and_paths_of_the_documents_exist() {
    let path = regex::Regex::new(r"`([a-z.-]+/[\w./-]+)`|\]\(([\w./-]+)\)").unwrap();
    let documents = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
    for document in READMES.into_iter().chain(documents) {
        let document = root().join(document);
        let folder = document.parent().unwrap();
        let markdown = fs::read_to_string(&document).unwrap();
        for captures in path.captures_iter(&markdown) {
            let (base, name) = match (captures.get(1), captures.get(2)) {
                (Some(name), _) => (root(), name),
                (None, name) => (folder.to_owned(), name.unwrap()),
            };
            let path = base.join(name.as_str());
            assert!(path.exists(), "{}: {}", document.display(), name.as_str());
        }
    }
}
