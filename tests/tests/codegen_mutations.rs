//! Tests that codegen reports a mutated contract as an error, without a panic and without writing files.
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

/// Values that replace a value of the contract.
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

/// Changes a random line. Returns a description of the change, and the new text.
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

/// Returns a random word of a line. Empty if the line has no words.
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

/// Mutates a contract `rounds` times. Returns how many mutated contracts are valid.
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

/// Mutates one file of the repository's contract 100 times. Checks that codegen does not panic, that 10 to 89
/// mutations keep the contract valid, and that no file is written.
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

/// Returns the fixtures, which have every construct that codegen supports and little prose.
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
    // Most mutated documents are not valid enough to compare.
    assert!(
        compared > rounds / 5,
        "{compared} of {rounds} were compared"
    );
}
