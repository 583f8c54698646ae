//! Finds masked values in expressions.

use squawk_syntax::ast::{self, AstNode, BinOp};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::scope::Value;
use crate::predicate::special_value;
use crate::relation::identifier;
use crate::rule;

impl Lineage<'_> {
    /// Returns how masking affects an expression, and blocks masked columns that are part of a larger expression.
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

    /// Like [`predicate`](Self::predicate), but allows equalities of columns (see
    /// [`is_equality_of_columns`](Self::is_equality_of_columns)), because a join over a masked column does not return
    /// the values of the column.
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

    /// Returns `true` if both operands are columns that can belong to different FROM items, and no masked column is
    /// compared with a column that can be a constant.
    fn is_equality_of_columns(&mut self, operands: &[Option<ast::Expr>; 2]) -> bool {
        let mut columns = Vec::new();
        for operand in operands.iter().flatten() {
            let Some(mut parts) = name_parts(operand.syntax()) else {
                return false;
            };
            let is_masked = match self.value(operand.syntax()) {
                Value::Plain => false,
                Value::Column(_) => true,
                Value::Composite | Value::Call => return false,
            };
            let name = parts.pop().unwrap_or_default();
            let table = parts.pop();
            if name == "*" {
                return false;
            }
            let is_stored = self.scope.is_stored(table.as_deref(), &name);
            columns.push((table, name, is_masked, is_stored));
        }
        let [one, two] = columns.as_slice() else {
            return false;
        };
        let is_tested = (one.2 && !two.3) || (two.2 && !one.3);
        let are_different = match (&one.0, &two.0) {
            (Some(first), Some(second)) => first != second,
            (None, None) => !self.scope.has_both(&one.1, &two.1),
            _ => true,
        };
        !is_tested && are_different
    }

    /// Like [`predicate`](Self::predicate), but for GROUP BY: allows a column by itself, because GROUP BY does not
    /// return the values of the column.
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

    /// Returns how masking affects a column with a qualifier. Blocks a field of a composite value with masks, such as
    /// `(u).email`.
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
        let value = |schema: Option<&str>, table: &str, column: &str| {
            self.scope.value_of(schema, table, |item| match column {
                "*" => item.row(),
                _ => item.column(column),
            })
        };
        let found = match parts.as_slice() {
            // `table` can also be a composite column, and `column` its field.
            [table, column] => {
                value(None, table, column).or_else(|| Some(self.scope.column(table)))
            }
            [.., schema, table, column] => {
                value(Some(schema), table, column).or_else(|| value(None, schema, table))
            }
            _ => None,
        };
        found.unwrap_or(Value::Plain)
    }
}

/// Returns the parts of a name such as `a.b.c` or `a.*`. `None` for other expressions, and for values that look like
/// names, such as `current_user`.
pub(super) fn name_parts(node: &SyntaxNode) -> Option<Vec<String>> {
    match ast::Expr::cast(node.clone())? {
        ast::Expr::NameRef(name) if special_value(&name).is_some() => None,
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
