//! The FROM items: relations, CTEs, subqueries, joins and functions.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::queries::{child, path_name};
use super::scope::{Columns, Item};
use crate::evaluation::Block;
use crate::relation::{fold, identifier};
use crate::rule;

impl Lineage<'_> {
    /// The columns of a relation or CTE.
    pub(super) fn relation(&self, name: &SyntaxNode) -> Rc<Columns> {
        if let Some(reference) = self.facts.reference(name) {
            let mut columns = Columns::unknown();
            for mask in self.policy.masks_of(&reference.relation) {
                columns.push(&mask.column, Some(mask.kind));
            }
            return Rc::new(columns);
        }
        let name = path_name(name);
        self.ctes
            .get(&name)
            .and_then(|definitions| definitions.last().cloned())
            .unwrap_or_default()
    }

    /// Adds the items of FROM or USING to the innermost scope.
    pub(super) fn add_from_list(&mut self, list: &SyntaxNode) {
        for item in list.children() {
            self.add_from_item(&item);
        }
    }

    fn add_from_item(&mut self, node: &SyntaxNode) {
        let alias = child(node, SyntaxKind::FROM_ALIAS).and_then(ast::FromAlias::cast);
        let name = alias
            .as_ref()
            .and_then(ast::FromAlias::name)
            .map(|name| identifier(name.syntax()));
        match node.kind() {
            SyntaxKind::JOIN_EXPR | SyntaxKind::JOIN => {
                for part in node.children() {
                    match part.kind() {
                        SyntaxKind::ON_CLAUSE => self.join_condition(&part),
                        _ => self.add_from_item(&part),
                    }
                }
            }
            SyntaxKind::RELATION_FROM_ITEM => {
                let Some(relation) = child(node, SyntaxKind::RELATION_NAME_REF) else {
                    return;
                };
                let columns = self.relation(&relation);
                let own_name = self
                    .facts
                    .reference(&relation)
                    .map(|reference| &reference.relation);
                let schema = own_name.and_then(|relation| relation.schema.clone());
                let is_aliased = name.is_some();
                let item = Item {
                    name: name.or_else(|| Some(path_name(&relation))),
                    schema: if is_aliased { None } else { schema },
                    columns: self.renamed(columns, alias.as_ref(), own_name.is_some()),
                };
                self.scope.add(item);
                for part in node.children() {
                    if part.kind() == SyntaxKind::TABLESAMPLE_CLAUSE {
                        self.predicate(&part);
                    }
                }
            }
            SyntaxKind::PAREN_FROM_ITEM => self.paren_from_item(node, name, alias.as_ref()),
            kind if ast::FromItem::can_cast(kind) => {
                // Functions: they see the earlier FROM items and return values of unknown columns.
                self.parts(node);
                self.scope.add(Item {
                    name,
                    schema: None,
                    columns: Rc::new(Columns::unknown()),
                });
            }
            _ => {}
        }
    }

    /// A subquery or a join in parentheses.
    fn paren_from_item(
        &mut self,
        node: &SyntaxNode,
        name: Option<String>,
        alias: Option<&ast::FromAlias>,
    ) {
        let Some(inner) = node.children().find(|child| {
            matches!(
                child.kind(),
                SyntaxKind::PAREN_SELECT | SyntaxKind::PAREN_EXPR
            )
        }) else {
            return;
        };
        if let Some(columns) = self.subquery(node, &inner) {
            let columns = self.renamed(Rc::new(columns), alias, false);
            self.scope.add(Item {
                name,
                schema: None,
                columns,
            });
            return;
        }
        if name.is_none() {
            self.add_from_list(&inner);
            return;
        }
        // The alias of a join hides the names inside it. Its columns are those of all its FROM items.
        self.scope.push(Vec::new());
        self.add_from_list(&inner);
        let mut columns = Columns::default();
        for item in self.scope.pop() {
            columns.extend(&item.columns);
        }
        let columns = self.renamed(Rc::new(columns), alias, true);
        self.scope.add(Item {
            name,
            schema: None,
            columns,
        });
    }

    /// Returns the columns of a subquery in FROM, or `None` if the parentheses contain a join.
    fn subquery(&mut self, item: &SyntaxNode, inner: &SyntaxNode) -> Option<Columns> {
        let is_subquery = inner.kind() == SyntaxKind::PAREN_SELECT
            || inner
                .children()
                .any(|child| ast::SelectVariant::can_cast(child.kind()));
        if !is_subquery {
            return None;
        }
        let is_lateral = item
            .children_with_tokens()
            .any(|child| child.kind() == SyntaxKind::LATERAL_KW);
        // Without LATERAL, a subquery does not see the other items of its FROM.
        let siblings = if is_lateral {
            None
        } else {
            Some(self.scope.pop())
        };
        let columns = self.query(inner);
        if let Some(siblings) = siblings {
            self.scope.push(siblings);
        }
        Some(columns)
    }

    /// Applies a column alias list. Blocks it if it renames masked columns of a relation, or if masked columns of a
    /// subquery or CTE have unknown positions.
    fn renamed(
        &mut self,
        columns: Rc<Columns>,
        alias: Option<&ast::FromAlias>,
        is_relation: bool,
    ) -> Rc<Columns> {
        let Some(list) = alias.and_then(ast::FromAlias::columns) else {
            return columns;
        };
        let names: Vec<String> = list
            .column_names()
            .map(|name| fold(&identifier(name.syntax())))
            .collect();
        let mut renamed = Columns::clone(&columns);
        let is_blocked = if is_relation {
            renamed.has_masks()
        } else {
            !renamed.rename(&names)
        };
        if is_blocked {
            self.block_rename();
        }
        Rc::new(renamed)
    }

    pub(super) fn block_rename(&mut self) {
        self.block(
            Block::new(
                rule::MASKED_COLUMN_RENAME,
                "a list of column names renames columns of a relation with masks",
            )
            .with_hint("Use an alias without a list of column names")
            .unpublished("whether PgBeam allows such lists for a star is not published"),
        );
    }
}
