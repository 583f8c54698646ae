//! Text of a document where people read it: in messages and reports.

/// Whether a character is shown as nothing, or changes how others are shown: control characters, and
/// those that change the direction of text.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line in which every character can be seen.
pub fn escape_unprintable(text: &str) -> String {
    escape(text, is_unprintable)
}

/// A code span, from which no Markdown can escape.
pub fn code_span(text: &str) -> String {
    format!("`{}`", escape_unprintable(text).replace('`', "'"))
}

/// A name as it stands in a sentence: what might be markup is escaped.
pub fn escape_markup(name: &str) -> String {
    escape(name, |c| !(c.is_alphanumeric() || "_-.:$".contains(c)))
}

fn escape(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
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
    fn nothing_hidden_is_left() {
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
