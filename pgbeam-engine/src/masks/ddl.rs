//! Blocks schema changes that use or rename masked columns, or that rename or move their relations.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::columns::Columns;
use super::queries::{child, path_name};
use super::scope::{Item, Value};
use crate::relation::identifier;
use crate::rule;

impl Lineage<'_> {
    /// Checks a statement that is not a query. Blocks it if it uses a masked column in a query, an expression or a
    /// constraint, if it renames a masked column, or if it renames the relation of a masked column, moves that relation
    /// to another schema or makes it inherit from another. Allows DROP COLUMN, GRANT of columns and function bodies.
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

    /// Returns the items (see [`items_of`](Self::items_of)) of every relation with masks that the schema change `node`
    /// changes.
    fn changed_relations(&self, node: &SyntaxNode) -> Vec<Item> {
        let names = node.descendants().filter(|node| {
            let is_name = matches!(
                node.kind(),
                SyntaxKind::TABLE_NAME_REF
                    | SyntaxKind::RELATION_NAME_REF
                    | SyntaxKind::VIEW_REF
                    | SyntaxKind::INDEX_REF
                    | SyntaxKind::TYPE_NAME_REF
            );
            is_name
                && !node
                    .parent()
                    .is_some_and(|parent| only_reads(parent.kind()))
        });
        names.flat_map(|name| self.items_of(&name)).collect()
    }

    /// Returns FROM items for a relation with masks, one for each name that a schema change can use for the relation:
    /// its own name, and `old` and `new`, which triggers and rules use. Each item has the columns of the relation.
    /// Empty for a relation without masks.
    fn items_of(&self, name: &SyntaxNode) -> Vec<Item> {
        let Some(columns) = self.masked_relation(name).filter(Columns::has_masks) else {
            return Vec::new();
        };
        let columns = Rc::new(columns);
        let schema = self
            .facts
            .reference(name)
            .map(|reference| reference.relation.schema_or_public().to_owned());
        [path_name(name), "old".to_owned(), "new".to_owned()]
            .into_iter()
            .map(|alias| Item {
                schema: schema.clone(),
                ..Item::new(Some(alias), Rc::clone(&columns))
            })
            .collect()
    }

    fn clauses(&mut self, node: &SyntaxNode) {
        let children: Vec<_> = node.children().collect();
        for part in children {
            match part.kind() {
                SyntaxKind::COLUMN_NAME_REF => {
                    if is_use_of_column(node.kind()) {
                        self.column_name(&part);
                    }
                }
                SyntaxKind::FOREIGN_KEY_CONSTRAINT | SyntaxKind::REFERENCES_CONSTRAINT => {
                    self.foreign_key(&part);
                }
                SyntaxKind::RENAME_ATTRIBUTE => {
                    if let Some(field) = child(&part, SyntaxKind::COMPOSITE_FIELD_REF) {
                        self.column_name(&field);
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
                // Allowed: the values are deleted, not shown.
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
        {
            self.column_name(&name);
        }
    }

    /// Blocks the statement if `name` is the name of a masked column. `name` is not part of an expression.
    fn column_name(&mut self, name: &SyntaxNode) {
        if self.scope.column(&identifier(name)) != Value::Plain {
            self.block_value(name);
        }
    }

    /// Checks a FOREIGN KEY or REFERENCES clause. The columns after the referenced table are columns of that table.
    fn foreign_key(&mut self, clause: &SyntaxNode) {
        let mut is_reference = false;
        for part in clause.children() {
            match part.kind() {
                SyntaxKind::TABLE_NAME_REF => {
                    let items = self.items_of(&part);
                    self.scope.push(items);
                    is_reference = true;
                }
                SyntaxKind::COLUMN_NAME_REF | SyntaxKind::FOREIGN_KEY_COLUMN_LIST => {
                    // Columns after REFERENCES are not columns of the changed table.
                    let outer = is_reference.then(|| self.scope.hide_outer());
                    for name in part.descendants() {
                        if name.kind() == SyntaxKind::COLUMN_NAME_REF {
                            self.column_name(&name);
                        }
                    }
                    if let Some(outer) = outer {
                        self.scope.show_outer(outer);
                    }
                }
                _ => {}
            }
        }
        if is_reference {
            self.scope.pop();
        }
    }
}

/// Returns `true` for clauses that name a relation which the statement does not change.
fn only_reads(clause: SyntaxKind) -> bool {
    matches!(
        clause,
        SyntaxKind::FOREIGN_KEY_CONSTRAINT
            | SyntaxKind::REFERENCES_CONSTRAINT
            | SyntaxKind::LIKE_CLAUSE
            | SyntaxKind::INHERITS
            | SyntaxKind::INHERIT_TABLE
            | SyntaxKind::PARTITION_OF
            | SyntaxKind::RELATION_FROM_ITEM
    )
}

/// Returns `true` for the column list of a UNIQUE, PRIMARY KEY or FOREIGN KEY constraint.
fn is_use_of_column(clause: SyntaxKind) -> bool {
    matches!(
        clause,
        SyntaxKind::CONSTRAINT_COLUMN_REF_LIST | SyntaxKind::FOREIGN_KEY_COLUMN_LIST
    )
}

fn is_write(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE
    )
}
