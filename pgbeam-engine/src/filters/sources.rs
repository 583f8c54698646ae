//! Collects the relations whose rows a SELECT, UPDATE or DELETE reads or changes.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::facts::Facts;
use crate::relation::RelationName;

/// A relation in FROM, or the target of a write.
pub(super) struct Source {
    pub(super) node: SyntaxNode,
    pub(super) relation: RelationName,
    pub(super) alias: Option<String>,
    /// The qualifier for the columns of this relation if it has no alias: its name as written. If another relation has
    /// the same name, the qualifier includes the schema, or `public` if no schema is written.
    pub(super) qualifier: String,
    /// Why a condition in WHERE would not filter the rows of this relation, for example because of an outer join.
    /// `None` if it would.
    pub(super) obstacle: Option<&'static str>,
}

/// Collects the relations of one query.
pub(super) struct Sources<'a> {
    facts: &'a Facts,
    pub(super) relations: Vec<Source>,
    /// The number of FROM items that are not relations.
    pub(super) other_items: usize,
}

impl<'a> Sources<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        Self {
            facts,
            relations: Vec::new(),
            other_items: 0,
        }
    }

    /// Adds the target of UPDATE or DELETE.
    pub(super) fn add_target(&mut self, node: &SyntaxNode) {
        let alias = node
            .children()
            .find(|child| child.kind() == SyntaxKind::OPTIONAL_AS_ALIAS)
            .and_then(|alias| alias.children().next());
        let source = node
            .children()
            .find(|child| child.kind() == SyntaxKind::RELATION_NAME)
            .and_then(|name| {
                let mut references = name.children();
                references.find_map(|reference| self.source(&reference, alias.clone(), None))
            });
        self.relations.extend(source);
    }

    /// Returns the relation that `reference` names. `None` for CTEs.
    pub(super) fn source(
        &self,
        reference: &SyntaxNode,
        alias: Option<SyntaxNode>,
        obstacle: Option<&'static str>,
    ) -> Option<Source> {
        let last = reference
            .descendants()
            .filter(|node| node.kind() == SyntaxKind::PATH_SEGMENT_REF)
            .last()?;
        Some(Source {
            qualifier: last.text().to_string(),
            relation: self.facts.reference(reference)?.relation.clone(),
            node: reference.clone(),
            alias: alias.map(|alias| alias.text().to_string()),
            obstacle,
        })
    }

    /// Adds the relations of a FROM item, without those in subqueries.
    pub(super) fn add_from_item(&mut self, node: &SyntaxNode, obstacle: Option<&'static str>) {
        const OUTER: Option<&str> = Some("it can be missing in an outer join");
        match node.kind() {
            SyntaxKind::JOIN_EXPR => {
                let join = node.children().find_map(ast::Join::cast);
                let kind = join.as_ref().and_then(ast::Join::join_type);
                let (left, right) = match kind {
                    Some(ast::JoinType::JoinLeft(_)) => (obstacle, OUTER),
                    Some(ast::JoinType::JoinRight(_)) => (OUTER, obstacle),
                    Some(ast::JoinType::JoinFull(_)) => (OUTER, OUTER),
                    _ => (obstacle, obstacle),
                };
                // `a CROSS JOIN b RIGHT JOIN c` is parsed as `a CROSS JOIN (b RIGHT JOIN c)`.
                let follows_outer = join.iter().any(|join| has_outer_join(join.syntax()));
                let left = if follows_outer { OUTER } else { left };
                for child in node
                    .children()
                    .filter(|child| child.kind() != SyntaxKind::JOIN)
                {
                    self.add_from_item(&child, left);
                }
                for child in join.iter().flat_map(|join| join.syntax().children()) {
                    if ast::FromListItem::can_cast(child.kind()) {
                        self.add_from_item(&child, right);
                    }
                }
            }
            SyntaxKind::RELATION_FROM_ITEM => {
                let alias = node.children().find_map(ast::FromAlias::cast);
                let has_columns = alias
                    .as_ref()
                    .is_some_and(|alias| alias.columns().is_some());
                let obstacle = if has_columns {
                    Some("its columns are renamed")
                } else {
                    obstacle
                };
                let name = alias
                    .and_then(|alias| alias.name())
                    .map(|name| name.syntax().clone());
                let source = node
                    .children()
                    .find_map(|reference| self.source(&reference, name.clone(), obstacle));
                match source {
                    Some(source) => self.relations.push(source),
                    None => self.other_items = self.other_items.saturating_add(1),
                }
            }
            SyntaxKind::PAREN_FROM_ITEM => {
                let join = node
                    .children()
                    .find(|child| child.kind() == SyntaxKind::PAREN_EXPR);
                let has_alias = node
                    .children()
                    .any(|child| ast::FromAlias::can_cast(child.kind()));
                let obstacle = if has_alias {
                    Some("an alias of a join hides it")
                } else {
                    obstacle
                };
                let items: Vec<_> = join
                    .iter()
                    .flat_map(SyntaxNode::children)
                    .filter(|child| ast::FromListItem::can_cast(child.kind()))
                    .collect();
                if items.is_empty() {
                    self.other_items = self.other_items.saturating_add(1);
                }
                for item in items {
                    self.add_from_item(&item, obstacle);
                }
            }
            _ => self.other_items = self.other_items.saturating_add(1),
        }
    }
}

/// Returns `true` if a join without a condition is followed, without parentheses, by a RIGHT or FULL JOIN. The parser
/// reads the joins that follow as its right side.
fn has_outer_join(join: &SyntaxNode) -> bool {
    let mut join = join.clone();
    loop {
        let has_condition = join.children().any(|child| {
            matches!(
                child.kind(),
                SyntaxKind::ON_CLAUSE | SyntaxKind::JOIN_USING_CLAUSE
            )
        });
        let next = join
            .children()
            .find(|child| child.kind() == SyntaxKind::JOIN_EXPR)
            .and_then(|chain| chain.children().find_map(ast::Join::cast));
        let Some(next) = next.filter(|_| !has_condition) else {
            return false;
        };
        if matches!(
            next.join_type(),
            Some(ast::JoinType::JoinRight(_) | ast::JoinType::JoinFull(_))
        ) {
            return true;
        }
        join = next.syntax().clone();
    }
}
