//! The tables and subqueries of a FROM clause, by the name or alias that qualifies their columns.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Delete, FromTable, Insert, ObjectName, ObjectNamePart, Statement, TableFactor, TableObject,
    TableWithJoins, Update, UpdateTableFromKind,
};

use super::visitor::{ColumnVisitor, FromClause};
use crate::sql::names::{TableName, fold};

impl ColumnVisitor {
    pub(super) fn collect_sources(&self, tables: &[TableWithJoins]) -> FromClause {
        let mut from_clause = FromClause::default();
        self.add_tables(tables, &mut from_clause);
        from_clause
    }

    fn add_tables(&self, tables: &[TableWithJoins], from_clause: &mut FromClause) {
        for table in tables {
            let joined = table.joins.iter().map(|join| &join.relation);
            for factor in std::iter::once(&table.relation).chain(joined) {
                self.add_factor(factor, from_clause);
            }
        }
    }

    fn add_factor(&self, factor: &TableFactor, from_clause: &mut FromClause) {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let table = TableName::from_object_name(name)
                    .filter(|table| name.0.len() > 1 || !self.scopes.contains(&table.name));
                let rules = table
                    .map(|table| self.rules_for_table(&table))
                    .unwrap_or_default();
                let renamed = alias
                    .as_ref()
                    .is_some_and(|alias| !alias.columns.is_empty());
                let alias = alias.as_ref().map(|alias| fold(&alias.name));
                from_clause.add(alias.or_else(|| last_name(name)), rules, renamed);
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                self.add_tables(std::slice::from_ref(table_with_joins), from_clause);
            }
            // The alias of a join hides the names of its tables and has all their columns.
            TableFactor::NestedJoin {
                table_with_joins,
                alias: Some(alias),
            } => {
                let inner = self.collect_sources(std::slice::from_ref(table_with_joins));
                let renamed = !alias.columns.is_empty() || !inner.renamed.is_empty();
                from_clause.add(Some(fold(&alias.name)), inner.rules, renamed);
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::Table { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::UNNEST { alias, .. } => {
                let alias = alias.as_ref().map(|alias| fold(&alias.name));
                from_clause.add(alias, BTreeSet::new(), false);
            }
            _ => {}
        }
    }

    /// Returns the tables that the expressions of a write can refer to.
    pub(super) fn collect_write_sources(&self, statement: &Statement) -> Option<FromClause> {
        let mut from_clause = FromClause::default();
        match statement {
            Statement::Insert(Insert {
                table: TableObject::TableName(name),
                table_alias,
                ..
            }) => {
                let alias = table_alias.as_ref().map(|alias| fold(&alias.alias));
                let table = TableName::from_object_name(name);
                let rules = table
                    .map(|table| self.rules_for_table(&table))
                    .unwrap_or_default();
                from_clause.add(alias.or_else(|| last_name(name)), rules, false);
            }
            Statement::Update(Update { table, from, .. }) => {
                self.add_tables(std::slice::from_ref(table), &mut from_clause);
                if let Some(
                    UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
                ) = from
                {
                    self.add_tables(from, &mut from_clause);
                }
            }
            Statement::Delete(Delete { from, using, .. }) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
                self.add_tables(from, &mut from_clause);
                self.add_tables(using.as_deref().unwrap_or_default(), &mut from_clause);
            }
            Statement::Merge(merge) => {
                self.add_factor(&merge.table, &mut from_clause);
                self.add_factor(&merge.source, &mut from_clause);
            }
            _ => return None,
        }
        Some(from_clause)
    }
}

fn last_name(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(ObjectNamePart::as_ident).map(fold)
}
