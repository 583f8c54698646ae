//! The result columns of queries.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::column_name::ColumnName;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::expressions::name_parts;
use super::scope::{Columns, Item, Value};
use crate::evaluation::Block;
use crate::facts::with_clause;
use crate::policy::MaskKind;
use crate::relation::path;
use crate::rule;

/// The maximum number of columns of a query in PostgreSQL.
const MAX_COLUMNS: usize = 1_664;

impl Lineage<'_> {
    /// Returns the result columns of a query, or of RETURNING.
    pub(super) fn query(&mut self, node: &SyntaxNode) -> Columns {
        let ctes = match with_clause(node) {
            Some(with) => self.with_clause(&with),
            None => Vec::new(),
        };
        let mut columns = match node.kind() {
            SyntaxKind::SELECT | SyntaxKind::SELECT_INTO => self.select(node),
            SyntaxKind::COMPOUND_SELECT => self.compound_select(node),
            SyntaxKind::VALUES => self.values(node),
            SyntaxKind::TABLE => self.table(node),
            SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE | SyntaxKind::MERGE => {
                self.write(node)
            }
            // Parentheses.
            _ => {
                let columns = match node.children().find(|child| super::is_query(child.kind())) {
                    Some(inner) => self.query(&inner),
                    None => {
                        self.parts(node);
                        Columns::unknown()
                    }
                };
                self.tail_clauses(node, &columns);
                columns
            }
        };
        self.forget(&ctes);
        if columns.known.len() > MAX_COLUMNS {
            self.block(
                Block::new(
                    rule::MASKED_COLUMN_EXPRESSION,
                    format!(
                        "a query has more than {MAX_COLUMNS} columns, which PostgreSQL rejects"
                    ),
                )
                .with_hint("Name fewer columns"),
            );
            columns.known.truncate(MAX_COLUMNS);
        }
        columns
    }

    fn select(&mut self, node: &SyntaxNode) -> Columns {
        self.scope.push(Vec::new());
        for clause in node.children() {
            if clause.kind() == SyntaxKind::FROM_CLAUSE {
                self.add_from_list(&clause);
            }
        }
        let mut columns = Columns::default();
        for clause in node.children() {
            match clause.kind() {
                SyntaxKind::SELECT_CLAUSE => columns = self.select_clause(&clause),
                SyntaxKind::WITH_CLAUSE | SyntaxKind::FROM_CLAUSE | SyntaxKind::LOCKING_CLAUSE => {}
                SyntaxKind::GROUP_BY_CLAUSE => self.grouping(&clause),
                kind if ast::SelectTailClause::can_cast(kind) => {}
                _ => self.predicate(&clause),
            }
        }
        self.tail_clauses(node, &columns);
        self.scope.pop();
        if node.kind() == SyntaxKind::SELECT_INTO && columns.has_masks() {
            self.with_rule(rule::MASKED_COLUMN_COPY, |lineage| {
                lineage.block_value(node)
            });
        }
        columns
    }

    fn select_clause(&mut self, clause: &SyntaxNode) -> Columns {
        let mut columns = Columns::default();
        for part in clause.children() {
            match part.kind() {
                SyntaxKind::TARGET_LIST => columns = self.targets(&part),
                // DISTINCT ON.
                _ => self.predicate(&part),
            }
        }
        columns
    }

    /// Returns the columns of a select list or RETURNING.
    pub(super) fn targets(&mut self, list: &SyntaxNode) -> Columns {
        let mut columns = Columns::default();
        for target in list.children().filter_map(ast::Target::cast) {
            let Some(expr) = target.expr() else {
                for item in self.scope.items() {
                    columns.extend(&item.columns);
                }
                continue;
            };
            if let Some(item) = self.starred_item(expr.syntax()) {
                columns.extend(&item);
                continue;
            }
            let mask = match self.value(expr.syntax()) {
                Value::Plain | Value::Call => None,
                Value::Column(kind) => Some(kind),
                Value::Composite => Some(MaskKind::Null),
            };
            let name = ColumnName::from_target(target).and_then(|(name, _)| name.to_string());
            columns.push(name.as_deref().unwrap_or("?column?"), mask);
        }
        columns
    }

    /// The columns of `t.*`.
    fn starred_item(&self, expr: &SyntaxNode) -> Option<Rc<Columns>> {
        let parts = name_parts(expr)?;
        match parts
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            [name, "*"] => self.scope.item(None, name),
            [.., schema, name, "*"] => self.scope.item(Some(schema), name),
            _ => None,
        }
        .map(|item| Rc::clone(&item.columns))
    }

    /// Returns the columns of UNION, INTERSECT or EXCEPT.
    fn compound_select(&mut self, node: &SyntaxNode) -> Columns {
        let (first, second) = operands(node);
        let mut columns = first.map_or_else(Columns::default, |first| self.query(&first));
        if let Some(second) = second {
            let other = self.query(&second);
            self.merge(node, &mut columns, &other);
        }
        self.tail_clauses(node, &columns);
        columns
    }

    /// Merges the columns of the second operand of a set operation into those of the first. Blocks INTERSECT and EXCEPT
    /// with masked columns, and masked columns at unknown positions.
    pub(super) fn merge(&mut self, node: &SyntaxNode, columns: &mut Columns, other: &Columns) {
        let compares = node
            .children()
            .any(|operator| matches!(operator.kind(), SyntaxKind::INTERSECT | SyntaxKind::EXCEPT));
        if compares && (columns.has_masks() || other.has_masks()) {
            self.with_rule(rule::MASKED_COLUMN_PREDICATE, |lineage| {
                lineage.block_value(node)
            });
        }
        if !columns.merge(other) {
            self.block(
                Block::new(
                    rule::MASKED_COLUMN_EXPRESSION,
                    "a masked column has an unknown position in a set operation, because of a star",
                )
                .with_hint("Name the columns in each SELECT")
                .unpublished("how PgBeam finds columns behind a star is not published"),
            );
        }
    }

    /// Checks ORDER BY, LIMIT and similar clauses, which can use the result columns.
    pub(super) fn tail_clauses(&mut self, node: &SyntaxNode, columns: &Columns) {
        let clauses: Vec<_> = node
            .children()
            .filter(|clause| ast::SelectTailClause::can_cast(clause.kind()))
            .filter(|clause| clause.kind() != SyntaxKind::LOCKING_CLAUSE)
            .collect();
        if clauses.is_empty() {
            return;
        }
        self.scope.push(vec![Item {
            name: None,
            schema: None,
            columns: Rc::new(columns.clone()),
        }]);
        for clause in clauses {
            self.predicate(&clause);
            // ORDER BY 2 means the second column.
            let positions = clause.descendants().filter_map(ast::SortBy::cast);
            for position in positions.filter_map(|sort| sort.expr()) {
                let number = position.syntax().text().to_string().parse();
                if number.is_ok_and(|number| !columns.is_plain_at(number)) {
                    let node = position.syntax().clone();
                    self.with_rule(rule::MASKED_COLUMN_PREDICATE, |lineage| {
                        lineage.block_value(&node);
                    });
                }
            }
        }
        self.scope.pop();
    }

    /// Returns the columns of VALUES, and blocks masked values in it.
    fn values(&mut self, node: &SyntaxNode) -> Columns {
        let mut columns = Columns::default();
        let rows = node.descendants().filter_map(ast::Row::cast);
        for (index, row) in rows.filter(|row| is_row_of(row.syntax(), node)).enumerate() {
            for (position, expr) in row.exprs().enumerate() {
                self.operand(expr.syntax());
                if index == 0 {
                    columns.push(&format!("column{}", position.saturating_add(1)), None);
                }
            }
        }
        self.tail_clauses(node, &columns);
        columns
    }

    fn table(&mut self, node: &SyntaxNode) -> Columns {
        let name = node
            .descendants()
            .find(|node| node.kind() == SyntaxKind::RELATION_NAME_REF);
        let columns = name.map_or_else(Columns::default, |name| {
            Columns::clone(&self.relation(&name))
        });
        self.tail_clauses(node, &columns);
        columns
    }
}

/// The operands of a set operation.
pub(super) fn operands(node: &SyntaxNode) -> (Option<SyntaxNode>, Option<SyntaxNode>) {
    let mut operands = node
        .children()
        .filter(|child| super::is_query(child.kind()) || child.kind() == SyntaxKind::PAREN_EXPR);
    (operands.next(), operands.next())
}

/// The first child of a kind.
pub(super) fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|child| child.kind() == kind)
}

/// The last part of a relation's name.
pub(super) fn path_name(node: &SyntaxNode) -> String {
    path(node).last().unwrap_or_default()
}

/// Whether the row belongs to this VALUES and not to one inside it.
fn is_row_of(row: &SyntaxNode, values: &SyntaxNode) -> bool {
    let parent = row.parent().and_then(|list| list.parent());
    parent.as_ref() == Some(values)
}
