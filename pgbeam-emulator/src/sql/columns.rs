//! Which masked columns a statement returns, as far as its text tells.
//!
//! There is no catalogue: what an unqualified column belongs to is any table around
//! it, and a `*` is every column. Where the text leaves a doubt, a column counts as
//! returned, because a mask that is missing shows what it should hide. So a column that
//! is named anywhere is returned, unless it is named where only its effect on other
//! values shows: in a condition, in the order of rows, in a value that is written and
//! not read back.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    ObjectName, ObjectNamePart, OrderBy, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Statement, TableFactor, Visit, Visitor, visit_expressions,
};

use self::asides::{gives_rows, returning};
use self::sources::{Frame, Source};
use super::analysis::Analysis;
use super::functions::takes_a_row;
use super::names::{TableName, TablePattern, fold};
use super::scope::CteScopes;
use crate::sql::profile::MaskingRule;

mod asides;
mod sources;

/// The rules that a statement meets, by their index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    /// Rules whose column is returned, or may be.
    pub(crate) returned: BTreeSet<usize>,
    /// Rules whose column is used (compared, sorted by, written elsewhere) and not
    /// returned.
    pub(crate) used: BTreeSet<usize>,
}

/// Which of `rules` the statement meets.
pub(crate) fn masked(analysis: &Analysis, rules: &[MaskingRule]) -> Masked {
    let rules: Vec<Rule> = rules
        .iter()
        .map(|rule| Rule {
            pattern: TablePattern::parse(&rule.table),
            column: rule.column.trim_matches('"').to_lowercase(),
        })
        .collect();
    let mut walk = Walk {
        rules,
        all: BTreeSet::new(),
        scopes: CteScopes::default(),
        frames: Vec::new(),
        asides: HashSet::new(),
        aside: vec![0],
        found: Masked::default(),
    };
    walk.all = analysis
        .tables()
        .flat_map(|table| walk.rules_of_table(table))
        .collect();
    if walk.all.is_empty() {
        return Masked::default();
    }
    let ControlFlow::Continue(()) = analysis.statement.visit(&mut walk);
    let mut found = walk.found;
    found.used.retain(|rule| !found.returned.contains(rule));
    found
}

struct Rule {
    pattern: TablePattern,
    /// In lower case. Column names are compared without regard to case: the mask decides
    /// for the safe side.
    column: String,
}

struct Walk {
    rules: Vec<Rule>,
    /// The rules about any table of the statement: what a column may meet when nothing
    /// closer is known.
    all: BTreeSet<usize>,
    scopes: CteScopes,
    /// The FROM clauses around the present point, outermost first.
    frames: Vec<Frame>,
    /// Expressions whose columns are used and not returned: conditions and the like.
    asides: HashSet<*const Expr>,
    /// How many of those are around the present point, for each SELECT around it. A
    /// SELECT within a condition starts anew: what it returns, it returns.
    aside: Vec<usize>,
    found: Masked,
}

impl Walk {
    fn rules_of_table(&self, table: &TableName) -> BTreeSet<usize> {
        let rules = self.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.pattern.covers(table))
            .map(|(index, _)| index)
            .collect()
    }

    /// Rules that an unqualified column may meet: it belongs to any table around.
    fn rules_of_column(&self, column: &str) -> BTreeSet<usize> {
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
    fn rules_of_source(&self, source: &Source, column: &str) -> BTreeSet<usize> {
        if source.renamed {
            source.rules.clone()
        } else {
            self.about(&source.rules, column)
        }
    }

    /// Those of `rules` that are about a column of this name.
    fn about(&self, rules: &BTreeSet<usize>, column: &str) -> BTreeSet<usize> {
        let column = column.to_lowercase();
        let is_about = |index: &&usize| self.rules.get(**index).is_some_and(|r| r.column == column);
        rules.iter().filter(is_about).copied().collect()
    }

    /// The source of this name that is closest.
    fn source(&self, name: &str) -> Option<&Source> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.sources.get(name))
    }

    /// Rules that a reference such as `email`, `u.email`, `public.users.email` or,
    /// for a whole row, `u` meets.
    fn rules_of_reference(&self, idents: &[Ident]) -> BTreeSet<usize> {
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
    fn rules_of_row(&self, name: &str) -> BTreeSet<usize> {
        match self.source(name) {
            Some(source) => source.rules.clone(),
            // The rows that a write knows besides those of its tables.
            None if ["old", "new", "excluded"].contains(&name) => self.all.clone(),
            None => BTreeSet::new(),
        }
    }

    fn rules_of_expr(&self, expr: &Expr) -> BTreeSet<usize> {
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
    fn rules_of_arguments(&self, arguments: &[FunctionArg]) -> BTreeSet<usize> {
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

    fn returns_expr(&mut self, expr: &Expr) {
        let mut met = BTreeSet::new();
        let ControlFlow::Continue(()) = visit_expressions(expr, |inner| {
            met.extend(self.rules_of_expr(inner));
            ControlFlow::<std::convert::Infallible>::Continue(())
        });
        self.found.returned.extend(met);
    }

    /// Rules that `name.*` meets.
    fn rules_of_rows(&self, name: &ObjectName) -> BTreeSet<usize> {
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
    fn returns(&mut self, items: &[SelectItem]) {
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

impl Visitor for Walk {
    type Break = std::convert::Infallible;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        self.aside.push(usize::from(!gives_rows(statement)));
        if let Some(frame) = self.frame_of(statement) {
            self.frames.push(frame);
            self.conditions_of_write(statement);
            self.returns(returning(statement));
            // The query that an INSERT takes its rows from does not see the target.
            if matches!(statement, Statement::Insert(_)) {
                self.frames.pop();
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        self.aside.pop();
        if matches!(
            statement,
            Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_)
        ) {
            self.frames.pop();
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.leave(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        let frame = self.frame(&select.from);
        self.frames.push(frame);
        self.aside.push(0);
        self.conditions_of_joins(&select.from);
        for condition in [&select.selection, &select.having].into_iter().flatten() {
            self.set_aside(condition);
        }
        if let Some(Distinct::On(compared)) = &select.distinct {
            compared.iter().for_each(|expr| self.set_aside(expr));
        }
        self.returns(&select.projection);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Self::Break> {
        self.frames.pop();
        self.aside.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_order_by(&mut self, _: &OrderBy) -> ControlFlow<Self::Break> {
        self.step_aside();
        ControlFlow::Continue(())
    }

    fn post_visit_order_by(&mut self, _: &OrderBy) -> ControlFlow<Self::Break> {
        self.step_back();
        ControlFlow::Continue(())
    }

    fn pre_visit_group_by(&mut self, _: &GroupByExpr) -> ControlFlow<Self::Break> {
        self.step_aside();
        ControlFlow::Continue(())
    }

    fn post_visit_group_by(&mut self, _: &GroupByExpr) -> ControlFlow<Self::Break> {
        self.step_back();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        let arguments = match factor {
            TableFactor::Table {
                args: Some(arguments),
                ..
            } => &arguments.args,
            TableFactor::Function { args, .. } => args,
            _ => return ControlFlow::Continue(()),
        };
        let met = self.rules_of_arguments(arguments);
        self.found.returned.extend(met);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if self.asides.contains(&std::ptr::from_ref(expr)) {
            self.step_aside();
        }
        let met = self.rules_of_expr(expr);
        match self.aside.last() {
            Some(0) => self.found.returned.extend(met),
            _ => self.found.used.extend(met),
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if self.asides.contains(&std::ptr::from_ref(expr)) {
            self.step_back();
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
