//! The state of a walk through a statement, and which rules the names at the present
//! point meet.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    ObjectNamePart, SelectItem, SelectItemQualifiedWildcardKind, visit_expressions,
};

use crate::sql::functions::takes_a_row;
use crate::sql::names::{TableName, TablePattern, fold};
use crate::sql::scope::CteScopes;

/// The rules that a statement meets, by their index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    /// Rules whose column is returned, or may be.
    pub(crate) returned: BTreeSet<usize>,
    /// Rules whose column is used (compared, sorted by, written elsewhere) and not
    /// returned.
    pub(crate) used: BTreeSet<usize>,
}

/// Something in FROM, with the rules about its tables. A subquery meets none: what it
/// returns is looked at inside it, and what a function is given counts as returned by it.
#[derive(Default)]
pub(super) struct Source {
    pub(super) rules: BTreeSet<usize>,
    /// Whether its columns have other names here, as in `users AS u (a, b)`. Which is
    /// which does not show, so any of them may be a masked one.
    pub(super) renamed: bool,
}

/// A FROM clause.
#[derive(Default)]
pub(super) struct Frame {
    /// By what they are called.
    pub(super) sources: HashMap<String, Source>,
    /// The rules about tables of any of them, and those of sources that are renamed.
    pub(super) rules: BTreeSet<usize>,
    pub(super) renamed: BTreeSet<usize>,
}

impl Frame {
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
    /// In lower case. Column names are compared without regard to case: the mask decides
    /// for the safe side.
    pub(super) column: String,
}

pub(super) struct Walk {
    pub(super) rules: Vec<Rule>,
    /// The rules about any table of the statement: what a column may meet when nothing
    /// closer is known.
    pub(super) all: BTreeSet<usize>,
    pub(super) scopes: CteScopes,
    /// The FROM clauses around the present point, outermost first.
    pub(super) frames: Vec<Frame>,
    /// Expressions whose columns are used and not returned: conditions and the like.
    pub(super) asides: HashSet<*const Expr>,
    /// How many of those are around the present point, for each SELECT around it. A
    /// SELECT within a condition starts anew: what it returns, it returns.
    pub(super) aside: Vec<usize>,
    pub(super) found: Masked,
}

impl Walk {
    pub(super) fn rules_of_table(&self, table: &TableName) -> BTreeSet<usize> {
        let rules = self.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.pattern.covers(table))
            .map(|(index, _)| index)
            .collect()
    }

    /// Rules that an unqualified column may meet: it belongs to any table around.
    pub(super) fn rules_of_column(&self, column: &str) -> BTreeSet<usize> {
        if self.frames.is_empty() {
            return self.about(&self.all, column);
        }
        let mut met = BTreeSet::new();
        for frame in &self.frames {
            met.extend(self.about(&frame.rules, column));
            met.extend(&frame.renamed);
        }
        met
    }

    /// Rules that a column of this source meets.
    pub(super) fn rules_of_source(&self, source: &Source, column: &str) -> BTreeSet<usize> {
        if source.renamed {
            source.rules.clone()
        } else {
            self.about(&source.rules, column)
        }
    }

    /// Those of `rules` that are about a column of this name.
    pub(super) fn about(&self, rules: &BTreeSet<usize>, column: &str) -> BTreeSet<usize> {
        let column = column.to_lowercase();
        let is_about = |index: &&usize| self.rules.get(**index).is_some_and(|r| r.column == column);
        rules.iter().filter(is_about).copied().collect()
    }

    /// The source of this name that is closest.
    pub(super) fn source(&self, name: &str) -> Option<&Source> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.sources.get(name))
    }

    /// Rules that a reference such as `email`, `u.email`, `public.users.email` or,
    /// for a whole row, `u` meets.
    pub(super) fn rules_of_reference(&self, idents: &[Ident]) -> BTreeSet<usize> {
        match idents {
            [] => BTreeSet::new(),
            [name] => {
                let mut met = self.rules_of_column(&name.value);
                met.extend(self.rules_of_row(&fold(name)));
                met
            }
            // PostgreSQL takes `u.to_json` for `to_json(u)` when there is no such column.
            [source, column] if takes_a_row(&fold(column)) => self.rules_of_row(&fold(source)),
            [source, column] => match self.source(&fold(source)) {
                Some(source) => self.rules_of_source(source, &column.value),
                // Not in sight: a column of any table of the statement, for all we
                // know.
                None => self.about(&self.all, &column.value),
            },
            [.., schema, table, column] => {
                let rules = self.rules_of_table(&TableName::new(fold(schema), fold(table)));
                if takes_a_row(&fold(column)) {
                    return rules;
                }
                self.about(&rules, &column.value)
            }
        }
    }

    /// Rules that a whole row of the source of this name meets.
    pub(super) fn rules_of_row(&self, name: &str) -> BTreeSet<usize> {
        match self.source(name) {
            Some(source) => source.rules.clone(),
            // The rows that a write knows besides those of its tables.
            None if ["old", "new", "excluded"].contains(&name) => self.all.clone(),
            None => BTreeSet::new(),
        }
    }

    pub(super) fn rules_of_expr(&self, expr: &Expr) -> BTreeSet<usize> {
        match expr {
            Expr::Identifier(ident) => self.rules_of_reference(std::slice::from_ref(ident)),
            Expr::CompoundIdentifier(idents) => self.rules_of_reference(idents),
            Expr::QualifiedWildcard(name, _) => self.rules_of_rows(name),
            Expr::Wildcard(_) => self.all.clone(),
            // `to_jsonb(u.*)`; the `*` of `count(*)` is no columns.
            Expr::Function(Function {
                args: FunctionArguments::List(list),
                ..
            }) => self.rules_of_arguments(&list.args),
            _ => BTreeSet::new(),
        }
    }

    /// Rules that the `u.*` among arguments meet; the others are expressions.
    pub(super) fn rules_of_arguments(&self, arguments: &[FunctionArg]) -> BTreeSet<usize> {
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
                } => self.rules_of_rows(name),
                _ => BTreeSet::new(),
            })
            .collect()
    }

    pub(super) fn returns_expr(&mut self, expr: &Expr) {
        let mut met = BTreeSet::new();
        let ControlFlow::Continue(()) = visit_expressions(expr, |inner| {
            met.extend(self.rules_of_expr(inner));
            ControlFlow::<std::convert::Infallible>::Continue(())
        });
        self.found.returned.extend(met);
    }

    /// Rules that `name.*` meets.
    pub(super) fn rules_of_rows(&self, name: &ObjectName) -> BTreeSet<usize> {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(ObjectNamePart::as_ident).collect();
        match idents.as_deref() {
            Some([alias]) if self.source(&fold(alias)).is_some() => self.rules_of_row(&fold(alias)),
            Some([_]) | None => self.all.clone(),
            Some(idents) => {
                let table = TableName::from_idents(idents);
                table
                    .map(|table| self.rules_of_table(&table))
                    .unwrap_or_default()
            }
        }
    }

    /// What a SELECT list or a RETURNING clause returns, of the innermost FROM.
    pub(super) fn returns(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr)
                | SelectItem::ExprWithAlias { expr, .. }
                | SelectItem::ExprWithAliases { expr, .. }
                | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    self.returns_expr(expr);
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let met = self.rules_of_rows(name);
                    self.found.returned.extend(met);
                }
                SelectItem::Wildcard(_) => {
                    let met = self.frames.last().map(|frame| frame.rules.clone());
                    self.found.returned.extend(met.unwrap_or_default());
                }
            }
        }
    }
}
