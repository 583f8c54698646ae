//! No string has a character that rustc rejects in documentation, or that hides what is written.

use crate::{error::Faults, read::Node, text::is_unprintable};

/// Checks all keys and strings of a document.
pub fn check(document: &Node, faults: &mut Faults) {
    let mut open = vec![document];
    while let Some(node) = open.pop() {
        open.extend(node.items());
        open.extend(node.entries().iter().map(|entry| &entry.node));
        let keys = node
            .entries()
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.place));
        for (text, place) in keys.chain(node.text().map(|text| (text, &node.place))) {
            let bad = |c: &char| !matches!(c, '\n' | '\t') && is_unprintable(*c);
            if let Some(c) = text.chars().find(bad) {
                let message = format!("a string with the control character U+{:04X}", u32::from(c));
                faults.at(place, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::faults;
    use crate::error::Faults;

    #[test]
    fn control_and_bidirectional_characters_are_rejected() {
        let check = |document: &_| {
            let mut faults = Faults::default();
            super::check(document, &mut faults);
            faults.finish()
        };
        assert_eq!(
            faults(check, "{a: \"x\\n\\ty é\", b: [\"\u{1F600}\"]}"),
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
                let said = faults(check, &text);
                let want = format!("a string with the control character U+{code:04X}");
                assert!(said.len() == 1 && said[0].ends_with(&want), "{said:?}");
            }
        }
    }
}
