//! Runs the case tables in `tests/cases`. Each row states the verdict of a policy on an SQL string.
//!
//! A line `policy {…}` sets the policy of the rows after it. A row is `verdict [rule] | SQL [| rewritten SQL]`. The
//! separator is a vertical bar between spaces, so the SQL cannot contain it. `\n`, `\0` and `\\` are escapes. Lines that
//! start with `#` are comments.
//!
//! A `block` row without a rule accepts any rule. `mask` and `row-filter` rows list all masked columns as `column:kind`
//! instead of a rule. `block?` marks a verdict that PgBeam does not publish and this crate chose; the evaluation must
//! have a note.

use std::fmt::Write as _;
use std::path::Path;

use pgbeam_engine::{Engine, Evaluation, Policy, Verdict};

#[test]
fn every_case_has_the_expected_verdict() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(&directory)
        .expect("the folder of the cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut rows = 0_usize;
    let mut failures = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file of cases");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut policy = Policy::default();
        for (index, line) in text.lines().enumerate() {
            let place = format!("{name}:{}", index + 1);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(json) = line.strip_prefix("policy ") {
                policy = Policy::from_json(json).unwrap_or_else(|error| panic!("{place}: {error}"));
                continue;
            }
            rows += 1;
            if let Err(difference) = check(&policy, line) {
                writeln!(failures, "{place}: {line}\n    {difference}").expect("a string");
            }
        }
    }
    assert!(
        failures.is_empty(),
        "of {rows} rows, these differ:\n{failures}"
    );
    assert!(rows >= 400, "only {rows} rows");
}

fn check(policy: &Policy, row: &str) -> Result<(), String> {
    let mut fields = row.split(" | ").map(str::trim);
    let expected = fields.next().unwrap_or_default();
    let sql = unescape(fields.next().ok_or("no SQL")?);
    let rewritten = fields.next().map(unescape);
    let evaluation = Engine::default().evaluate(policy, &sql);
    let mut words = expected.split_whitespace();
    let verdict = words.next().unwrap_or_default();
    let details: Vec<&str> = words.collect();
    let is_open = verdict.ends_with('?');
    let actual = describe(&evaluation);
    let expected = std::iter::once(verdict.trim_end_matches('?'))
        .chain(details.iter().copied())
        .collect::<Vec<_>>()
        .join(" ");
    // A row without a rule does not check it.
    let is_equal =
        actual == expected || (evaluation.is_block() && details.is_empty() && expected == "block");
    if !is_equal {
        return Err(format!("{actual}: {}", evaluation.reason));
    }
    if is_open && evaluation.notes.is_empty() {
        return Err("the evaluation has no note".to_owned());
    }
    if rewritten.is_some() && rewritten != evaluation.rewritten_sql {
        return Err(format!("rewritten: {:?}", evaluation.rewritten_sql));
    }
    check_consistency(&evaluation)
}

/// Checks the properties of every evaluation.
fn check_consistency(evaluation: &Evaluation) -> Result<(), String> {
    let is_filtered = evaluation.row_filter_predicate.is_some();
    let ensure = |holds: bool, message: &str| {
        if holds {
            Ok(())
        } else {
            Err(message.to_owned())
        }
    };
    ensure(!evaluation.reason.is_empty(), "no reason")?;
    ensure(
        evaluation.hint.is_some() == evaluation.is_block(),
        "a hint belongs to every block",
    )?;
    ensure(
        evaluation.is_block() != (evaluation.rule == "ok"),
        "block and rule differ",
    )?;
    ensure(
        evaluation.rewritten_sql.is_some() == is_filtered
            && (evaluation.verdict == Verdict::RowFilter) == is_filtered,
        "predicate, verdict and rewritten SQL differ",
    )?;
    ensure(
        !evaluation.is_block() || evaluation.masked_columns.is_empty(),
        "a blocked statement has masked columns",
    )
}

fn describe(evaluation: &Evaluation) -> String {
    let mut text = evaluation.verdict.as_str().to_owned();
    if evaluation.is_block() {
        write!(text, " {}", evaluation.rule).expect("a string");
    }
    let mut columns: Vec<String> = evaluation
        .masked_columns
        .iter()
        .map(|column| {
            let kind = serde_json::to_value(column.kind).expect("a kind");
            format!("{}:{}", column.column, kind.as_str().unwrap_or_default())
        })
        .collect();
    columns.sort();
    for column in columns {
        write!(text, " {column}").expect("a string");
    }
    text
}

fn unescape(text: &str) -> String {
    let mut unescaped = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            unescaped.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => unescaped.push('\n'),
            Some('0') => unescaped.push('\0'),
            Some(other) => unescaped.push(other),
            None => {}
        }
    }
    unescaped
}
