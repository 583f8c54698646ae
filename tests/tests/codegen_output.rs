//! Tests that generated files are deterministic and that stale files are reported.

use std::fs;

use pgbeam_codegen::repository::{EMULATOR_CONTRACT, GENERATED, HANDLES, POLICY_FILES};
use pgbeam_tests::checkout::Checkout;

fn generated_checkout() -> Checkout {
    let checkout = Checkout::from_repository();
    checkout.output().unwrap().write().unwrap();
    checkout
}

#[test]
fn same_contract_gives_same_bytes() {
    let (first, second) = (generated_checkout(), generated_checkout());
    assert_eq!(first.files(), second.files());
    assert!(first.files().len() > 5);
    // A second write changes no file.
    assert!(first.output().unwrap().write().unwrap().is_empty());
}

#[test]
fn order_of_files_in_the_folder_does_not_matter() {
    let area = |name: &str, tag: &str| {
        format!(
            "paths:\n  /{name}:\n    get:\n      operationId: {name}\n      tags: [{tag}]\n      summary: Get.\n      description: Gets.\n      responses:\n        '204': {{description: Done.}}\n        '404': {{description: None.}}\n"
        )
    };
    let root = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n";
    let mut outputs = Vec::new();
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        let checkout = Checkout::from_files(&[("spec/openapi.yaml", root)]);
        for name in order {
            checkout.write(
                &format!("spec/areas/{name}.yaml"),
                &area(name, &format!("area {name}")),
            );
        }
        checkout.write("spec/areas/notes.txt", "not a fragment");
        checkout.output().unwrap().write().unwrap();
        outputs.push(checkout.files());
    }
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
    assert!(outputs[0].contains_key(&format!("{GENERATED}/area_c/requests.rs")));
}

#[test]
fn reports_and_reverts_a_manual_edit() {
    let checkout = generated_checkout();
    let name = format!("{GENERATED}/ids.rs");
    let original = checkout.read(&name);
    let line = "    PolicyId, \"policy_id\"\n";
    checkout.replace(&name, line, "");
    let stale = checkout.output().unwrap().compare().unwrap();
    assert_eq!(stale.len(), 1);
    assert_eq!(checkout.relative_name(&stale[0].path), name);
    let diff: Vec<&str> = stale[0].diff.lines().collect();
    assert!(
        diff[0].starts_with("--- ") && diff[0].ends_with("ids.rs"),
        "{diff:?}"
    );
    assert!(diff[2].starts_with("@@ -"), "{diff:?}");
    let changes: Vec<_> = diff[3..]
        .iter()
        .filter(|line| line.starts_with(['+', '-']))
        .collect();
    assert_eq!(changes, [&format!("+{}", line.trim_end())]);

    let changed = checkout.output().unwrap().write().unwrap();
    assert_eq!(changed, [checkout.path(&name)]);
    assert_eq!(checkout.read(&name), original);
    assert!(checkout.stale_files().is_empty());
}

#[test]
fn missing_and_leftover_files_are_stale() {
    let checkout = generated_checkout();
    checkout.write(&format!("{GENERATED}/old/types.rs"), "struct Old;\n");
    fs::remove_file(checkout.path(&format!("{GENERATED}/shared/mod.rs"))).unwrap();
    let names = [
        format!("{GENERATED}/shared/mod.rs"),
        format!("{GENERATED}/old/types.rs"),
    ];
    assert_eq!(checkout.stale_files(), names);
    checkout.output().unwrap().write().unwrap();
    assert!(checkout.stale_files().is_empty());
    assert!(!checkout.path(&names[1]).exists());
}

#[test]
fn crlf_line_endings_are_not_stale() {
    let checkout = generated_checkout();
    let name = format!("{GENERATED}/policies/types.rs");
    checkout.write(&name, &checkout.read(&name).replace('\n', "\r\n"));
    assert!(checkout.stale_files().is_empty());
}

#[test]
fn new_field_changes_only_its_files() {
    let checkout = generated_checkout();
    let field = "        color:\n          type: string\n          maxLength: 9\n          description: A color.\n";
    let text = checkout.read("spec/areas/policies.yaml");
    let start = text.find("\n    PolicyProfileInput:\n").unwrap();
    let properties = start + text[start..].find("      properties:\n").unwrap();
    let (before, after) = text.split_at(properties + "      properties:\n".len());
    checkout.write(
        "spec/areas/policies.yaml",
        &format!("{before}{field}{after}"),
    );
    // The demo area also uses `PolicyProfileInput`, so its code is in the module `shared`.
    let names = [
        "policies/resources.rs",
        "shared/checks.rs",
        "shared/types.rs",
    ]
    .map(|name| format!("{GENERATED}/{name}"));
    let mut expected = names.to_vec();
    expected.extend([EMULATOR_CONTRACT, "spec/openapi.json"].map(str::to_owned));
    expected.insert(0, format!("{HANDLES}/policies.rs"));
    expected.insert(1, POLICY_FILES.to_owned());
    assert_eq!(checkout.stale_files(), expected);
    checkout.output().unwrap().write().unwrap();
    assert!(checkout.stale_files().is_empty());
    assert!(
        checkout
            .read(&names[2])
            .contains("pub color: ::std::option::Option<::std::string::String>")
    );
    assert!(checkout.read(&names[0]).contains("\"color\""));
}
