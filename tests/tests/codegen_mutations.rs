//! Tests that codegen accepts a mutated contract or reports errors, but does not panic and writes no file.
//! Tests that the comparison of contracts does not panic either.
//!
//! The seeds are fixed, so a failure is reproducible.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use fastrand::Rng;
use pgbeam_codegen::{generate_code, repository::GENERATED, target::Target};
use pgbeam_spec::{compare::compare, error::Error, read::Node};
use pgbeam_tests::{
    checkout::Checkout, fuzz::spec_loader::find_malformed_message, progenitor_output::fixture_path,
};

/// YAML that replaces a value of the contract.
const SCALARS: [&str; 24] = [
    "",
    "null",
    "true",
    "-1",
    "0",
    "1.5",
    "1e400",
    "99999999999999999999",
    "[]",
    "{}",
    "''",
    "' '",
    "'\u{0}'",
    "~",
    "self",
    "'#/components/schemas/Error'",
    "'#/components/schemas/PolicyProfile'",
    "'#'",
    "string",
    "object",
    "array",
    "'^(a|b)*$'",
    "'日本'",
    "&a *a",
];

/// Makes one random change: to a random line, to two lines (`swap`), or to all lines from a random one
/// (`truncate`). Returns a description of the change, and the new text.
fn mutate(text: &str, random: &mut Rng) -> (String, String) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (line, other) = (random.usize(..lines.len()), random.usize(..lines.len()));
    let change = match random.u8(..8) {
        0 => {
            lines.remove(line);
            "delete"
        }
        1 => {
            lines.swap(line, other);
            "swap"
        }
        2 => {
            lines.truncate(line);
            "truncate"
        }
        3 => {
            lines.insert(line, lines[line].clone());
            "duplicate"
        }
        4 => {
            lines[line].insert_str(0, "  ");
            "indent"
        }
        5 => {
            let half = lines[line].chars().count() / 2;
            lines[line] = lines[line].chars().take(half).collect();
            "cut"
        }
        6 => {
            let (from, to) = (word(&lines[line], random), word(&lines[other], random));
            if !from.is_empty() {
                lines[line] = lines[line].replacen(&from, &to, 1);
            }
            "misspell"
        }
        _ => {
            let scalar = SCALARS[random.usize(..SCALARS.len())];
            lines[line] = match lines[line].split_once(": ") {
                Some((key, _)) => format!("{key}: {scalar}"),
                None => format!("{} {scalar}", lines[line]),
            };
            "replace"
        }
    };
    (
        format!("{change} line {}", line + 1),
        lines.join("\n") + "\n",
    )
}

/// Returns a random word of a line, or an empty string if the line has no words.
fn word(line: &str, random: &mut Rng) -> String {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        words[random.usize(..words.len())].to_owned()
    }
}

/// Passes `rounds` mutated contracts to `generate`. Each has one change of the original. Returns how many of
/// them `generate` accepts.
///
/// # Panics
///
/// If `generate` panics or returns an error with a malformed message.
fn run(
    original: &str,
    seed: u64,
    rounds: usize,
    generate: impl Fn(&str) -> Result<(), Error>,
) -> usize {
    let mut random = Rng::with_seed(seed);
    let mut valid = 0;
    for round in 0..rounds {
        let (change, text) = mutate(original, &mut random);
        let context = format!("round {round} of seed {seed}: {change}");
        match catch_unwind(AssertUnwindSafe(|| generate(&text))) {
            Ok(Ok(())) => valid += 1,
            Ok(Err(error)) => assert_eq!(find_malformed_message(&error), None, "{context}"),
            Err(_) => panic!("{context} panicked"),
        }
    }
    valid
}

/// Runs codegen on 100 mutations of one file of the repository's contract. Checks that codegen does not
/// panic, that 10 to 89 mutations keep the contract valid, and that no code is written.
fn mutate_contract(file: &str, seed: u64) {
    let checkout = Checkout::from_repository();
    let rounds = 100;
    let valid = run(&checkout.read(file), seed, rounds, |text| {
        checkout.write(file, text);
        checkout.output().map(drop)
    });
    // Most lines are prose, so many mutations keep the contract valid.
    assert!(
        (rounds / 10..rounds * 9 / 10).contains(&valid),
        "{valid} of {rounds} were valid"
    );
    assert!(!checkout.path(GENERATED).exists(), "no file is written");
}

#[test]
fn mutated_area() {
    mutate_contract("spec/areas/policies.yaml", 1);
}

#[test]
fn mutated_root_file() {
    mutate_contract("spec/openapi.yaml", 2);
}

/// Returns the paths of the documents in `fixtures/codegen`. They have little prose, so most changes matter.
fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(fixture_path("responses").with_file_name("")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10);
    files
}

#[test]
fn mutated_fixtures() {
    for (seed, file) in (3..).zip(fixtures()) {
        let text = fs::read_to_string(&file).unwrap();
        let name = &file.display().to_string();
        run(&text, seed, 25, |text| {
            let document = Node::parse(text, name)?;
            generate_code(&document, &Target::module("crate")).map(drop)
        });
    }
}

/// Comparing a mutated contract with the original does not panic. Comparing a valid mutated contract with
/// itself finds no changes.
#[test]
fn comparison_of_mutated_fixtures() {
    let (mut compared, mut rounds) = (0, 0);
    for (seed, file) in (50..).zip(fixtures()) {
        let text = fs::read_to_string(&file).unwrap();
        let name = &file.display().to_string();
        let original = Node::parse(&text, name).unwrap();
        rounds += 40;
        compared += run(&text, seed, 40, |text| {
            let document = Node::parse(text, name)?;
            compare(&original, &document)?;
            compare(&document, &original)?;
            assert_eq!(compare(&document, &document)?.changes, []);
            Ok(())
        });
    }
    // Only valid documents are compared, and most mutated documents are invalid.
    assert!(
        compared > rounds / 5,
        "{compared} of {rounds} were compared"
    );
}
