//! From the text of a request to an analysed statement.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::analysis::Analysis;
use super::normalise::misread;

/// Stack that any statement gets.
const STACK: usize = 1024 * 1024;
/// Stack for each byte of text on top. A chain of operators (`1+1+1…`) is a tree as deep
/// as it is long, and is walked and dropped by recursion.
const STACK_PER_BYTE: usize = 4 * 1024;

/// What a text turns out to be.
#[derive(Debug)]
pub(crate) enum Parsed {
    One(Box<Analysis>),
    /// More than one statement: how many.
    Several(usize),
    /// Nothing but spaces and comments.
    Empty,
    /// Not PostgreSQL, or PostgreSQL that the parser does not know: why.
    Unparseable(String),
}

/// Parses `sql` and hands the result to `then`, on a stack that is large enough for
/// both and for dropping it afterwards.
pub(crate) fn with_parsed<T>(sql: &str, then: impl FnOnce(Parsed) -> T) -> T {
    with_stack_for(sql.len(), || then(parse(sql)))
}

/// Calls `then` on a stack that is large enough for SQL of this many bytes.
pub(crate) fn with_stack_for<T>(bytes: usize, then: impl FnOnce() -> T) -> T {
    let stack = STACK.saturating_add(bytes.saturating_mul(STACK_PER_BYTE));
    stacker::maybe_grow(stack, stack, then)
}

fn parse(sql: &str) -> Parsed {
    if let Some(what) = misread(sql) {
        return Parsed::Unparseable(format!("{what} is not understood"));
    }
    match Parser::parse_sql(&PostgreSqlDialect {}, sql) {
        Err(error) => Parsed::Unparseable(error.to_string()),
        Ok(mut statements) => match (statements.len(), statements.pop()) {
            (0, _) | (_, None) => Parsed::Empty,
            (1, Some(statement)) => {
                let analysis = Analysis::of(statement);
                if let Some(what) = &analysis.misread {
                    return Parsed::Unparseable(format!("{what} is not understood"));
                }
                Parsed::One(Box::new(analysis))
            }
            (count, _) => Parsed::Several(count),
        },
    }
}
