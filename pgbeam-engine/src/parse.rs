//! Parses SQL with the squawk parser. A limit on the nesting depth keeps time and stack linear in the length of the
//! SQL.

use squawk_lexer::{LiteralKind, TokenKind};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{Parse, SourceFile, SyntaxKind};

/// The maximum result of [`nesting`], an upper bound for the depth of the syntax tree. The depth is limited because the
/// time to analyze a tree grows with the square of the depth.
const MAX_NESTING: usize = 4_096;

/// The stack that the parser and the analysis need for each level of nesting, in bytes. Without optimizations, one
/// level takes several large frames.
const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) {
    32 * 1024
} else {
    8 * 1024
};

/// The stack that every SQL string needs in addition, in bytes.
const MIN_STACK: usize = 256 * 1024;

/// A parsed SQL string.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// At least one statement.
    Statements(Vec<ast::Stmt>),
    /// Only whitespace, comments and semicolons.
    Empty,
    /// The reason why the SQL is rejected: a syntax error, too deep nesting, or an escaped string that the parser would
    /// misread (see [`has_escaped_continuation`]).
    Invalid(String),
}

/// Returns the part of `sql` that PostgreSQL reads: up to the first NUL character.
pub(crate) fn text_before_nul(sql: &str) -> &str {
    sql.split('\0').next().unwrap_or_default()
}

/// Parses `sql` and passes the result to `f`, on a stack that is large enough to analyze it.
pub(crate) fn with_parsed<T>(sql: &str, f: impl FnOnce(Parsed) -> T) -> T {
    if has_escaped_continuation(sql) {
        return f(Parsed::Invalid(
            "an escaped string (E'…') with a backslash in a continuation on another line is not supported".to_owned(),
        ));
    }
    let nesting = nesting(sql);
    if nesting > MAX_NESTING {
        return f(Parsed::Invalid(format!(
            "the statement nests too deeply to be evaluated: {nesting} tokens without a comma, and the limit is \
             {MAX_NESTING}"
        )));
    }
    let stack = nesting
        .saturating_mul(STACK_PER_LEVEL)
        .saturating_add(MIN_STACK);
    stacker::maybe_grow(stack, stack, || f(parse(sql)))
}

/// The SQL that is put before a predicate to parse it.
pub(crate) const PREDICATE_START: &str = "SELECT 1 WHERE (";

/// Parses one expression, such as the predicate of a row filter, and calls `f` with it. Calls `f` with `None` if the
/// string is not exactly one expression. The positions of the nodes include the length of [`PREDICATE_START`].
pub(crate) fn with_predicate<T>(predicate: &str, f: impl FnOnce(Option<ast::Expr>) -> T) -> T {
    let sql = format!("{PREDICATE_START}{predicate})");
    let end = sql.len();
    with_parsed(&sql, |parsed| {
        let Parsed::Statements(statements) = parsed else {
            return f(None);
        };
        let expr = match statements.as_slice() {
            [ast::Stmt::Select(select)] => select.where_clause().and_then(|clause| clause.expr()),
            _ => None,
        };
        // The parentheses must be the ones added here.
        let inner = expr.and_then(|expr| match expr {
            ast::Expr::ParenExpr(paren)
                if usize::from(paren.syntax().text_range().end()) == end =>
            {
                paren.expr()
            }
            _ => None,
        });
        f(inner)
    })
}

fn parse(sql: &str) -> Parsed {
    let parse = SourceFile::parse(sql);
    if let Some(error) = first_error(&parse) {
        return Parsed::Invalid(error);
    }
    let statements: Vec<ast::Stmt> = parse
        .tree()
        .stmts()
        .filter(|statement| !matches!(statement, ast::Stmt::EmptyStmt(_)))
        .collect();
    if statements.is_empty() {
        Parsed::Empty
    } else {
        Parsed::Statements(statements)
    }
}

/// Returns the first syntax error. Ignores errors inside the body of a function, which PostgreSQL reads as a string.
fn first_error(parse: &Parse<SourceFile>) -> Option<String> {
    let errors = parse.errors();
    if errors.is_empty() {
        return None;
    }
    let bodies: Vec<_> = parse
        .tree()
        .stmts()
        .filter(|statement| {
            matches!(
                statement,
                ast::Stmt::CreateFunction(_) | ast::Stmt::CreateProcedure(_) | ast::Stmt::Do(_)
            )
        })
        .flat_map(|statement| statement.syntax().descendants())
        .filter(|node| node.kind() == SyntaxKind::LITERAL)
        .map(|literal| literal.text_range())
        .collect();
    let is_in_body = |range| bodies.iter().any(|body| body.contains_range(range));
    let error = errors.iter().find(|error| !is_in_body(error.range()))?;
    Some(format!(
        "syntax error at byte {}: {}",
        u32::from(error.range().start()),
        error.message()
    ))
}

/// Returns `true` if a string such as `E'a'` continues on another line and the continuation contains a backslash.
/// PostgreSQL reads escapes in the continuation and the parser does not, so they disagree about where the string ends.
fn has_escaped_continuation(sql: &str) -> bool {
    let mut offset = 0_usize;
    let mut is_escaped = false;
    for token in squawk_lexer::tokenize(sql) {
        let end = offset.saturating_add(usize::try_from(token.len).unwrap_or(usize::MAX));
        let text = sql.get(offset..end).unwrap_or_default();
        offset = end;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {}
            TokenKind::Literal {
                kind: LiteralKind::EscStr { .. },
            } => is_escaped = true,
            TokenKind::Literal {
                kind: LiteralKind::Str { .. },
            } if is_escaped => {
                if text.contains('\\') {
                    return true;
                }
            }
            _ => is_escaped = false,
        }
    }
    false
}

/// Returns an upper bound for the depth of the syntax tree: the number of tokens on the longest path through nested
/// brackets. A comma or semicolon restarts the count of its level.
fn nesting(sql: &str) -> usize {
    nesting_with(sql, false, |body| nesting_with(body, true, str::len))
}

/// Computes [`nesting`]. Includes the content of strings after the word FUNCTION or PROCEDURE, or after DO at the start
/// of a statement: the parser parses these strings too, because they can be bodies of functions. `nesting_of_string`
/// returns the nesting of the content of one string. `has_function` is `true` if one of these words precedes `sql`.
fn nesting_with(
    sql: &str,
    mut has_function: bool,
    nesting_of_string: impl Fn(&str) -> usize,
) -> usize {
    let mut levels = vec![Level::default()];
    let mut is_first = true;
    let mut offset = 0_usize;
    for token in squawk_lexer::tokenize(sql) {
        let end = offset.saturating_add(usize::try_from(token.len).unwrap_or(usize::MAX));
        let text = sql.get(offset..end).unwrap_or_default();
        offset = end;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {}
            TokenKind::OpenParen | TokenKind::OpenBracket => levels.push(Level::default()),
            TokenKind::CloseParen | TokenKind::CloseBracket if levels.len() > 1 => {
                let closed = levels.pop().unwrap_or_default();
                if let Some(level) = levels.last_mut() {
                    level.add(closed.nesting());
                }
            }
            TokenKind::Comma | TokenKind::Semi => {
                is_first = token.kind == TokenKind::Semi;
                if let Some(level) = levels.last_mut() {
                    level.restart();
                }
            }
            kind => {
                let is_word = |word: &str| text.eq_ignore_ascii_case(word);
                has_function |= is_word("function") || is_word("procedure");
                // Not the DO of ON CONFLICT.
                has_function |= is_first && is_word("do");
                is_first = false;
                let is_string = matches!(kind, TokenKind::Literal { .. }) && text.len() > 2;
                let inner = if has_function && is_string {
                    nesting_of_string(inside_quotes(text))
                } else {
                    0
                };
                if let Some(level) = levels.last_mut() {
                    level.add(inner);
                }
            }
        }
    }
    // Adds one token for each bracket that is never closed.
    let open = levels.len().saturating_sub(1);
    levels
        .iter()
        .map(Level::nesting)
        .fold(open, usize::saturating_add)
}

/// Returns the content of a string in quotes or dollar quotes.
fn inside_quotes(literal: &str) -> &str {
    let quote = match literal.strip_prefix('$') {
        Some(rest) => rest.find('$').map_or(1, |end| end.saturating_add(2)),
        None => 1,
    };
    let end = literal.len().saturating_sub(quote);
    literal.get(quote..end).unwrap_or(literal)
}

/// The tokens in one level of brackets.
#[derive(Default)]
struct Level {
    /// The tokens since the last comma or semicolon.
    tokens: usize,
    /// The nesting of the deepest bracket or function body since the last comma or semicolon.
    inner: usize,
    /// The highest nesting before the last comma or semicolon.
    before: usize,
}

impl Level {
    /// Adds a token that has `inner` levels inside it.
    fn add(&mut self, inner: usize) {
        self.tokens = self.tokens.saturating_add(1);
        self.inner = self.inner.max(inner);
    }

    fn nesting(&self) -> usize {
        self.tokens.saturating_add(self.inner).max(self.before)
    }

    fn restart(&mut self) {
        self.before = self.nesting();
        self.tokens = 0;
        self.inner = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_an_upper_bound_of_the_depth() {
        for (sql, expected) in [
            ("", 0),
            ("SELECT 1", 2),
            ("SELECT 1, 2, 3", 2),
            ("SELECT ((1))", 4),
            ("SELECT f(a, b + c + d)", 8),
            ("SELECT (1 + 2), 3", 5),
            ("SELECT 1; SELECT 1 + 1", 4),
            ("SELECT 'a + b + c'", 2),
            ("DO 'a + b + c'", 7),
            ("SELECT 1; DO 'a + b + c'", 7),
            ("INSERT INTO t ON CONFLICT DO 'a + b'", 7),
            ("CREATE FUNCTION f AS $x$a + 'bcd'$x$", 11),
            (")))", 3),
            ("(((", 3),
            ("((a", 3),
        ] {
            assert_eq!(nesting(sql), expected, "{sql}");
        }
    }

    #[test]
    fn reads_up_to_the_first_nul() {
        assert_eq!(text_before_nul("a\0b"), "a");
        assert_eq!(text_before_nul("\0b"), "");
    }

    #[test]
    fn rejects_text_that_is_not_one_expression() {
        for predicate in [
            "",
            "a =",
            "true) OR (true",
            "true; DROP TABLE t",
            "a -- b",
            "true) ORDER BY (1",
            "1, 2",
        ] {
            with_predicate(predicate, |expr| assert!(expr.is_none(), "{predicate}"));
        }
        for predicate in ["a = 1", "(a) OR (b)", "a IN (SELECT 1)", "x /* y */"] {
            with_predicate(predicate, |expr| assert!(expr.is_some(), "{predicate}"));
        }
    }
}
