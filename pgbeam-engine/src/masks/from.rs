//! Reads the FROM items of a query: relations, CTEs, subqueries, joins and functions.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::columns::Columns;
use super::queries::{MAX_COLUMNS, child, path_name};
use super::scope::Item;
use crate::evaluation::Block;
use crate::relation::{identifier, path};
use crate::rule;

impl Lineage<'_> {
    /// Returns the columns of a relation or CTE. Blocks the statement if the columns of the CTE are not known yet.
    pub(super) fn relation(&mut self, name: &SyntaxNode) -> Rc<Columns> {
        if let Some(columns) = self.masked_relation(name) {
            return Rc::new(columns);
        }
        let definition = self
            .ctes
            .get(&path_name(name))
            .and_then(|definitions| definitions.last()?.as_ref());
        if let Some(columns) = definition {
            return Rc::clone(columns);
        }
        self.block(
            Block::new(
                rule::MASKED_COLUMN_EXPRESSION,
                format!(
                    "the columns of the recursive query {} cannot be followed",
                    path_name(name)
                ),
            )
            .with_hint("Define each query before its first use")
            .unpublished("how PgBeam follows such queries is not published"),
        );
        Rc::new(Columns::unknown())
    }

    /// Returns the columns of a relation. `None` for a CTE.
    pub(super) fn masked_relation(&self, name: &SyntaxNode) -> Option<Columns> {
        let relation = &self.facts.reference(name)?.relation;
        let written: Vec<String> = path(name).collect();
        Some(Columns::from_relation(
            &written.join("."),
            self.policy.masks_of(relation),
        ))
    }

    /// Adds the items of a FROM or USING clause to the innermost scope.
    pub(super) fn read_from_clause(&mut self, clause: &SyntaxNode) {
        let outer = std::mem::replace(&mut self.from_levels, 1);
        self.add_from_list(clause);
        self.from_levels = outer;
    }

    fn add_from_list(&mut self, list: &SyntaxNode) {
        let outer = self.join_start;
        for item in list.children() {
            self.join_start = self.scope.items().len();
            self.add_from_item(&item);
        }
        self.join_start = outer;
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
                        SyntaxKind::ON_CLAUSE => {
                            // A condition does not see the FROM items before the join.
                            let outer = std::mem::replace(&mut self.scope.prefers_masks, true);
                            self.join_condition(&part);
                            self.scope.prefers_masks = outer;
                        }
                        SyntaxKind::JOIN_USING_CLAUSE => self.join_using(&part),
                        _ => self.add_from_item(&part),
                    }
                }
                if is_natural(node) && self.scope.merge_columns(None, self.join_start) {
                    self.block_comparison(node);
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
                let schema = own_name.map(|relation| relation.schema_or_public().to_owned());
                let is_aliased = name.is_some();
                let item = Item {
                    schema: schema.filter(|_| !is_aliased),
                    ..Item::new(
                        name.or_else(|| Some(path_name(&relation))),
                        self.renamed(columns, alias.as_ref(), own_name.is_some()),
                    )
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
                // A function sees the earlier FROM items. The columns of its result are unknown.
                self.parts(node);
                self.scope.add(Item::new(name, Rc::new(Columns::unknown())));
            }
            _ => {}
        }
    }

    /// Adds a subquery or a join in parentheses.
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
            self.scope.add(Item::new(name, columns));
            return;
        }
        if name.is_none() {
            self.add_from_list(&inner);
            return;
        }
        // The alias of a join hides the names inside it. Its columns are those of `*`.
        self.scope.push(Vec::new());
        self.from_levels = self.from_levels.saturating_add(1);
        self.add_from_list(&inner);
        self.from_levels = self.from_levels.saturating_sub(1);
        let is_wide = self.scope.star_width() > MAX_COLUMNS;
        let columns = match self.scope.pop() {
            _ if is_wide => self.block_width(),
            level => level.star(),
        };
        let columns = self.renamed(Rc::new(columns), alias, true);
        self.scope.add(Item::new(name, columns));
    }

    /// Reads USING of a join. Blocks the statement if the join compares a masked column with a column that can be a
    /// constant. If USING has an alias, as in `USING (id) AS j`, adds an item with this name and the merged columns.
    fn join_using(&mut self, clause: &SyntaxNode) {
        let names: Vec<String> = clause
            .descendants()
            .filter(|node| node.kind() == SyntaxKind::COLUMN_NAME_REF)
            .map(|name| identifier(&name))
            .collect();
        if self.scope.merge_columns(Some(&names), self.join_start) {
            self.block_comparison(clause);
        }
        let alias = child(clause, SyntaxKind::REQUIRED_AS_ALIAS)
            .and_then(|alias| child(&alias, SyntaxKind::TABLE_ALIAS));
        let Some(alias) = alias else {
            return;
        };
        let level = self.scope.pop();
        let columns = level.merged(&names);
        self.scope.push_level(level);
        self.scope.add(Item {
            is_in_star: false,
            ..Item::new(Some(identifier(&alias)), Rc::new(columns))
        });
    }

    /// Blocks the statement for a join that compares a masked column with a column that can be a constant.
    fn block_comparison(&mut self, join: &SyntaxNode) {
        self.with_rule(rule::MASKED_COLUMN_PREDICATE, |lineage| {
            lineage.block_value(join)
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
        let hidden = if is_lateral { 0 } else { self.from_levels };
        let siblings: Vec<_> = (0..hidden).map(|_| self.scope.pop()).collect();
        let levels = std::mem::take(&mut self.from_levels);
        let columns = self.query(inner);
        self.from_levels = levels;
        for level in siblings.into_iter().rev() {
            self.scope.push_level(level);
        }
        Some(columns)
    }

    /// Applies a column alias list, if any. `is_relation` is `true` for the columns of a relation or join, and `false`
    /// for the columns of a subquery or CTE. Blocks the statement if a relation or join has masks, or if a subquery or
    /// CTE has masks and columns at unknown positions.
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
            .map(|name| identifier(name.syntax()))
            .collect();
        let mut renamed = Columns::clone(&columns);
        if is_relation && renamed.has_masks() || !renamed.rename(&names) {
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

/// Returns `true` for NATURAL JOIN.
fn is_natural(join: &SyntaxNode) -> bool {
    join.children_with_tokens()
        .any(|child| child.kind() == SyntaxKind::NATURAL_KW)
}
