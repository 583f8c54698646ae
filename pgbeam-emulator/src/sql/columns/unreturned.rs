//! Expressions whose columns are used and not returned: conditions, the order of rows, and written values
//! that are not returned.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, Delete, Expr, Insert, JoinConstraint, JoinOperator, MergeAction, MergeUpdateKind,
    OnConflictAction, OnInsert, OutputClause, SelectItem, Statement, TableFactor, TableWithJoins,
    Update, UpdateTableFromKind, visit_expressions,
};

use super::visitor::ColumnVisitor;

impl ColumnVisitor {
    /// Adds the conditions of joins. The columns of USING and NATURAL are not expressions, so they are added
    /// directly.
    pub(super) fn add_join_conditions(&mut self, tables: &[TableWithJoins]) {
        for table in tables {
            for join in &table.joins {
                match constraint(&join.join_operator) {
                    Some(JoinConstraint::On(condition)) => self.mark_unreturned(condition),
                    Some(JoinConstraint::Using(columns)) => {
                        for column in columns.iter().filter_map(|name| name.0.last()?.as_ident()) {
                            let rules = self.rules_for_column(&column.value);
                            self.matched.used.extend(rules);
                        }
                    }
                    Some(JoinConstraint::Natural) => {
                        let compared = self
                            .from_clauses
                            .last()
                            .map(|from_clause| from_clause.rules.clone());
                        self.matched.used.extend(compared.unwrap_or_default());
                    }
                    Some(JoinConstraint::None) | None => {}
                }
            }
            let joined = table.joins.iter().map(|join| &join.relation);
            for factor in std::iter::once(&table.relation).chain(joined) {
                if let TableFactor::NestedJoin {
                    table_with_joins, ..
                } = factor
                {
                    self.add_join_conditions(std::slice::from_ref(table_with_joins));
                }
            }
        }
    }

    pub(super) fn mark_unreturned(&mut self, expr: &Expr) {
        self.unreturned.insert(std::ptr::from_ref(expr));
    }

    fn mark_values_unreturned(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            self.mark_unreturned(&assignment.value);
        }
    }

    /// Adds the conditions of a write, and its values unless it returns rows, which may have them.
    pub(super) fn add_write_conditions(&mut self, statement: &Statement) {
        let has_returning = !returning(statement).is_empty();
        match statement {
            Statement::Insert(Insert {
                on: Some(OnInsert::OnConflict(conflict)),
                ..
            }) => {
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    update
                        .selection
                        .iter()
                        .for_each(|condition| self.mark_unreturned(condition));
                    if !has_returning {
                        self.mark_values_unreturned(&update.assignments);
                    }
                }
            }
            Statement::Update(Update {
                table,
                assignments,
                from,
                selection,
                ..
            }) => {
                self.add_join_conditions(std::slice::from_ref(table));
                if let Some(
                    UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
                ) = from
                {
                    self.add_join_conditions(from);
                }
                selection
                    .iter()
                    .for_each(|condition| self.mark_unreturned(condition));
                if !has_returning {
                    self.mark_values_unreturned(assignments);
                }
            }
            Statement::Delete(Delete {
                using, selection, ..
            }) => {
                self.add_join_conditions(using.as_deref().unwrap_or_default());
                selection
                    .iter()
                    .for_each(|condition| self.mark_unreturned(condition));
            }
            Statement::Merge(merge) => {
                self.mark_unreturned(&merge.on);
                for clause in &merge.clauses {
                    clause
                        .predicate
                        .iter()
                        .for_each(|condition| self.mark_unreturned(condition));
                    if has_returning {
                        continue;
                    }
                    match &clause.action {
                        MergeAction::Update(update) => {
                            if let MergeUpdateKind::Set(assignments) = &update.kind {
                                self.mark_values_unreturned(assignments);
                            }
                        }
                        MergeAction::Insert(insert) => {
                            let ControlFlow::Continue(()) = visit_expressions(insert, |expr| {
                                self.unreturned.insert(std::ptr::from_ref(expr));
                                ControlFlow::<std::convert::Infallible>::Continue(())
                            });
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn enter_unreturned(&mut self) {
        if let Some(depth) = self.unreturned_depth.last_mut() {
            *depth = depth.saturating_add(1);
        }
    }

    pub(super) fn leave_unreturned(&mut self) {
        if let Some(depth) = self.unreturned_depth.last_mut() {
            *depth = depth.saturating_sub(1);
        }
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => Some(constraint),
        // PostgreSQL has no other joins. Their columns count as returned.
        _ => None,
    }
}

/// Returns `true` if the statement itself returns rows, and not only its subqueries.
pub(super) fn returns_rows(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Query(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
            | Statement::Prepare { .. }
            | Statement::Declare { .. }
            | Statement::Explain { .. }
    )
}

pub(super) fn returning(statement: &Statement) -> &[SelectItem] {
    let (clause, output) = match statement {
        Statement::Insert(Insert {
            returning, output, ..
        })
        | Statement::Update(Update {
            returning, output, ..
        })
        | Statement::Delete(Delete {
            returning, output, ..
        }) => (returning, output),
        Statement::Merge(merge) => (&None, &merge.output),
        _ => return &[],
    };
    match (clause, output) {
        (Some(items), _) => items,
        (None, Some(OutputClause::Returning { select_items, .. })) => select_items,
        _ => &[],
    }
}
