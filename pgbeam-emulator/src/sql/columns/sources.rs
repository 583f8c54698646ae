//! What is in a FROM clause, by the name that columns are qualified with.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Delete, FromTable, Insert, ObjectName, ObjectNamePart, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::walk::{Frame, Walk};
use crate::sql::names::{TableName, fold};

impl Walk {
    pub(super) fn frame(&self, tables: &[TableWithJoins]) -> Frame {
        let mut frame = Frame::default();
        self.add_tables(tables, &mut frame);
        frame
    }

    fn add_tables(&self, tables: &[TableWithJoins], frame: &mut Frame) {
        for table in tables {
            let joined = table.joins.iter().map(|join| &join.relation);
            for factor in std::iter::once(&table.relation).chain(joined) {
                self.add_factor(factor, frame);
            }
        }
    }

    fn add_factor(&self, factor: &TableFactor, frame: &mut Frame) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let table = TableName::from_object_name(name)
                    .filter(|table| name.0.len() > 1 || !self.scopes.names(&table.name));
                let rules = table
                    .map(|table| self.rules_of_table(&table))
                    .unwrap_or_default();
                let renamed = alias
                    .as_ref()
                    .is_some_and(|alias| !alias.columns.is_empty());
                let alias = alias.as_ref().map(|alias| fold(&alias.name));
                frame.add(alias.or_else(|| last_name(name)), rules, renamed);
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                self.add_tables(std::slice::from_ref(table_with_joins), frame);
            }
            // The alias of a join hides the names within it and has all their columns.
            TableFactor::NestedJoin {
                table_with_joins,
                alias: Some(alias),
            } => {
                let within = self.frame(std::slice::from_ref(table_with_joins));
                let renamed = !alias.columns.is_empty() || !within.renamed.is_empty();
                frame.add(Some(fold(&alias.name)), within.rules, renamed);
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::Table { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. } => {
                let alias = alias.as_ref().map(|alias| fold(&alias.name));
                frame.add(alias, BTreeSet::new(), false);
            }
            _ => {}
        }
    }

    /// The FROM of a statement that is no SELECT, as its expressions see it.
    pub(super) fn frame_of(&self, statement: &Statement) -> Option<Frame> {
        let mut frame = Frame::default();
        match statement {
            Statement::Insert(Insert {
                table: TableObject::TableName(name),
                table_alias,
                ..
            }) => {
                let alias = table_alias.as_ref().map(|alias| fold(&alias.alias));
                let table = TableName::from_object_name(name);
                let rules = table
                    .map(|table| self.rules_of_table(&table))
                    .unwrap_or_default();
                frame.add(alias.or_else(|| last_name(name)), rules, false);
            }
            Statement::Update(Update { table, from, .. }) => {
                self.add_tables(std::slice::from_ref(table), &mut frame);
                if let Some(
                    UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
                ) = from
                {
                    self.add_tables(from, &mut frame);
                }
            }
            Statement::Delete(Delete { from, using, .. }) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
                self.add_tables(from, &mut frame);
                self.add_tables(using.as_deref().unwrap_or_default(), &mut frame);
            }
            Statement::Merge(merge) => {
                self.add_factor(&merge.table, &mut frame);
                self.add_factor(&merge.source, &mut frame);
            }
            _ => return None,
        }
        Some(frame)
    }
}

fn last_name(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(ObjectNamePart::as_ident).map(fold)
}
