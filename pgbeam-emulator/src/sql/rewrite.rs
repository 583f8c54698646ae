//! Adds row filters to simple statements.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, ObjectNamePart, SetExpr, Statement, TableFactor,
    TableWithJoins, Update, visit_expressions,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::analysis::Analysis;
use super::names::fold;
use super::parse::with_stack_for;

/// The maximum length of a predicate in bytes. The depth of its tree grows with its length.
const MAX_PREDICATE_LENGTH: usize = 16 * 1024;

/// Adds `predicate` to the WHERE of the statement with AND, or returns why it cannot. Supports a SELECT,
/// UPDATE or DELETE that names one table once, and a predicate that names only columns.
///
/// `sql_length` is the length of the statement's SQL in bytes.
pub(crate) fn add_row_filter(
    analysis: &Analysis,
    sql_length: usize,
    predicate: &str,
) -> Result<String, &'static str> {
    if predicate.len() > MAX_PREDICATE_LENGTH {
        return Err("the predicate is too long");
    }
    with_stack_for(sql_length.saturating_add(predicate.len()), || {
        add_predicate(analysis, predicate)
    })
}

fn add_predicate(analysis: &Analysis, predicate: &str) -> Result<String, &'static str> {
    let predicate = parse_predicate(predicate).ok_or("the predicate cannot be parsed as SQL")?;
    if analysis.mentions != 1 {
        return Err("it names tables more than once");
    }
    let mut statement = analysis.statement.clone();
    let (from, selection) =
        from_and_where(&mut statement).ok_or("it is not a plain SELECT, UPDATE or DELETE")?;
    let table_name = single_table_name(from).ok_or("it has a join or renames columns")?;
    if !uses_only_columns(&predicate, &table_name) {
        return Err("the predicate names more than columns of the table");
    }
    let predicate = Expr::Nested(Box::new(predicate));
    *selection = Some(match selection.take() {
        None => predicate,
        Some(existing) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(existing))),
            op: BinaryOperator::And,
            right: Box::new(predicate),
        },
    });
    Ok(statement.to_string())
}

fn parse_predicate(predicate: &str) -> Option<Expr> {
    let dialect = PostgreSqlDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(predicate).ok()?;
    let expr = parser.parse_expr().ok()?;
    (parser.peek_token().token == Token::EOF).then_some(expr)
}

/// Returns the FROM and the WHERE of a simple statement.
fn from_and_where(statement: &mut Statement) -> Option<(&[TableWithJoins], &mut Option<Expr>)> {
    match statement {
        Statement::Query(query) => {
            if query.with.is_some() {
                return None;
            }
            match query.body.as_mut() {
                SetExpr::Select(select) if select.into.is_none() => {
                    Some((&select.from, &mut select.selection))
                }
                _ => None,
            }
        }
        Statement::Update(Update {
            table,
            from: None,
            selection,
            ..
        }) => Some((std::slice::from_ref(table), selection)),
        Statement::Delete(Delete {
            tables,
            from,
            using: None,
            selection,
            ..
        }) if tables.is_empty() => {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
            Some((from, selection))
        }
        _ => None,
    }
}

/// Returns the alias or name of the only table in FROM.
fn single_table_name(from: &[TableWithJoins]) -> Option<String> {
    let [TableWithJoins { relation, joins }] = from else {
        return None;
    };
    match relation {
        TableFactor::Table {
            name,
            alias,
            args: None,
            ..
        } if joins.is_empty() => match alias {
            // `orders AS o (tenant, id)` renames columns, so the predicate could name other columns.
            Some(alias) => alias.columns.is_empty().then(|| fold(&alias.name)),
            None => name.0.last().and_then(ObjectNamePart::as_ident).map(fold),
        },
        _ => None,
    }
}

fn uses_only_columns(predicate: &Expr, table_name: &str) -> bool {
    let result = visit_expressions(predicate, |expr| {
        let is_allowed = match expr {
            Expr::CompoundIdentifier(idents) => match idents.as_slice() {
                [qualifier, _] => fold(qualifier) == table_name,
                _ => false,
            },
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => false,
            _ => true,
        };
        if is_allowed {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    result.is_continue()
}

#[cfg(test)]
mod tests {
    use crate::sql::parse::{Parsed, with_parsed};

    use super::*;

    fn rewrite(sql: &str, predicate: &str) -> Option<String> {
        with_parsed(sql, |parsed| match parsed {
            Parsed::One(analysis) => add_row_filter(&analysis, sql.len(), predicate).ok(),
            other => panic!("{sql}: {other:?}"),
        })
    }

    #[test]
    fn rewrites_only_plain_statements() {
        let cases = [
            (
                "SELECT * FROM orders",
                "tenant = 1",
                Some("SELECT * FROM orders WHERE (tenant = 1)"),
            ),
            (
                "SELECT id FROM orders o WHERE a OR b ORDER BY id LIMIT 5",
                "tenant = 1 OR shared",
                Some(
                    "SELECT id FROM orders o WHERE (a OR b) AND (tenant = 1 OR shared) \
                     ORDER BY id LIMIT 5",
                ),
            ),
            (
                "UPDATE orders SET a = 1 WHERE id = 2",
                "orders.tenant = 1",
                Some("UPDATE orders SET a = 1 WHERE (id = 2) AND (orders.tenant = 1)"),
            ),
            (
                "DELETE FROM orders",
                "tenant = 1",
                Some("DELETE FROM orders WHERE (tenant = 1)"),
            ),
            ("SELECT * FROM orders o", "orders.tenant = 1", None),
            ("SELECT * FROM orders o (tenant, id)", "tenant = 1", None),
            (
                "SELECT * FROM orders",
                "tenant IN (SELECT id FROM tenants)",
                None,
            ),
            ("SELECT * FROM orders", "tenant =", None),
            ("SELECT * FROM orders", "true) OR (true", None),
            ("SELECT * FROM orders", "true; DROP TABLE orders", None),
            ("SELECT * FROM orders, users", "tenant = 1", None),
            (
                "SELECT * FROM orders JOIN users USING (id)",
                "tenant = 1",
                None,
            ),
            (
                "SELECT * FROM orders WHERE id IN (SELECT id FROM orders)",
                "tenant = 1",
                None,
            ),
            ("SELECT * FROM orders UNION SELECT 1", "tenant = 1", None),
            (
                "WITH a AS (SELECT 1) SELECT * FROM orders",
                "tenant = 1",
                None,
            ),
            ("SELECT * FROM (SELECT * FROM orders) s", "tenant = 1", None),
            ("INSERT INTO orders VALUES (1)", "tenant = 1", None),
        ];
        for (sql, predicate, expected) in cases {
            assert_eq!(
                rewrite(sql, predicate).as_deref(),
                expected,
                "{sql} with {predicate}"
            );
        }
    }

    #[test]
    fn long_predicates_do_not_overflow_the_stack() {
        let chain = |length: usize| format!("1{}", "+1".repeat(length / 2 - 1));
        let rewritten = rewrite("SELECT * FROM orders", &chain(MAX_PREDICATE_LENGTH));
        assert!(rewritten.is_some_and(|sql| sql.ends_with("+ 1)")));
        assert_eq!(
            rewrite("SELECT * FROM orders", &chain(2 * 1024 * 1024)),
            None
        );
    }
}
