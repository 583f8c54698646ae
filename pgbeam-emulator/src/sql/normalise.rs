//! SQL as a sequence of tokens: for telling whether two texts are one statement, and
//! which parameters a text uses.

use std::collections::BTreeSet;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// The text without comments, with one space between tokens, unquoted words in lower
/// case and no semicolon at the end. Equal results mean equal statements. A text that
/// is no SQL is given back as it is.
pub(crate) fn normalise(sql: &str) -> String {
    let Some(tokens) = tokens(sql) else { return sql.trim().to_owned() };
    let mut words: Vec<String> = tokens
        .into_iter()
        .map(|token| match token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
            other => other.to_string(),
        })
        .collect();
    while words.last().is_some_and(|word| word == ";") {
        words.pop();
    }
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
            let number = placeholder.strip_prefix('$').and_then(|digits| digits.parse().ok());
            number.ok_or(placeholder)
        })
        .collect()
}

/// The first word, in lower case.
pub(crate) fn first_word(sql: &str) -> Option<String> {
    // A text that breaks off in the middle of a token still has a beginning.
    let tokens = tokens(sql).or_else(|| tokens(sql.split_whitespace().next()?))?;
    tokens.into_iter().find_map(|token| match token {
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    })
}

/// The tokens but for spaces and comments; none when the text cannot be tokenised.
fn tokens(sql: &str) -> Option<Vec<Token>> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().ok()?;
    Some(tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect())
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
        assert_eq!(normalise(" select 'open "), "select 'open");
    }

    #[test]
    fn parameters_are_found_outside_strings_and_comments() {
        let found = placeholders("SELECT $2, $1, '$3', $tag$ $4 $tag$ -- $5").expect("numbers");
        assert_eq!(found, BTreeSet::from([1, 2]));
        assert!(placeholders("SELECT $x").is_err());
    }

    #[test]
    fn first_words() {
        assert_eq!(first_word("/* c */ COPY t FROM x y z").as_deref(), Some("copy"));
        assert_eq!(first_word("COPY t FROM 'x").as_deref(), Some("copy"));
        assert_eq!(first_word("").as_deref(), None);
    }
}
