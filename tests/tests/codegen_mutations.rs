//! However the contract is broken, codegen says so; it never panics, and never writes.
//!
//! The seed is fixed, so that a failure can be repeated.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use fastrand::Rng;
use pgbeam_codegen::{generate_code, repository::GENERATED, target::Target};
use pgbeam_spec::{compare::compare, error::Error, read::Node};
use pgbeam_tests::{bare::fixture, checkout::Checkout, fuzz::spec_loader::find_malformed_message};

/// Values that a person or a tool may put where another belongs.
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

/// One change at a random line; what it did, and the new text.
fn mutate(text: &str, random: &mut Rng) -> (String, String) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (one, other) = (random.usize(..lines.len()), random.usize(..lines.len()));
    let what = match random.u8(..8) {
        0 => {
            lines.remove(one);
            "delete"
        }
        1 => {
            lines.swap(one, other);
            "swap"
        }
        2 => {
            lines.truncate(one);
            "truncate"
        }
        3 => {
            lines.insert(one, lines[one].clone());
            "duplicate"
        }
        4 => {
            lines[one].insert_str(0, "  ");
            "indent"
        }
        5 => {
            let half = lines[one].chars().count() / 2;
            lines[one] = lines[one].chars().take(half).collect();
            "cut"
        }
        6 => {
            let (from, to) = (word(&lines[one], random), word(&lines[other], random));
            if !from.is_empty() {
                lines[one] = lines[one].replacen(&from, &to, 1);
            }
            "misspell"
        }
        _ => {
            let scalar = SCALARS[random.usize(..SCALARS.len())];
            lines[one] = match lines[one].split_once(": ") {
                Some((key, _)) => format!("{key}: {scalar}"),
                None => format!("{} {scalar}", lines[one]),
            };
            "replace"
        }
    };
    (format!("{what} line {}", one + 1), lines.join("\n") + "\n")
}

/// One of the words of a line; none if it has none.
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

/// Runs `rounds` rounds and says how many contracts were good all the same.
fn run(
    whole: &str,
    seed: u64,
    rounds: usize,
    generate: impl Fn(&str) -> Result<(), Error>,
) -> usize {
    let mut random = Rng::with_seed(seed);
    let mut good = 0;
    for round in 0..rounds {
        let (what, text) = mutate(whole, &mut random);
        let what = format!("round {round} of seed {seed}: {what}");
        match catch_unwind(AssertUnwindSafe(|| generate(&text))) {
            Ok(Ok(())) => good += 1,
            Ok(Err(error)) => assert_eq!(find_malformed_message(&error), None, "{what}"),
            Err(_) => panic!("{what} panicked"),
        }
    }
    good
}

/// Breaks one file of this repository's contract.
fn run_contract(file: &str, seed: u64) {
    let checkout = Checkout::of_this_repository();
    let rounds = 100;
    let good = run(&checkout.read(file), seed, rounds, |text| {
        checkout.write(file, text);
        checkout.output().map(drop)
    });
    // Neither all nor none are good: most lines are prose, which may lose a word.
    assert!(
        (rounds / 10..rounds * 9 / 10).contains(&good),
        "{good} of {rounds} were good"
    );
    assert!(!checkout.path(GENERATED).exists(), "nothing is written");
}

#[test]
fn of_an_area() {
    run_contract("spec/areas/policies.yaml", 1);
}

#[test]
fn of_the_shared_part() {
    run_contract("spec/openapi.yaml", 2);
}

/// The fixtures have every construct that codegen knows, and next to no prose.
fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(fixture("answers").with_file_name("")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10);
    files
}

#[test]
fn of_the_fixtures() {
    for (seed, file) in (3..).zip(fixtures()) {
        let text = fs::read_to_string(&file).unwrap();
        let name = &file.display().to_string();
        run(&text, seed, 25, |text| {
            let document = Node::parse(text, name)?;
            generate_code(&document, &Target::module("crate")).map(drop)
        });
    }
}

/// A broken contract is compared, or it is said why it is not; and one that is compared is itself.
#[test]
fn of_what_is_compared() {
    let (mut compared, mut rounds) = (0, 0);
    for (seed, file) in (50..).zip(fixtures()) {
        let text = fs::read_to_string(&file).unwrap();
        let name = &file.display().to_string();
        let whole = Node::parse(&text, name).unwrap();
        rounds += 40;
        compared += run(&text, seed, 40, |text| {
            let document = Node::parse(text, name)?;
            compare(&whole, &document)?;
            compare(&document, &whole)?;
            assert_eq!(compare(&document, &document)?.changes, []);
            Ok(())
        });
    }
    // Most are broken too much; enough are not.
    assert!(
        compared > rounds / 5,
        "{compared} of {rounds} were compared"
    );
}
