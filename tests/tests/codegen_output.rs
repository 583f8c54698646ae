//! What is written: the same bytes every time, and nothing stale that goes unseen.

use std::fs;

use pgbeam_codegen::repository::{EMULATOR_CONTRACT, GENERATED, HANDLES};
use pgbeam_tests::checkout::Checkout;

fn written() -> Checkout {
    let checkout = Checkout::of_this_repository();
    checkout.output().unwrap().write().unwrap();
    checkout
}

#[test]
fn the_same_contract_gives_the_same_bytes() {
    let (one, two) = (written(), written());
    assert_eq!(one.files(), two.files());
    assert!(one.files().len() > 5);
    // Again over what is there: nothing changes.
    assert!(one.output().unwrap().write().unwrap().is_empty());
}

#[test]
fn the_order_in_which_a_folder_lists_its_files_is_no_part_of_it() {
    let area = |name: &str, tag: &str| {
        format!(
            "paths:\n  /{name}:\n    get:\n      operationId: {name}\n      tags: [{tag}]\n      summary: Get.\n      description: Gets.\n      responses:\n        '204': {{description: Done.}}\n        '404': {{description: None.}}\n"
        )
    };
    let root = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n";
    let mut texts = Vec::new();
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        let checkout = Checkout::with(&[("spec/openapi.yaml", root)]);
        for name in order {
            checkout.write(
                &format!("spec/areas/{name}.yaml"),
                &area(name, &format!("area {name}")),
            );
        }
        checkout.write("spec/areas/notes.txt", "no fragment");
        checkout.output().unwrap().write().unwrap();
        texts.push(checkout.files());
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[2]);
    assert!(texts[0].contains_key(&format!("{GENERATED}/area_c/requests.rs")));
}

#[test]
fn an_edit_by_hand_is_named_with_a_readable_diff_and_mended() {
    let checkout = written();
    let name = format!("{GENERATED}/ids.rs");
    let good = checkout.read(&name);
    let line = "    PolicyId, \"policy_id\"\n";
    checkout.replace(&name, line, "");
    let stale = checkout.output().unwrap().compare().unwrap();
    assert_eq!(stale.len(), 1);
    assert_eq!(checkout.name(&stale[0].path), name);
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
    assert_eq!(checkout.read(&name), good);
    assert!(checkout.stale().is_empty());
}

#[test]
fn a_file_too_many_and_a_file_too_few_are_stale() {
    let checkout = written();
    checkout.write(&format!("{GENERATED}/old/types.rs"), "struct Old;\n");
    fs::remove_file(checkout.path(&format!("{GENERATED}/shared/mod.rs"))).unwrap();
    let names = [
        format!("{GENERATED}/shared/mod.rs"),
        format!("{GENERATED}/old/types.rs"),
    ];
    assert_eq!(checkout.stale(), names);
    checkout.output().unwrap().write().unwrap();
    assert!(checkout.stale().is_empty());
    assert!(!checkout.path(&names[1]).exists());
}

#[test]
fn line_ends_of_another_system_are_no_difference() {
    let checkout = written();
    let name = format!("{GENERATED}/policies/types.rs");
    checkout.write(&name, &checkout.read(&name).replace('\n', "\r\n"));
    assert!(checkout.stale().is_empty());
}

#[test]
fn a_new_field_changes_the_files_that_it_is_in() {
    let checkout = written();
    let field = "        colour:\n          type: string\n          maxLength: 9\n          description: A colour.\n";
    let text = checkout.read("spec/areas/policies.yaml");
    let start = text.find("\n    PolicyProfileInput:\n").unwrap();
    let properties = start + text[start..].find("      properties:\n").unwrap();
    let (before, after) = text.split_at(properties + "      properties:\n".len());
    checkout.write(
        "spec/areas/policies.yaml",
        &format!("{before}{field}{after}"),
    );
    // The demo has policies, too.
    let names = [
        "policies/resources.rs",
        "shared/checks.rs",
        "shared/types.rs",
    ]
    .map(|name| format!("{GENERATED}/{name}"));
    let mut expected = names.to_vec();
    expected.extend([EMULATOR_CONTRACT, "spec/openapi.json"].map(str::to_owned));
    expected.insert(0, format!("{HANDLES}/policies.rs"));
    assert_eq!(checkout.stale(), expected);
    checkout.output().unwrap().write().unwrap();
    assert!(checkout.stale().is_empty());
    assert!(
        checkout
            .read(&names[2])
            .contains("pub colour: ::std::option::Option<::std::string::String>")
    );
    assert!(checkout.read(&names[0]).contains("\"colour\""));
}
