//! Analysis of a parsed statement: its kinds, tables and functions.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    AlterTableOperation, ColumnOption, CreateTable, CreateTableLikeKind, Delete, Expr, FromTable,
    Ident, Insert, Merge, MergeAction, ObjectName, ObjectNamePart, ObjectType, OnConflictAction,
    OnInsert, Query, Select, SetExpr, Statement, TableConstraint, TableFactor, TableObject,
    TableWithJoins, UtilityOption, Visit, Visitor,
};

use super::functions::{bare_name, has_hidden_access, has_side_effects, is_harmless};
use super::kind::{Kind, outermost_kind, unknown_tables_reason};
use super::names::TableName;
use super::reserved::RESERVED;
use super::scope::CteScopes;

/// The analysis of one statement.
#[derive(Debug)]
pub(crate) struct Analysis {
    pub(crate) statement: Statement,
    /// The kind of the outermost statement.
    pub(crate) kind: Kind,
    /// All executed kinds: the outermost statement, data-modifying CTEs, the statement of EXPLAIN ANALYZE.
    pub(crate) kinds: BTreeSet<Kind>,
    pub(crate) is_merge: bool,
    /// Whether the statement removes all rows of the written tables (TRUNCATE, DROP TABLE).
    pub(crate) empties_tables: bool,
    pub(crate) read: BTreeSet<TableName>,
    pub(crate) written: BTreeSet<TableName>,
    /// The number of table references, including repeated ones.
    pub(crate) mentions: usize,
    /// Why some tables are unknown, if any are.
    pub(crate) unknown_tables: Option<String>,
    /// Functions in FROM that are not known to be harmless.
    pub(crate) table_functions: BTreeSet<String>,
    /// Called functions that are not known to be harmless.
    pub(crate) functions: BTreeSet<String>,
    /// Whether the statement locks rows (FOR UPDATE, FOR SHARE).
    pub(crate) locks_rows: bool,
    /// Syntax that the parser is known to parse differently from PostgreSQL. The rest of the analysis is then
    /// invalid.
    pub(crate) misparsed: Option<String>,
}

impl Analysis {
    pub(crate) fn new(statement: Statement) -> Self {
        let mut visitor = AnalysisVisitor::default();
        let ControlFlow::Continue(()) = statement.visit(&mut visitor);
        let outermost = outermost_kind(&statement);
        let kind = match visitor.merge_kind {
            Some(kind) if outermost == Kind::Other => kind,
            _ => outermost,
        };
        // MERGE has the kinds of its clauses.
        if visitor.merge_kind.is_some() {
            visitor.kinds.remove(&Kind::Other);
        }
        // `nextval` adds the kind `other` to reads only.
        if visitor.advances_sequence && !visitor.kinds.iter().any(|kind| kind.can_write()) {
            visitor.kinds.insert(Kind::Other);
        }
        Self {
            kind,
            kinds: visitor.kinds,
            is_merge: visitor.merge_kind.is_some(),
            empties_tables: visitor.empties_tables,
            read: visitor.read,
            written: visitor.written,
            mentions: visitor.mentions,
            unknown_tables: visitor.unknown_tables,
            table_functions: visitor.table_functions,
            functions: visitor.functions,
            locks_rows: visitor.locks_rows,
            misparsed: visitor.misparsed,
            statement,
        }
    }

    /// Returns all read and written tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableName> {
        self.read.union(&self.written)
    }
}

#[derive(Default)]
struct AnalysisVisitor {
    scopes: CteScopes,
    /// Whether the enclosing statement is planned and not executed (EXPLAIN).
    planned_only: bool,
    kinds: BTreeSet<Kind>,
    merge_kind: Option<Kind>,
    empties_tables: bool,
    read: BTreeSet<TableName>,
    written: BTreeSet<TableName>,
    mentions: usize,
    unknown_tables: Option<String>,
    table_functions: BTreeSet<String>,
    functions: BTreeSet<String>,
    locks_rows: bool,
    advances_sequence: bool,
    /// Whether the enclosing statement is SET.
    in_set: bool,
    misparsed: Option<String>,
    /// Names that are already handled when the visitor reaches them: targets of writes, functions in FROM.
    handled: HashSet<*const ObjectName>,
}

impl AnalysisVisitor {
    fn resolve_table(&mut self, name: &ObjectName) -> Option<TableName> {
        self.check_reserved(name);
        let table = TableName::from_object_name(name);
        if table.is_none() {
            self.unknown_tables
                .get_or_insert_with(|| format!("{name} is not a plain table name"));
        }
        table
    }

    /// Sets `misparsed` if an unquoted part of a table name is a reserved word, which PostgreSQL does not
    /// allow. For example, the parser parses `FROM ONLY secrets` as a table `only`.
    fn check_reserved(&mut self, name: &ObjectName) {
        let word = name
            .0
            .iter()
            .filter_map(ObjectNamePart::as_ident)
            .find(|ident| {
                ident.quote_style.is_none()
                    && RESERVED.contains(&ident.value.to_lowercase().as_str())
            });
        if let Some(word) = word {
            self.misparsed = Some(format!("{} in place of a table", word.value.to_uppercase()));
        }
    }

    /// Sets `misparsed` if an unquoted column name is a reserved word, which PostgreSQL does not allow. For
    /// example, the parser parses `SELECT INTO t FROM a` as a column `INTO`. Ignores DEFAULT and the values of
    /// SET: the parser parses them as columns too, which is harmless.
    fn check_column(&mut self, column: &Ident) {
        if self.in_set {
            return;
        }
        let word = column.value.to_lowercase();
        let is_reserved = RESERVED.contains(&word.as_str()) || word == "like";
        if column.quote_style.is_none() && is_reserved && word != "default" {
            self.misparsed = Some(format!("{} in place of a column", word.to_uppercase()));
        }
    }

    fn add_read(&mut self, name: &ObjectName) {
        self.mentions = self.mentions.saturating_add(1);
        let table = self.resolve_table(name);
        self.read.extend(table);
    }

    fn add_written(&mut self, name: &ObjectName) {
        self.mentions = self.mentions.saturating_add(1);
        self.handled.insert(std::ptr::from_ref(name));
        let table = self.resolve_table(name);
        self.written.extend(table);
    }

    fn add_written_factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, .. } => self.add_written(name),
            other => {
                self.unknown_tables
                    .get_or_insert_with(|| format!("{other} is not a plain table to write to"));
            }
        }
    }

    fn add_written_tables(&mut self, tables: &[TableWithJoins]) {
        for table in tables {
            self.add_written_factor(&table.relation);
        }
    }

    fn add_table_function(&mut self, name: &ObjectName) {
        self.check_reserved(name);
        self.handled.insert(std::ptr::from_ref(name));
        self.check_function(name);
        if !is_harmless(name) {
            self.table_functions.insert(name.to_string());
        }
    }

    /// Adds the kinds of functions with side effects or hidden access.
    fn check_function(&mut self, name: &ObjectName) {
        let Some(function) = bare_name(name) else {
            return;
        };
        let has_hidden_access = has_hidden_access(&function);
        if has_hidden_access {
            let reason = || format!("{function} accesses data that the statement does not name");
            self.unknown_tables.get_or_insert_with(reason);
        }
        if self.planned_only {
            return;
        }
        if has_hidden_access || has_side_effects(&function) {
            self.kinds.insert(Kind::Other);
        }
        match function.as_str() {
            "set_config" => {
                self.kinds.insert(Kind::Set);
            }
            "nextval" => self.advances_sequence = true,
            _ => {}
        }
    }

    fn add_tables(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => {
                match &insert.table {
                    TableObject::TableName(name) => self.add_written(name),
                    other => {
                        self.unknown_tables
                            .get_or_insert_with(|| format!("INSERT INTO {other}"));
                    }
                }
                if !self.planned_only && changes_rows_on_conflict(insert) {
                    self.kinds.insert(Kind::Update);
                }
            }
            Statement::Update(update) => self.add_written_factor(&update.table.relation),
            Statement::Delete(Delete { tables, from, .. }) => {
                for name in tables {
                    self.add_written(name);
                }
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
                self.add_written_tables(from);
            }
            Statement::Merge(merge) => {
                self.add_written_factor(&merge.table);
                self.add_merge_kinds(merge);
            }
            Statement::Truncate(truncate) => {
                for target in &truncate.table_names {
                    self.add_written(&target.name);
                }
                if !self.planned_only {
                    self.kinds.insert(Kind::Delete);
                    self.empties_tables = true;
                }
            }
            Statement::CreateTable(create) => self.add_created_table(create),
            Statement::CreateView(view) => self.add_written(&view.name),
            Statement::CreateIndex(index) => self.add_written(&index.table_name),
            Statement::AlterTable(alter) => {
                self.add_written(&alter.name);
                for operation in &alter.operations {
                    if let AlterTableOperation::AddConstraint { constraint, .. } = operation {
                        self.add_references(constraint);
                    }
                }
            }
            Statement::Drop {
                object_type, names, ..
            } => {
                if matches!(
                    object_type,
                    ObjectType::Table | ObjectType::View | ObjectType::MaterializedView
                ) {
                    for name in names {
                        self.add_written(name);
                    }
                    self.empties_tables |= !self.planned_only;
                }
            }
            Statement::Vacuum(vacuum) => {
                if let Some(name) = &vacuum.table_name {
                    self.add_written(name);
                }
            }
            _ => {}
        }
    }

    fn add_merge_kinds(&mut self, merge: &Merge) {
        let kinds = merge
            .clauses
            .iter()
            .filter_map(|clause| match clause.action {
                MergeAction::Insert(_) => Some(Kind::Insert),
                MergeAction::Update { .. } => Some(Kind::Update),
                MergeAction::Delete { .. } => Some(Kind::Delete),
                _ => None,
            });
        let kinds: Vec<Kind> = kinds.collect();
        self.merge_kind = Some(kinds.first().copied().unwrap_or(Kind::Update));
        if !self.planned_only {
            self.kinds.extend(self.merge_kind);
            self.kinds.extend(kinds);
        }
    }

    fn add_created_table(&mut self, create: &CreateTable) {
        self.add_written(&create.name);
        for parent in create.inherits.iter().flatten() {
            self.add_read(parent);
        }
        if let Some(CreateTableLikeKind::Plain(like) | CreateTableLikeKind::Parenthesized(like)) =
            &create.like
        {
            self.add_read(&like.name);
            self.handled.insert(std::ptr::from_ref(&like.name));
        }
        for constraint in &create.constraints {
            self.add_references(constraint);
        }
        for column in &create.columns {
            // The parser parses `LIKE a` among columns as a column of type `a`.
            self.check_column(&column.name);
            for option in &column.options {
                if let ColumnOption::ForeignKey(key) = &option.option {
                    self.add_read(&key.foreign_table);
                }
            }
        }
    }

    fn add_references(&mut self, constraint: &TableConstraint) {
        if let TableConstraint::ForeignKey(key) = constraint {
            self.add_read(&key.foreign_table);
        }
    }
}

/// Returns `true` if the body of a query, without subqueries, has `TABLE name`.
fn has_table_command(body: &SetExpr) -> bool {
    let mut pending = vec![body];
    while let Some(next) = pending.pop() {
        match next {
            SetExpr::Table(_) => return true,
            SetExpr::SetOperation { left, right, .. } => pending.extend([left.as_ref(), right]),
            _ => {}
        }
    }
    false
}

impl Visitor for AnalysisVisitor {
    type Break = std::convert::Infallible;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        if !self.planned_only {
            self.kinds.insert(outermost_kind(statement));
        }
        if let Some(reason) = unknown_tables_reason(statement) {
            self.unknown_tables.get_or_insert(reason);
        }
        self.add_tables(statement);
        self.in_set = matches!(statement, Statement::Set(_));
        if let Statement::Explain {
            analyze, options, ..
        } = statement
        {
            self.planned_only = !(*analyze || has_analyze(options.as_deref()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.enter(query);
        self.locks_rows |= !query.locks.is_empty();
        if has_table_command(&query.body) {
            // The parser loses the quotes and the next two tokens.
            self.misparsed = Some("TABLE name (use SELECT * FROM name)".to_owned());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.leave(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        if let Some(into) = &select.into {
            if !self.planned_only {
                self.kinds.insert(Kind::Ddl);
            }
            for target in into.targets.iter().filter(|_| !into.temporary) {
                match TableName::from_expr(target) {
                    Some(table) => {
                        self.written.insert(table);
                    }
                    None => {
                        self.unknown_tables
                            .get_or_insert_with(|| format!("SELECT INTO {target}"));
                    }
                }
            }
            self.mentions = self.mentions.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table {
                name,
                args: Some(_),
                ..
            }
            | TableFactor::Function { name, .. } => {
                self.add_table_function(name);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<Self::Break> {
        if self.handled.contains(&std::ptr::from_ref(name)) {
            return ControlFlow::Continue(());
        }
        let unqualified = name.0.len() == 1;
        let is_cte = unqualified
            && TableName::from_object_name(name).is_some_and(|t| self.scopes.contains(&t.name));
        if is_cte {
            self.mentions = self.mentions.saturating_add(1);
        } else {
            self.add_read(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Function(function) => {
                self.check_function(&function.name);
                if !is_harmless(&function.name) {
                    self.functions.insert(function.name.to_string());
                }
            }
            Expr::Identifier(column) => self.check_column(column),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Returns `true` for `ON CONFLICT DO UPDATE`: the INSERT is also an UPDATE.
fn changes_rows_on_conflict(insert: &Insert) -> bool {
    match &insert.on {
        Some(OnInsert::OnConflict(conflict)) => {
            !matches!(conflict.action, OnConflictAction::DoNothing)
        }
        Some(_) => true,
        None => false,
    }
}

/// Returns `true` unless ANALYZE is absent or explicitly false.
fn has_analyze(options: Option<&[UtilityOption]>) -> bool {
    options.unwrap_or_default().iter().any(|option| {
        let is_disabled = option.arg.as_ref().is_some_and(|arg| {
            let value = arg.to_string().to_lowercase();
            ["false", "off", "0", "'false'", "'off'", "'0'"].contains(&value.as_str())
        });
        option.name.value.eq_ignore_ascii_case("analyze") && !is_disabled
    })
}

#[cfg(test)]
mod tests;
