//! Tests of exports: an exported set reads back unchanged, and a second export is byte-identical.

use std::{collections::BTreeMap, fs, path::Path};

use pgbeam::policies::{
    NormalizedProfile, NormalizedTemplate, PolicyProfile,
    diff::diff,
    document::{Format, PolicySet},
};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Map, Value, json};

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
    assert_eq!(set.to_yaml(), expected);
    let read = PolicySet::parse(expected, Format::Yaml, "a.yaml").unwrap();
    assert_eq!(content(&read), content(&set));
}

#[test]
fn an_empty_export_is_readable() {
    let text = PolicySet::new().to_yaml();
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
    let text = PolicySet::new().profile(&stored).to_yaml();
    assert!(!text.contains("pol_1"), "{text}");
    let read = PolicySet::parse(&text, Format::Yaml, "a.yaml").unwrap();
    assert!(diff(&stored, read.profiles()[0].profile()).is_empty());
}

#[test]
fn suppressions_are_exported() {
    let text = "name: A\nsuppress:\n  no-query-budget: 'because: reasons'\n";
    let set = PolicySet::parse(text, Format::Yaml, "a.yaml").unwrap();
    let read = PolicySet::parse(&set.to_yaml(), Format::Yaml, "a.yaml").unwrap();
    assert_eq!(content(&read), content(&set));
    assert_eq!(read.profiles()[0].suppressions().len(), 1);
}

#[test]
fn a_directory_is_replaced_and_other_files_are_kept() {
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
fn links_are_not_followed() {
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

/// Strings that are hard to write in YAML, and random ones.
fn text() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(vec![
        "null",
        "~",
        "yes",
        "No",
        "1e3",
        "0x1F",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#",
        "&a",
        "*a",
        "!t",
        "<<",
        "%",
        "@",
        "`",
        "\"",
        "'",
        "{}",
        "[]",
        "a\nb",
        "a\n",
        "\n",
        " a\nb",
        "a \nb",
        "a\n\n b\n",
        "a\tb\nc",
        "a\r\nb",
        "---",
        "...",
        "\u{0}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{ffff}",
        "a,b",
        "?",
        ": ",
        "|",
        ">",
        "ä",
    ]);
    let random = prop::string::string_regex("(?s).{1,40}").expect("a pattern");
    prop_oneof![hard.prop_map(str::to_owned), random, "[a-z \n'\":#-]{1,20}"]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let nullable = prop_oneof![4 => inner, 1 => Just(Value::Null)];
        prop_oneof![
            prop::collection::vec(nullable.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), nullable, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
    // A field without a value is no field.
    .prop_filter("null", |value| !value.is_null())
}

fn random_profile() -> impl Strategy<Value = Map<String, Value>> {
    let words = |words: &'static [&'static str]| prop::sample::select(words).prop_map(Value::from);
    let texts = || prop::collection::vec(text(), 0..4).prop_map(Value::from);
    let object = |fields: Vec<(&'static str, BoxedStrategy<Value>)>| {
        let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        values.prop_map(move |values| {
            let fields = names.iter().map(|name| (*name).to_owned()).zip(values);
            Value::Object(fields.collect())
        })
    };
    let mask = object(vec![
        ("table", text().prop_map(Value::from).boxed()),
        ("column", text().prop_map(Value::from).boxed()),
        ("kind", words(&["redact", "null", "hash", "blur"]).boxed()),
    ]);
    let filter = object(vec![
        ("table", text().prop_map(Value::from).boxed()),
        ("predicate", text().prop_map(Value::from).boxed()),
    ]);
    let kinds = || prop::collection::vec(words(&["select", "ddl", "other", "merge"]), 0..3);
    let rules = object(vec![
        ("allow", kinds().prop_map(Value::from).boxed()),
        ("deny", kinds().prop_map(Value::from).boxed()),
    ]);
    let number = || (0..=i64::MAX).prop_map(Value::from).boxed();
    let fields: Vec<(&'static str, BoxedStrategy<Value>)> = vec![
        (
            "access_mode",
            words(&["read_only", "read_write", "admin"]).boxed(),
        ),
        ("statement_rules", rules.boxed()),
        ("table_allowlist", texts().boxed()),
        ("table_denylist", texts().boxed()),
        (
            "masking_rules",
            prop::collection::vec(mask, 0..3)
                .prop_map(Value::from)
                .boxed(),
        ),
        (
            "row_filters",
            prop::collection::vec(filter, 0..3)
                .prop_map(Value::from)
                .boxed(),
        ),
        ("max_rows", number()),
        ("statement_timeout_ms", number()),
        ("approval_timeout_seconds", number()),
        ("egress_bytes_per_day", number()),
        ("query_mode", words(&["sql", "templates"]).boxed()),
        ("new_guard", json_value().boxed()),
    ];
    let optional: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| Some((name, value?))))
        .collect();
    (
        optional,
        prop::collection::btree_map("x[ -~]{1,12}", json_value(), 0..2),
    )
        .prop_map(|(known, unknown)| {
            let known = known.into_iter().flatten();
            let known = known.map(|(name, value)| (name.to_owned(), value));
            known.chain(unknown).collect()
        })
}

fn random_set() -> impl Strategy<Value = PolicySet> {
    let profiles = prop::collection::btree_map(text(), random_profile(), 0..4);
    let templates =
        prop::collection::btree_map("[a-z][a-z0-9_]{0,62}", (text(), any::<bool>()), 0..3);
    (profiles, templates).prop_map(|(profiles, templates)| {
        let set = profiles
            .into_iter()
            .fold(PolicySet::new(), |set, (name, mut fields)| {
                fields.insert("name".into(), name.into());
                set.profile(NormalizedProfile::from_json(fields))
            });
        templates
            .into_iter()
            .fold(set, |set, (name, (description, enabled))| {
                set.query_template(template(json!({
                    "name": name,
                    "description": description,
                    "sql": "SELECT *\n  FROM t\n WHERE a = $1",
                    "params": [{"name": "a", "type": "text", "nullable": enabled}],
                    "enabled": enabled,
                })))
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_export_reads_back_as_it_was(set in random_set()) {
        let text = set.to_yaml();
        let read = match PolicySet::parse(&text, Format::Yaml, "a.yaml") {
            Ok(read) => read,
            Err(errors) => panic!("{errors}\n{text}"),
        };
        prop_assert_eq!(content(&read), content(&set), "{}", text);
        for (before, after) in set.profiles().iter().zip(read.profiles()) {
            prop_assert!(diff(before.profile(), after.profile()).is_empty());
            prop_assert!(diff(after.profile(), before.profile()).is_empty());
        }
        prop_assert_eq!(read.to_yaml(), text);
    }

    #[test]
    fn a_directory_reads_back_as_it_was(set in random_set()) {
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
