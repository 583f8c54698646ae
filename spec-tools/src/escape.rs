//! Escapes strings that come from an API contract, so that they cannot forge lines, markup or
//! terminal control sequences in messages and reports.

/// Returns `true` for control characters (including line feed and tab), for line and paragraph
/// separators, and for characters that change the text direction.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Replaces every unprintable character by a Rust escape, such as `\n` or `\u{202e}`.
pub fn escape_unprintable(value: &str) -> String {
    escape(value, is_unprintable)
}

/// Returns the value as a Markdown code span. Escapes unprintable characters, and replaces
/// backticks by apostrophes.
pub fn code_span(value: &str) -> String {
    format!("`{}`", escape_unprintable(value).replace('`', "'"))
}

/// Replaces every character except letters, digits, `_`, `-`, `.`, `:` and `$` by a Rust escape, so
/// that a name cannot add links, HTML, code spans or headings to Markdown. A space becomes
/// `\u{20}`.
pub fn escape_markup(name: &str) -> String {
    escape(name, |c| !(c.is_alphanumeric() || "_-.:$".contains(c)))
}

fn escape(value: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match is_special(c) {
            true if matches!(c, '\n' | '\r' | '\t') => out.extend(c.escape_default()),
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_unprintable_characters_and_markdown() {
        assert_eq!(
            escape_unprintable("a\u{202e}b\r\n\u{1b}[1m é"),
            r"a\u{202e}b\r\n\u{1b}[1m é"
        );
        assert_eq!(code_span("`x`\n# y"), r"`'x'\n# y`");
        assert_eq!(escape_markup("a_b-c.d$é"), "a_b-c.d$é");
        assert_eq!(
            escape_markup("](x) `#"),
            r"\u{5d}\u{28}x\u{29}\u{20}\u{60}\u{23}"
        );
    }
}
