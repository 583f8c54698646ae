//! Statement kinds.

use sqlparser::ast::{ObjectType, Query, SetExpr, Statement};

use crate::closed_enum::closed_enum;

closed_enum! {
    /// A statement kind.
    Kind {
        Select = "select",
        Insert = "insert",
        Update = "update",
        Delete = "delete",
        Ddl = "ddl",
        Copy = "copy",
        Set = "set",
        Show = "show",
        Explain = "explain",
        Transaction = "transaction",
        Other = "other",
    }
}

impl Kind {
    /// Returns `true` if statements of this kind change or may change data or schema. The effect of `other`
    /// (CALL, DO, VACUUM, …) is unknown.
    pub(crate) fn can_write(self) -> bool {
        match self {
            Self::Insert | Self::Update | Self::Delete | Self::Ddl | Self::Copy | Self::Other => {
                true
            }
            Self::Select | Self::Set | Self::Show | Self::Explain | Self::Transaction => false,
        }
    }
}

/// Returns the kind of the outermost statement. The analysis adds the kinds of nested statements.
pub(crate) fn outermost_kind(statement: &Statement) -> Kind {
    use Statement as S;
    match statement {
        S::Query(query) => query_kind(query),
        S::Insert(_) => Kind::Insert,
        S::Update(_) => Kind::Update,
        S::Delete(_) => Kind::Delete,
        S::Copy { .. } | S::CopyIntoSnowflake { .. } => Kind::Copy,
        S::Set(_) | S::Reset(_) => Kind::Set,
        S::ShowFunctions { .. }
        | S::ShowVariable { .. }
        | S::ShowStatus { .. }
        | S::ShowVariables { .. }
        | S::ShowCreate { .. }
        | S::ShowColumns { .. }
        | S::ShowDatabases { .. }
        | S::ShowSchemas { .. }
        | S::ShowTables { .. }
        | S::ShowViews { .. }
        | S::ShowCollation { .. } => Kind::Show,
        S::Explain { .. } | S::ExplainTable { .. } => Kind::Explain,
        S::StartTransaction { .. }
        | S::Commit { .. }
        | S::Rollback { .. }
        | S::Savepoint { .. }
        | S::ReleaseSavepoint { .. } => Kind::Transaction,
        // The analysis also adds `delete`.
        S::Truncate(_) => Kind::Ddl,
        S::CreateView(_)
        | S::CreateTable(_)
        | S::CreateIndex(_)
        | S::CreateRole(_)
        | S::CreateServer(_)
        | S::CreatePolicy(_)
        | S::CreateOperator(_)
        | S::CreateOperatorFamily(_)
        | S::CreateOperatorClass(_)
        | S::CreateTextSearch(_)
        | S::AlterTable(_)
        | S::AlterSchema(_)
        | S::AlterIndex { .. }
        | S::AlterView { .. }
        | S::AlterFunction(_)
        | S::AlterType(_)
        | S::AlterCollation(_)
        | S::AlterOperator(_)
        | S::AlterOperatorFamily(_)
        | S::AlterOperatorClass(_)
        | S::AlterTextSearch(_)
        | S::AlterRole { .. }
        | S::AlterPolicy(_)
        | S::Drop { .. }
        | S::DropFunction(_)
        | S::DropDomain(_)
        | S::DropProcedure { .. }
        | S::DropPolicy(_)
        | S::DropTrigger(_)
        | S::CreateExtension(_)
        | S::CreateCollation(_)
        | S::DropExtension(_)
        | S::DropOperator(_)
        | S::DropOperatorFamily(_)
        | S::DropOperatorClass(_)
        | S::Comment { .. }
        | S::CreateSchema { .. }
        | S::CreateDatabase { .. }
        | S::CreateFunction(_)
        | S::CreateTrigger(_)
        | S::CreateProcedure { .. }
        | S::Grant(_)
        | S::Revoke(_)
        | S::CreateSequence { .. }
        | S::CreateDomain(_)
        | S::CreateType { .. }
        | S::CreateUser(_)
        | S::AlterUser(_)
        | S::RenameTable(_) => Kind::Ddl,
        _ => Kind::Other,
    }
}

fn query_kind(query: &Query) -> Kind {
    match query.body.as_ref() {
        SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) => {
            outermost_kind(inner)
        }
        SetExpr::Merge(inner) => outermost_kind(inner),
        SetExpr::Query(inner) => query_kind(inner),
        SetExpr::Select(_)
        | SetExpr::SetOperation { .. }
        | SetExpr::Values(_)
        | SetExpr::Table(_) => Kind::Select,
    }
}

/// Returns why some tables of a statement are unknown, or `None` if it names all of them.
pub(crate) fn unknown_tables_reason(statement: &Statement) -> Option<String> {
    use Statement as S;
    let tables_are_named = match statement {
        S::Query(_)
        | S::Insert(_)
        | S::Update(_)
        | S::Delete(_)
        | S::Merge(_)
        | S::Copy { .. }
        | S::Set(_)
        | S::Reset(_)
        | S::ShowVariable { .. }
        | S::Explain { .. }
        | S::ExplainTable { .. }
        | S::StartTransaction { .. }
        | S::Commit { .. }
        | S::Rollback { .. }
        | S::Savepoint { .. }
        | S::ReleaseSavepoint { .. }
        | S::Truncate(_)
        | S::CreateTable(_)
        | S::AlterTable(_)
        | S::CreateIndex(_)
        | S::CreateView(_)
        | S::Lock(_)
        | S::Prepare { .. }
        | S::Declare { .. }
        | S::Deallocate { .. }
        | S::Close { .. }
        | S::Discard { .. }
        | S::LISTEN { .. }
        | S::UNLISTEN { .. }
        | S::NOTIFY { .. } => true,
        S::Drop { object_type, .. } => {
            matches!(
                object_type,
                ObjectType::Table | ObjectType::View | ObjectType::MaterializedView
            )
        }
        S::Analyze(analyze) => analyze.table_name.is_some(),
        S::Vacuum(vacuum) => vacuum.table_name.is_some(),
        _ => false,
    };
    if tables_are_named {
        return None;
    }
    let sql = statement.to_string();
    let words: Vec<&str> = sql.split_whitespace().take(2).collect();
    Some(format!(
        "{} does not name all tables that it uses",
        words.join(" ")
    ))
}
