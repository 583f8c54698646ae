//! Rejects unprintable characters in keys and strings. rustc rejects some of these characters in
//! doc comments, and some can hide text from a reader of the contract.

use crate::{error::ValidationErrors, escape::is_unprintable, read::Node};

/// Adds an error for every key and string that contains an unprintable character other than a line
/// feed or tab.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    let mut stack = vec![document];
    while let Some(node) = stack.pop() {
        stack.extend(node.items());
        stack.extend(node.entries().iter().map(|entry| &entry.node));
        let keys = node
            .entries()
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.location));
        for (string, location) in keys.chain(node.as_str().map(|string| (string, &node.location))) {
            let is_rejected = |c: &char| !matches!(c, '\n' | '\t') && is_unprintable(*c);
            if let Some(c) = string.chars().find(is_rejected) {
                let message = format!(
                    "the string has the control character U+{:04X}: remove it",
                    u32::from(c)
                );
                errors.push(location, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, run};

    #[test]
    fn rejects_control_and_bidirectional_characters() {
        assert_eq!(
            messages(run(super::check), "{a: \"x\\n\\ty é\", b: [\"\u{1F600}\"]}"),
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
                let actual = messages(run(super::check), &text);
                let expected =
                    format!("the string has the control character U+{code:04X}: remove it");
                assert!(
                    actual.len() == 1 && actual[0].ends_with(&expected),
                    "{actual:?}"
                );
            }
        }
    }
}
