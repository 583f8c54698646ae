//! The visitor that matches the columns of a statement with masking rules.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    ObjectNamePart, SelectItem, SelectItemQualifiedWildcardKind, visit_expressions,
};

use crate::sql::functions::accepts_row;
use crate::sql::names::{TableName, TablePattern, fold};
use crate::sql::scope::CteScopes;

/// The indices of the rules whose columns a statement returns or uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MatchedRules {
    /// Rules whose column is or may be returned.
    pub(crate) returned: BTreeSet<usize>,
    /// Rules whose column is used (compared, sorted by, written) and not returned.
    pub(crate) used: BTreeSet<usize>,
}

/// A source in FROM with the rules for its tables.
///
/// A subquery has no rules, because its columns are matched inside it. The arguments of a function count as
/// returned.
#[derive(Default)]
pub(super) struct Source {
    pub(super) rules: BTreeSet<usize>,
    /// Whether its columns are renamed, as in `users AS u (a, b)`. Then any of them may be masked.
    pub(super) renamed: bool,
}

/// A FROM clause.
#[derive(Default)]
pub(super) struct FromClause {
    /// The sources by alias or name.
    pub(super) sources: HashMap<String, Source>,
    /// The rules of all sources.
    pub(super) rules: BTreeSet<usize>,
    /// The rules of sources with renamed columns.
    pub(super) renamed: BTreeSet<usize>,
}

impl FromClause {
    pub(super) fn add(&mut self, name: Option<String>, rules: BTreeSet<usize>, renamed: bool) {
        self.rules.extend(&rules);
        if renamed {
            self.renamed.extend(&rules);
        }
        let source = self.sources.entry(name.unwrap_or_default()).or_default();
        source.rules.extend(rules);
        source.renamed |= renamed;
    }
}

pub(super) struct Rule {
    pub(super) pattern: TablePattern,
    /// In lower case: column names are compared without case, so that no mask is missed.
    pub(super) column: String,
}

pub(super) struct ColumnVisitor {
    pub(super) rules: Vec<Rule>,
    /// The rules of all tables of the statement, for columns whose source is unknown.
    pub(super) all: BTreeSet<usize>,
    pub(super) scopes: CteScopes,
    /// The enclosing FROM clauses, outermost first.
    pub(super) from_clauses: Vec<FromClause>,
    /// Expressions whose columns are used and not returned.
    pub(super) unreturned: HashSet<*const Expr>,
    /// The number of enclosing unreturned expressions for each enclosing SELECT. A SELECT within a condition
    /// starts at 0, so its columns count as returned.
    pub(super) unreturned_depth: Vec<usize>,
    pub(super) matched: MatchedRules,
}

impl ColumnVisitor {
    pub(super) fn rules_for_table(&self, table: &TableName) -> BTreeSet<usize> {
        let rules = self.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.pattern.covers(table))
            .map(|(index, _)| index)
            .collect()
    }

    /// Returns the rules for an unqualified column, which may belong to any table in scope.
    pub(super) fn rules_for_column(&self, column: &str) -> BTreeSet<usize> {
        if self.from_clauses.is_empty() {
            return self.rules_with_column(&self.all, column);
        }
        let mut rules = BTreeSet::new();
        for from_clause in &self.from_clauses {
            rules.extend(self.rules_with_column(&from_clause.rules, column));
            rules.extend(&from_clause.renamed);
        }
        rules
    }

    /// Returns the rules for a column of this source.
    pub(super) fn rules_for_source(&self, source: &Source, column: &str) -> BTreeSet<usize> {
        if source.renamed {
            source.rules.clone()
        } else {
            self.rules_with_column(&source.rules, column)
        }
    }

    /// Returns those of `rules` that have this column.
    pub(super) fn rules_with_column(
        &self,
        rules: &BTreeSet<usize>,
        column: &str,
    ) -> BTreeSet<usize> {
        let column = column.to_lowercase();
        let has_column = |index: &&usize| {
            self.rules
                .get(**index)
                .is_some_and(|rule| rule.column == column)
        };
        rules.iter().filter(has_column).copied().collect()
    }

    /// Returns the innermost source with this name.
    pub(super) fn source(&self, name: &str) -> Option<&Source> {
        self.from_clauses
            .iter()
            .rev()
            .find_map(|from_clause| from_clause.sources.get(name))
    }

    /// Returns the rules for a reference: `email`, `u.email`, `public.users.email`, or `u` for a whole row.
    pub(super) fn rules_for_reference(&self, idents: &[Ident]) -> BTreeSet<usize> {
        match idents {
            [] => BTreeSet::new(),
            [name] => {
                let mut rules = self.rules_for_column(&name.value);
                rules.extend(self.rules_for_row(&fold(name)));
                rules
            }
            // PostgreSQL reads `u.to_json` as `to_json(u)` if there is no such column.
            [source, column] if accepts_row(&fold(column)) => self.rules_for_row(&fold(source)),
            [source, column] => match self.source(&fold(source)) {
                Some(source) => self.rules_for_source(source, &column.value),
                // Unknown source: may be a column of any table of the statement.
                None => self.rules_with_column(&self.all, &column.value),
            },
            [.., schema, table, column] => {
                let rules = self.rules_for_table(&TableName::new(fold(schema), fold(table)));
                if accepts_row(&fold(column)) {
                    return rules;
                }
                self.rules_with_column(&rules, &column.value)
            }
        }
    }

    /// Returns the rules for a whole row of the source with this name.
    pub(super) fn rules_for_row(&self, name: &str) -> BTreeSet<usize> {
        match self.source(name) {
            Some(source) => source.rules.clone(),
            // Pseudo-tables of writes.
            None if ["old", "new", "excluded"].contains(&name) => self.all.clone(),
            None => BTreeSet::new(),
        }
    }

    pub(super) fn rules_for_expr(&self, expr: &Expr) -> BTreeSet<usize> {
        match expr {
            Expr::Identifier(ident) => self.rules_for_reference(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.rules_for_reference(idents),
            Expr::QualifiedWildcard(name, _) => self.rules_for_rows(name),
            Expr::Wildcard(_) => self.all.clone(),
            // `to_jsonb(u.*)`. The `*` of `count(*)` has no columns.
            Expr::Function(Function {
                args: FunctionArguments::List(list),
                ..
            }) => self.rules_for_arguments(&list.args),
            _ => BTreeSet::new(),
        }
    }

    /// Returns the rules for the arguments of the form `u.*`. Other arguments are visited as expressions.
    pub(super) fn rules_for_arguments(&self, arguments: &[FunctionArg]) -> BTreeSet<usize> {
        arguments
            .iter()
            .flat_map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name))
                | FunctionArg::Named {
                    arg: FunctionArgExpr::QualifiedWildcard(name),
                    ..
                }
                | FunctionArg::ExprNamed {
                    arg: FunctionArgExpr::QualifiedWildcard(name),
                    ..
                } => self.rules_for_rows(name),
                _ => BTreeSet::new(),
            })
            .collect()
    }

    pub(super) fn add_returned_expr(&mut self, expr: &Expr) {
        let mut rules = BTreeSet::new();
        let ControlFlow::Continue(()) = visit_expressions(expr, |inner| {
            rules.extend(self.rules_for_expr(inner));
            ControlFlow::<std::convert::Infallible>::Continue(())
        });
        self.matched.returned.extend(rules);
    }

    /// Returns the rules for `name.*`.
    pub(super) fn rules_for_rows(&self, name: &ObjectName) -> BTreeSet<usize> {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(ObjectNamePart::as_ident).collect();
        match idents.as_deref() {
            Some([alias]) if self.source(&fold(alias)).is_some() => {
                self.rules_for_row(&fold(alias))
            }
            Some([_]) | None => self.all.clone(),
            Some(idents) => {
                let table = TableName::from_idents(idents);
                table
                    .map(|table| self.rules_for_table(&table))
                    .unwrap_or_default()
            }
        }
    }

    /// Adds the columns that a SELECT list or RETURNING clause returns.
    pub(super) fn add_returned(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr)
                | SelectItem::ExprWithAlias { expr, .. }
                | SelectItem::ExprWithAliases { expr, .. }
                | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    self.add_returned_expr(expr);
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let rules = self.rules_for_rows(name);
                    self.matched.returned.extend(rules);
                }
                SelectItem::Wildcard(_) => {
                    let rules = self
                        .from_clauses
                        .last()
                        .map(|from_clause| from_clause.rules.clone());
                    self.matched.returned.extend(rules.unwrap_or_default());
                }
            }
        }
    }
}
