//! The result columns of queries.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::column_name::ColumnName;
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::expressions::name_parts;
use super::scope::{Columns, Item, Value};
use crate::evaluation::Block;
use crate::policy::MaskKind;
use crate::relation::{fold, identifier, path};
use crate::rule;

/// The maximum number of columns of a query in PostgreSQL.
const MAX_COLUMNS: usize = 1_664;

impl Lineage<'_> {
    /// Returns the result columns of a query, or of RETURNING.
    pub(super) fn query(&mut self, node: &SyntaxNode) -> Columns {
        let ctes = match child(node, SyntaxKind::WITH_CLAUSE).and_then(ast::WithClause::cast) {
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
            self.block(Block::new(
                rule::MASKED_COLUMN_EXPRESSION,
                format!("a query has more than {MAX_COLUMNS} columns, which PostgreSQL rejects"),
            ));
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

    /// Merges the columns of the second operand of a set operation into those of the first.
    fn merge(&mut self, node: &SyntaxNode, columns: &mut Columns, other: &Columns) {
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
    fn tail_clauses(&mut self, node: &SyntaxNode, columns: &Columns) {
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

    /// VALUES may not contain masked values.
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

    /// The columns of a relation or CTE.
    fn relation(&self, name: &SyntaxNode) -> Rc<Columns> {
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

    /// Adds the entries of FROM or USING to the innermost scope.
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
                // Functions: they see the earlier entries and return values of unknown columns.
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
        // The alias of a join hides the names inside it. Its columns are those of all entries.
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
        // Without LATERAL, a subquery does not see the other entries of its FROM.
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

    /// Applies the column names of an alias. Only `is_relation` decides whether masks may be renamed.
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

    fn block_rename(&mut self) {
        self.block(
            Block::new(
                rule::MASKED_COLUMN_RENAME,
                "a list of column names renames columns of a relation with masks",
            )
            .with_hint("Use an alias without a list of column names")
            .unpublished("whether PgBeam allows such lists for a star is not published"),
        );
    }

    /// Evaluates the CTEs in order, makes them visible, and returns their names.
    fn with_clause(&mut self, with: &ast::WithClause) -> Vec<String> {
        let is_recursive = with.recursive_token().is_some();
        let mut names = Vec::new();
        for table in with.with_tables() {
            let (Some(name), Some(query)) = (table.name(), table.query()) else {
                continue;
            };
            let name = identifier(name.syntax());
            let renames: Option<Vec<String>> = table.column_list().map(|list| {
                list.column_names()
                    .map(|name| fold(&identifier(name.syntax())))
                    .collect()
            });
            let query = query.syntax();
            let mut columns = if is_recursive && query.kind() == SyntaxKind::COMPOUND_SELECT {
                self.recursive_cte(query, &name, renames.as_deref())
            } else {
                self.query(query)
            };
            if renames.is_some_and(|renames| !columns.rename(&renames)) {
                self.block_rename();
            }
            // They add columns with the values of others.
            let adds_columns = table.search_clause().is_some() || table.cycle_clause().is_some();
            if adds_columns && columns.has_masks() {
                self.block_value(table.syntax());
            }
            self.ctes
                .entry(name.clone())
                .or_default()
                .push(Rc::new(columns));
            names.push(name);
        }
        names
    }

    /// The second operand sees the columns of both. It is evaluated again until no more of them are masked.
    fn recursive_cte(
        &mut self,
        query: &SyntaxNode,
        name: &str,
        renames: Option<&[String]>,
    ) -> Columns {
        let ctes = match child(query, SyntaxKind::WITH_CLAUSE).and_then(ast::WithClause::cast) {
            Some(with) => self.with_clause(&with),
            None => Vec::new(),
        };
        let (first, second) = operands(query);
        let mut columns = first.map_or_else(Columns::default, |first| self.query(&first));
        while let Some(second) = &second {
            let mut visible = columns.clone();
            // The caller reports columns that cannot be renamed.
            visible.rename(renames.unwrap_or_default());
            self.ctes
                .entry(name.to_owned())
                .or_default()
                .push(Rc::new(visible));
            let other = self.query(second);
            self.forget(&[name.to_owned()]);
            let before = columns.clone();
            self.merge(query, &mut columns, &other);
            if columns == before {
                break;
            }
            let Some(repetitions) = self.repetitions.checked_sub(1) else {
                self.block_value(query);
                break;
            };
            self.repetitions = repetitions;
        }
        self.tail_clauses(query, &columns);
        self.forget(&ctes);
        columns
    }

    /// Ends the visibility of CTEs.
    fn forget(&mut self, names: &[String]) {
        for name in names {
            if let Some(definitions) = self.ctes.get_mut(name) {
                definitions.pop();
            }
        }
    }
}

/// The operands of a set operation.
fn operands(node: &SyntaxNode) -> (Option<SyntaxNode>, Option<SyntaxNode>) {
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
