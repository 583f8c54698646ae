//! Finds the masked columns that a statement returns or uses.
//!
//! Without a database catalog, an unqualified column may belong to any table in scope, and `*` may be any
//! column. A column that may be returned counts as returned, so that no mask is missed. A column counts as
//! used and not returned only in a condition, in the order of rows, or in a written value that is not
//! returned.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderBy, Query, Select, Statement, TableFactor, Visit, Visitor,
};

use self::unreturned::{returning, returns_rows};
pub(crate) use self::visitor::MatchedRules;
use self::visitor::{ColumnVisitor, Rule};
use super::analysis::Analysis;
use super::names::TablePattern;
use super::scope::CteScopes;
use crate::sql::profile::MaskingRule;

mod sources;
mod unreturned;
mod visitor;

/// Returns the rules whose columns the statement returns or uses.
pub(crate) fn match_masking_rules(analysis: &Analysis, rules: &[MaskingRule]) -> MatchedRules {
    let rules: Vec<Rule> = rules
        .iter()
        .map(|rule| Rule {
            pattern: TablePattern::parse(&rule.table),
            column: rule.column.trim_matches('"').to_lowercase(),
        })
        .collect();
    let mut visitor = ColumnVisitor {
        rules,
        all: BTreeSet::new(),
        scopes: CteScopes::default(),
        from_clauses: Vec::new(),
        unreturned: HashSet::new(),
        unreturned_depth: vec![0],
        matched: MatchedRules::default(),
    };
    visitor.all = analysis
        .tables()
        .flat_map(|table| visitor.rules_for_table(table))
        .collect();
    if visitor.all.is_empty() {
        return MatchedRules::default();
    }
    let ControlFlow::Continue(()) = analysis.statement.visit(&mut visitor);
    let mut matched = visitor.matched;
    matched.used.retain(|rule| !matched.returned.contains(rule));
    matched
}

impl Visitor for ColumnVisitor {
    type Break = std::convert::Infallible;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        self.unreturned_depth
            .push(usize::from(!returns_rows(statement)));
        if let Some(from_clause) = self.collect_write_sources(statement) {
            self.from_clauses.push(from_clause);
            self.add_write_conditions(statement);
            self.add_returned(returning(statement));
            // The target of an INSERT is not visible in its source query.
            if matches!(statement, Statement::Insert(_)) {
                self.from_clauses.pop();
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        self.unreturned_depth.pop();
        if matches!(
            statement,
            Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_)
        ) {
            self.from_clauses.pop();
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
        let from_clause = self.collect_sources(&select.from);
        self.from_clauses.push(from_clause);
        self.unreturned_depth.push(0);
        self.add_join_conditions(&select.from);
        for condition in [&select.selection, &select.having].into_iter().flatten() {
            self.mark_unreturned(condition);
        }
        if let Some(Distinct::On(compared)) = &select.distinct {
            compared.iter().for_each(|expr| self.mark_unreturned(expr));
        }
        self.add_returned(&select.projection);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Self::Break> {
        self.from_clauses.pop();
        self.unreturned_depth.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_order_by(&mut self, _: &OrderBy) -> ControlFlow<Self::Break> {
        self.enter_unreturned();
        ControlFlow::Continue(())
    }

    fn post_visit_order_by(&mut self, _: &OrderBy) -> ControlFlow<Self::Break> {
        self.leave_unreturned();
        ControlFlow::Continue(())
    }

    fn pre_visit_group_by(&mut self, _: &GroupByExpr) -> ControlFlow<Self::Break> {
        self.enter_unreturned();
        ControlFlow::Continue(())
    }

    fn post_visit_group_by(&mut self, _: &GroupByExpr) -> ControlFlow<Self::Break> {
        self.leave_unreturned();
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
        let rules = self.rules_for_arguments(arguments);
        self.matched.returned.extend(rules);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if self.unreturned.contains(&std::ptr::from_ref(expr)) {
            self.enter_unreturned();
        }
        let rules = self.rules_for_expr(expr);
        match self.unreturned_depth.last() {
            Some(0) => self.matched.returned.extend(rules),
            _ => self.matched.used.extend(rules),
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if self.unreturned.contains(&std::ptr::from_ref(expr)) {
            self.leave_unreturned();
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
