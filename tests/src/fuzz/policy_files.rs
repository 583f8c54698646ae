//! Checks that a policy file is either accepted and exported without a change, or rejected with a location
//! and a remedy for each mistake.

use pgbeam::policies::{
    diff::diff,
    document::{Format, PolicySet},
    lint::Linter,
};

/// Parses the input in each format.
///
/// # Panics
///
/// If a mistake has no location or no remedy, if the message of a mistake is not one line, or if the export
/// of an accepted file contains another policy set.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for format in [Format::Yaml, Format::Json, Format::Toml] {
        match PolicySet::parse(text, format, "fuzz") {
            Ok(set) => check_export(&set),
            Err(errors) => {
                assert!(!errors.findings().is_empty());
                for finding in errors.findings() {
                    assert!(finding.location.is_some(), "{finding}");
                    assert!(!finding.remedy.is_empty(), "{finding}");
                }
                let lines = errors.to_string().lines().count();
                assert_eq!(lines, errors.findings().len(), "{errors}");
            }
        }
    }
}

fn check_export(set: &PolicySet) {
    set.lint(&Linter::new());
    let text = match set.to_yaml() {
        Ok(text) => text,
        Err(error) => {
            // The list is two levels deeper than a file with one profile.
            assert!(error.to_string().contains("nested"), "{error}");
            return;
        }
    };
    let read = PolicySet::parse(&text, Format::Yaml, "export.yaml");
    let read = read.unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(read.profiles().len(), set.profiles().len());
    for entry in set.profiles() {
        let read = read.get(entry.name()).expect("an exported profile");
        assert!(diff(entry.profile(), read.profile()).is_empty(), "{text}");
        assert!(diff(read.profile(), entry.profile()).is_empty(), "{text}");
        assert_eq!(entry.suppressions().len(), read.suppressions().len());
    }
    for entry in set.query_templates() {
        let read = read.get_query_template(entry.name());
        let template = read.expect("an exported template").template();
        assert_eq!(template, entry.template());
    }
}
