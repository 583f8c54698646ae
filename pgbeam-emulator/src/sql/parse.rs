//! Parses SQL and analyzes the statement.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::analysis::Analysis;
use super::normalize::find_unsupported_syntax;

/// The minimum stack size.
const MIN_STACK: usize = 1024 * 1024;
/// The additional stack per byte of SQL. The depth of a chain of operators (`1+1+1…`) grows with its length,
/// and the tree is visited and dropped recursively.
const STACK_PER_BYTE: usize = 4 * 1024;

/// The result of parsing SQL.
#[derive(Debug)]
pub(crate) enum Parsed {
    One(Box<Analysis>),
    /// More than one statement: the number of statements.
    Several(usize),
    /// No statement: only whitespace and comments.
    Empty,
    /// SQL that the parser does not support: the reason.
    Unparseable(String),
}

/// Parses `sql` and passes the result to `f`, on a stack that is large enough to parse, visit and drop it.
pub(crate) fn with_parsed<T>(sql: &str, f: impl FnOnce(Parsed) -> T) -> T {
    with_stack_for(sql.len(), || f(parse(sql)))
}

/// Calls `f` on a stack that is large enough for SQL of this length in bytes.
pub(crate) fn with_stack_for<T>(bytes: usize, f: impl FnOnce() -> T) -> T {
    let stack = MIN_STACK.saturating_add(bytes.saturating_mul(STACK_PER_BYTE));
    stacker::maybe_grow(stack, stack, f)
}

fn parse(sql: &str) -> Parsed {
    if let Some(syntax) = find_unsupported_syntax(sql) {
        return Parsed::Unparseable(format!("{syntax} is not supported"));
    }
    match Parser::parse_sql(&PostgreSqlDialect {}, sql) {
        Err(error) => Parsed::Unparseable(error.to_string()),
        Ok(mut statements) => match (statements.len(), statements.pop()) {
            (0, _) | (_, None) => Parsed::Empty,
            (1, Some(statement)) => {
                let analysis = Analysis::new(statement);
                if let Some(syntax) = &analysis.misparsed {
                    return Parsed::Unparseable(format!("{syntax} is not supported"));
                }
                Parsed::One(Box::new(analysis))
            }
            (count, _) => Parsed::Several(count),
        },
    }
}
