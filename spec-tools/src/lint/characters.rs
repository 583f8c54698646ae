//! No string has a character that rustc rejects in documentation, or that hides what is written.

use crate::{error::ValidationErrors, escape::is_unprintable, read::Node};

/// Checks all keys and strings of a document.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    let mut open = vec![document];
    while let Some(node) = open.pop() {
        open.extend(node.items());
        open.extend(node.entries().iter().map(|entry| &entry.node));
        let keys = node
            .entries()
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.location));
        for (text, location) in keys.chain(node.as_str().map(|text| (text, &node.location))) {
            let bad = |c: &char| !matches!(c, '\n' | '\t') && is_unprintable(*c);
            if let Some(c) = text.chars().find(bad) {
                let message = format!("a string with the control character U+{:04X}", u32::from(c));
                errors.push(location, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::errors;
    use crate::error::ValidationErrors;

    #[test]
    fn control_and_bidirectional_characters_are_rejected() {
        let check = |document: &_| {
            let mut errors = ValidationErrors::default();
            super::check(document, &mut errors);
            errors.finish()
        };
        assert_eq!(
            errors(check, "{a: \"x\\n\\ty é\", b: [\"\u{1F600}\"]}"),
            [""; 0]
        );
        for c in [
            '\r', '\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{202a}', '\u{202e}', '\u{2066}',
            '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}',
        ] {
            let code = u32::from(c);
            for text in [
                format!("{{\"a\": [\"x\\u{code:04x}y\"]}}"),
                format!("{{ \"x\\u{code:04x}\": 1}}"),
            ] {
                let said = errors(check, &text);
                let want = format!("a string with the control character U+{code:04X}");
                assert!(said.len() == 1 && said[0].ends_with(&want), "{said:?}");
            }
        }
    }
}
