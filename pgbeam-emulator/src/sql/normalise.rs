//! SQL as a sequence of tokens: for telling whether two texts are one statement, and
//! which parameters a text uses.

use std::collections::BTreeSet;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// A text that is the same for two statements only when they are one: the tokens without
/// comments and layout, unquoted words in lower case, no semicolon at the end. It is for
/// comparing and not for reading.
pub(crate) fn normalise(sql: &str) -> String {
    // No token is written like this, so what is no SQL equals nothing but itself.
    let Some(mut tokens) = tokens(sql) else {
        return format!("?{}", sql.trim());
    };
    while tokens
        .last()
        .is_some_and(|token| *token == Token::SemiColon)
    {
        tokens.pop();
    }
    let words: Vec<String> = tokens
        .into_iter()
        .map(|token| match token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_lowercase(),
            // Not as SQL: the tokenizer has undoubled the quotes within strings, and the
            // string `'a'', ''b'` would read as the two strings `'a', 'b'`.
            other => format!("{other:?}"),
        })
        .collect();
    words.join(" ")
}

/// The numbers of the parameters `$1`, `$2`, …; or, as the error, the first
/// placeholder that is none of those.
pub(crate) fn placeholders(sql: &str) -> Result<BTreeSet<usize>, String> {
    tokens(sql)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|token| match token {
            Token::Placeholder(placeholder) => Some(placeholder),
            _ => None,
        })
        .map(|placeholder| {
            let number = placeholder
                .strip_prefix('$')
                .and_then(|digits| digits.parse().ok());
            number.ok_or(placeholder)
        })
        .collect()
}

/// The first word of each statement, in lower case; none when the text cannot be told
/// apart into tokens.
pub(crate) fn first_words(sql: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql)?;
    let statements = tokens.split(|token| *token == Token::SemiColon);
    let first_word = |statement: &[Token]| {
        statement.iter().find_map(|token| match token {
            Token::Word(word) => Some(word.value.to_lowercase()),
            _ => None,
        })
    };
    Some(statements.filter_map(first_word).collect())
}

/// What of a text PostgreSQL reads otherwise than the tokenizer does, when there is such.
pub(crate) fn misread(sql: &str) -> Option<&'static str> {
    if sql.contains('\0') {
        return Some("a NUL character");
    }
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().ok()?;
    let is_odd = |c: &char| c.is_whitespace() && !c.is_ascii();
    // PostgreSQL takes them for letters: `a\u{a0}b` is one name.
    let quoted: usize = tokens
        .iter()
        .filter(|token| match token {
            Token::Word(word) => word.quote_style.is_some(),
            Token::Whitespace(Whitespace::Space) => false,
            _ => true,
        })
        .map(|token| token.to_string().chars().filter(is_odd).count())
        .sum();
    if sql.chars().filter(is_odd).count() > quoted {
        return Some("a space outside ASCII");
    }
    // `U&"..."` is a name with escapes; the tokenizer knows strings of that form alone.
    let escaped = tokens.windows(3).any(|three| match three {
        [Token::Word(u), Token::Ampersand, Token::Word(name)] => {
            u.quote_style.is_none()
                && u.value.eq_ignore_ascii_case("u")
                && name.quote_style.is_some()
        }
        _ => false,
    });
    escaped.then_some("a name with Unicode escapes")
}

/// The tokens but for spaces and comments; none when the text cannot be tokenised.
fn tokens(sql: &str) -> Option<Vec<Token>> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().ok()?;
    Some(
        tokens
            .into_iter()
            .filter(|token| !matches!(token, Token::Whitespace(_)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_comments_and_case_do_not_count() {
        let one = "select id from orders where note = 'A  b' and \"Id\" = $1";
        for same in [
            "SELECT id FROM orders WHERE note = 'A  b' AND \"Id\" = $1;",
            "select  id\nfrom Orders -- all\nwhere note='A  b' /* x */ and \"Id\"=$1 ; ",
        ] {
            assert_eq!(normalise(same), normalise(one), "{same}");
        }
        for other in [
            "select id from orders where note = 'a  b' and \"Id\" = $1",
            "select id from orders where note = 'A  b' and \"id\" = $1",
            "select id from orders where note = 'A  b' and \"Id\" = $2",
        ] {
            assert_ne!(normalise(other), normalise(one), "{other}");
        }
        assert_eq!(normalise(" select 'open "), "?select 'open");
    }

    #[test]
    fn one_string_is_not_two() {
        for (one, two) in [
            ("SELECT 'a'', ''b'", "SELECT 'a', 'b'"),
            (
                "SELECT 1 WHERE a = 'x'' OR b = ''y'",
                "SELECT 1 WHERE a = 'x' OR b = 'y'",
            ),
            ("SELECT \"a\"\", \"\"b\"", "SELECT \"a\", \"b\""),
            ("SELECT E'a\\', \\'b'", "SELECT E'a', 'b'"),
            ("SELECT \u{212a}", "SELECT k"),
        ] {
            assert_ne!(normalise(one), normalise(two), "{one}");
        }
    }

    #[test]
    fn what_is_read_otherwise_is_found() {
        for sql in [
            "SELECT 'a\0b'",
            "SELECT * FROM a\u{a0}b",
            "SELECT U&\"\\0065mail\" FROM a",
            "SELECT u&\"x\"",
        ] {
            assert!(misread(sql).is_some(), "{sql}");
        }
        for sql in [
            "SELECT 'a\u{a0}b', \"a\u{a0}\", $$\u{a0}$$, E'\u{a0}' -- \u{a0}\n/*\u{a0}*/",
            "SELECT U&'\\0065', u & 1, \"u\"&\"v\" \t\r\n\u{c}",
        ] {
            assert_eq!(misread(sql), None, "{sql}");
        }
    }

    #[test]
    fn parameters_are_found_outside_strings_and_comments() {
        let found = placeholders("SELECT $2, $1, '$3', $tag$ $4 $tag$ -- $5").expect("numbers");
        assert_eq!(found, BTreeSet::from([1, 2]));
        assert!(placeholders("SELECT $x").is_err());
    }

    #[test]
    fn first_words_of_statements() {
        let words = |sql| first_words(sql).expect("tokens");
        assert_eq!(words("/* c */ COPY t FROM x y z"), ["copy"]);
        assert_eq!(words("SELECT ';'; ; Copy t"), ["select", "copy"]);
        assert!(words("").is_empty());
        assert_eq!(first_words("COPY t FROM 'x"), None);
    }
}
