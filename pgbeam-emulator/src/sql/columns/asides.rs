//! Where a column is used and not returned: in a condition, in the order of rows, in a
//! value that is written and not read back.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, Delete, Expr, Insert, JoinConstraint, JoinOperator, MergeAction, MergeUpdateKind,
    OnConflictAction, OnInsert, OutputClause, SelectItem, Statement, TableFactor, TableWithJoins,
    Update, UpdateTableFromKind, visit_expressions,
};

use super::walk::Walk;

impl Walk {
    /// Takes in what joins compare: ON is a condition, USING and NATURAL compare columns
    /// that are no expressions.
    pub(super) fn conditions_of_joins(&mut self, tables: &[TableWithJoins]) {
        for table in tables {
            for join in &table.joins {
                match constraint(&join.join_operator) {
                    Some(JoinConstraint::On(condition)) => self.set_aside(condition),
                    Some(JoinConstraint::Using(columns)) => {
                        for column in columns.iter().filter_map(|name| name.0.last()?.as_ident()) {
                            let met = self.rules_of_column(&column.value);
                            self.found.used.extend(met);
                        }
                    }
                    Some(JoinConstraint::Natural) => {
                        let compared = self.frames.last().map(|frame| frame.rules.clone());
                        self.found.used.extend(compared.unwrap_or_default());
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
                    self.conditions_of_joins(std::slice::from_ref(table_with_joins));
                }
            }
        }
    }

    pub(super) fn set_aside(&mut self, expr: &Expr) {
        self.asides.insert(std::ptr::from_ref(expr));
    }

    fn set_aside_values(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            self.set_aside(&assignment.value);
        }
    }

    /// Takes in the conditions of a write, and the values that it writes unless it gives
    /// rows back, in which they may be.
    pub(super) fn conditions_of_write(&mut self, statement: &Statement) {
        let reads_back = !returning(statement).is_empty();
        match statement {
            Statement::Insert(Insert {
                on: Some(OnInsert::OnConflict(conflict)),
                ..
            }) => {
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    update
                        .selection
                        .iter()
                        .for_each(|condition| self.set_aside(condition));
                    if !reads_back {
                        self.set_aside_values(&update.assignments);
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
                self.conditions_of_joins(std::slice::from_ref(table));
                if let Some(
                    UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
                ) = from
                {
                    self.conditions_of_joins(from);
                }
                selection
                    .iter()
                    .for_each(|condition| self.set_aside(condition));
                if !reads_back {
                    self.set_aside_values(assignments);
                }
            }
            Statement::Delete(Delete {
                using, selection, ..
            }) => {
                self.conditions_of_joins(using.as_deref().unwrap_or_default());
                selection
                    .iter()
                    .for_each(|condition| self.set_aside(condition));
            }
            Statement::Merge(merge) => {
                self.set_aside(&merge.on);
                for clause in &merge.clauses {
                    clause
                        .predicate
                        .iter()
                        .for_each(|condition| self.set_aside(condition));
                    if reads_back {
                        continue;
                    }
                    match &clause.action {
                        MergeAction::Update(update) => {
                            if let MergeUpdateKind::Set(assignments) = &update.kind {
                                self.set_aside_values(assignments);
                            }
                        }
                        MergeAction::Insert(insert) => {
                            let ControlFlow::Continue(()) = visit_expressions(insert, |expr| {
                                self.asides.insert(std::ptr::from_ref(expr));
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

    pub(super) fn step_aside(&mut self) {
        if let Some(depth) = self.aside.last_mut() {
            *depth = depth.saturating_add(1);
        }
    }

    pub(super) fn step_back(&mut self) {
        if let Some(depth) = self.aside.last_mut() {
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
        // The others are no joins of PostgreSQL: what they name counts as returned.
        _ => None,
    }
}

/// Whether a statement gives rows by itself, and not only through the queries in it.
pub(super) fn gives_rows(statement: &Statement) -> bool {
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
