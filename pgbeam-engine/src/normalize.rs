//! Normalizes statements: replaces literals by parameters, computes the query hash, and converts statements to the form
//! in which query templates are compared.

use sha2::{Digest, Sha256};
use squawk_lexer::TokenKind;

/// A token that is neither whitespace nor a comment.
struct Token<'a> {
    kind: TokenKind,
    text: &'a str,
    /// Whether whitespace or a comment precedes the token.
    has_space_before: bool,
}

fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut offset = 0_usize;
    let mut has_space_before = false;
    squawk_lexer::tokenize(sql).filter_map(move |token| {
        let end = offset.saturating_add(usize::try_from(token.len).unwrap_or(usize::MAX));
        let text = sql.get(offset..end).unwrap_or_default();
        offset = end;
        let is_space = matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. }
        );
        if is_space {
            has_space_before = true;
            return None;
        }
        Some(Token {
            kind: token.kind,
            text,
            has_space_before: std::mem::take(&mut has_space_before),
        })
    })
}

fn without_trailing_semicolons(sql: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<_> = tokens(sql).collect();
    while tokens
        .last()
        .is_some_and(|token| token.kind == TokenKind::Semi)
    {
        tokens.pop();
    }
    tokens
}

/// Returns the statement with `$1`, `$2`, … in place of its literals, without comments, extra whitespace and trailing
/// semicolons. Letter case is kept. The numbers continue after those of the statement's own parameters. Accepts any
/// string, even invalid SQL.
///
/// ```
/// assert_eq!(pgbeam_engine::normalize_sql("SELECT 'a'  -- b"), "SELECT $1");
/// ```
#[must_use]
pub fn normalize_sql(sql: &str) -> String {
    let mut next = parameters(sql).max().unwrap_or(0).saturating_add(1);
    let mut normalized = String::with_capacity(sql.len());
    let mut is_after_literal = false;
    for token in without_trailing_semicolons(sql) {
        let is_literal = matches!(token.kind, TokenKind::Literal { .. });
        // A parameter must not become one token with its neighbours.
        let must_separate = (is_literal && normalized.ends_with(is_word_character))
            || (is_after_literal && token.text.starts_with(is_word_character));
        if (token.has_space_before || must_separate) && !normalized.is_empty() {
            normalized.push(' ');
        }
        if is_literal {
            normalized.push_str(&format!("${next}"));
            next = next.saturating_add(1);
        } else {
            normalized.push_str(token.text);
        }
        is_after_literal = is_literal;
    }
    normalized
}

/// Returns the SQL with each run of whitespace and comments replaced by one line break, which still separates tokens.
pub(crate) fn without_comments(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for token in tokens(sql) {
        if token.has_space_before {
            text.push('\n');
        }
        text.push_str(token.text);
    }
    text
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || !character.is_ascii() || ['_', '$'].contains(&character)
}

/// Returns a hash of 16 hexadecimal digits. SQL strings have the same hash if they differ only in literals and
/// parameters, comments, whitespace, trailing semicolons and the case of unquoted words. Accepts any string, even
/// invalid SQL.
#[must_use]
pub fn query_hash(sql: &str) -> String {
    let mut hash = Sha256::new();
    for token in without_trailing_semicolons(sql) {
        match token.kind {
            TokenKind::Literal { .. } | TokenKind::PositionalParam { .. } => hash.update(b"$"),
            TokenKind::Ident => hash.update(token.text.to_ascii_lowercase()),
            _ => hash.update(token.text),
        }
        // A separator, so that for example `ab c` and `a bc` have different hashes. No token of valid SQL contains NUL.
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Returns the tokens of the SQL in a form for comparison. Two SQL strings have equal forms if they differ only in
/// comments, whitespace, trailing semicolons and the case of unquoted words. Query templates are compared in this form.
pub(crate) fn canonical(sql: &str) -> String {
    let mut canonical = String::with_capacity(sql.len());
    for token in without_trailing_semicolons(sql) {
        match token.kind {
            TokenKind::Ident => canonical.push_str(&token.text.to_ascii_lowercase()),
            _ => canonical.push_str(token.text),
        }
        canonical.push('\0');
    }
    canonical
}

/// Returns the numbers of the parameters `$1`, `$2`, … in their order in the statement.
pub(crate) fn parameters(sql: &str) -> impl Iterator<Item = u32> {
    tokens(sql)
        .filter(|token| matches!(token.kind, TokenKind::PositionalParam { .. }))
        .filter_map(|token| token.text.strip_prefix('$')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_parameters() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT $1"),
            ("SELECT 'a', 1.5 -- x\n ;", "SELECT $1, $2"),
            (
                "SELECT  a\nFROM /* c */ t WHERE b=$2 AND c = 'x'",
                "SELECT a FROM t WHERE b=$2 AND c = $3",
            ),
            (
                "SELECT $tag$ a $tag$, E'\\n', b'1', x'f', U&'a'",
                "SELECT $1, $2, $3, $4, $5",
            ),
            ("SELECT -1, \"A\"", "SELECT -$1, \"A\""),
            ("SELECT 1'a'b", "SELECT $1 $2 b"),
            ("", ""),
        ] {
            assert_eq!(normalize_sql(sql), expected, "{sql}");
        }
    }

    #[test]
    fn hashes_depend_on_tokens_only() {
        let hash = query_hash("SELECT a FROM t WHERE b = 'x'");
        assert_eq!(hash.len(), 16);
        for same in [
            "select a from T where b=\n'y';",
            "SELECT a FROM t WHERE b = $1",
        ] {
            assert_eq!(query_hash(same), hash, "{same}");
        }
        for other in [
            "SELECT a FROM t WHERE b = c",
            "SELECT \"A\" FROM t WHERE b = 'x'",
        ] {
            assert_ne!(query_hash(other), hash, "{other}");
        }
    }

    #[test]
    fn canonical_texts_distinguish_literals() {
        let text = canonical("select id from orders where note = 'A  b' and \"Id\" = $1");
        for same in [
            "SELECT id FROM orders WHERE note = 'A  b' AND \"Id\" = $1;",
            "select  id\nfrom Orders -- all\nwhere note='A  b' /* x */ and \"Id\"=$1 ; -- x",
        ] {
            assert_eq!(canonical(same), text, "{same}");
        }
        for other in [
            "select id from orders where note = 'a  b' and \"Id\" = $1",
            "select id from orders where note = 'A  b' and \"id\" = $1",
            "select id from orders where note = 'A  b' and \"Id\" = $2",
        ] {
            assert_ne!(canonical(other), text, "{other}");
        }
        assert_ne!(canonical("SELECT 'a'', ''b'"), canonical("SELECT 'a', 'b'"));
        assert_ne!(canonical("SELECT \u{212a}"), canonical("SELECT k"));
    }

    #[test]
    fn finds_parameters_outside_strings_and_comments() {
        let numbers: Vec<u32> = parameters("SELECT $2, $1, '$3', $tag$ $4 $tag$ -- $5").collect();
        assert_eq!(numbers, [2, 1]);
    }
}
