//! What a statement does, and to which tables.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    AlterTableOperation, ColumnOption, CreateTable, CreateTableLikeKind, Delete, Expr, FromTable,
    Ident, Insert, Merge, MergeAction, ObjectName, ObjectNamePart, ObjectType, OnConflictAction,
    OnInsert, Query, Select, SetExpr, Statement, TableConstraint, TableFactor, TableObject,
    TableWithJoins, UtilityOption, Visit, Visitor,
};

use super::functions::{acts, bare_name, hides, is_harmless};
use super::kind::{Kind, kind_of, opacity};
use super::names::TableName;
use super::scope::CteScopes;
use super::words::RESERVED;

/// What the text of one statement tells.
#[derive(Debug)]
pub(crate) struct Analysis {
    pub(crate) statement: Statement,
    /// The kind by the outermost form.
    pub(crate) kind: Kind,
    /// Every kind of statement that is run: the outermost, data-modifying CTEs, what
    /// EXPLAIN ANALYZE runs.
    pub(crate) kinds: BTreeSet<Kind>,
    pub(crate) is_merge: bool,
    /// Whether all rows of the tables written go, as TRUNCATE and DROP TABLE have it.
    pub(crate) empties_tables: bool,
    pub(crate) read: BTreeSet<TableName>,
    pub(crate) written: BTreeSet<TableName>,
    /// How often tables are named, the same table twice counted twice.
    pub(crate) mentions: usize,
    /// Why the tables cannot all be told, when they cannot.
    pub(crate) opaque: Option<String>,
    /// Functions in FROM: what rows they make does not show.
    pub(crate) table_functions: BTreeSet<String>,
    /// Functions that are called and not known to be harmless.
    pub(crate) functions: BTreeSet<String>,
    /// Whether rows are locked (FOR UPDATE, FOR SHARE).
    pub(crate) locks_rows: bool,
    /// What the parser is known to read otherwise than PostgreSQL does; the rest of the
    /// analysis is worth nothing then.
    pub(crate) misread: Option<String>,
}

impl Analysis {
    pub(crate) fn of(statement: Statement) -> Self {
        let mut walk = Walk::default();
        let ControlFlow::Continue(()) = statement.visit(&mut walk);
        let root = kind_of(&statement);
        let kind = match walk.merge_kind {
            Some(kind) if root == Kind::Other => kind,
            _ => root,
        };
        // A MERGE is the kinds of its clauses.
        if walk.merge_kind.is_some() {
            walk.kinds.remove(&Kind::Other);
        }
        // A write that numbers its rows is that write; a read that takes a number is none.
        if walk.advances_sequence && !walk.kinds.iter().any(|kind| kind.writes()) {
            walk.kinds.insert(Kind::Other);
        }
        Self {
            kind,
            kinds: walk.kinds,
            is_merge: walk.merge_kind.is_some(),
            empties_tables: walk.empties_tables,
            read: walk.read,
            written: walk.written,
            mentions: walk.mentions,
            opaque: walk.opaque,
            table_functions: walk.table_functions,
            functions: walk.functions,
            locks_rows: walk.locks_rows,
            misread: walk.misread,
            statement,
        }
    }

    /// Every table, read or written.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableName> {
        self.read.union(&self.written)
    }
}

#[derive(Default)]
struct Walk {
    scopes: CteScopes,
    /// Whether the statement around is only planned, as EXPLAIN does.
    planned_only: bool,
    kinds: BTreeSet<Kind>,
    merge_kind: Option<Kind>,
    empties_tables: bool,
    read: BTreeSet<TableName>,
    written: BTreeSet<TableName>,
    mentions: usize,
    opaque: Option<String>,
    table_functions: BTreeSet<String>,
    functions: BTreeSet<String>,
    locks_rows: bool,
    advances_sequence: bool,
    /// Whether the statement around is SET.
    sets: bool,
    misread: Option<String>,
    /// Names that are accounted for when the visitor comes to them: targets of writes,
    /// functions in FROM.
    accounted: HashSet<*const ObjectName>,
}

impl Walk {
    fn name(&mut self, name: &ObjectName) -> Option<TableName> {
        self.check_reserved(name);
        let table = TableName::from_object_name(name);
        if table.is_none() {
            self.opaque
                .get_or_insert_with(|| format!("{name} is no plain table name"));
        }
        table
    }

    /// No table has a reserved word for a name without quotes: where the parser finds
    /// one (`FROM ONLY secrets` is `secrets`, not a table `only`), it has misread.
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
            self.misread = Some(format!(
                "{} in the place of a table",
                word.value.to_uppercase()
            ));
        }
    }

    /// Nor has a column: `SELECT INTO t FROM a` has no column `INTO` that is called `t`.
    /// DEFAULT is a value that the parser takes for a column, as are those of SET.
    fn check_column(&mut self, column: &Ident) {
        if self.sets {
            return;
        }
        let word = column.value.to_lowercase();
        let reserved = RESERVED.contains(&word.as_str()) || word == "like";
        if column.quote_style.is_none() && reserved && word != "default" {
            self.misread = Some(format!("{} in the place of a column", word.to_uppercase()));
        }
    }

    fn reads(&mut self, name: &ObjectName) {
        self.mentions = self.mentions.saturating_add(1);
        let table = self.name(name);
        self.read.extend(table);
    }

    fn writes(&mut self, name: &ObjectName) {
        self.mentions = self.mentions.saturating_add(1);
        self.accounted.insert(std::ptr::from_ref(name));
        let table = self.name(name);
        self.written.extend(table);
    }

    fn writes_factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, .. } => self.writes(name),
            other => {
                self.opaque
                    .get_or_insert_with(|| format!("{other} is no plain target of a write"));
            }
        }
    }

    fn writes_all(&mut self, tables: &[TableWithJoins]) {
        for table in tables {
            self.writes_factor(&table.relation);
        }
    }

    fn calls_in_from(&mut self, name: &ObjectName) {
        self.check_reserved(name);
        self.accounted.insert(std::ptr::from_ref(name));
        self.check_function(name);
        if !is_harmless(name) {
            self.table_functions.insert(name.to_string());
        }
    }

    /// Functions that are known to do more than compute.
    fn check_function(&mut self, name: &ObjectName) {
        let Some(function) = bare_name(name) else {
            return;
        };
        let hides = hides(&function);
        if hides {
            let what = || format!("{function} reaches what its arguments say");
            self.opaque.get_or_insert_with(what);
        }
        if self.planned_only {
            return;
        }
        if hides || acts(&function) {
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

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => {
                match &insert.table {
                    TableObject::TableName(name) => self.writes(name),
                    other => {
                        self.opaque
                            .get_or_insert_with(|| format!("INSERT INTO {other}"));
                    }
                }
                if !self.planned_only && changes_rows_on_conflict(insert) {
                    self.kinds.insert(Kind::Update);
                }
            }
            Statement::Update(update) => self.writes_factor(&update.table.relation),
            Statement::Delete(Delete { tables, from, .. }) => {
                for name in tables {
                    self.writes(name);
                }
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
                self.writes_all(from);
            }
            Statement::Merge(merge) => {
                self.writes_factor(&merge.table);
                self.merge_kinds(merge);
            }
            Statement::Truncate(truncate) => {
                for target in &truncate.table_names {
                    self.writes(&target.name);
                }
                if !self.planned_only {
                    self.kinds.insert(Kind::Delete);
                    self.empties_tables = true;
                }
            }
            Statement::CreateTable(create) => self.creates_table(create),
            Statement::CreateView(view) => self.writes(&view.name),
            Statement::CreateIndex(index) => self.writes(&index.table_name),
            Statement::AlterTable(alter) => {
                self.writes(&alter.name);
                for operation in &alter.operations {
                    if let AlterTableOperation::AddConstraint { constraint, .. } = operation {
                        self.references(constraint);
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
                        self.writes(name);
                    }
                    self.empties_tables |= !self.planned_only;
                }
            }
            Statement::Vacuum(vacuum) => {
                if let Some(name) = &vacuum.table_name {
                    self.writes(name);
                }
            }
            _ => {}
        }
    }

    fn merge_kinds(&mut self, merge: &Merge) {
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

    fn creates_table(&mut self, create: &CreateTable) {
        self.writes(&create.name);
        for parent in create.inherits.iter().flatten() {
            self.reads(parent);
        }
        if let Some(CreateTableLikeKind::Plain(like) | CreateTableLikeKind::Parenthesized(like)) =
            &create.like
        {
            self.reads(&like.name);
            self.accounted.insert(std::ptr::from_ref(&like.name));
        }
        for constraint in &create.constraints {
            self.references(constraint);
        }
        for column in &create.columns {
            // The parser takes `LIKE a` among columns for a column of the type `a`.
            self.check_column(&column.name);
            for option in &column.options {
                if let ColumnOption::ForeignKey(key) = &option.option {
                    self.reads(&key.foreign_table);
                }
            }
        }
    }

    fn references(&mut self, constraint: &TableConstraint) {
        if let TableConstraint::ForeignKey(key) = constraint {
            self.reads(&key.foreign_table);
        }
    }
}

/// Whether `TABLE name` stands in a query's body, subqueries left out.
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

impl Visitor for Walk {
    type Break = std::convert::Infallible;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        if !self.planned_only {
            self.kinds.insert(kind_of(statement));
        }
        if let Some(reason) = opacity(statement) {
            self.opaque.get_or_insert(reason);
        }
        self.statement(statement);
        self.sets = matches!(statement, Statement::Set(_));
        if let Statement::Explain {
            analyze, options, ..
        } = statement
        {
            self.planned_only = !(*analyze || asks_to_analyze(options.as_deref()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.enter(query);
        self.locks_rows |= !query.locks.is_empty();
        if has_table_command(&query.body) {
            // The parser loses its quotes and the two tokens that follow.
            self.misread = Some("TABLE name, for which write SELECT * FROM name".to_owned());
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
                        self.opaque
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
                self.calls_in_from(name);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<Self::Break> {
        if self.accounted.contains(&std::ptr::from_ref(name)) {
            return ControlFlow::Continue(());
        }
        let unqualified = name.0.len() == 1;
        let is_cte = unqualified
            && TableName::from_object_name(name).is_some_and(|t| self.scopes.names(&t.name));
        if is_cte {
            self.mentions = self.mentions.saturating_add(1);
        } else {
            self.reads(name);
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

/// `ON CONFLICT DO UPDATE`: the INSERT is an UPDATE too.
fn changes_rows_on_conflict(insert: &Insert) -> bool {
    match &insert.on {
        Some(OnInsert::OnConflict(conflict)) => {
            !matches!(conflict.action, OnConflictAction::DoNothing)
        }
        Some(_) => true,
        None => false,
    }
}

/// `EXPLAIN (ANALYZE)`, `(ANALYZE true)`, `(ANALYZE on)`, …: anything but a plain no.
fn asks_to_analyze(options: Option<&[UtilityOption]>) -> bool {
    options.unwrap_or_default().iter().any(|option| {
        let off = option.arg.as_ref().is_some_and(|arg| {
            let text = arg.to_string().to_lowercase();
            ["false", "off", "0", "'false'", "'off'", "'0'"].contains(&text.as_str())
        });
        option.name.value.eq_ignore_ascii_case("analyze") && !off
    })
}

#[cfg(test)]
mod tests;
