//! Tests with wrong policy files: the parser must reject each file with the expected first mistake, and each mistake
//! must have a remedy.

use pgbeam::policies::document::{Format, PolicySet};

/// The text of a file, and its first mistake: the line and column, the rule, and a part of the message or remedy.
type Case = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const YAML: &[Case] = &[
    // Unknown fields and invalid keys.
    ("name: A\nmax_row: 500", "2:1", "unknown-field", "did you mean `max_rows`?"),
    ("name: A\nmaxRows: 500", "2:1", "unknown-field", "did you mean `max_rows`?"),
    ("name: A\nMax_Rows: 500", "2:1", "unknown-field", "did you mean `max_rows`?"),
    ("name: A\nstatement_timeouts: 5s", "2:1", "unknown-field", "did you mean `statement_timeout`?"),
    ("name: A\nowner: me", "2:1", "unknown-field", "list it in `allow_unknown`"),
    ("nmae: A", "1:1", "unknown-field", "did you mean `name`?"),
    ("name: A\nallow_unknwon: [x]", "2:1", "unknown-field", "did you mean `allow_unknown`?"),
    ("name: A\nsupress: {}", "2:1", "unknown-field", "did you mean `suppress`?"),
    ("name: A\nowner: me\nallow_unknown: [other]", "2:1", "unknown-field", "unknown field `owner`"),
    ("name: A\n1: x", "2:1", "unknown-field", "unknown field `1`"),
    ("name: A\n? [x]\n: y", "2:3", "unsupported-yaml", "a key must be a string"),
    // Server-owned fields.
    ("name: A\nid: pol_1", "2:1", "server-owned-field", "is set by the server"),
    ("name: A\ncreated_at: x\nallow_unknown: [created_at]", "2:1", "server-owned-field", "remove it"),
    // Required fields.
    ("max_rows: 5", "1:1", "missing-field", "add `name`"),
    ("{}", "1:1", "missing-field", "add `name`"),
    // Duplicate keys and names, and fields given both with and without a unit.
    ("name: A\nmax_rows: 1\nmax_rows: 2", "3:1", "duplicate-key", "first on line 2"),
    ("name: A\nname: A", "2:1", "duplicate-key", "remove one of them"),
    ("name: A\n\"name\": B", "2:1", "duplicate-key", "remove one of them"),
    ("name: A\nstatement_rules: {deny: [], deny: [ddl]}", "2:29", "duplicate-key", "`deny`"),
    ("name: A\nstatement_timeout: 5s\nstatement_timeout_ms: 5000", "3:1", "conflicting-fields", "line 2"),
    ("name: A\negress_bytes_per_day: 1\negress_per_day: 1 B", "3:1", "conflicting-fields", "same field"),
    ("name: A\n---\nname: A", "3:1", "duplicate-name", "the other is at wrong.yaml:1:1"),
    ("policies:\n- name: A\n- name: A", "3:3", "duplicate-name", "wrong.yaml:2:3"),
    // Numbers.
    ("name: A\nmax_rows: -1", "2:11", "out-of-range", "write a number from 0"),
    ("name: A\nmax_rows: 1.5", "2:11", "wrong-type", "must be a whole number, not the number 1.5"),
    ("name: A\nmax_rows: 5e2", "2:11", "wrong-type", "write a whole number"),
    ("name: A\nmax_rows: \"500\"", "2:11", "wrong-type", "remove the quotes"),
    ("name: A\nmax_rows: 1_000", "2:11", "wrong-type", "not the string `1_000`"),
    ("name: A\nmax_rows: 1,000", "2:11", "wrong-type", "write a whole number, or `unlimited`"),
    ("name: A\nmax_rows: 007", "2:11", "wrong-type", "leading zero"),
    ("name: A\nmax_rows: .inf", "2:11", "wrong-type", "finite number"),
    ("name: A\nmax_rows: 9223372036854775808", "2:11", "out-of-range", "9223372036854775807"),
    ("name: A\nmax_rows: 99999999999999999999", "2:11", "out-of-range", "is too large"),
    ("name: A\nmax_rows: true", "2:11", "wrong-type", "not `true`"),
    ("name: A\nmax_rows: [5]", "2:11", "wrong-type", "not a list"),
    ("name: A\nmax_rows: {}", "2:11", "wrong-type", "not a mapping"),
    ("name: A\nmax_rows:", "2:9", "wrong-type", "has no value"),
    ("name: A\nmax_rows: ~", "2:11", "wrong-type", "has no value"),
    ("name: A\nmax_rows: Unlimited", "2:11", "wrong-type", "or `unlimited`"),
    ("name: A\nmax_rows: 500 rows", "2:11", "wrong-type", "the string `500 rows`"),
    // Units.
    ("name: A\nstatement_timeout: 5", "2:20", "wrong-unit", "as in `statement_timeout: 5s`"),
    ("name: A\nstatement_timeout: \"5\"", "2:20", "wrong-unit", "has no unit"),
    ("name: A\nstatement_timeout: 5 min", "2:20", "wrong-unit", "the units are `ms`, `s`, `m`, `h`"),
    ("name: A\nstatement_timeout: 5 MiB", "2:20", "wrong-unit", "unknown unit"),
    ("name: A\nstatement_timeout: 1.5s", "2:20", "wrong-unit", "whole number"),
    ("name: A\nstatement_timeout: unlimited", "2:20", "unknown-value", "0 means the default of the project"),
    ("name: A\nstatement_timeout: 0s", "2:20", "out-of-range", "0 means the default of the project"),
    ("name: A\nstatement_timeout: [5s]", "2:20", "wrong-type", "not a list"),
    ("name: A\nstatement_timeout:", "2:18", "wrong-type", "no value"),
    ("name: A\nstatement_timeout_ms: 5s", "2:23", "wrong-type", "`statement_timeout: 5s`"),
    ("name: A\nstatement_timeout_ms: 5x", "2:23", "wrong-type", "a number of milliseconds"),
    ("name: A\nstatement_timeout_ms: unlimited", "2:23", "unknown-value", "cannot be `unlimited`"),
    ("name: A\napproval_timeout: 300", "2:19", "wrong-unit", "`approval_timeout_seconds` without a unit"),
    ("name: A\napproval_timeout: 1500ms", "2:19", "out-of-range", "whole number of seconds"),
    ("name: A\napproval_timeout_seconds: 5m", "2:27", "wrong-type", "takes no unit"),
    ("name: A\napproval_auto_max_rows: unlimited", "2:25", "unknown-value", "nothing is approved"),
    ("name: A\negress_per_day: 10 MB", "2:17", "wrong-unit", "`KiB`"),
    ("name: A\negress_per_day: 10", "2:17", "wrong-unit", "no unit"),
    ("name: A\negress_per_day: 0 B", "2:17", "out-of-range", "write `egress_per_day: unlimited`"),
    ("name: A\negress_bytes_per_day: 10 MiB", "2:23", "wrong-type", "`egress_per_day: 10 MiB`"),
    ("name: A\ncontent_scan_max: unlimited", "2:19", "unknown-value", "0 means 4 MiB"),
    ("name: A\ncontent_scan_max_bytes: unlimited", "2:25", "unknown-value", "0 means 4 MiB"),
    ("name: A\ncontent_scan_max: 9999999999 GiB", "2:19", "out-of-range", "too large"),
    // Strings and enumerations.
    ("name: 5", "1:7", "wrong-type", "write it in quotes"),
    ("name: true", "1:7", "wrong-type", "write it in quotes"),
    ("name:", "1:5", "wrong-type", "no value"),
    ("name: \"\"", "1:7", "out-of-range", "write 1 to 128 characters"),
    ("name: A\naccess_mode: readonly", "2:14", "unknown-value", "did you mean `read_only`?"),
    ("name: A\naccess_mode: READ_ONLY", "2:14", "unknown-value", "did you mean `read_only`?"),
    ("name: A\naccess_mode: admin", "2:14", "unknown-value", "write one of `read_only`, `read_write`"),
    ("name: A\nwrite_mode: true", "2:13", "wrong-type", "must be a string"),
    ("name: A\nquery_mode: template", "2:13", "unknown-value", "did you mean `templates`?"),
    ("name: A\nquery_mode: null", "2:13", "wrong-type", "has no value"),
    ("name: A\napproval_mode: on", "2:16", "unknown-value", "`off`"),
    // Lists and mappings.
    ("name: A\ntable_allowlist: users", "2:18", "wrong-type", "write the list `[users]`"),
    ("name: A\ntable_allowlist: [users, 5]", "2:26", "wrong-type", "must be a string"),
    ("name: A\ntable_denylist:\n- users\n-", "4:2", "wrong-type", "no value"),
    ("name: A\ntable_denylist: {users: true}", "2:17", "wrong-type", "must be a list, not a mapping"),
    ("name: A\nstatement_rules: [ddl]", "2:18", "wrong-type", "write a mapping with `allow`, `deny`"),
    ("name: A\nstatement_rules:\n  denied: [ddl]", "3:3", "unknown-field", "the fields are `allow`, `deny`"),
    ("name: A\nstatement_rules: {deny: [selct]}", "2:26", "unknown-value", "did you mean `select`?"),
    ("name: A\nstatement_rules: {allow: [merge]}", "2:27", "unknown-value", "write one of `select`"),
    ("name: A\nstatement_rules: {deny: ddl}", "2:25", "wrong-type", "write the list `[ddl]`"),
    ("name: A\nmasking_rules:\n- table: t\n  column: c\n  kind: null", "5:9", "wrong-type", "write \"null\" in quotes"),
    ("name: A\nmasking_rules:\n- {table: t, column: c}", "3:3", "missing-field", "has no `kind`"),
    ("name: A\nmasking_rules:\n- {table: t, column: c, kind: hide}", "3:31", "unknown-value", "`redact`"),
    ("name: A\nmasking_rules:\n- {table: t, colum: c, kind: hash}", "3:3", "missing-field", "`column`"),
    ("name: A\nmasking_rules: [users.email]", "2:17", "wrong-type", "must be a mapping"),
    ("name: A\nmasking_rules: {table: t, column: c, kind: hash}", "2:16", "wrong-type", "must be a list"),
    ("name: A\nrow_filters:\n- table: t\n  filter: x", "3:3", "missing-field", "add `predicate`"),
    // Fields that only policy files have.
    ("name: A\nallow_unknown: true", "2:16", "wrong-type", "list the names"),
    ("name: A\nallow_unknown: [5]", "2:17", "wrong-type", "must contain names"),
    ("name: A\nallow_unknown: [x]\nx:", "3:2", "wrong-type", "`x` has no value"),
    ("name: A\nsuppress: [no-query-budget]", "2:11", "wrong-type", "must be a mapping"),
    ("name: A\nsuppress: {no-query-budgets: because}", "2:12", "unknown-rule", "did you mean `no-query-budget`?"),
    ("name: A\nsuppress: {xyz: because}", "2:12", "unknown-rule", "the rules are"),
    ("name: A\nsuppress: {no-query-budget: \"\"}", "2:29", "missing-reason", "write why"),
    ("name: A\nsuppress:\n  no-query-budget:", "3:18", "missing-reason", "no reason"),
    ("name: A\nsuppress: {no-query-budget: true}", "2:29", "wrong-type", "must be a string"),
    // Documents.
    ("", "0:0", "empty-file", "the file has no policy"),
    ("# Only a comment.\n---\n", "0:0", "empty-file", "the file has no policy"),
    ("- name: A", "1:1", "wrong-type", "or the list `policies`"),
    ("policy A", "1:1", "wrong-type", "must be a mapping"),
    ("name: A\npolicies: []", "1:1", "mixed-document", "both a profile and a list"),
    ("max_rows: 5\nquery_templates: []", "1:1", "mixed-document", "move the profile"),
    ("statement_timeout: 5s\npolicies: []", "1:1", "mixed-document", "`statement_timeout`"),
    ("policies: []\nquery_template: []", "2:1", "unknown-field", "did you mean `query_templates`?"),
    ("policies: {name: A}", "1:11", "wrong-type", "must be a list"),
    ("policies:", "1:9", "wrong-type", "`policies` must be a list, but has no value"),
    ("policies: [A]", "1:12", "wrong-type", "a policy profile must be a mapping"),
    ("policies:\n- name: A\n  max_row: 5", "3:3", "unknown-field", "max_rows"),
    ("name: A\n---\nname: B\nmax_row: 5", "4:1", "unknown-field", "max_rows"),
    ("policy: A\ntests: []", "1:1", "unknown-field", "unknown field `policy`"),
    // YAML.
    ("name: &a A", "1:7", "unsupported-yaml", "anchors are not supported"),
    ("name: A\ntable_allowlist: &a [x]\ntable_denylist: *a", "2:18", "unsupported-yaml", "anchors"),
    ("name: *a", "1:7", "syntax", "invalid YAML"),
    ("name: !!str 5", "1:7", "unsupported-yaml", "tags are not supported"),
    ("name: A\ntable_allowlist: !list [x]", "2:18", "unsupported-yaml", "remove the tag"),
    ("name: A\n<<: {max_rows: 5}", "2:1", "unsupported-yaml", "merge keys are not supported"),
    ("name: A\nmax_rows: 5\n  max_affected_rows: 6", "3:20", "syntax", "invalid YAML"),
    ("name: A\ntable_allowlist: [x", "3:1", "syntax", "invalid YAML"),
    ("name: \"A", "1:7", "syntax", "invalid YAML"),
    ("name: A\n\tmax_rows: 5", "1:7", "syntax", "found a tab"),
    ("name: A: B", "1:8", "syntax", "invalid YAML"),
    ("ü: ä\nname: A\nmax_rows: x", "1:1", "unknown-field", "unknown field `ü`"),
    // Query templates.
    ("query_templates: [x]", "1:19", "wrong-type", "a query template must be a mapping"),
    ("query_templates: [{}]", "1:19", "missing-field", "name"),
    ("query_templates: [{name: a}]", "1:19", "missing-field", "add `sql`"),
    ("query_templates: [{name: A, sql: select 1}]", "1:26", "unknown-value", "lower-case letters"),
    ("query_templates: [{name: 1a, sql: select 1}]", "1:26", "unknown-value", "start with a letter"),
    ("query_templates: [{name: a, sql: \"\"}]", "1:34", "out-of-range", "characters"),
    ("query_templates: [{name: a, sql: drop table t}]", "1:34", "template-sql", "starts with `drop`"),
    ("query_templates: [{name: a, sql: select 1; select 2}]", "1:34", "template-sql", "has 2 statements"),
    ("query_templates: [{name: a, sql: --}]", "1:34", "template-sql", "has 0 statements"),
    ("query_templates: [{name: a, sql: \"select '\"}]", "1:34", "template-sql", "without an end"),
    ("query_templates: [{name: a, sql: select $1}]", "1:34", "template-sql", "`$1` has no parameter"),
    ("query_templates:\n- name: a\n  sql: select 1\n  params: [{name: x, type: text}]", "4:12", "template-sql", "no `$1`"),
    ("query_templates:\n- name: a\n  sql: select $1\n  params: [{name: x, type: int}]", "4:28", "unknown-value", "write one of `text`, `integer`"),
    ("query_templates:\n- name: a\n  sql: select $1\n  params: [{type: text}]", "4:12", "missing-field", "add `name`"),
    ("query_templates:\n- name: a\n  sql: select $1\n  params: [{name: x, type: text, nullable: yes}]", "4:44", "wrong-type", "write `true` or `false`"),
    ("query_templates:\n- name: a\n  sql: select $1, $2\n  params: [{name: x, type: text}, {name: x, type: text}]", "4:35", "duplicate-name", "two parameters"),
    ("query_templates: [{name: a, sql: select 1, statement_kind: select}]", "1:44", "server-owned-field", "remove it"),
    ("query_templates: [{name: a, sql: select 1, suppress: {}}]", "1:44", "unknown-field", "`suppress`"),
    ("query_templates: [{name: a, sql: select 1, enabled: \"true\"}]", "1:53", "wrong-type", "`true` or `false`"),
    ("query_templates: [{name: a, sql: select 1}, {name: a, sql: select 2}]", "1:46", "duplicate-name", "query templates"),
];

#[rustfmt::skip]
const JSON: &[Case] = &[
    ("", "1:1", "syntax", "invalid JSON"),
    ("name: A", "1:2", "syntax", "invalid JSON"),
    ("{\"name\": \"A\",}", "1:14", "syntax", "no commas before a closing bracket"),
    ("{\"name\": \"A\"} // comment", "1:15", "syntax", "no comments"),
    ("{\"name\": \"A\"}\n{}", "2:1", "syntax", "invalid JSON"),
    ("{'name': 'A'}", "1:2", "syntax", "invalid JSON"),
    ("{\"name\": \"A\", \"name\": \"B\"}", "1:15", "duplicate-key", "first on line 1"),
    ("{\"name\": \"A\", \"max_row\": 5}", "1:15", "unknown-field", "max_rows"),
    ("{\"name\": \"ü\", \"max_rows\": 1.0}", "1:27", "wrong-type", "whole number"),
    ("{\"name\": \"A\", \"max_rows\": 1e999}", "1:27", "out-of-range", "too large"),
    ("{\"name\": \"A\", \"max_rows\": 012}", "1:28", "syntax", "invalid JSON"),
    ("{\"name\": \"\\ud800\"}", "1:10", "syntax", "surrogate"),
    ("{\"name\": null}", "1:10", "wrong-type", "no value"),
    ("[{\"name\": \"A\"}]", "1:1", "wrong-type", "or the list `policies`"),
    ("{\"name\": \"A\",\n \"masking_rules\": [{\"table\": \"t\", \"column\": \"c\", \"kind\": null}]}", "2:58", "wrong-type", "in quotes"),
    ("{\"name\": \"A\", \"statement_timeout\": 5}", "1:36", "wrong-unit", "no unit"),
];

#[rustfmt::skip]
const TOML: &[Case] = &[
    ("", "1:1", "missing-field", "add `name`"),
    ("name = A", "1:8", "syntax", "strings need quotes"),
    ("name = \"A\"\nname = \"B\"", "2:1", "duplicate-key", "remove one of them"),
    ("name = \"A\"\nmax_row = 5", "2:1", "unknown-field", "max_rows"),
    ("name = \"A\"\nmax_rows = 5.0", "2:12", "wrong-type", "whole number"),
    ("name = \"A\"\nmax_rows = 2024-01-01", "2:12", "wrong-type", "dates and times"),
    ("name = \"A\"\nmax_rows = inf", "2:12", "wrong-type", "`inf` is not a finite number"),
    ("name = \"A\"\nmax_rows = -nan", "2:12", "wrong-type", "`-nan` is not a finite number"),
    ("name = \"A\"\nmax_rows = 1e999", "2:12", "out-of-range", "too large"),
    ("name = \"A\"\nstatement_timeout = 5", "2:21", "wrong-unit", "no unit"),
    ("name: A", "1:5", "syntax", "invalid TOML"),
    ("[[policies]]\nname = \"A\"\n[[policies]]\nname = \"A\"", "4:1", "duplicate-name", "wrong.toml:2:1"),
    ("[policies]\nname = \"A\"", "1:1", "wrong-type", "must be a list"),
    ("name = \"A\"\n[[masking_rules]]\ntable = \"t\"\ncolumn = \"c\"", "2:1", "missing-field", "has no `kind`"),
    ("name = \"A\"\n[statement_rules]\ndeny = [\"ddl\", \"xyz\"]", "3:16", "unknown-value", "write one of"),
];

/// Parses the file of a case. Returns `None` if the first mistake is as expected, and a description of the difference
/// if it is not.
fn check((text, place, rule, part): &Case, format: Format, file: &str) -> Option<String> {
    let errors = match PolicySet::parse(text, format, file) {
        Ok(_) => return Some(format!("{text:?} is accepted")),
        Err(errors) => errors,
    };
    let first = errors.findings()[0].to_string();
    let expected = format!("{file}:{place}: error: ").replace(":0:0:", ":");
    let is_expected = first.starts_with(&expected)
        && first.ends_with(&format!("[{rule}]"))
        && first.contains(part)
        && errors.to_string().lines().count() == errors.findings().len()
        && errors
            .findings()
            .iter()
            .all(|finding| !finding.remedy.is_empty());
    (!is_expected).then(|| format!("{text:?}: {place} {rule} {part:?}\n{errors}"))
}

#[test]
fn wrong_files_have_the_expected_mistakes() {
    let cases = [
        (YAML, Format::Yaml, "wrong.yaml"),
        (JSON, Format::Json, "wrong.json"),
        (TOML, Format::Toml, "wrong.toml"),
    ];
    let check_all = |(cases, format, file): (&[Case], _, _)| {
        let failures = cases.iter().filter_map(|case| check(case, format, file));
        failures.collect::<Vec<_>>()
    };
    let failures: Vec<_> = cases.into_iter().flat_map(check_all).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = "name: A\nmax_row: 1\naccess_mode: x\nmasking_rules: [{kind: null}]\nname: B\n";
    let errors = PolicySet::parse(text, Format::Yaml, "a.yaml").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "a.yaml:2:1: error: unknown field `max_row`: did you mean `max_rows`? [unknown-field]\n\
         a.yaml:3:14: error: `access_mode` has the unknown value `x`: write one of `read_only`, `read_write` [unknown-value]\n\
         a.yaml:4:17: error: `masking_rules` has no `table`: add `table` [missing-field]\n\
         a.yaml:4:17: error: `masking_rules` has no `column`: add `column` [missing-field]\n\
         a.yaml:4:24: error: `masking_rules.kind` is the value null, not the string `null`: write \"null\" in quotes [wrong-type]\n\
         a.yaml:5:1: error: duplicate key `name`, first on line 1: remove one of them [duplicate-key]"
    );
    let policies: Vec<_> = errors
        .findings()
        .iter()
        .map(|finding| &*finding.policy)
        .collect();
    assert_eq!(policies, ["A", "A", "A", "A", "A", ""]);
    assert_eq!(errors.findings()[1].field, "access_mode");
}

#[test]
fn hostile_files_are_rejected_with_one_mistake() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    let cases = [
        (format!("name: {}", deep("[", "]")), Format::Yaml),
        (format!("name: {}", deep("{a: ", "}")), Format::Yaml),
        (format!("{}x", "- ".repeat(100_000)), Format::Yaml),
        (deep("[", "]"), Format::Json),
        (deep("{\"a\":", "1"), Format::Json),
        (format!("name = {}", deep("[", "]")), Format::Toml),
        (format!("name: {}", "x".repeat(9 << 20)), Format::Yaml),
        (format!("name: [{}]", "1,".repeat(1_000_001)), Format::Yaml),
        (format!("[{}1]", "1,".repeat(1_000_001)), Format::Json),
    ];
    for (text, format) in cases {
        let errors = PolicySet::parse(&text, format, "hostile").unwrap_err();
        let first = &errors.findings()[0];
        assert!(["too-large", "syntax"].contains(&&*first.rule), "{errors}");
        assert_eq!(errors.findings().len(), 1, "{errors}");
    }
}

#[test]
fn mistakes_above_the_maximum_are_counted() {
    let fields: String = (0..5_000).map(|number| format!("x{number}: 1\n")).collect();
    let errors = PolicySet::parse(&fields, Format::Yaml, "a.yaml").unwrap_err();
    assert_eq!(errors.findings().len(), 1_001);
    let last = errors.findings().last().expect("a finding");
    assert_eq!(last.message, "4001 more mistakes in this file");
}
