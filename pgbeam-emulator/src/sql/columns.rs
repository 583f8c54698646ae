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
    Distinct, Expr, GroupByExpr, OrderBy, Query, Select, Statement, TableFactor, Visit, Visitor,
};

use self::asides::{gives_rows, returning};
pub(crate) use self::walk::Masked;
use self::walk::{Rule, Walk};
use super::analysis::Analysis;
use super::names::TablePattern;
use super::scope::CteScopes;
use crate::sql::profile::MaskingRule;

mod asides;
mod sources;
mod walk;

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
