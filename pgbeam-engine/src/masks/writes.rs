//! Finds masked values in INSERT, UPDATE, DELETE and MERGE.

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
    /// Checks INSERT, UPDATE, DELETE or MERGE, and returns the columns of RETURNING.
    ///
    /// Blocks the statement if it writes a masked value or uses one in a condition or a larger expression. Allows
    /// masked columns by themselves in RETURNING, in the target of ON CONFLICT, and in the equalities of join
    /// conditions, which include the ON of MERGE (see [`join_condition`](Self::join_condition)).
    pub(super) fn write(&mut self, node: &SyntaxNode) -> Columns {
        let Some(target) = self.target(node) else {
            return Columns::default();
        };
        let mut returning = Columns::default();
        // The source of INSERT does not see the target.
        self.scope.push(Vec::new());
        for part in node.children() {
            if ast::SelectVariant::can_cast(part.kind()) && self.query(&part).has_masks() {
                self.block_copy(&part);
            }
        }
        self.scope.add(target.clone());
        for part in node.children() {
            match part.kind() {
                SyntaxKind::FROM_CLAUSE | SyntaxKind::USING_CLAUSE => self.read_from_clause(&part),
                SyntaxKind::USING_ON_CLAUSE => {
                    self.read_from_clause(&part);
                    if let Some(on) = child(&part, SyntaxKind::ON_CLAUSE) {
                        self.join_condition(&on);
                    }
                }
                _ => {}
            }
        }
        for part in node.children() {
            match part.kind() {
                SyntaxKind::SET_CLAUSE => self.assignments(&part),
                SyntaxKind::WHERE_CLAUSE | SyntaxKind::FOR_PORTION_OF => self.predicate(&part),
                SyntaxKind::ON_CONFLICT_CLAUSE => self.conflict(&part),
                kind if ast::MergeWhenClause::can_cast(kind) => self.merge_action(&part),
                SyntaxKind::RETURNING_CLAUSE => returning = self.returning(&part, &target),
                _ => {}
            }
        }
        self.scope.pop();
        returning
    }

    /// Returns the changed relation as a FROM item.
    fn target(&self, node: &SyntaxNode) -> Option<Item> {
        let name = node.children().find_map(|part| match part.kind() {
            SyntaxKind::RELATION_NAME_REF => Some(part),
            SyntaxKind::RELATION_NAME => child(&part, SyntaxKind::RELATION_NAME_REF),
            SyntaxKind::TABLE_RELATION_NAME => child(&part, SyntaxKind::TABLE_NAME_REF),
            _ => None,
        })?;
        let reference = self.facts.reference(&name);
        let columns = self.masked_relation(&name).unwrap_or_else(Columns::unknown);
        let alias = node
            .children()
            .filter(|part| {
                matches!(
                    part.kind(),
                    SyntaxKind::OPTIONAL_AS_ALIAS | SyntaxKind::REQUIRED_AS_ALIAS
                )
            })
            .find_map(|part| child(&part, SyntaxKind::TABLE_ALIAS))
            .map(|alias| identifier(&alias));
        let schema = reference.map(|reference| reference.relation.schema_or_public().to_owned());
        Some(Item {
            schema: schema.filter(|_| alias.is_none()),
            ..Item::new(alias.or_else(|| Some(path_name(&name))), Rc::new(columns))
        })
    }

    /// Blocks masked values on the right side of SET.
    fn assignments(&mut self, clause: &SyntaxNode) {
        for node in clause.children() {
            match node.kind() {
                SyntaxKind::COLUMN_TARGET | SyntaxKind::COLUMN_TARGET_LIST => self.parts(&node),
                SyntaxKind::PAREN_SELECT => {
                    if self.query(&node).has_masks() {
                        self.block_copy(&node);
                    }
                }
                kind if ast::Expr::can_cast(kind) => {
                    if self.value(&node) != Value::Plain {
                        self.block_copy(&node);
                    }
                }
                _ => self.assignments(&node),
            }
        }
    }

    /// Checks ON CONFLICT. The columns of `excluded` are not masked: they have the values that the statement inserts.
    fn conflict(&mut self, clause: &SyntaxNode) {
        let excluded = Item::new(Some("excluded".to_owned()), Rc::new(Columns::unknown()));
        self.scope.push(vec![excluded]);
        for action in clause.children() {
            // The conflict target names an index.
            if ast::ConflictTarget::can_cast(action.kind()) {
                continue;
            }
            for part in action.children() {
                match part.kind() {
                    SyntaxKind::SET_CLAUSE => self.assignments(&part),
                    _ => self.predicate(&part),
                }
            }
        }
        self.scope.pop();
    }

    fn merge_action(&mut self, clause: &SyntaxNode) {
        for part in clause.children() {
            match part.kind() {
                SyntaxKind::MERGE_UPDATE => self.assignments(&part),
                SyntaxKind::MERGE_INSERT => self.with_rule(rule::MASKED_COLUMN_COPY, |lineage| {
                    lineage.parts(&part);
                }),
                SyntaxKind::MERGE_DELETE => {}
                _ => self.predicate(&part),
            }
        }
    }

    /// Returns the columns of RETURNING, which can also use the row before and after the change: as `old` and `new`, or
    /// under the names in `RETURNING WITH (…)`.
    fn returning(&mut self, clause: &SyntaxNode, target: &Item) -> Columns {
        let mut names = vec!["old".to_owned(), "new".to_owned()];
        names.extend(
            clause
                .descendants()
                .filter(|node| node.kind() == SyntaxKind::TABLE_ALIAS)
                .map(|alias| identifier(&alias)),
        );
        let outer: Vec<Item> = names
            .into_iter()
            .map(|name| Item::new(Some(name), Rc::clone(&target.columns)))
            .collect();
        // In a level outside that of the relations, so that `*` does not include these items.
        let items = self.scope.pop();
        self.scope.push(outer);
        self.scope.push_level(items);
        let columns = child(clause, SyntaxKind::TARGET_LIST)
            .map_or_else(Columns::default, |list| self.targets(&list));
        let items = self.scope.pop();
        self.scope.pop();
        self.scope.push_level(items);
        columns
    }

    pub(super) fn block_copy(&mut self, node: &SyntaxNode) {
        self.with_rule(rule::MASKED_COLUMN_COPY, |lineage| {
            lineage.block_value(node)
        });
    }
}
