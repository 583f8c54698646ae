//! Runs the fuzz targets without libFuzzer: on their corpus and on deterministic mutations of it.
//!
//! If libFuzzer finds an input that fails, add the input to the corpus as a regression test, under a name
//! that contains a dot.

use std::{fs, path::PathBuf};

use fastrand::Rng;
use pgbeam_tests::fuzz::TARGETS;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// Returns the names and contents of the checked-in corpus files of a target, sorted by name. Skips names
/// without a dot, because libFuzzer gives such names to the files that it adds.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder().join("corpus").join(target)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.contains('.'))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Returns the entries of a target's dictionary.
fn dictionary(target: &str) -> Vec<Vec<u8>> {
    let path = folder().join("dictionaries").join(format!("{target}.dict"));
    let dictionary = fs::read_to_string(path).unwrap();
    dictionary
        .lines()
        .map(|line| unquote(line).unwrap_or_else(|| panic!("{target}: {line}")))
        .collect()
}

/// Decodes a line of a dictionary: `"\x41\"\\"` is `A"\`. Returns `None` if the line is invalid.
fn unquote(line: &str) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.bytes();
    let mut word = Vec::new();
    while let Some(byte) = rest.next() {
        word.push(match byte {
            b'\\' => match rest.next()? {
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                escaped @ (b'"' | b'\\') => escaped,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(word)
}

/// Applies one to four random changes. Some insert bytes of a file in `others`, or one of `words`.
fn mutate(
    input: &[u8],
    others: &[(String, Vec<u8>)],
    words: &[Vec<u8>],
    random: &mut Rng,
) -> Vec<u8> {
    let mut input = input.to_vec();
    for _ in 0..random.usize(1..=4) {
        let from = random.usize(..=input.len());
        let to = random.usize(from..=input.len().min(from + 32));
        match random.u8(..7) {
            0 => {
                input.drain(from..to);
            }
            1 => input.truncate(from),
            2 => {
                let copy = input[from..to].to_vec();
                let at = random.usize(..=input.len());
                input.splice(at..at, copy);
            }
            3 if from < input.len() => input[from] ^= 1 << random.u8(..8),
            4 if from < input.len() => input[from] = random.u8(..),
            5 => {
                let other = &random.choice(others).unwrap().1;
                input.splice(
                    from..to,
                    other[random.usize(..=other.len())..].iter().copied(),
                );
            }
            _ => {
                let word = random.choice(words).unwrap();
                input.splice(from..to, word.iter().copied());
            }
        }
    }
    input
}

/// Runs a target on its corpus and on `rounds` mutations of each file.
fn run(target: &str, rounds: usize) {
    let (name, check) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let (files, words) = (corpus(name), dictionary(name));
    assert!(
        files.len() >= 10,
        "{target} has a corpus of {} files",
        files.len()
    );
    let mut random = Rng::with_seed(1);
    for (file, input) in &files {
        check_with(*check, input, &format!("{target}/{file}"));
        for round in 0..rounds {
            let input = mutate(input, &files, &words, &mut random);
            check_with(*check, &input, &format!("{target}/{file}, round {round}"));
        }
    }
}

/// Runs a check. If it panics, panics with a message that contains the input.
fn check_with(check: fn(&[u8]), input: &[u8], label: &str) {
    let outcome = std::panic::catch_unwind(|| check(input));
    assert!(
        outcome.is_ok(),
        "{label}: fails on {}",
        input.escape_ascii()
    );
}

macro_rules! targets {
    ($($target:ident: $rounds:literal,)*) => {
        $(
            #[test]
            fn $target() {
                run(stringify!($target), $rounds);
            }
        )*

        #[test]
        fn every_target_has_a_test_and_a_binary() {
            let tested = [$(stringify!($target)),*];
            assert_eq!(TARGETS.map(|(name, _)| name)[..], tested);
            let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
            for target in tested {
                assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
                let path = folder().join(format!("fuzz_targets/{target}.rs"));
                let source = fs::read_to_string(path).unwrap();
                assert!(source.contains(&format!("pgbeam_fuzz::fuzz::{target}::check")), "{target}");
            }
            for folder in ["corpus", "dictionaries", "fuzz_targets"].map(|name| folder().join(name)) {
                assert_eq!(fs::read_dir(&folder).unwrap().count(), tested.len(), "{folder:?}");
            }
        }
    };
}

targets! {
    base_url: 200,
    error_body: 200,
    evaluate: 100,
    link: 200,
    policy_files: 100,
    rate_limit: 200,
    response_json: 200,
    retry_after: 200,
    spec_loader: 25,
}
