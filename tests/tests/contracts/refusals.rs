//! What is wrong is said in one line, and nothing is written; what somebody else has written is
//! never touched.

use std::fs;

use pgbeam_codegen::standalone::Standalone;
use pgbeam_tests::checkout::Checkout;

use crate::{crate_of, root};

const SPEC: &str = "openapi: 3.0.3
info: {title: T, version: '1'}
paths:
  /a:
    get:
      operationId: getA
      tags: [one]
      responses: {'204': {description: Done.}}
  /b:
    get:
      operationId: getB
      tags: [two]
      responses: {'204': {description: Done.}}
";

/// What is said of a document, with the folder taken out of it.
fn said(checkout: &Checkout, spec: &str, out: &str) -> String {
    let before = checkout.files();
    let outcome = crate_of(&checkout.path(spec), &checkout.path(out)).and_then(|of| of.write());
    assert_eq!(before, checkout.files(), "nothing is written");
    let line = outcome.expect_err("this cannot be generated").to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    let folder = checkout.root().canonicalize().unwrap();
    let line = line.replace(&format!("{}/", folder.display()), "");
    line.replace(&format!("{}/", checkout.root().display()), "")
}

#[test]
fn documents() {
    for (text, want) in [
        ("", "a.yaml:1:1: the document is empty"),
        ("a: [1\n", "a.yaml:"),
        (
            "openapi: 3.0.3\nopenapi: 3.0.3\n",
            "a.yaml:2:1: not readable as YAML: duplicated key",
        ),
        (
            "- 1\n",
            "a.yaml:1:1: not an OpenAPI document: `openapi` is missing",
        ),
        (
            "openapi: 3.1.0\n",
            "a.yaml:1:10: OpenAPI 3.1.0 is not supported: it must be OpenAPI 3.0.x",
        ),
        (
            "openapi: 3.1\n",
            "a.yaml:1:10: OpenAPI 3.1 is not supported",
        ),
        (
            "swagger: '2.0'\n",
            "a.yaml:1:10: Swagger 2.0 is not supported",
        ),
        (
            "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n",
            "a.yaml:1:1: not an OpenAPI 3.0 document",
        ),
    ] {
        let line = said(&Checkout::with(&[("a.yaml", text)]), "a.yaml", "out");
        assert!(line.starts_with(want), "{line}");
    }
    let checkout = Checkout::with(&[("folder/a", "")]);
    let line = said(&checkout, "gone.yaml", "out");
    assert!(line.starts_with("gone.yaml: cannot be read: "), "{line}");
    let line = said(&checkout, "folder", "out");
    assert!(line.starts_with("folder: cannot be read: "), "{line}");
    fs::write(checkout.path("binary"), [0xff, 0xfe, 0]).unwrap();
    let line = said(&checkout, "binary", "out");
    assert!(line.starts_with("binary: cannot be read: "), "{line}");
}

#[test]
fn what_no_code_can_be_made_of() {
    for (from, to, want) in [
        (
            "operationId: getB",
            "operationId: get_a",
            "a.yaml:11:20: `get_a` and `getA` at a.yaml:6:20 have one name in Rust",
        ),
        (
            "operationId: getA",
            "operationId: getA\n      parameters: [{name: a-b, in: query, schema: {}}, {name: a_b, in: query, schema: {}}]",
            "a.yaml:5:5: `getA` has two parameters with one name in Rust: `a-b` in query and `a_b` in query",
        ),
        (
            "operationId: getA",
            "operationId: getA\n      parameters: [{name: a, in: query, explode: false, schema: {type: array, items: {}}}]",
            "a.yaml:7:20: the parameter `a` is of type `array`, which is not supported",
        ),
        (
            "operationId: getA",
            "operationId: getA\n      parameters: [{name: a, in: cookie, schema: {}}]",
            "a.yaml:7:20: the parameter `a` is in `cookie`, which is not supported",
        ),
        (
            "{'204': {description: Done.}}\n  /b",
            "{'200': {content: {application/json: {schema: {type: string}}}}, '201': {content: {application/json: {schema: {type: integer}}}}}\n  /b",
            "a.yaml:5:5: `getA` answers success with two different types",
        ),
        (
            "operationId: getA",
            "operationId: getA\n      requestBody: {content: {multipart/form-data: {schema: {type: object}}}}",
            "a.yaml:7:20: the body of `getA` must have the media type `application/json`",
        ),
        (
            "{'204': {description: Done.}}\n  /b",
            "{'200': {content: {application/json: {schema: {type: object, properties: {a-b: {}, a_b: {}}}}}}}\n  /b",
            "a.yaml:8:101: the fields `a-b` and `a_b` have one name in Rust; the first is at a.yaml:8:92",
        ),
        (
            "{'204': {description: Done.}}\n  /b",
            "{'200': {content: {application/json: {schema: {type: string, enum: [a, -a]}}}}}\n  /b",
            "a.yaml:8:85: the enumeration: two values are named `A`",
        ),
    ] {
        assert_eq!(SPEC.matches(from).count(), 1, "{from}");
        let checkout = Checkout::with(&[("a.yaml", &SPEC.replacen(from, to, 1))]);
        let line = said(&checkout, "a.yaml", "out");
        assert!(line.starts_with(want), "{line}");
    }
}

#[test]
fn folders() {
    let checkout = Checkout::with(&[
        ("a.yaml", SPEC),
        ("file", "text"),
        ("mine/src/main.rs", "fn main() {}\n"),
    ]);
    assert_eq!(
        said(&checkout, "a.yaml", "file"),
        "file: is no folder: give one by --out"
    );
    let beneath = said(&checkout, "a.yaml", "file/out");
    assert!(
        beneath.starts_with("file/out: cannot be read: "),
        "{beneath}"
    );
    assert_eq!(
        said(&checkout, "a.yaml", "mine"),
        "mine/src/main.rs: is not of an earlier run: --out must be a folder that holds nothing else"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written() {
    let checkout = Checkout::with(&[("a.yaml", SPEC)]);
    let outcome = crate_of(&checkout.path("a.yaml"), "/proc/new-crate".as_ref());
    let line = outcome
        .and_then(|output| output.write())
        .unwrap_err()
        .to_string();
    assert!(line.starts_with("/proc/new-crate"), "{line}");
    assert!(line.contains(": cannot be made: "), "{line}");
}

#[test]
fn this_repository() {
    let checkout = Checkout::with(&[("a.yaml", SPEC)]);
    for out in [
        root(),
        root().join("pgbeam-api"),
        root().join("codegen/../new"),
        root().join(".."),
    ] {
        let spec = checkout.path("a.yaml");
        let of = Standalone {
            root: &root(),
            spec: &spec,
            out: &out,
            name: Some("other"),
        };
        let line = of.output().unwrap_err().to_string();
        let want = ": lies in this repository or around it: give a folder of its own by --out";
        assert!(line.ends_with(want), "{line}");
    }
    assert!(!root().join("new").exists());
}

#[test]
fn an_earlier_output_is_replaced_and_what_is_beside_it_stays() {
    let checkout = Checkout::with(&[("a.yaml", SPEC)]);
    let output = || crate_of(&checkout.path("a.yaml"), &checkout.path("out")).unwrap();
    output().write().unwrap();
    for name in [
        "out/Cargo.lock",
        "out/target/debug/x",
        "out/.gitignore",
        "out/.git/HEAD",
    ] {
        checkout.write(name, "theirs");
    }
    let first = checkout.files();
    assert!(output().write().unwrap().is_empty());
    assert!(output().compare().unwrap().is_empty());

    checkout.replace("a.yaml", "tags: [two]", "tags: [three]");
    let folder = checkout.path("out").canonicalize().unwrap();
    let stale = output().compare().unwrap();
    let stale = stale
        .iter()
        .map(|of| of.path.strip_prefix(&folder).unwrap().to_owned());
    let (of_areas, stale): (Vec<_>, Vec<_>) = stale.partition(|path| {
        path.starts_with("src/generated/two") || path.starts_with("src/generated/three")
    });
    assert_eq!(of_areas.len() % 2, 0, "{of_areas:?}");
    assert_eq!(
        stale,
        ["Cargo.toml", "src/generated/mod.rs"].map(std::path::PathBuf::from)
    );
    output().write().unwrap();
    let second = checkout.files();
    assert!(second.contains_key("out/src/generated/three/mod.rs"));
    assert!(!second.contains_key("out/src/generated/two/mod.rs"));
    for (name, text) in first.iter().filter(|(_, text)| *text == "theirs") {
        assert_eq!(&second[name], text);
    }

    // Back again: the same bytes.
    checkout.replace("a.yaml", "tags: [three]", "tags: [two]");
    output().write().unwrap();
    assert_eq!(checkout.files(), first);
}
