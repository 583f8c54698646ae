//! Determines the result columns of queries and their masks.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::column_name::ColumnName;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::columns::Columns;
use super::expressions::name_parts;
use super::scope::{Item, Value};
use crate::evaluation::Block;
use crate::facts::with_clause;
use crate::policy::MaskKind;
use crate::relation::{identifier, path};
use crate::rule;

/// The maximum number of result columns of a query in PostgreSQL.
pub(super) const MAX_COLUMNS: usize = 1_664;

impl Lineage<'_> {
    /// Returns the result columns of a query: for a data change, those of RETURNING. Returns unknown columns if the
    /// statement is already blocked.
    pub(super) fn query(&mut self, node: &SyntaxNode) -> Columns {
        let mut tails = std::mem::take(&mut self.outer_tails);
        if self.block.is_some() {
            return Columns::unknown();
        }
        let ctes = match with_clause(node) {
            Some(with) => self.with_clause(&with),
            None => Vec::new(),
        };
        let columns = match node.kind() {
            SyntaxKind::SELECT | SyntaxKind::SELECT_INTO => self.select(node, &tails),
            SyntaxKind::COMPOUND_SELECT => self.compound_select(node, &tails),
            SyntaxKind::VALUES => self.values(node, &tails),
            SyntaxKind::TABLE => self.table(node, &tails),
            SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE | SyntaxKind::MERGE => {
                self.write(node)
            }
            // Parentheses.
            _ => match node.children().find(|child| super::is_query(child.kind())) {
                Some(inner) => {
                    tails.push(node.clone());
                    self.outer_tails = tails;
                    self.query(&inner)
                }
                None => {
                    self.parts(node);
                    Columns::unknown()
                }
            },
        };
        self.forget(&ctes);
        columns
    }

    /// Blocks a query with too many columns. Returns unknown columns.
    pub(super) fn block_width(&mut self) -> Columns {
        let reason =
            format!("a query has more than {MAX_COLUMNS} columns, which PostgreSQL rejects");
        let block = Block::new(rule::MASKED_COLUMN_EXPRESSION, reason);
        self.block(block.with_hint("Name fewer columns"));
        Columns::unknown()
    }

    fn block_star_position(&mut self) {
        self.block(
            Block::new(
                rule::MASKED_COLUMN_EXPRESSION,
                "a masked column has an unknown position, because of a star",
            )
            .with_hint("Name the columns in each SELECT")
            .unpublished("how PgBeam finds columns behind a star is not published"),
        );
    }

    fn select(&mut self, node: &SyntaxNode, tails: &[SyntaxNode]) -> Columns {
        self.scope.push(Vec::new());
        for clause in node.children() {
            if clause.kind() == SyntaxKind::FROM_CLAUSE {
                self.read_from_clause(&clause);
            }
        }
        let select_clause = child(node, SyntaxKind::SELECT_CLAUSE);
        let targets = select_clause
            .as_ref()
            .and_then(|clause| child(clause, SyntaxKind::TARGET_LIST));
        let columns = targets.map_or_else(Columns::default, |targets| self.targets(&targets));
        let distinct = select_clause
            .and_then(|clause| child(&clause, SyntaxKind::DISTINCT_CLAUSE))
            .and_then(|distinct| child(&distinct, SyntaxKind::DISTINCT_ON));
        for expr in distinct
            .and_then(ast::DistinctOn::cast)
            .iter()
            .flat_map(ast::DistinctOn::exprs)
        {
            self.sort_expression(expr.syntax(), &columns, true);
        }
        for clause in node.children() {
            match clause.kind() {
                SyntaxKind::SELECT_CLAUSE
                | SyntaxKind::WITH_CLAUSE
                | SyntaxKind::FROM_CLAUSE
                | SyntaxKind::LOCKING_CLAUSE => {}
                SyntaxKind::GROUP_BY_CLAUSE => self.grouping(&clause),
                kind if ast::SelectTailClause::can_cast(kind) => {}
                _ => self.predicate(&clause),
            }
        }
        for node in std::iter::once(node).chain(tails) {
            self.tail_clauses(node, &columns, true);
        }
        self.scope.pop();
        if node.kind() == SyntaxKind::SELECT_INTO && columns.has_masks() {
            self.block_copy(node);
        }
        columns
    }

    /// Returns the columns of a select list or RETURNING.
    pub(super) fn targets(&mut self, list: &SyntaxNode) -> Columns {
        let mut columns = Columns::default();
        for target in list.children().filter_map(ast::Target::cast) {
            let Some(expr) = target.expr() else {
                if columns.width().saturating_add(self.scope.star_width()) > MAX_COLUMNS {
                    return self.block_width();
                }
                columns.extend(&self.scope.star());
                continue;
            };
            let item = self.starred_item(expr.syntax());
            let width = item.as_ref().map_or(1, |item| item.width());
            if columns.width().saturating_add(width) > MAX_COLUMNS {
                return self.block_width();
            }
            if let Some(item) = item {
                columns.extend(&item);
                continue;
            }
            let is_named = target.as_name().is_some();
            let own_name = ColumnName::from_target(target).and_then(|(name, _)| name.to_string());
            // PostgreSQL names a cast of a subquery after the column of the subquery, which `ColumnName` does not find.
            let own_name = own_name
                .filter(|_| is_named || !hides_query(expr.syntax()))
                .unwrap_or_else(|| "?column?".to_owned());
            if let Some(query) = scalar_subquery(expr.syntax()) {
                let result = self.query(&query);
                let mask = result.has_masks().then_some(MaskKind::Null);
                let name = match result.at(1) {
                    _ if is_named => own_name,
                    Ok(column) => column.map_or(own_name, |column| column.name.to_string()),
                    Err(()) => {
                        if mask.is_some() {
                            self.block_star_position();
                        }
                        own_name
                    }
                };
                columns.push(&name, mask, false);
                continue;
            }
            let mask = match self.value(expr.syntax()) {
                Value::Plain | Value::Call => None,
                Value::Column(kind) => Some(kind),
                Value::Composite => Some(MaskKind::Null),
            };
            let is_stored = name_parts(expr.syntax()).is_some_and(|parts| {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                match parts.as_slice() {
                    [column] => self.scope.is_stored(None, column),
                    [.., table, column] => self.scope.is_stored(Some(table), column),
                    [] => false,
                }
            });
            columns.push(&own_name, mask, is_stored);
        }
        columns
    }

    /// Returns the columns of `t.*`. `None` for other expressions, and if no item has the name `t`.
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
    fn compound_select(&mut self, node: &SyntaxNode, tails: &[SyntaxNode]) -> Columns {
        let (first, second) = operands(node);
        let mut columns = first.map_or_else(Columns::default, |first| self.query(&first));
        if let Some(second) = second {
            let other = self.query(&second);
            self.merge(node, &mut columns, &other);
        }
        for node in std::iter::once(node).chain(tails) {
            self.tail_clauses(node, &columns, false);
        }
        columns
    }

    /// Merges `other`, the columns of the second operand of the set operation `node`, into `columns`, those of the
    /// first.
    ///
    /// Blocks the statement in three cases: INTERSECT or EXCEPT if an operand has masked columns, a set operation with
    /// INTO if the merged columns have masks, and any set operation if `other` has masked columns that cannot be
    /// matched with the first operand by position.
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
            self.block_star_position();
        }
        if columns.has_masks() && is_select_into(node) {
            self.block_copy(node);
        }
    }

    /// Checks the clauses after the body of a query, such as ORDER BY and LIMIT. `columns` are the result columns of
    /// the query. `is_select` is `true` for SELECT and TABLE, whose ORDER BY can also use the FROM items in scope, and
    /// `false` for set operations and VALUES, whose ORDER BY can use only the result columns.
    pub(super) fn tail_clauses(&mut self, node: &SyntaxNode, columns: &Columns, is_select: bool) {
        for clause in node.children() {
            match clause.kind() {
                SyntaxKind::ORDER_BY_CLAUSE => {
                    let list = child(&clause, SyntaxKind::SORT_BY_LIST).unwrap_or(clause);
                    for sort in list.children().filter_map(ast::SortBy::cast) {
                        if let Some(expr) = sort.expr() {
                            self.sort_expression(expr.syntax(), columns, is_select);
                        }
                    }
                }
                SyntaxKind::LOCKING_CLAUSE => {}
                kind if ast::SelectTailClause::can_cast(kind) => self.predicate(&clause),
                _ => {}
            }
        }
    }

    /// Checks one expression of ORDER BY or DISTINCT ON. It is the position or the name of a result column, or any
    /// other expression. The parameters are those of [`tail_clauses`](Self::tail_clauses).
    fn sort_expression(&mut self, expr: &SyntaxNode, columns: &Columns, is_select: bool) {
        let mut bare = expr.clone();
        while bare.kind() == SyntaxKind::PAREN_EXPR
            && let Some(inner) = bare.first_child()
        {
            bare = inner;
        }
        let is_plain = match bare.kind() {
            SyntaxKind::LITERAL => {
                let text = bare.text().to_string();
                match text.parse() {
                    Ok(number) => columns.is_plain_at(number),
                    // A position such as 0x2.
                    Err(_) => !(text.starts_with('0') && columns.has_masks()),
                }
            }
            SyntaxKind::NAME_REF => {
                let name = identifier(&bare);
                let named: Vec<_> = columns
                    .known
                    .iter()
                    .filter(|column| *column.name == *name)
                    .collect();
                if named.is_empty() {
                    self.predicate(expr);
                    return;
                }
                named.iter().all(|column| column.mask.is_none())
            }
            _ => {
                if !is_select {
                    self.scope
                        .push(vec![Item::new(None, Rc::new(columns.clone()))]);
                }
                self.predicate(expr);
                if !is_select {
                    self.scope.pop();
                }
                return;
            }
        };
        if !is_plain {
            self.with_rule(rule::MASKED_COLUMN_PREDICATE, |lineage| {
                lineage.block_value(expr)
            });
        }
    }

    /// Returns the columns of VALUES, and blocks masked values in it.
    fn values(&mut self, node: &SyntaxNode, tails: &[SyntaxNode]) -> Columns {
        let mut columns = Columns::default();
        let rows = node.descendants().filter_map(ast::Row::cast);
        for (index, row) in rows.filter(|row| is_row_of(row.syntax(), node)).enumerate() {
            for (position, expr) in row.exprs().enumerate() {
                self.operand(expr.syntax());
                if index == 0 {
                    columns.push(
                        &format!("column{}", position.saturating_add(1)),
                        None,
                        false,
                    );
                }
            }
        }
        for node in std::iter::once(node).chain(tails) {
            self.tail_clauses(node, &columns, false);
        }
        columns
    }

    fn table(&mut self, node: &SyntaxNode, tails: &[SyntaxNode]) -> Columns {
        let name = child(node, SyntaxKind::RELATION_NAME)
            .and_then(|name| child(&name, SyntaxKind::RELATION_NAME_REF));
        let Some(name) = name else {
            return Columns::default();
        };
        // TABLE t is SELECT * FROM t.
        let relation = self.relation(&name);
        let schema = self
            .facts
            .reference(&name)
            .map(|reference| reference.relation.schema_or_public().to_owned());
        let columns = Columns::clone(&relation);
        self.scope.push(vec![Item {
            schema,
            ..Item::new(Some(path_name(&name)), relation)
        }]);
        for node in std::iter::once(node).chain(tails) {
            self.tail_clauses(node, &columns, true);
        }
        self.scope.pop();
        columns
    }
}

/// Returns `true` if the first SELECT of a set operation has an INTO. The INTO belongs to the whole set operation.
fn is_select_into(node: &SyntaxNode) -> bool {
    let mut first = Some(node.clone());
    while let Some(query) = first {
        if query.kind() == SyntaxKind::SELECT_INTO {
            return true;
        }
        first = match query.kind() {
            SyntaxKind::COMPOUND_SELECT => operands(&query).0,
            SyntaxKind::PAREN_SELECT | SyntaxKind::PAREN_EXPR => {
                query.children().find(|child| super::is_query(child.kind()))
            }
            _ => None,
        };
    }
    false
}

/// Returns the query of an expression that consists of a subquery, in any number of parentheses. `None` for other
/// expressions.
fn scalar_subquery(expr: &SyntaxNode) -> Option<SyntaxNode> {
    let mut inner = expr.clone();
    while inner.kind() == SyntaxKind::PAREN_EXPR {
        inner = inner.first_child()?;
    }
    super::is_query(inner.kind()).then_some(inner)
}

/// Returns `true` for a cast or similar expression over a subquery. PostgreSQL gives the result column of such an
/// expression the name of the subquery's column.
fn hides_query(expr: &SyntaxNode) -> bool {
    let mut inner = expr.clone();
    loop {
        let next = match inner.kind() {
            SyntaxKind::PAREN_EXPR
            | SyntaxKind::CAST_EXPR
            | SyntaxKind::COLLATE
            | SyntaxKind::INDEX_EXPR
            | SyntaxKind::SLICE_EXPR => inner.first_child(),
            SyntaxKind::CASE_EXPR => {
                child(&inner, SyntaxKind::ELSE_CLAUSE).and_then(|otherwise| otherwise.first_child())
            }
            kind => return super::is_query(kind),
        };
        match next {
            Some(next) => inner = next,
            None => return false,
        }
    }
}

/// Returns the operands of a set operation.
pub(super) fn operands(node: &SyntaxNode) -> (Option<SyntaxNode>, Option<SyntaxNode>) {
    let mut operands = node
        .children()
        .filter(|child| super::is_query(child.kind()) || child.kind() == SyntaxKind::PAREN_EXPR);
    (operands.next(), operands.next())
}

/// Returns the first child of a kind.
pub(super) fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|child| child.kind() == kind)
}

/// Returns the last part of a relation's name, without the schema.
pub(super) fn path_name(node: &SyntaxNode) -> String {
    path(node).last().unwrap_or_default()
}

/// Returns `true` if `row` is a row of `values`, and not of a VALUES inside it.
fn is_row_of(row: &SyntaxNode, values: &SyntaxNode) -> bool {
    let parent = row.parent().and_then(|list| list.parent());
    parent.as_ref() == Some(values)
}
