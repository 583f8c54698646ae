//! The columns of CTEs, including recursive ones.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::columns::Columns;
use super::queries::{operands, path_name};
use crate::facts::with_clause;
use crate::relation::identifier;

impl Lineage<'_> {
    /// Determines the columns of the CTEs, makes the CTEs visible to the query around them, and returns their names.
    pub(super) fn with_clause(&mut self, with: &ast::WithClause) -> Vec<String> {
        let is_recursive = with.recursive_token().is_some();
        let mut tables: Vec<_> = with.with_tables().filter_map(Cte::new).collect();
        if is_recursive {
            tables = in_order_of_use(tables);
            // Until they are evaluated, they hide outer CTEs with the same names.
            for table in &tables {
                self.define(&table.name, None);
            }
        }
        let mut names = Vec::new();
        for Cte { name, table, query } in tables {
            let renames: Option<Vec<String>> = table.column_list().map(|list| {
                list.column_names()
                    .map(|name| identifier(name.syntax()))
                    .collect()
            });
            let mut columns = if is_recursive && query.kind() == SyntaxKind::COMPOUND_SELECT {
                self.recursive_cte(&query, &name, renames.as_deref())
            } else {
                self.query(&query)
            };
            if renames.is_some_and(|renames| !columns.rename(&renames)) {
                self.block_rename();
            }
            // SEARCH and CYCLE add columns with the values of other columns.
            let adds_columns = table.search_clause().is_some() || table.cycle_clause().is_some();
            if adds_columns && columns.has_masks() {
                self.block_value(table.syntax());
            }
            if is_recursive {
                self.forget(std::slice::from_ref(&name));
            }
            self.define(&name, Some(columns));
            names.push(name);
        }
        names
    }

    /// Returns the columns of a set operation in WITH RECURSIVE. The second operand can use the CTE itself, so it is
    /// evaluated again until the columns stop changing. Blocks the statement if `reevaluations` runs out.
    fn recursive_cte(
        &mut self,
        query: &SyntaxNode,
        name: &str,
        renames: Option<&[String]>,
    ) -> Columns {
        let ctes = match with_clause(query) {
            Some(with) => self.with_clause(&with),
            None => Vec::new(),
        };
        let (first, second) = operands(query);
        let mut columns = first.map_or_else(Columns::default, |first| self.query(&first));
        while let Some(second) = &second {
            let mut visible = columns.clone();
            // The caller reports columns that cannot be renamed.
            visible.rename(renames.unwrap_or_default());
            self.define(name, Some(visible));
            let other = self.query(second);
            self.forget(&[name.to_owned()]);
            let before = columns.clone();
            self.merge(query, &mut columns, &other);
            if columns == before {
                break;
            }
            let Some(reevaluations) = self.reevaluations.checked_sub(1) else {
                self.block_value(query);
                break;
            };
            self.reevaluations = reevaluations;
        }
        self.tail_clauses(query, &columns, false);
        self.forget(&ctes);
        columns
    }

    fn define(&mut self, name: &str, columns: Option<Columns>) {
        let definitions = self.ctes.entry(name.to_owned()).or_default();
        definitions.push(columns.map(Rc::new));
    }

    /// Ends the visibility of CTEs.
    pub(super) fn forget(&mut self, names: &[String]) {
        for name in names {
            if let Some(definitions) = self.ctes.get_mut(name) {
                definitions.pop();
            }
        }
    }
}

/// One query of a WITH clause.
struct Cte {
    name: String,
    table: ast::WithTable,
    /// The query, without parentheses around it.
    query: SyntaxNode,
}

impl Cte {
    fn new(table: ast::WithTable) -> Option<Self> {
        let name = identifier(table.name()?.syntax());
        let mut query = table.query()?.syntax().clone();
        loop {
            let mut children = query.children();
            let inner = children.next();
            match inner {
                Some(inner)
                    if query.kind() == SyntaxKind::PAREN_SELECT && children.next().is_none() =>
                {
                    query = inner;
                }
                _ => return Some(Self { name, table, query }),
            }
        }
    }
}

/// Sorts the queries of WITH RECURSIVE so that each query follows the queries that it uses. Queries that use each
/// other, and queries that depend on them, come last, in their order in the statement.
fn in_order_of_use(tables: Vec<Cte>) -> Vec<Cte> {
    let positions: HashMap<String, usize> = tables
        .iter()
        .enumerate()
        .map(|(position, table)| (table.name.clone(), position))
        .collect();
    // For each query, the positions of the queries that it uses, and of the queries that use it.
    let mut missing: Vec<BTreeSet<usize>> = Vec::new();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); tables.len()];
    for (position, table) in tables.iter().enumerate() {
        let used: BTreeSet<usize> = table
            .query
            .descendants()
            .filter(|node| node.kind() == SyntaxKind::RELATION_NAME_REF)
            .filter_map(|node| positions.get(&path_name(&node)).copied())
            .filter(|other| *other != position)
            .collect();
        for other in &used {
            if let Some(users) = users.get_mut(*other) {
                users.push(position);
            }
        }
        missing.push(used);
    }
    let mut ready: VecDeque<usize> = (0..tables.len())
        .filter(|position| missing.get(*position).is_some_and(BTreeSet::is_empty))
        .collect();
    let mut order = Vec::new();
    while let Some(position) = ready.pop_front() {
        order.push(position);
        for user in users.get(position).into_iter().flatten() {
            if let Some(missing) = missing.get_mut(*user)
                && missing.remove(&position)
                && missing.is_empty()
            {
                ready.push_back(*user);
            }
        }
    }
    // Cycles, and the queries that depend on them, keep their order.
    let sorted: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..tables.len()).filter(|position| !sorted.contains(position)));
    let mut tables: Vec<Option<Cte>> = tables.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|position| tables.get_mut(position)?.take())
        .collect()
}
