//! Tokenized SQL: normalization for comparison, parameters, and unsupported syntax.

use std::collections::BTreeSet;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// Returns a string that is equal for two SQL strings only if they have the same tokens: without comments and
/// whitespace, with unquoted words in lower case, without trailing semicolons. It is not valid SQL.
pub(crate) fn normalize(sql: &str) -> String {
    // No token has this form, so invalid SQL equals only itself.
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
            // The SQL form is ambiguous: the tokenizer unescapes quotes, so the string `'a'', ''b'` would
            // equal the two strings `'a', 'b'`.
            other => format!("{other:?}"),
        })
        .collect();
    words.join(" ")
}

/// Returns the numbers of the parameters `$1`, `$2`, …, or the first other placeholder as the error.
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

/// Returns the first word of each statement in lower case, or `None` if the SQL cannot be tokenized.
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

/// Returns syntax that the tokenizer reads differently from PostgreSQL, if any.
pub(crate) fn find_unsupported_syntax(sql: &str) -> Option<&'static str> {
    if sql.contains('\0') {
        return Some("a NUL character");
    }
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().ok()?;
    let is_non_ascii_space = |c: &char| c.is_whitespace() && !c.is_ascii();
    // PostgreSQL treats them as letters: `a\u{a0}b` is one name.
    let in_tokens: usize = tokens
        .iter()
        .filter(|token| match token {
            Token::Word(word) => word.quote_style.is_some(),
            Token::Whitespace(Whitespace::Space) => false,
            _ => true,
        })
        .map(|token| token.to_string().chars().filter(is_non_ascii_space).count())
        .sum();
    if sql.chars().filter(is_non_ascii_space).count() > in_tokens {
        return Some("a space outside ASCII");
    }
    // The tokenizer supports `U&` only for strings, not for names: `U&"..."`.
    let has_escaped_name = tokens.windows(3).any(|window| match window {
        [Token::Word(u), Token::Ampersand, Token::Word(name)] => {
            u.quote_style.is_none()
                && u.value.eq_ignore_ascii_case("u")
                && name.quote_style.is_some()
        }
        _ => false,
    });
    has_escaped_name.then_some("a name with Unicode escapes")
}

/// Returns the tokens without whitespace and comments, or `None` if the SQL cannot be tokenized.
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
    fn ignores_whitespace_comments_and_case() {
        let one = "select id from orders where note = 'A  b' and \"Id\" = $1";
        for same in [
            "SELECT id FROM orders WHERE note = 'A  b' AND \"Id\" = $1;",
            "select  id\nfrom Orders -- all\nwhere note='A  b' /* x */ and \"Id\"=$1 ; ",
        ] {
            assert_eq!(normalize(same), normalize(one), "{same}");
        }
        for other in [
            "select id from orders where note = 'a  b' and \"Id\" = $1",
            "select id from orders where note = 'A  b' and \"id\" = $1",
            "select id from orders where note = 'A  b' and \"Id\" = $2",
        ] {
            assert_ne!(normalize(other), normalize(one), "{other}");
        }
        assert_eq!(normalize(" select 'open "), "?select 'open");
    }

    #[test]
    fn distinguishes_one_string_from_two() {
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
            assert_ne!(normalize(one), normalize(two), "{one}");
        }
    }

    #[test]
    fn finds_unsupported_syntax() {
        for sql in [
            "SELECT 'a\0b'",
            "SELECT * FROM a\u{a0}b",
            "SELECT U&\"\\0065mail\" FROM a",
            "SELECT u&\"x\"",
        ] {
            assert!(find_unsupported_syntax(sql).is_some(), "{sql}");
        }
        for sql in [
            "SELECT 'a\u{a0}b', \"a\u{a0}\", $$\u{a0}$$, E'\u{a0}' -- \u{a0}\n/*\u{a0}*/",
            "SELECT U&'\\0065', u & 1, \"u\"&\"v\" \t\r\n\u{c}",
        ] {
            assert_eq!(find_unsupported_syntax(sql), None, "{sql}");
        }
    }

    #[test]
    fn finds_parameters_outside_strings_and_comments() {
        let numbers = placeholders("SELECT $2, $1, '$3', $tag$ $4 $tag$ -- $5").expect("numbers");
        assert_eq!(numbers, BTreeSet::from([1, 2]));
        assert!(placeholders("SELECT $x").is_err());
    }

    #[test]
    fn finds_the_first_word_of_each_statement() {
        let words = |sql| first_words(sql).expect("tokens");
        assert_eq!(words("/* c */ COPY t FROM x y z"), ["copy"]);
        assert_eq!(words("SELECT ';'; ; Copy t"), ["select", "copy"]);
        assert!(words("").is_empty());
        assert_eq!(first_words("COPY t FROM 'x"), None);
    }
}
