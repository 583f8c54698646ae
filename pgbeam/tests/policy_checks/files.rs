//! Tests of reading test files: the returned suites, and the errors for every mistake.

use std::fs;

use pgbeam::policies::{
    check::{TestCase, TestSuite},
    document::{Format, PolicySet},
};

const SUITE: &str = "policy: Support\ntests:\n";

/// Returns the cases without source locations.
fn cases(suite: &TestSuite) -> Vec<TestCase> {
    let cases = suite.cases().iter().map(|case| {
        let mut copy = TestCase::new(case.sql(), case.verdict().clone());
        if let Some(rule) = case.expected_rule() {
            copy = copy.rule(rule);
        }
        match case.expected_masked_columns() {
            Some(columns) => copy.masked_columns(columns),
            None => copy,
        }
    });
    cases.collect()
}

#[test]
fn all_formats_give_the_same_suite() {
    let yaml = "
# Comments are allowed.
policy: Support
tests:
  - sql: SELECT * FROM secrets
    verdict: block
    rule: table_denied
  - {sql: SELECT email FROM users, verdict: mask, masked_columns: ['Email:redact', 'phone:null']}
  - {sql: SELECT 1, verdict: allow, rule: ok, masked_columns: []}
  - {sql: SELECT id FROM orders, verdict: row-filter}
";
    let json = r#"{"policy": "Support", "tests": [
        {"sql": "SELECT * FROM secrets", "verdict": "block", "rule": "table_denied"},
        {"sql": "SELECT email FROM users", "verdict": "mask", "masked_columns": ["phone:null", "email:redact"]},
        {"sql": "SELECT 1", "verdict": "allow", "rule": "ok", "masked_columns": []},
        {"sql": "SELECT id FROM orders", "verdict": "row-filter"}
    ]}"#;
    let toml = r#"
policy = "Support"
[[tests]]
sql = "SELECT * FROM secrets"
verdict = "block"
rule = "table_denied"
[[tests]]
sql = "SELECT email FROM users"
verdict = "mask"
masked_columns = ["email:redact", "phone:null"]
[[tests]]
sql = "SELECT 1"
verdict = "allow"
rule = "ok"
masked_columns = []
[[tests]]
sql = "SELECT id FROM orders"
verdict = "row-filter"
"#;
    let expected = [
        TestCase::block("SELECT * FROM secrets").rule("table_denied"),
        TestCase::mask("SELECT email FROM users").masked_columns(["phone:null", "email:redact"]),
        TestCase::allow("SELECT 1")
            .rule("ok")
            .masked_columns([""; 0]),
        TestCase::row_filter("SELECT id FROM orders"),
    ];
    for (text, format) in [
        (yaml, Format::Yaml),
        (json, Format::Json),
        (toml, Format::Toml),
    ] {
        let suites = TestSuite::parse(text, format, "a").expect("a test file");
        assert_eq!(suites.len(), 1);
        assert_eq!(suites[0].policy(), "Support");
        assert_eq!(cases(&suites[0]), expected, "{format:?}");
    }
}

#[test]
fn each_yaml_document_is_a_suite_with_locations() {
    let text = "policy: A\ntests:\n  - {sql: SELECT 1, verdict: allow}\n---\n# nothing\n---\n\
                tests:\n  - {sql: SELECT 2, verdict: allow}\npolicy: B\n";
    let suites = TestSuite::parse(text, Format::Yaml, "a.tests.yaml").expect("a test file");
    let places: Vec<_> = suites
        .iter()
        .map(|suite| {
            let case = suite.cases()[0].location().expect("a place").to_string();
            let suite = suite.location().expect("a place").to_string();
            (suite, case)
        })
        .collect();
    assert_eq!(
        places,
        [
            ("a.tests.yaml:1:1".to_owned(), "a.tests.yaml:3:5".to_owned()),
            ("a.tests.yaml:9:1".to_owned(), "a.tests.yaml:8:5".to_owned()),
        ]
    );
}

#[test]
fn every_mistake_has_a_message_and_a_remedy() {
    let long = format!(
        "{SUITE}  - {{sql: {}, verdict: allow}}\n",
        "x".repeat(100_001)
    );
    // (text, errors). A text that starts with a space is appended to SUITE.
    let cases: &[(&str, &[&str])] = &[
        (
            "",
            &[
                "a: error: the file has no tests: write `policy` and `tests`, or remove the file [empty-file]",
            ],
        ),
        (
            "# nothing\n---\n",
            &[
                "a: error: the file has no tests: write `policy` and `tests`, or remove the file [empty-file]",
            ],
        ),
        (
            "- a\n",
            &[
                "a:1:1: error: a document with tests must be a mapping, not a list: write its fields: `policy`, `tests` [wrong-type]",
            ],
        ),
        (
            "policy: a\ntest: []\n",
            &[
                "a:1:1: error: the field `tests` is missing: add `tests` [missing-field]",
                "a:2:1: error: unknown field `test`: did you mean `tests`? [unknown-field]",
            ],
        ),
        (
            "tests:\n  - {sql: a, verdict: allow}\n",
            &["a:1:1: error: the field `policy` is missing: add `policy` [missing-field]"],
        ),
        (
            "policy: 5\ntests:\n  - {sql: a, verdict: allow}\n",
            &[
                "a:1:9: error: `policy` must be a string, not the number 5: write it in quotes [wrong-type]",
            ],
        ),
        (
            "policy: ''\ntests:\n  - {sql: a, verdict: allow}\n",
            &["a:1:9: error: `policy` is empty: write a value [out-of-range]"],
        ),
        (
            "policy:\ntests:\n  - {sql: a, verdict: allow}\n",
            &["a:1:7: error: `policy` has no value: write a value [wrong-type]"],
        ),
        (
            "policy: a\ntests: []\n",
            &["a:2:8: error: `tests` has no tests: add a test [no-tests]"],
        ),
        (
            "policy: a\ntests: x\n",
            &[
                "a:2:8: error: `tests` must be a list, not the string `x`: start each item with `- ` [wrong-type]",
            ],
        ),
        (
            "policy: a\npolicy: b\ntests:\n  - {sql: a, verdict: allow}\n",
            &[
                "a:2:1: error: duplicate key `policy`, first on line 1: remove one of them [duplicate-key]",
            ],
        ),
        (
            " - SELECT 1\n",
            &[
                "a:3:4: error: a test must be a mapping, not the string `SELECT 1`: write its fields: `sql`, `verdict`, `rule`, `masked_columns` [wrong-type]",
            ],
        ),
        (
            " - {sql: a}\n",
            &["a:3:4: error: the field `verdict` is missing: add `verdict` [missing-field]"],
        ),
        (
            " - {verdict: allow}\n",
            &["a:3:4: error: the field `sql` is missing: add `sql` [missing-field]"],
        ),
        (
            " - {sql: 1, verdict: allow}\n",
            &[
                "a:3:10: error: `sql` must be a string, not the number 1: write it in quotes [wrong-type]",
            ],
        ),
        (
            " - {sql: ' ', verdict: allow}\n",
            &["a:3:10: error: `sql` is empty: write a value [out-of-range]"],
        ),
        (
            &long,
            &[
                "a:3:11: error: `sql` has 100001 characters: write at most 100000 characters [out-of-range]",
            ],
        ),
        (
            " - {sql: a, verdict: row_filter}\n",
            &[
                "a:3:22: error: `verdict` has the unknown value `row_filter`: did you mean `row-filter`? [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: Blocked}\n",
            &[
                "a:3:22: error: `verdict` has the unknown value `Blocked`: did you mean `block`? [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: reject}\n",
            &[
                "a:3:22: error: `verdict` has the unknown value `reject`: write one of `allow`, `block`, `mask`, `row-filter` [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: true}\n",
            &[
                "a:3:22: error: `verdict` must be a string, not `true`: write it in quotes [wrong-type]",
            ],
        ),
        (
            " - {sql: a, verdict: allow, rules: ok}\n",
            &["a:3:29: error: unknown field `rules`: did you mean `rule`? [unknown-field]"],
        ),
        (
            " - {sql: a, verdict: allow, reason: x}\n",
            &[
                "a:3:29: error: unknown field `reason`: the fields are `sql`, `verdict`, `rule`, `masked_columns` [unknown-field]",
            ],
        ),
        (
            " - {sql: a, verdict: allow, rule: read_only}\n",
            &[
                "a:3:35: error: only a blocked statement can have the rule `read_only`: write `verdict: block`, or the rule `ok` [contradiction]",
            ],
        ),
        (
            " - {sql: a, verdict: block, rule: ok}\n",
            &[
                "a:3:35: error: a blocked statement cannot have the rule `ok`: write the rule that blocks the statement, or remove `rule` [contradiction]",
            ],
        ),
        (
            " - {sql: a, verdict: block, rule: }\n",
            &["a:3:33: error: `rule` has no value: write a value [wrong-type]"],
        ),
        (
            " - {sql: a, verdict: block, rule: 5}\n",
            &[
                "a:3:35: error: `rule` must be a string, not the number 5: write it in quotes [wrong-type]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: email:redact}\n",
            &[
                "a:3:44: error: `masked_columns` must be a list, not the string `email:redact`: start each item with `- ` [wrong-type]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: [email]}\n",
            &[
                "a:3:45: error: `email` is not a masked column: write `column:kind`, as in `email:redact` [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: [':redact']}\n",
            &[
                "a:3:45: error: `:redact` is not a masked column: write `column:kind`, as in `email:redact` [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: ['email:redacted']}\n",
            &[
                "a:3:45: error: `email:redacted` is not a masked column: did you mean `redact`? [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: ['email:blur']}\n",
            &[
                "a:3:45: error: `email:blur` is not a masked column: the kind is one of `redact`, `null`, `hash` [unknown-value]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: [{email: redact}]}\n",
            &[
                "a:3:45: error: a masked column must be a string, not a mapping: write `column:kind` in quotes, as in \"email:redact\" [wrong-type]",
            ],
        ),
        (
            " - {sql: a, verdict: mask, masked_columns: []}\n",
            &[
                "a:3:44: error: a statement with the verdict `mask` has masked columns: list them, or remove `masked_columns` [contradiction]",
            ],
        ),
        (
            " - {sql: a, verdict: allow, masked_columns: ['a:null']}\n",
            &[
                "a:3:45: error: a statement with the verdict `allow` has no masked columns: write `verdict: mask`, or remove `masked_columns` [contradiction]",
            ],
        ),
        (
            " - {sql: a, verdict: block, masked_columns: ['a:null']}\n",
            &[
                "a:3:45: error: a statement with the verdict `block` has no masked columns: write `verdict: mask`, or remove `masked_columns` [contradiction]",
            ],
        ),
        (
            " - {sql: a, verdict: alow}\n - {verdict: allow}\n",
            &[
                "a:3:22: error: `verdict` has the unknown value `alow`: did you mean `allow`? [unknown-value]",
                "a:4:4: error: the field `sql` is missing: add `sql` [missing-field]",
            ],
        ),
    ];
    for (text, expected) in cases {
        let text = match text.starts_with(' ') {
            true => format!("{SUITE}{text}"),
            false => (*text).to_owned(),
        };
        let errors = TestSuite::parse(&text, Format::Yaml, "a").expect_err(&text);
        assert_eq!(
            errors.to_string().lines().collect::<Vec<_>>(),
            *expected,
            "{text}"
        );
        for finding in errors.findings() {
            assert!(!finding.remedy.is_empty());
        }
    }
}

#[test]
fn the_test_files_of_a_directory_are_read_in_the_order_of_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    let errors = TestSuite::read(dir.path()).unwrap_err();
    assert_eq!(errors.findings()[0].rule, "no-test-files");

    write("support.yaml", "name: Support\n");
    write(
        "b.tests.json",
        r#"{"policy": "B", "tests": [{"sql": "SELECT 1", "verdict": "allow"}]}"#,
    );
    write(
        "a.tests.yml",
        "policy: A\ntests:\n  - {sql: SELECT 1, verdict: allow}\n",
    );
    write("notes.md", "policy: X\n");
    fs::create_dir(dir.path().join("c.tests.yaml")).unwrap();
    let suites = TestSuite::read(dir.path()).expect("two test files");
    let policies: Vec<_> = suites.iter().map(TestSuite::policy).collect();
    assert_eq!(policies, ["A", "B"]);
    let one = TestSuite::read(dir.path().join("b.tests.json")).expect("a test file");
    assert_eq!(one.len(), 1);
    // Test files are not read as policy files.
    assert_eq!(
        PolicySet::read(dir.path())
            .expect("one policy")
            .profiles()
            .len(),
        1
    );

    write("b.tests.json", "{");
    write("c.tests.toml", "policy = 5");
    let errors = TestSuite::read(dir.path()).unwrap_err();
    let files: Vec<_> = errors
        .findings()
        .iter()
        .map(|finding| {
            finding
                .location
                .as_ref()
                .unwrap()
                .file
                .rsplit('/')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(files, ["b.tests.json", "c.tests.toml", "c.tests.toml"]);

    for name in ["support.yaml", "missing.tests.yaml"] {
        let errors = TestSuite::read(dir.path().join(name)).unwrap_err();
        assert_eq!(errors.findings()[0].rule, "unreadable-file", "{name}");
    }
}
