//! The columns of CTEs, also of recursive ones.

use std::rc::Rc;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::Lineage;
use super::queries::operands;
use super::scope::Columns;
use crate::facts::with_clause;
use crate::relation::{fold, identifier};

impl Lineage<'_> {
    /// Evaluates the CTEs in order, makes them visible, and returns their names.
    pub(super) fn with_clause(&mut self, with: &ast::WithClause) -> Vec<String> {
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
            // SEARCH and CYCLE add columns with the values of others.
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

    /// Returns the columns of a recursive CTE. The recursive term is evaluated repeatedly until the set of masked
    /// columns stops growing.
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
    pub(super) fn forget(&mut self, names: &[String]) {
        for name in names {
            if let Some(definitions) = self.ctes.get_mut(name) {
                definitions.pop();
            }
        }
    }
}
