//! Adds row filters to the WHERE clauses of a statement.

mod sources;

use std::collections::{BTreeSet, HashMap};

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use self::sources::{Source, Sources};
use crate::evaluation::Block;
use crate::facts::{Facts, start};
use crate::policy::{Policy, RowFilter};
use crate::predicate::Predicate;
use crate::relation::{RelationName, identifier};
use crate::rule;

/// The row filters of a statement.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    /// The predicates that apply, in the order of the policy.
    pub(crate) predicates: Vec<String>,
    /// The changes that add the predicates to the SQL.
    pub(crate) edits: Vec<Edit>,
}

/// Replaces the bytes `start..end` of the SQL by `text`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) text: String,
}

/// Returns the row filters that apply to a statement, and the edits that add them.
///
/// # Errors
///
/// Returns a block if a filter cannot be added safely, or if the statement could replace a relation that a filter's
/// subquery reads.
pub(crate) fn filters(
    statement: &ast::Stmt,
    facts: &Facts,
    policy: &Policy,
) -> Result<Filters, Block> {
    let has_subquery = policy
        .filters
        .iter()
        .any(|filter| filter.predicate.has_subquery());
    if has_subquery && facts.creates_temporary {
        return Err(Block::new(
            rule::ROW_FILTER_UNSAFE,
            "a temporary relation could take the place of a relation in the predicate of a row filter",
        )
        .with_hint("Create a relation that is not temporary")
        .unpublished("whether PgBeam protects the relations of row filters is not published"));
    }
    let applies = |filter: &&RowFilter| {
        facts
            .relations()
            .into_iter()
            .any(|relation| filter.table.restricts(relation))
    };
    let active: Vec<&RowFilter> = policy.filters.iter().filter(applies).collect();
    if active.is_empty() {
        return Ok(Filters::default());
    }
    let has_subquery = active.iter().any(|filter| filter.predicate.has_subquery());
    if has_subquery
        && facts.has_cte
        && let Some(relation) = facts
            .relations()
            .into_iter()
            .find(|relation| active.iter().any(|filter| filter.table.restricts(relation)))
    {
        return Err(unsafe_filter(
            relation,
            "its predicate has a subquery, and a CTE could take the place of a relation in it",
        ));
    }
    let mut placement = Placement {
        facts,
        active,
        used: BTreeSet::new(),
        placed: BTreeSet::new(),
        edits: Vec::new(),
    };
    for query in &facts.queries {
        placement.query(query)?;
    }
    placement.check_all_placed(statement)?;
    let predicates = placement
        .active
        .iter()
        .enumerate()
        .filter(|(index, _)| placement.used.contains(index))
        .map(|(_, filter)| filter.predicate.text().to_owned())
        .collect();
    Ok(Filters {
        predicates,
        edits: placement.edits,
    })
}

/// Applies the edits to `sql`.
pub(crate) fn rewrite(sql: &str, mut edits: Vec<Edit>) -> String {
    edits.sort();
    let mut rewritten = String::with_capacity(sql.len());
    let mut position = 0;
    for edit in edits {
        rewritten.push_str(sql.get(position..edit.start).unwrap_or_default());
        rewritten.push_str(&edit.text);
        position = edit.end;
    }
    rewritten.push_str(sql.get(position..).unwrap_or_default());
    rewritten
}

struct Placement<'a> {
    facts: &'a Facts,
    active: Vec<&'a RowFilter>,
    /// The filters that were added, by their index in `active`.
    used: BTreeSet<usize>,
    /// The byte offsets of the references that are filtered.
    placed: BTreeSet<u32>,
    edits: Vec<Edit>,
}

impl Placement<'_> {
    /// Adds filters to the WHERE of one SELECT, UPDATE, DELETE or TABLE.
    fn query(&mut self, node: &SyntaxNode) -> Result<(), Block> {
        let mut collected = Sources::new(self.facts);
        match node.kind() {
            SyntaxKind::SELECT | SyntaxKind::SELECT_INTO => {}
            SyntaxKind::UPDATE | SyntaxKind::DELETE => collected.add_target(node),
            SyntaxKind::TABLE => {
                return self.table(node);
            }
            _ => return Ok(()),
        }
        let mut end = None;
        for clause in node.children() {
            match clause.kind() {
                SyntaxKind::FROM_CLAUSE | SyntaxKind::USING_CLAUSE => {
                    for item in clause.children() {
                        collected.add_from_item(&item, None);
                    }
                    end = Some(clause);
                }
                SyntaxKind::SET_CLAUSE
                | SyntaxKind::RELATION_NAME
                | SyntaxKind::OPTIONAL_AS_ALIAS => end = Some(clause),
                SyntaxKind::WHERE_CURRENT_OF => {
                    for source in &mut collected.relations {
                        source.obstacle = Some("WHERE CURRENT OF has no condition");
                    }
                }
                _ => {}
            }
        }
        let must_qualify = collected
            .relations
            .len()
            .saturating_add(collected.other_items)
            > 1;
        let mut sources = collected.relations;
        let mut uses: HashMap<String, usize> = HashMap::new();
        for source in &sources {
            let count = uses.entry(source.relation.name.clone()).or_default();
            *count = count.saturating_add(1);
        }
        for source in &mut sources {
            if uses
                .get(&source.relation.name)
                .is_some_and(|count| *count > 1)
            {
                let text = source.node.text().to_string();
                source.qualifier = match source.relation.schema {
                    Some(_) => text,
                    None => format!("public.{text}"),
                };
            }
        }
        let mut conditions = Vec::new();
        for source in &sources {
            conditions.extend(self.conditions(source, must_qualify)?);
        }
        if conditions.is_empty() {
            return Ok(());
        }
        let condition = conditions.join(" AND ");
        let own = node
            .children()
            .find_map(ast::WhereClause::cast)
            .and_then(|clause| clause.expr());
        match (own, end) {
            (Some(own), _) => {
                let range = own.syntax().text_range();
                self.insert(range.start().into(), "(".to_owned());
                self.insert(range.end().into(), format!(") AND {condition}"));
            }
            (None, Some(end)) => {
                let end = end.text_range().end().into();
                self.insert(end, format!(" WHERE {condition}"));
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Adds filters to `TABLE t`. It has no WHERE, so it becomes a SELECT.
    fn table(&mut self, node: &SyntaxNode) -> Result<(), Block> {
        let Some(name) = node
            .children()
            .find(|child| child.kind() == SyntaxKind::RELATION_NAME)
        else {
            return Ok(());
        };
        let source = name
            .children()
            .find_map(|reference| Sources::new(self.facts).source(&reference, None, None));
        let Some(source) = source else {
            return Ok(());
        };
        let conditions = self.conditions(&source, false)?;
        let keyword = node
            .children_with_tokens()
            .filter_map(|child| child.into_token())
            .find(|token| token.kind() == SyntaxKind::TABLE_KW);
        if let (Some(keyword), false) = (keyword, conditions.is_empty()) {
            let range = keyword.text_range();
            self.edits.push(Edit {
                start: range.start().into(),
                end: range.end().into(),
                text: "SELECT * FROM".to_owned(),
            });
            let end = name.text_range().end().into();
            self.insert(end, format!(" WHERE {}", conditions.join(" AND ")));
        }
        Ok(())
    }

    fn insert(&mut self, position: usize, text: String) {
        self.edits.push(Edit {
            start: position,
            end: position,
            text,
        });
    }

    /// Returns the conditions that filter a relation, and records that the relation is filtered. Returns a block if
    /// `source` has an obstacle or a predicate cannot be used.
    fn conditions(&mut self, source: &Source, must_qualify: bool) -> Result<Vec<String>, Block> {
        let mut conditions = Vec::new();
        for (index, filter) in self.active.iter().enumerate() {
            if !filter.table.restricts(&source.relation) {
                continue;
            }
            if let Some(obstacle) = source.obstacle {
                return Err(unsafe_filter(&source.relation, obstacle));
            }
            let condition = filter
                .predicate
                .condition(
                    &source.relation,
                    source.alias.as_deref(),
                    &source.qualifier,
                    must_qualify,
                )
                .map_err(|reason| unsafe_filter(&source.relation, reason))?;
            conditions.push(format!("({condition})"));
            self.used.insert(index);
        }
        if !conditions.is_empty() {
            self.placed.insert(start(&source.node));
        }
        Ok(conditions)
    }

    /// Returns a block if the statement accesses rows of a filtered relation where no filter was added (such as INSERT
    /// or CREATE VIEW), or if a schema change affects a filter. Allows other uses, such as CREATE INDEX.
    fn check_all_placed(&self, statement: &ast::Stmt) -> Result<(), Block> {
        let is_ddl = matches!(
            statement,
            ast::Stmt::CreateTableAs(_)
                | ast::Stmt::CreateView(_)
                | ast::Stmt::CreateMaterializedView(_)
                | ast::Stmt::CreateRule(_)
                | ast::Stmt::CreateFunction(_)
                | ast::Stmt::CreateProcedure(_)
                | ast::Stmt::CreateSchema(_)
        );
        for reference in self.facts.references.values() {
            let node = &reference.node;
            let filters = || {
                let active = self.active.iter();
                active.filter(|filter| filter.table.restricts(&reference.relation))
            };
            let is_filtered = filters().next().is_some();
            // Not the name of a created relation.
            let is_name = matches!(
                node.kind(),
                SyntaxKind::RELATION_NAME_REF
                    | SyntaxKind::TABLE_NAME_REF
                    | SyntaxKind::VIEW_REF
                    | SyntaxKind::INDEX_REF
                    | SyntaxKind::TYPE_NAME_REF
            );
            if !is_filtered || !is_name {
                continue;
            }
            if is_ddl {
                return Err(unsafe_filter(
                    &reference.relation,
                    "a stored query would read it without the filter",
                ));
            }
            if self.placed.contains(&start(node)) {
                continue;
            }
            let changes_column = filters().any(|filter| changes_column(node, &filter.predicate));
            let reason = if changes_column {
                Some("the schema change affects a column of its predicate")
            } else {
                unplaced_reason(node)
            };
            if let Some(reason) = reason {
                return Err(unsafe_filter(&reference.relation, reason));
            }
        }
        Ok(())
    }
}

/// Returns why it is unsafe that the relation at `reference` has no filter: the statement accesses rows of the
/// relation, or makes them available under another name. `None` if this is safe.
fn unplaced_reason(reference: &SyntaxNode) -> Option<&'static str> {
    let renames = reference.ancestors().skip(1).take(2).any(|ancestor| {
        ancestor.children().any(|child| {
            matches!(
                child.kind(),
                SyntaxKind::TABLE_RENAME_TO
                    | SyntaxKind::VIEW_RENAME_TO
                    | SyntaxKind::INDEX_RENAME_TO
                    | SyntaxKind::SET_SCHEMA
                    | SyntaxKind::INHERIT_TABLE
            )
        })
    });
    if renames {
        return Some("the schema change would separate it from the filter");
    }
    let user = reference.ancestors().skip(1).find(|ancestor| {
        !matches!(
            ancestor.kind(),
            SyntaxKind::RELATION_NAME | SyntaxKind::TABLE_RELATION_NAME
        )
    })?;
    match user.kind() {
        SyntaxKind::ATTACH_PARTITION => {
            Some("its rows could be read under the name of the other table")
        }
        SyntaxKind::INSERT => Some("an INSERT has no WHERE"),
        SyntaxKind::MERGE => Some("a MERGE has no WHERE"),
        SyntaxKind::RELATION_FROM_ITEM | SyntaxKind::UPDATE | SyntaxKind::DELETE => {
            Some("the filter has no place in this clause")
        }
        _ => None,
    }
}

/// Returns `true` if the ALTER TABLE or ALTER TYPE around the reference renames, drops or recomputes a column that the
/// predicate uses.
fn changes_column(reference: &SyntaxNode, predicate: &Predicate) -> bool {
    let Some(statement) = reference.ancestors().find(|node| {
        node.kind() == SyntaxKind::ALTER_TABLE || node.kind() == SyntaxKind::ALTER_TYPE
    }) else {
        return false;
    };
    statement.descendants().any(|node| {
        let is_change = match node.kind() {
            SyntaxKind::RENAME_COLUMN | SyntaxKind::DROP_COLUMN | SyntaxKind::RENAME_ATTRIBUTE => {
                true
            }
            SyntaxKind::ALTER_COLUMN => node
                .descendants()
                .any(|part| part.kind() == SyntaxKind::USING_EXPR),
            _ => false,
        };
        is_change
            && node
                .children()
                .filter(|name| {
                    matches!(
                        name.kind(),
                        SyntaxKind::COLUMN_NAME_REF | SyntaxKind::COMPOSITE_FIELD_REF
                    )
                })
                .any(|name| predicate.mentions(&identifier(&name)))
    })
}

fn unsafe_filter(relation: &RelationName, reason: &str) -> Block {
    Block::new(
        rule::ROW_FILTER_UNSAFE,
        format!("the row filter of {relation} cannot be added: {reason}"),
    )
    .with_hint("Use the relation in a plain SELECT, UPDATE or DELETE")
    .unpublished("which statements PgBeam cannot filter is not published")
}
