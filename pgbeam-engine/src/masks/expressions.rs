//! Masked values in expressions.

use squawk_syntax::ast::{self, AstNode, BinOp};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::scope::Value;
use crate::relation::identifier;
use crate::rule;

impl Lineage<'_> {
    /// Classifies an expression, and blocks masked columns that are part of a larger expression.
    pub(super) fn value(&mut self, node: &SyntaxNode) -> Value {
        match node.kind() {
            SyntaxKind::NAME_REF => self.scope.column(&identifier(node)),
            SyntaxKind::FIELD_EXPR => match self.field(node) {
                Value::Call => {
                    self.block_row_form(node);
                    Value::Plain
                }
                value => value,
            },
            SyntaxKind::PAREN_EXPR => match node.children().next() {
                Some(inner) if ast::Expr::can_cast(inner.kind()) => self.value(&inner),
                Some(inner) => {
                    if self.query(&inner).has_masks() {
                        Value::Composite
                    } else {
                        Value::Plain
                    }
                }
                None => Value::Plain,
            },
            _ => {
                self.parts(node);
                Value::Plain
            }
        }
    }

    /// Blocks masked values in the expressions and subqueries inside a node.
    pub(super) fn parts(&mut self, node: &SyntaxNode) {
        let is_call = node.kind() == SyntaxKind::CALL_EXPR;
        let is_exists = node.kind() == SyntaxKind::EXISTS_FN;
        for (index, child) in node.children().enumerate() {
            if is_call && index == 0 && name_parts(&child).is_some() {
                // The name of the function.
                continue;
            }
            if ast::Expr::can_cast(child.kind()) {
                self.operand(&child);
            } else if ast::SelectVariant::can_cast(child.kind()) {
                // EXISTS does not use the columns.
                if self.query(&child).has_masks() && !is_exists {
                    self.block_value(&child);
                }
            } else {
                self.parts(&child);
            }
        }
    }

    /// Blocks an expression that is or contains a masked value.
    pub(super) fn operand(&mut self, expr: &SyntaxNode) {
        if self.value(expr) != Value::Plain {
            self.block_value(expr);
        }
    }

    /// Blocks masked values in a clause that decides which rows are returned, or their order.
    pub(super) fn predicate(&mut self, node: &SyntaxNode) {
        self.with_rule(rule::MASKED_COLUMN_PREDICATE, |lineage| {
            if ast::Expr::can_cast(node.kind()) {
                lineage.operand(node);
            } else {
                lineage.parts(node);
            }
        });
    }

    /// Like [`predicate`](Self::predicate), but allows equalities between columns: a join over a masked column returns
    /// no value of it.
    pub(super) fn join_condition(&mut self, node: &SyntaxNode) {
        match ast::Expr::cast(node.clone()) {
            Some(ast::Expr::BinExpr(binary)) => {
                let operands = [binary.lhs(), binary.rhs()];
                match binary.op() {
                    Some(BinOp::And(_)) => {
                        for operand in operands.into_iter().flatten() {
                            self.join_condition(operand.syntax());
                        }
                    }
                    Some(BinOp::Eq(_)) if self.is_equality_of_columns(&operands) => {}
                    _ => self.predicate(node),
                }
            }
            Some(ast::Expr::ParenExpr(paren)) => match paren.expr() {
                Some(inner) => self.join_condition(inner.syntax()),
                None => self.predicate(node),
            },
            Some(_) => self.predicate(node),
            // The clause around the condition.
            None => {
                for child in node.children() {
                    self.join_condition(&child);
                }
            }
        }
    }

    /// Returns `true` if both operands are columns, of different FROM items as far as their names show.
    fn is_equality_of_columns(&self, operands: &[Option<ast::Expr>; 2]) -> bool {
        let mut names = operands
            .iter()
            .flatten()
            .filter_map(|operand| name_parts(operand.syntax()));
        let (Some(one), Some(two)) = (names.next(), names.next()) else {
            return false;
        };
        let qualifier = |parts: &[String]| parts.iter().rev().nth(1).cloned();
        match (qualifier(&one), qualifier(&two)) {
            (Some(one), Some(two)) => one != two,
            (None, None) => {
                let is_masked = |parts: &[String]| {
                    parts
                        .first()
                        .is_some_and(|name| self.scope.column(name) != Value::Plain)
                };
                !(is_masked(&one) && is_masked(&two))
            }
            _ => true,
        }
    }

    /// Like [`predicate`](Self::predicate), but allows columns by themselves: GROUP BY returns no value of them.
    pub(super) fn grouping(&mut self, node: &SyntaxNode) {
        for child in node.children() {
            let is_query = child
                .first_child()
                .is_some_and(|inner| super::is_query(inner.kind()));
            let is_list = matches!(
                child.kind(),
                SyntaxKind::TUPLE_EXPR | SyntaxKind::PAREN_EXPR
            ) && !is_query;
            if is_list || !ast::Expr::can_cast(child.kind()) {
                self.grouping(&child);
            } else if name_parts(&child).is_none() || self.value(&child) == Value::Composite {
                self.predicate(&child);
            }
        }
    }

    /// A column with a qualifier, or a field of a composite value.
    fn field(&mut self, node: &SyntaxNode) -> Value {
        let Some(parts) = name_parts(node) else {
            // A field of an expression: `(u).email`.
            let base = node.children().next();
            let is_row = base
                .as_ref()
                .is_some_and(|base| self.value(base) != Value::Plain);
            if is_row {
                self.block_row_form(node);
            }
            return Value::Plain;
        };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let item = |schema, table| self.scope.item(schema, table);
        match parts.as_slice() {
            [table, "*"] => item(None, table).map_or(Value::Plain, |item| item.row()),
            [.., schema, table, "*"] => {
                item(Some(*schema), table).map_or(Value::Plain, |item| item.row())
            }
            [table, column] => match item(None, table) {
                Some(item) => item.column(column),
                // A field of a composite column.
                None => self.scope.column(table),
            },
            [.., schema, table, column] => match item(Some(*schema), table) {
                Some(item) => item.column(column),
                None => item(None, schema).map_or(Value::Plain, |item| item.column(table)),
            },
            _ => Value::Plain,
        }
    }
}

/// Returns the parts of a name such as `a.b.c` or `a.*`, or `None` for other expressions.
pub(super) fn name_parts(node: &SyntaxNode) -> Option<Vec<String>> {
    match ast::Expr::cast(node.clone())? {
        ast::Expr::NameRef(name) => Some(vec![identifier(name.syntax())]),
        ast::Expr::FieldExpr(field) => {
            let mut parts = name_parts(field.base()?.syntax())?;
            parts.push(match field.star_token() {
                Some(_) => "*".to_owned(),
                None => identifier(field.field()?.syntax()),
            });
            Some(parts)
        }
        _ => None,
    }
}
