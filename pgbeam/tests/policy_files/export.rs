//! Tests of exports: an exported set reads back unchanged, and a second export is byte-identical.

use std::{collections::BTreeMap, fs, path::Path};

use pgbeam::policies::{
    NormalizedProfile, NormalizedTemplate, PolicyProfile,
    diff::diff,
    document::{Format, PolicySet},
};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value, json};

use crate::random_sets::random_set;

fn profile(json: Value) -> NormalizedProfile {
    NormalizedProfile::from_json(json.as_object().cloned().expect("an object"))
}

fn template(json: Value) -> NormalizedTemplate {
    NormalizedTemplate::from_json(json.as_object().cloned().expect("an object"))
}

/// Returns the profiles, with their suppressions, and the query templates as JSON, without source locations. The keys
/// are `profile NAME` and `template NAME`.
fn content(set: &PolicySet) -> BTreeMap<String, Value> {
    let profiles = set.profiles().iter().map(|entry| {
        let suppressed: BTreeMap<_, _> = entry
            .suppressions()
            .iter()
            .map(|suppression| (suppression.rule(), suppression.reason()))
            .collect();
        let value = json!([entry.profile().to_json(), suppressed]);
        (format!("profile {}", entry.name()), value)
    });
    let templates = set.query_templates().iter().map(|entry| {
        let value = entry.template().to_json();
        (format!("template {}", entry.name()), value.into())
    });
    profiles.chain(templates).collect()
}

/// Returns the names and the contents of the files of a directory.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    entries.collect()
}

#[test]
fn a_set_that_files_cannot_describe_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let nested = "[".repeat(100) + &"]".repeat(100);
    let nested: serde_json::Value = serde_json::from_str(&nested).unwrap();
    for (field, value) in [
        ("allow_unknown", serde_json::json!(["x"])),
        ("policies", serde_json::json!(1)),
        ("suppress", serde_json::json!([])),
        ("content_scan_max", serde_json::json!("4 MiB")),
        ("future", nested),
    ] {
        let mut stored = PolicyProfile::default();
        stored.name = "A".into();
        stored.unknown_fields.insert(field, value);
        let set = PolicySet::new().profile(&stored);
        let error = set.export_dir(directory.path()).expect_err(field);
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
        // In the list of `to_yaml`, a profile can have a field named `policies`.
        assert_eq!(set.to_yaml().is_ok(), field == "policies", "{field}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn the_export_is_readable() {
    let set = PolicySet::new()
        .profile(profile(json!({
            "name": "Support Desk",
            "access_mode": "read_write",
            "statement_rules": {"deny": ["ddl", "merge"]},
            "table_allowlist": ["users", "app.orders"],
            "masking_rules": [{"table": "users", "column": "email", "kind": "null"}],
            "row_filters": [{"table": "orders", "predicate": "tenant_id = 5 -- mine"}],
            "max_rows": 500,
            "query_mode": "sql",
            "new_guard": {"level": "high", "hosts": ["a.b", "c"]},
        })))
        .query_template(template(json!({
            "name": "orders_of",
            "sql": "SELECT *\nFROM orders\nWHERE id = $1",
            "params": [{"name": "id", "type": "bigint"}],
            "enabled": false,
        })));
    let expected = "\
policies:
  - name: Support Desk
    access_mode: read_write
    statement_rules:
      deny: [ddl, merge]
    table_allowlist: [users, app.orders]
    masking_rules:
      - table: users
        column: email
        kind: \"null\"
    max_rows: 500
    row_filters:
      - table: orders
        predicate: \"tenant_id = 5 -- mine\"
    query_mode: sql
    allow_unknown: [statement_rules, new_guard]
    new_guard:
      hosts: [a.b, c]
      level: high
query_templates:
  - name: orders_of
    sql: |-
      SELECT *
      FROM orders
      WHERE id = $1
    params:
      - name: id
        type: bigint
    enabled: false
";
    assert_eq!(set.to_yaml().unwrap(), expected);
    let read = PolicySet::parse(expected, Format::Yaml, "a.yaml").unwrap();
    assert_eq!(content(&read), content(&set));
}

#[test]
fn an_empty_export_is_readable() {
    let text = PolicySet::new().to_yaml().unwrap();
    assert_eq!(text, "policies: []\nquery_templates: []\n");
    assert!(
        PolicySet::parse(&text, Format::Yaml, "a.yaml")
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_stored_profile_is_exported_without_its_server_owned_fields() {
    let mut stored = PolicyProfile::default();
    stored.name = "A".into();
    stored.id = "pol_1".into();
    let text = PolicySet::new().profile(&stored).to_yaml().unwrap();
    assert!(!text.contains("pol_1"), "{text}");
    let read = PolicySet::parse(&text, Format::Yaml, "a.yaml").unwrap();
    assert!(diff(&stored, read.profiles()[0].profile()).is_empty());
}

#[test]
fn suppressions_are_exported() {
    let text = "name: A\nsuppress:\n  no-query-budget: 'because: reasons'\n";
    let set = PolicySet::parse(text, Format::Yaml, "a.yaml").unwrap();
    let read = PolicySet::parse(&set.to_yaml().unwrap(), Format::Yaml, "a.yaml").unwrap();
    assert_eq!(content(&read), content(&set));
    assert_eq!(read.profiles()[0].suppressions().len(), 1);
}

#[test]
fn an_export_replaces_exported_files_and_keeps_other_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/policies");
    let names = ["Support", "support", "../a", "日本"];
    let set = names.iter().fold(PolicySet::new(), |set, name| {
        set.profile(profile(json!({"name": name})))
    });
    let set = set.query_template(template(json!({"name": "support", "sql": "select 1"})));
    set.export_dir(&path).unwrap();
    let first = files(&path);
    let expected = [
        "a.yaml",
        "policy.yaml",
        "support.2.yaml",
        "support.query-template.yaml",
        "support.yaml",
    ];
    assert!(first.keys().eq(&expected), "{first:?}");
    let read = PolicySet::read(&path).unwrap();
    assert_eq!(content(&read), content(&set));
    read.export_dir(&path).unwrap();
    assert_eq!(files(&path), first);

    fs::write(path.join("hand.yaml"), "name: By hand").unwrap();
    fs::write(path.join("notes.txt"), first["a.yaml"].clone()).unwrap();
    let smaller = PolicySet::new().profile(profile(json!({"name": "Support"})));
    assert_eq!(
        smaller.export_dir(&path).unwrap(),
        [path.join("support.yaml")]
    );
    assert!(
        files(&path)
            .keys()
            .eq(&["hand.yaml", "notes.txt", "support.yaml"])
    );
}

#[test]
fn a_file_that_no_export_has_written_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("support.yaml"), "name: Support\n").unwrap();
    let set = ["A", "Support"].iter().fold(PolicySet::new(), |set, name| {
        set.profile(profile(json!({"name": name})))
    });
    let error = set.export_dir(path).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("support.yaml: no export has written this file"),
        "{error}"
    );
    assert_eq!(files(path).len(), 1);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_neither_followed_nor_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("policies");
    let set = PolicySet::new().profile(profile(json!({"name": "A"})));
    set.export_dir(&path).unwrap();
    let outside = directory.path().join("outside.yaml");
    fs::rename(path.join("a.yaml"), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, path.join("a.yaml")).unwrap();
    let error = set.export_dir(&path).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    PolicySet::new().export_dir(&path).unwrap();
    assert!(path.join("a.yaml").is_symlink());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_exported_set_reads_back_unchanged(set in random_set()) {
        let text = set.to_yaml().unwrap();
        let read = match PolicySet::parse(&text, Format::Yaml, "a.yaml") {
            Ok(read) => read,
            Err(errors) => panic!("{errors}\n{text}"),
        };
        prop_assert_eq!(content(&read), content(&set), "{}", text);
        for (before, after) in set.profiles().iter().zip(read.profiles()) {
            prop_assert!(diff(before.profile(), after.profile()).is_empty());
            prop_assert!(diff(after.profile(), before.profile()).is_empty());
        }
        prop_assert_eq!(read.to_yaml().unwrap(), text);
    }

    #[test]
    fn an_exported_directory_reads_back_unchanged(set in random_set()) {
        let directory = tempfile::tempdir().unwrap();
        let paths = set.export_dir(directory.path()).unwrap();
        let first = files(directory.path());
        prop_assert_eq!(paths.len(), first.len());
        if !set.is_empty() {
            let read = PolicySet::read(directory.path()).unwrap();
            prop_assert_eq!(content(&read), content(&set));
            read.export_dir(directory.path()).unwrap();
            prop_assert_eq!(files(directory.path()), first);
        }
    }
}
