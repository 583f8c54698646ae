//! `StatementKind`: the kind of a statement, such as `select` or `ddl`.

use serde::{Serialize, Serializer};
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

/// The kind of a statement, as in `statement_rules` of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// SELECT (also SELECT INTO), VALUES and TABLE.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// CREATE, ALTER, DROP and TRUNCATE, except ALTER SYSTEM.
    Ddl,
    /// COPY. Every policy blocks it.
    Copy,
    /// SET and RESET, also of the role, the session authorization and the transaction. SET CONSTRAINTS is `Other`.
    Set,
    /// SHOW.
    Show,
    /// EXPLAIN.
    Explain,
    /// BEGIN, START, COMMIT, END, ROLLBACK, ABORT, SAVEPOINT and RELEASE, but not two-phase commit.
    Transaction,
    /// Every other statement: CALL, MERGE, LISTEN, VACUUM, GRANT, …
    Other,
}

impl StatementKind {
    /// All kinds, in the order of the API contract.
    pub const ALL: [Self; 11] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Ddl,
        Self::Copy,
        Self::Set,
        Self::Show,
        Self::Explain,
        Self::Transaction,
        Self::Other,
    ];

    /// Returns the name in the API contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Ddl => "ddl",
            Self::Copy => "copy",
            Self::Set => "set",
            Self::Show => "show",
            Self::Explain => "explain",
            Self::Transaction => "transaction",
            Self::Other => "other",
        }
    }

    /// Returns `true` for `Insert`, `Update`, `Delete`, `Ddl` and `Copy`. Returns `false` for `Other`, although a
    /// statement of that kind can write.
    #[must_use]
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::Insert | Self::Update | Self::Delete | Self::Ddl | Self::Copy
        )
    }

    /// Returns the kind of the outer statement. Nested statements are ignored.
    pub(crate) fn from_statement(statement: &ast::Stmt) -> Self {
        use ast::Stmt;
        match statement {
            Stmt::Select(_)
            | Stmt::SelectInto(_)
            | Stmt::CompoundSelect(_)
            | Stmt::ParenSelect(_)
            | Stmt::Table(_)
            | Stmt::Values(_) => Self::Select,
            Stmt::Insert(_) => Self::Insert,
            Stmt::Update(_) => Self::Update,
            Stmt::Delete(_) => Self::Delete,
            Stmt::Copy(_) => Self::Copy,
            Stmt::Explain(_) => Self::Explain,
            Stmt::Show(_) => Self::Show,
            Stmt::Set(_)
            | Stmt::SetRole(_)
            | Stmt::SetSessionAuth(_)
            | Stmt::SetTransaction(_)
            | Stmt::Reset(_)
            | Stmt::ResetRole(_)
            | Stmt::ResetSessionAuth(_) => Self::Set,
            Stmt::Begin(_) | Stmt::SavepointCreate(_) | Stmt::ReleaseSavepoint(_) => {
                Self::Transaction
            }
            Stmt::Commit(ast::Commit::CommitTransaction(_))
            | Stmt::Rollback(
                ast::Rollback::RollbackTransaction(_) | ast::Rollback::RollbackToSavepoint(_),
            ) => Self::Transaction,
            // Changes the configuration of the server, not the schema.
            Stmt::AlterSystem(_) => Self::Other,
            _ => match first_keyword(statement) {
                Some(
                    SyntaxKind::CREATE_KW
                    | SyntaxKind::ALTER_KW
                    | SyntaxKind::DROP_KW
                    | SyntaxKind::TRUNCATE_KW,
                ) => Self::Ddl,
                _ => Self::Other,
            },
        }
    }
}

impl Serialize for StatementKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Returns the kind of the first token that is not whitespace or a comment.
pub(crate) fn first_keyword(statement: &ast::Stmt) -> Option<SyntaxKind> {
    statement
        .syntax()
        .descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .map(|token| token.kind())
        .find(|kind| !kind.is_trivia())
}
