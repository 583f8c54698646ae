//! Property tests with mutated files and random text. The parser must not panic, and every mistake must have a
//! location, a remedy and a message of one line.

use pgbeam::policies::document::{Format, PolicySet};
use proptest::{prelude::*, test_runner::RngSeed};

/// Valid files to mutate.
const FILES: [(Format, &str); 3] = [
    (
        Format::Yaml,
        "# A comment.\nname: \"Süpport\"\naccess_mode: read_write\nstatement_rules: {deny: [ddl]}\nmasking_rules:\n  \
         - table: users\n    column: email\n    kind: 'null'\nstatement_timeout: 5s\n---\nquery_templates:\n- name: a\n  \
         sql: |\n    SELECT $1\n  params: [{name: x, type: text}]\n",
    ),
    (
        Format::Json,
        "{\"policies\": [{\"name\": \"S\\u00fcpport\", \"max_rows\": 5, \"egress_per_day\": \"1 MiB\",\n \
         \"statement_rules\": {\"deny\": [\"ddl\"]}, \"row_filters\": [{\"table\": \"t\", \"predicate\": \"a = 'x'\"}]}]}",
    ),
    (
        Format::Toml,
        "[[policies]]\nname = \"Süpport\"\nmax_rows = 5\nstatement_rules.deny = ['ddl']\nallow_unknown = [\"x\"]\n\
         x = 1.5\n[[query_templates]]\nname = \"a\"\nsql = '''\nSELECT 1'''\n",
    ),
];

/// Parses a text. If the parser rejects the text, checks the location, the remedy and the message of each mistake.
fn check(text: &str, format: Format) {
    let Err(errors) = PolicySet::parse(text, format, "a") else {
        return;
    };
    assert!(!errors.findings().is_empty());
    for finding in errors.findings() {
        assert!(!finding.remedy.is_empty(), "{text:?}: {finding}");
        let location = finding.location.as_ref().expect("a location");
        assert!(
            location.line <= text.split(['\n', '\r']).count() + 1,
            "{text:?}: {finding}"
        );
    }
    assert_eq!(
        errors.to_string().lines().count(),
        errors.findings().len(),
        "{text:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn mutated_files_do_not_panic(
        file in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..8usize, ".{0,4}|[-\\[\\]{}:,\"'|>&*!%#?@\n\t \\\\]{1,3}"), 1..5),
    ) {
        let (format, text) = FILES[file];
        let mut characters: Vec<char> = text.chars().collect();
        for (at, removed, inserted) in changes {
            let at = at.index(characters.len() + 1);
            let end = characters.len().min(at + removed);
            characters.splice(at..end, inserted.chars());
        }
        let text: String = characters.into_iter().collect();
        check(&text, format);
    }

    #[test]
    fn random_text_does_not_panic(text in "(?s).{0,60}|[-\\[\\]{}:,\"'|>&*!%#?@=\n\t a1ä]{0,30}") {
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            check(&text, format);
        }
    }
}

#[test]
fn unchanged_files_are_accepted() {
    for (format, text) in FILES {
        assert!(PolicySet::parse(text, format, "a").is_ok(), "{text}");
    }
}
