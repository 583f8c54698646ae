//! Scans the SQL of query templates without parsing it: counts the statements and collects the placeholders.

use std::collections::BTreeSet;

/// The statements, the first word and the placeholders of an SQL string, as [`scan`] collects them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    /// The number of statements. Empty statements, as in `;;`, are not counted.
    pub(super) statements: usize,
    /// The first keyword or name outside quotes, in lower case; empty if there is none.
    pub(super) first_word: String,
    /// The numbers of the placeholders `$1`, `$2`, ….
    pub(super) placeholders: BTreeSet<u32>,
    /// `true` if a string, a quoted name, a dollar-quoted string or a block comment is not closed.
    pub(super) is_unclosed: bool,
}

/// Scans SQL by the lexical rules of PostgreSQL. Ignores the content of strings, quoted names, dollar-quoted strings
/// and comments.
pub(super) fn scan(sql: &str) -> Tokens {
    let mut tokens = Tokens::default();
    let mut rest = sql;
    let mut is_in_statement = false;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        if first.is_whitespace() {
            rest = after;
            continue;
        }
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, next)| next);
            continue;
        }
        if rest.starts_with("/*") {
            rest = skip_comment(rest, &mut tokens);
            continue;
        }
        if first == ';' {
            is_in_statement = false;
            rest = after;
            continue;
        }
        if !is_in_statement {
            is_in_statement = true;
            tokens.statements += 1;
        }
        rest = match first {
            '\'' | '"' => skip_quoted(after, first, false, &mut tokens),
            '$' => skip_dollar(rest, &mut tokens),
            _ if is_word_start(first) => {
                let word = take(rest, |c| is_word_start(c) || c.is_ascii_digit() || c == '$');
                let next = &rest[word.len()..];
                if tokens.first_word.is_empty() {
                    tokens.first_word = word.to_lowercase();
                }
                match next.strip_prefix('\'') {
                    Some(text) if word.eq_ignore_ascii_case("e") => {
                        skip_quoted(text, '\'', true, &mut tokens)
                    }
                    _ => next,
                }
            }
            // A sign or one digit. Digits are not read as a word, because `1$2` is a number and a placeholder.
            _ => after,
        };
    }
    tokens
}

/// Returns `true` if an unquoted keyword or name can start with a character.
fn is_word_start(character: char) -> bool {
    character == '_' || character.is_ascii_alphabetic() || !character.is_ascii()
}

/// Returns the longest prefix of `text` that has only accepted characters.
fn take(text: &str, is_accepted: impl Fn(char) -> bool) -> &str {
    let end = text.find(|character| !is_accepted(character));
    &text[..end.unwrap_or(text.len())]
}

/// Skips a block comment, which can contain other block comments. Returns the text after the comment.
fn skip_comment<'a>(text: &'a str, tokens: &mut Tokens) -> &'a str {
    let mut depth = 0;
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(next) = rest.strip_prefix("/*") {
            depth += 1;
            rest = next;
        } else if let Some(next) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = next;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut characters = rest.chars();
            characters.next();
            rest = characters.as_str();
        }
    }
    tokens.is_unclosed = true;
    rest
}

/// Skips the rest of a string or quoted name. `text` starts after the opening quote. Returns the text after the closing
/// quote. A doubled quote is not a closing quote. `has_escapes` is `true` if a backslash escapes the next character.
fn skip_quoted<'a>(text: &'a str, quote: char, has_escapes: bool, tokens: &mut Tokens) -> &'a str {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            let rest = characters.as_str();
            return match rest.strip_prefix(quote) {
                // A doubled quote is part of the string.
                Some(next) => {
                    characters = next.chars();
                    continue;
                }
                None => rest,
            };
        }
        if has_escapes && character == '\\' {
            characters.next();
        }
    }
    tokens.is_unclosed = true;
    ""
}

/// Reads a token that starts with `$` and returns the text after it. Records a placeholder such as `$1`, skips a
/// dollar-quoted string such as `$tag$…$tag$`, and skips a `$` that starts neither.
fn skip_dollar<'a>(text: &'a str, tokens: &mut Tokens) -> &'a str {
    let after = &text[1..];
    let digits = take(after, |c| c.is_ascii_digit());
    if !digits.is_empty() {
        tokens
            .placeholders
            .insert(digits.parse().unwrap_or(u32::MAX));
        return &after[digits.len()..];
    }
    let tag = take(after, |c| is_word_start(c) || c.is_ascii_digit());
    if !after[tag.len()..].starts_with('$') {
        return after;
    }
    let delimiter = &text[..tag.len() + 2];
    match text[delimiter.len()..].split_once(delimiter) {
        Some((_, rest)) => rest,
        None => {
            tokens.is_unclosed = true;
            ""
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_scanned_like_postgres() {
        let cases: [(&str, usize, &str, &[u32]); 18] = [
            ("SELECT 1", 1, "select", &[]),
            ("select $1, $2, $1;", 1, "select", &[1, 2]),
            (" ;; select 1 ; ; ", 1, "select", &[]),
            ("select 1; select 2", 2, "select", &[]),
            ("-- $1 ;\nselect $2", 1, "select", &[2]),
            ("/* /* $1 */ ; */ select $2 -- ;", 1, "select", &[2]),
            ("select '$1; it''s', $2", 1, "select", &[2]),
            ("select E'\\'$1;''\\'', $2", 1, "select", &[2]),
            ("select e'\\\\', $2", 1, "select", &[2]),
            ("select '\\', $2", 1, "select", &[2]),
            ("select \"a;$1\", $2", 1, "select", &[2]),
            ("select $$ $1; $$, $2", 1, "select", &[2]),
            ("select $a$ $1 $$ ; $a$, $2", 1, "select", &[2]),
            ("select a$1 from ä$2", 1, "select", &[]),
            ("select 1$3", 1, "select", &[3]),
            ("select $99999999999", 1, "select", &[u32::MAX]),
            ("(select 1)", 1, "select", &[]),
            ("", 0, "", &[]),
        ];
        for (sql, statements, first_word, placeholders) in cases {
            let tokens = scan(sql);
            assert_eq!(tokens.statements, statements, "{sql}");
            assert_eq!(tokens.first_word, first_word, "{sql}");
            let expected: BTreeSet<u32> = placeholders.iter().copied().collect();
            assert_eq!(tokens.placeholders, expected, "{sql}");
            assert!(!tokens.is_unclosed, "{sql}");
        }
        for sql in [
            "select '",
            "select \"a",
            "/* /* */",
            "select $a$ $$",
            "select E'\\'",
        ] {
            assert!(scan(sql).is_unclosed, "{sql}");
        }
    }
}
