//! Tests that read valid policy files in each format, and directories of policy files.

use std::{fs, path::Path};

use pgbeam::policies::{
    document::{FileErrors, Format, PolicySet},
    finding::Location,
    lint::Linter,
};
use serde_json::{Value, json};

/// Parses YAML. Panics if the text has mistakes.
fn yaml(text: &str) -> PolicySet {
    PolicySet::parse(text, Format::Yaml, "a.yaml").unwrap_or_else(|errors| panic!("{errors}"))
}

/// Returns the name of the first profile, and its fields that do not have their default value.
fn fields(set: &PolicySet) -> Value {
    let profile = set.profiles()[0].profile().to_json();
    let default = yaml("name: x").profiles()[0].profile().to_json();
    let changed = profile
        .into_iter()
        .filter(|(name, value)| default.get(name) != Some(value));
    Value::Object(changed.collect())
}

#[test]
fn all_formats_give_the_same_profile() {
    let expected = json!({
        "name": "Support",
        "access_mode": "read_write",
        "statement_rules": {"allow": [], "deny": ["ddl"]},
        "table_allowlist": ["users", "app.orders"],
        "masking_rules": [{"table": "users", "column": "email", "kind": "null"}],
        "statement_timeout_ms": 5000,
        "query_mode": "sql",
    });
    let yaml_text = "
# A comment.
name: Support
access_mode: read_write
statement_rules:
  deny: [ddl]
table_allowlist:
  - users
  - app.orders
masking_rules:
  - {table: users, column: email, kind: \"null\"}
statement_timeout: 5s
query_mode: sql
";
    assert_eq!(fields(&yaml(yaml_text)), expected);
    let json_text = expected.to_string().replace("5000", "5000 ");
    let set = PolicySet::parse(&json_text, Format::Json, "a.json").unwrap();
    assert_eq!(fields(&set), expected);
    let toml_text = "
name = 'Support'
access_mode = 'read_write'
table_allowlist = ['users', 'app.orders']
statement_timeout = '5s'
query_mode = \"sql\"
statement_rules.deny = ['ddl']
[[masking_rules]]
table = 'users'
column = 'email'
kind = 'null'
";
    let set = PolicySet::parse(toml_text, Format::Toml, "a.toml").unwrap();
    assert_eq!(fields(&set), expected);
}

#[test]
fn fields_with_a_unit_set_the_fields_of_the_contract() {
    for (with_unit, field, value) in [
        ("statement_timeout: 5s", "statement_timeout_ms", 5_000),
        ("statement_timeout: 250 ms", "statement_timeout_ms", 250),
        ("approval_timeout: 2h", "approval_timeout_seconds", 7_200),
        ("egress_per_day: 10 MiB", "egress_bytes_per_day", 10 << 20),
        (
            "content_scan_max: 64 KiB",
            "content_scan_max_bytes",
            64 << 10,
        ),
    ] {
        let contract = yaml(&format!("name: A\n{field}: {value}"));
        assert_eq!(
            fields(&yaml(&format!("name: A\n{with_unit}"))),
            fields(&contract)
        );
    }
    for unlimited in [
        "egress_per_day",
        "egress_bytes_per_day",
        "max_rows",
        "max_affected_rows",
        "budget_queries_per_hour",
        "budget_queries_per_day",
    ] {
        assert_eq!(
            fields(&yaml(&format!("name: A\n{unlimited}: unlimited"))),
            json!({"name": "A"})
        );
        assert_eq!(
            fields(&yaml(&format!("name: A\n{unlimited}: unlimited\n"))),
            json!({"name": "A"})
        );
    }
}

#[test]
fn a_file_can_have_several_profiles() {
    let set =
        yaml("---\nname: A\n---\nname: B\n---\n# Nothing.\n---\npolicies: [{name: C}]\n...\n");
    let names: Vec<_> = set.profiles().iter().map(|entry| entry.name()).collect();
    assert_eq!(names, ["A", "B", "C"]);
    let set = yaml(
        "policies: []\nquery_templates:\n- {name: a, sql: 'SELECT $1;', params: [{name: x, type: text}]}\n",
    );
    assert_eq!(set.query_templates()[0].name(), "a");
    assert!(yaml("policies: []").is_empty());
}

#[test]
fn allow_unknown_accepts_unknown_fields_and_values() {
    let set = yaml(
        "name: A\nallow_unknown: [new_guard, statement_rules, write_mode, masking_rules]\n\
         new_guard: {a: [1, x, null]}\nwrite_mode: audit\nstatement_rules: {deny: [merge], cap: 5}\n\
         masking_rules: [{table: t, column: c, kind: blur, radius: 3}]\n",
    );
    let expected = json!({
        "name": "A",
        "new_guard": {"a": [1, "x", null]},
        "write_mode": "audit",
        "statement_rules": {"allow": [], "deny": ["merge"], "cap": 5},
        "masking_rules": [{"table": "t", "column": "c", "kind": "blur", "radius": 3}],
    });
    assert_eq!(fields(&set), expected);
}

#[test]
fn lint_omits_suppressed_rules_and_sets_locations() {
    let set = yaml(
        "name: A\naccess_mode: read_write\nmax_affected_rows: 5\nbudget_queries_per_day: 0\n\
         suppress:\n  write-no-allowlist: \"small database: see the review\"\n",
    );
    assert_eq!(
        set.profiles()[0].suppressions()[0].reason(),
        "small database: see the review"
    );
    let findings = set.lint(&Linter::new());
    assert!(
        findings
            .iter()
            .all(|finding| finding.rule != "write-no-allowlist")
    );
    let place = findings
        .iter()
        .find(|finding| finding.rule == "no-query-budget");
    let place = place.and_then(|finding| finding.location.clone());
    // The file omits the field of the rule, so the location is that of the profile.
    assert_eq!(place, Some(Location::new("a.yaml", 1, 1)));
    assert_eq!(
        set.profiles()[0].field_location("max_affected_rows"),
        Some(&Location::new("a.yaml", 3, 1))
    );
}

/// Creates a temporary directory with files. Each file is given by its name and its content.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// Reads a policy file or a directory, and returns the names of the profiles.
fn names(path: &Path) -> Result<Vec<String>, FileErrors> {
    let set = PolicySet::read(path)?;
    Ok(set
        .profiles()
        .iter()
        .map(|entry| entry.name().to_owned())
        .collect())
}

#[test]
fn a_directory_is_read_in_the_order_of_file_names() {
    let directory = directory(&[
        ("b.json", "{\"name\": \"B\"}"),
        ("a.yaml", "name: A"),
        ("c.toml", "name = \"C\""),
        ("d.yml", "\u{feff}name: D\r\nmax_rows: 5\r\n"),
        ("a.tests.yaml", "policy: A\ntests: []"),
        ("README.md", "no policy"),
    ]);
    fs::create_dir(directory.path().join("archive")).unwrap();
    fs::write(directory.path().join("archive/e.yaml"), "name: E").unwrap();
    fs::create_dir(directory.path().join("f.yaml")).unwrap();
    assert_eq!(names(directory.path()).unwrap(), ["A", "B", "C", "D"]);
    assert_eq!(names(&directory.path().join("a.yaml")).unwrap(), ["A"]);
}

#[test]
fn all_mistakes_of_all_files_are_reported() {
    let directory = directory(&[
        ("a.yaml", "name: A\nmax_row: 1"),
        ("b.yaml", "name: A\nid: x"),
    ]);
    fs::write(
        directory.path().join("c.yaml"),
        b"name: \xc3\xa4\nx: \xff\n",
    )
    .unwrap();
    let errors = names(directory.path()).unwrap_err();
    let path = |name| directory.path().join(name).display().to_string();
    let (a, b, c) = (path("a.yaml"), path("b.yaml"), path("c.yaml"));
    assert_eq!(
        errors.to_string(),
        format!(
            "{a}:2:1: error: unknown field `max_row`: did you mean `max_rows`? [unknown-field]\n\
             {b}:1:1: error: two policy profiles have the name `A`: the other is at {a}:1:1: \
             rename or remove one of them [duplicate-name]\n\
             {b}:2:1: error: `id` is set by the server only: remove it [server-owned-field]\n\
             {c}:2:4: error: the file is not UTF-8: save it as UTF-8 [syntax]"
        )
    );
}

#[test]
fn paths_without_policy_files_are_errors() {
    let directory = directory(&[("a.tests.yaml", "name: A"), ("notes.txt", "name: A")]);
    let rule = |name: &str| {
        let errors = names(&directory.path().join(name)).unwrap_err();
        assert!(!errors.findings()[0].remedy.is_empty());
        errors.findings()[0].rule.clone()
    };
    assert_eq!(rule(""), "no-policy-files");
    assert_eq!(rule("missing"), "unreadable-file");
    assert_eq!(rule("a.tests.yaml"), "unreadable-file");
    assert_eq!(rule("notes.txt"), "unreadable-file");
}
