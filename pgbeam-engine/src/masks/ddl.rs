//! Schema changes that use, rename or move masked columns.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::queries::{child, path_name};
use super::scope::{Columns, Item};
use crate::relation::identifier;
use crate::rule;

impl Lineage<'_> {
    /// Checks a statement without result columns. Blocks it if it uses, renames or moves a masked column, also in a
    /// column list of GRANT or ANALYZE.
    pub(super) fn schema_change(&mut self, node: &SyntaxNode) {
        match node.kind() {
            SyntaxKind::CREATE_TABLE_AS
            | SyntaxKind::CREATE_VIEW
            | SyntaxKind::CREATE_MATERIALIZED_VIEW => {
                let query = node.children().find(|child| super::is_query(child.kind()));
                if let Some(query) = query
                    && self.query(&query).has_masks()
                {
                    self.block_copy(&query);
                }
            }
            // The body of a function is allowed.
            SyntaxKind::CREATE_FUNCTION | SyntaxKind::CREATE_PROCEDURE => {}
            SyntaxKind::CREATE_SCHEMA => {
                let elements: Vec<_> = node.children().collect();
                for element in elements
                    .iter()
                    .filter(|child| ast::Stmt::can_cast(child.kind()))
                {
                    self.schema_change(element);
                }
            }
            _ => {
                self.scope.push(self.changed_relations(node));
                self.with_rule(rule::MASKED_COLUMN_DDL, |lineage| lineage.clauses(node));
                self.scope.pop();
            }
        }
    }

    /// The relations that a schema change names, also as `old` and `new` for triggers and rules.
    fn changed_relations(&self, node: &SyntaxNode) -> Vec<Item> {
        let names = node.descendants().filter(|node| {
            matches!(
                node.kind(),
                SyntaxKind::TABLE_NAME_REF
                    | SyntaxKind::RELATION_NAME_REF
                    | SyntaxKind::VIEW_REF
                    | SyntaxKind::INDEX_REF
            )
        });
        let mut items = Vec::new();
        for name in names {
            let Some(reference) = self.facts.reference(&name) else {
                continue;
            };
            let mut columns = Columns::unknown();
            for mask in self.policy.masks_of(&reference.relation) {
                columns.push(&mask.column, Some(mask.kind));
            }
            if !columns.has_masks() {
                continue;
            }
            let columns = Rc::new(columns);
            for alias in [path_name(&name), "old".to_owned(), "new".to_owned()] {
                items.push(Item {
                    name: Some(alias),
                    schema: reference.relation.schema.clone(),
                    columns: Rc::clone(&columns),
                });
            }
        }
        items
    }

    fn clauses(&mut self, node: &SyntaxNode) {
        let children: Vec<_> = node.children().collect();
        for part in children {
            match part.kind() {
                // Columns that are only named: in an index, a constraint or a renaming.
                SyntaxKind::COLUMN_NAME_REF => {
                    if is_use_of_column(node.kind())
                        && self.scope.column(&identifier(&part)) != super::scope::Value::Plain
                    {
                        self.block_value(&part);
                    }
                }
                SyntaxKind::TABLE_RENAME_TO
                | SyntaxKind::VIEW_RENAME_TO
                | SyntaxKind::INDEX_RENAME_TO
                | SyntaxKind::SET_SCHEMA
                | SyntaxKind::INHERIT_TABLE => {
                    if self
                        .scope
                        .items()
                        .iter()
                        .any(|item| item.columns.has_masks())
                    {
                        self.block_value(&part);
                    }
                }
                // Loses the values.
                SyntaxKind::DROP_COLUMN => {}
                kind if ast::SelectVariant::can_cast(kind) || is_write(kind) => {
                    if self.query(&part).has_masks() {
                        self.block_copy(&part);
                    }
                }
                kind if ast::Expr::can_cast(kind) => self.operand(&part),
                _ => self.clauses(&part),
            }
        }
        // ALTER TABLE … RENAME COLUMN has two names; only the old one refers to a column.
        if node.kind() == SyntaxKind::RENAME_COLUMN
            && let Some(name) = child(node, SyntaxKind::COLUMN_NAME_REF)
            && self.scope.column(&identifier(&name)) != super::scope::Value::Plain
        {
            self.block_value(node);
        }
    }
}

/// Returns `true` for clauses that name the columns of an index, a constraint, statistics or a privilege.
fn is_use_of_column(clause: SyntaxKind) -> bool {
    matches!(
        clause,
        SyntaxKind::CONSTRAINT_COLUMN_REF_LIST
            | SyntaxKind::FOREIGN_KEY_COLUMN_LIST
            | SyntaxKind::REFERENCES_CONSTRAINT
    )
}

fn is_write(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE
    )
}
