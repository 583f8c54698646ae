//! Reads test suites from files, and reports the mistakes in the files.

use std::path::Path;

use super::suite::{TestCase, TestSuite, masked};
use crate::policies::{
    MaskKind, Verdict,
    document::{
        FileErrors, Format, Report,
        files::{display, list_files, mistake, read_documents},
        format::is_test_file,
        node::{self, Entry, Node, Place, Value},
        quote,
        read::suggest::{did_you_mean, join},
    },
    finding::Finding,
};

const SUITE_FIELDS: [&str; 2] = ["policy", "tests"];
const CASE_FIELDS: [&str; 4] = ["sql", "verdict", "rule", "masked_columns"];

/// The maximum length of a statement of `dryEvalPolicy`, in characters.
const MAX_SQL: usize = 100_000;

impl TestSuite {
    /// Reads test suites from the text of a test file. `file_name` is the name of the file in messages
    /// and locations. See the [module](super#test-files) for the format.
    ///
    /// ```
    /// use pgbeam::policies::{check::TestSuite, document::Format};
    ///
    /// let text = "
    /// policy: Support
    /// tests:
    ///   - {sql: SELECT 1, verdict: alow}
    /// ";
    /// let errors = TestSuite::parse(text, Format::Yaml, "support.tests.yaml").unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "support.tests.yaml:4:30: error: `verdict` has the unknown value `alow`: \
    ///      did you mean `allow`? [unknown-value]",
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// The text has mistakes. The error lists them.
    pub fn parse(
        text: &str,
        format: Format,
        file_name: impl Into<String>,
    ) -> Result<Vec<Self>, FileErrors> {
        let mut report = Report::new(file_name);
        let documents = node::parse(text, format, &mut report);
        let suites = read(&documents, &mut report);
        finish(suites, report.into_findings())
    }

    /// Reads the test suites of a test file, or of all test files of a directory in the order of their names.
    ///
    /// The name of a test file ends in `.tests.yaml`, `.tests.yml`, `.tests.json` or `.tests.toml`. Other files of
    /// the directory and subdirectories are ignored.
    ///
    /// # Errors
    ///
    /// A file cannot be read or has mistakes, the directory has no test files, or `path` is a file whose name is not
    /// the name of a test file. The error lists the mistakes of all files.
    pub fn read(path: impl AsRef<Path>) -> Result<Vec<Self>, FileErrors> {
        let path = path.as_ref();
        let files = list_files(path, is_test_file)?;
        if files.is_empty() {
            let message = "the directory has no test files";
            let finding = mistake(path, "no-test-files", message.into());
            return Err(finding.remedy("add a file that ends in .tests.yaml").into());
        }
        let (mut suites, mut findings) = (Vec::new(), Vec::new());
        for file in &files {
            let mut report = Report::new(display(file));
            match Format::from_path(file).filter(|_| is_test_file(file)) {
                Some(format) => {
                    let documents = read_documents(file, format, &mut report);
                    suites.extend(read(&documents, &mut report));
                }
                None => report.add(
                    "unreadable-file",
                    Place::default(),
                    "the file is not a test file by its name",
                    "end the name in .tests.yaml, .tests.yml, .tests.json or .tests.toml",
                ),
            }
            findings.extend(report.into_findings());
        }
        finish(suites, findings)
    }
}

fn finish(suites: Vec<TestSuite>, findings: Vec<Finding>) -> Result<Vec<TestSuite>, FileErrors> {
    match findings.is_empty() {
        true => Ok(suites),
        false => Err(FileErrors::new(findings)),
    }
}

/// Reads the test suites in the documents of a file, and adds the mistakes to the report.
fn read(documents: &[Node], report: &mut Report) -> Vec<TestSuite> {
    // A document that contains only comments has the value `null`.
    let documents = documents.iter().filter(|node| node.value != Value::Null);
    let suites: Vec<_> = documents.map(|node| read_suite(node, report)).collect();
    if suites.is_empty() && !report.has_mistakes() {
        let message = "the file has no tests";
        let remedy = "write `policy` and `tests`, or remove the file";
        report.add("empty-file", Place::default(), message, remedy);
    }
    suites.into_iter().flatten().collect()
}

fn read_suite(node: &Node, report: &mut Report) -> Option<TestSuite> {
    let entries = fields("a document with tests", &SUITE_FIELDS, node, report)?;
    report.policy.clear();
    let policy = string("policy", node, entries, report);
    policy.unwrap_or_default().clone_into(&mut report.policy);
    let tests = list("tests", required("tests", node, entries, report), report);
    if tests.is_some_and(<[Node]>::is_empty) {
        let message = "`tests` has no tests".to_owned();
        add("tests", "no-tests", entries, message, "add a test", report);
    }
    let cases = tests.into_iter().flatten();
    let cases = cases.filter_map(|node| read_case(node, report)).collect();
    let place = find(entries, "policy").map_or(node.place, |entry| entry.place);
    Some(TestSuite {
        policy: policy?.to_owned(),
        cases,
        location: Some(report.location(place)),
    })
}

fn read_case(node: &Node, report: &mut Report) -> Option<TestCase> {
    let entries = fields("a test", &CASE_FIELDS, node, report)?;
    let sql = string("sql", node, entries, report);
    let length = sql.unwrap_or_default().chars().count();
    if length > MAX_SQL {
        let place = find(entries, "sql").map_or(node.place, |entry| entry.node.place);
        let message = format!("`sql` has {length} characters");
        let remedy = format!("write at most {MAX_SQL} characters");
        report.add("out-of-range", place, message, remedy);
    }
    let verdict = read_verdict(node, entries, report);
    let rule = find(entries, "rule").and_then(|_| string("rule", node, entries, report));
    let columns = find(entries, "masked_columns");
    let columns = columns.and_then(|entry| read_masked_columns(entry, report));
    let (sql, verdict) = (sql?, verdict?);
    check_rule(&verdict, rule, entries, report);
    check_columns(&verdict, columns.as_deref(), entries, report);
    let mut case = TestCase::new(sql, verdict);
    case.rule = rule.map(str::to_owned);
    case.masked_columns = columns.map(|columns| columns.into_iter().collect());
    case.location = Some(report.location(node.place));
    Some(case)
}

fn read_verdict(node: &Node, entries: &[Entry], report: &mut Report) -> Option<Verdict> {
    let text = string("verdict", node, entries, report)?;
    let verdict = Verdict::from(text);
    if !matches!(verdict, Verdict::Unknown(_)) {
        return Some(verdict);
    }
    let known = Verdict::KNOWN.iter().copied();
    let remedy = did_you_mean(text, known.clone(), || {
        format!("write one of {}", join(known))
    });
    let message = format!("`verdict` has the unknown value {}", quote(text));
    add("verdict", "unknown-value", entries, message, remedy, report);
    None
}

/// Reads a list of strings of the form `column:kind`. Returns `None` if one of them is invalid.
fn read_masked_columns(entry: &Entry, report: &mut Report) -> Option<Vec<String>> {
    let items = list("masked_columns", Some(entry), report)?;
    "masked_columns".clone_into(&mut report.field);
    let columns = items.iter().map(|item| match &item.value {
        Value::Invalid => None,
        Value::String(text) => match parse_masked(text) {
            Ok(column) => Some(column),
            Err(remedy) => {
                let message = format!("{} is not a masked column", quote(text));
                report.add("unknown-value", item.place, message, remedy);
                None
            }
        },
        _ => {
            let message = format!("a masked column {}", item.mismatch("must be a string"));
            let remedy = "write `column:kind` in quotes, as in \"email:redact\"";
            report.add("wrong-type", item.place, message, remedy);
            None
        }
    });
    let columns: Vec<_> = columns.collect();
    report.field.clear();
    columns.into_iter().collect()
}

/// Parses a string of the form `column:kind`, and folds the column for comparison. If the string is invalid, the `Err`
/// contains the remedy.
fn parse_masked(text: &str) -> Result<String, String> {
    let kinds = MaskKind::KNOWN.iter().copied();
    match text.rsplit_once(':') {
        Some((column, kind)) if !column.trim().is_empty() => {
            let kind = kind.trim();
            if MaskKind::KNOWN.contains(&kind) {
                return Ok(masked(column, kind));
            }
            Err(did_you_mean(kind, kinds.clone(), || {
                format!("the kind is one of {}", join(kinds))
            }))
        }
        _ => Err("write `column:kind`, as in `email:redact`".into()),
    }
}

/// Adds a mistake if the expected rule contradicts the expected verdict: a blocked statement cannot have the rule `ok`,
/// and any other statement can only have the rule `ok`.
fn check_rule(verdict: &Verdict, rule: Option<&str>, entries: &[Entry], report: &mut Report) {
    let Some(rule) = rule else {
        return;
    };
    let (message, remedy) = match (*verdict == Verdict::Block, rule == "ok") {
        (true, true) => (
            "a blocked statement cannot have the rule `ok`".to_owned(),
            "write the rule that blocks the statement, or remove `rule`",
        ),
        (false, false) => (
            format!("only a blocked statement can have the rule {}", quote(rule)),
            "write `verdict: block`, or the rule `ok`",
        ),
        _ => return,
    };
    add("rule", "contradiction", entries, message, remedy, report);
}

/// Adds a mistake if the expected masked columns contradict the expected verdict.
fn check_columns(
    verdict: &Verdict,
    columns: Option<&[String]>,
    entries: &[Entry],
    report: &mut Report,
) {
    let Some(columns) = columns else {
        return;
    };
    let (message, remedy) = match verdict {
        Verdict::Allow | Verdict::Block if !columns.is_empty() => (
            format!("a statement with the verdict `{verdict}` has no masked columns"),
            "write `verdict: mask`, or remove `masked_columns`",
        ),
        Verdict::Mask if columns.is_empty() => (
            "a statement with the verdict `mask` has masked columns".to_owned(),
            "list them, or remove `masked_columns`",
        ),
        _ => return,
    };
    let field = "masked_columns";
    add(field, "contradiction", entries, message, remedy, report);
}

/// Returns the fields of a mapping, and adds a mistake for each unknown field. If `node` is not a mapping, adds a
/// mistake and returns `None`. `noun` is the subject of the message, such as `a test`.
fn fields<'a>(
    noun: &str,
    names: &'static [&'static str],
    node: &'a Node,
    report: &mut Report,
) -> Option<&'a [Entry]> {
    let entries = match &node.value {
        Value::Map(entries) => entries,
        Value::Invalid => return None,
        _ => {
            let message = format!("{noun} {}", node.mismatch("must be a mapping"));
            let remedy = format!("write its fields: {}", join(names.iter().copied()));
            report.add("wrong-type", node.place, message, remedy);
            return None;
        }
    };
    for Entry { key, place, .. } in entries {
        if !names.contains(&key.as_str()) {
            let names = names.iter().copied();
            let remedy = did_you_mean(key, names.clone(), || {
                format!("the fields are {}", join(names))
            });
            let message = format!("unknown field {}", quote(key));
            report.add("unknown-field", *place, message, remedy);
        }
    }
    Some(entries)
}

fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// Returns a required field of the mapping `node`. If the field is missing, adds a mistake and returns `None`.
fn required<'a>(
    field: &str,
    node: &Node,
    entries: &'a [Entry],
    report: &mut Report,
) -> Option<&'a Entry> {
    let entry = find(entries, field);
    if entry.is_none() {
        let message = format!("the field `{field}` is missing");
        report.add(
            "missing-field",
            node.place,
            message,
            format!("add `{field}`"),
        );
    }
    entry
}

/// Returns the value of a required field. If the value is not a string, or is empty or only white space, adds a mistake
/// and returns `None`.
fn string<'a>(
    field: &str,
    node: &Node,
    entries: &'a [Entry],
    report: &mut Report,
) -> Option<&'a str> {
    let entry = required(field, node, entries, report)?;
    let (rule, message, remedy) = match &entry.node.value {
        Value::Invalid => return None,
        Value::String(text) if !text.trim().is_empty() => return Some(text),
        Value::String(_) => (
            "out-of-range",
            format!("`{field}` is empty"),
            "write a value",
        ),
        Value::Null => (
            "wrong-type",
            format!("`{field}` has no value"),
            "write a value",
        ),
        _ => (
            "wrong-type",
            format!("`{field}` {}", entry.node.mismatch("must be a string")),
            "write it in quotes",
        ),
    };
    add(field, rule, entries, message, remedy, report);
    None
}

/// Returns the items of a field; `None` if the field is missing. If its value is not a list, adds a mistake and returns
/// `None`.
fn list<'a>(field: &str, entry: Option<&'a Entry>, report: &mut Report) -> Option<&'a [Node]> {
    let node = &entry?.node;
    match &node.value {
        Value::List(items) => Some(items),
        Value::Invalid => None,
        _ => {
            let message = format!("`{field}` {}", node.mismatch("must be a list"));
            let remedy = "start each item with `- `";
            report.add("wrong-type", node.place, message, remedy);
            None
        }
    }
}

/// Adds a mistake with the location of the value of a field.
fn add(
    field: &str,
    rule: &str,
    entries: &[Entry],
    message: String,
    remedy: impl Into<String>,
    report: &mut Report,
) {
    let place = find(entries, field).map_or_else(Place::default, |entry| entry.node.place);
    field.clone_into(&mut report.field);
    report.add(rule, place, message, remedy);
    report.field.clear();
}
