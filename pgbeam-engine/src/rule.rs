//! The identifiers of the rules that block statements: the values of [`Evaluation::rule`](crate::Evaluation::rule).
//!
//! The set is open. PgBeam publishes the first group; the identifiers of the second group are this crate's own,
//! because PgBeam blocks these statements without a published identifier. Compare verdicts rather than rules.

/// No rule blocks the statement. Also the rule of statements with masks and row filters.
pub const OK: &str = "ok";
/// The text has no statement.
pub const EMPTY: &str = "empty";
/// The text is not valid PostgreSQL, or nests too deeply.
pub const PARSE_ERROR: &str = "parse_error";
/// The statement is a DROP or TRUNCATE.
pub const DESTRUCTIVE_DDL: &str = "destructive_ddl";
/// The statement has an UPDATE or DELETE without WHERE.
pub const WHERELESS_WRITE: &str = "whereless_write";
/// `access_mode` is `read_only` and the statement locks rows, for example with FOR UPDATE.
pub const LOCKING_SELECT: &str = "locking_select";
/// `statement_rules.deny` has the kind of the statement.
pub const STATEMENT_DENIED: &str = "statement_denied";
/// `statement_rules.allow` is not empty and does not have the kind of the statement, or the kind is `other` and
/// `allow` does not name it.
pub const STATEMENT_NOT_ALLOWED: &str = "statement_not_allowed";
/// `access_mode` is `read_only` and the statement writes, sets a parameter, or has the kind `other`.
pub const READ_ONLY: &str = "read_only";
/// `table_denylist` has a relation of the statement.
pub const TABLE_DENIED: &str = "table_denied";
/// `table_allowlist` is not empty and does not have a relation of the statement.
pub const TABLE_NOT_ALLOWED: &str = "table_not_allowed";
/// A row filter cannot be added safely.
pub const ROW_FILTER_UNSAFE: &str = "row_filter_unsafe";
/// An expression or a VALUES list contains a masked value.
pub const MASKED_COLUMN_EXPRESSION: &str = "masked_column_expression";
/// The statement renames the columns of a relation with masks.
pub const MASKED_COLUMN_RENAME: &str = "masked_column_rename";
/// `migration_safety` is `block` and the schema change has a finding.
pub const MIGRATION_BLOCK: &str = "migration_block";
/// `max_affected_rows` is set and a CTE changes data.
pub const MAX_AFFECTED_ROWS_WRITABLE_CTE: &str = "max_affected_rows_writable_cte";

/// The statement is a COPY.
pub const COPY_REFUSED: &str = "copy_refused";
/// The statement is a DO block.
pub const DO_REFUSED: &str = "do_refused";
/// The statement calls a function that no policy allows, such as `pg_sleep`.
pub const FUNCTION_REFUSED: &str = "function_refused";
/// The statement changes `search_path`, or a parameter that decides where strings end.
pub const SETTING_REFUSED: &str = "setting_refused";
/// `query_mode` is `templates` and the text is not an enabled query template.
pub const QUERY_MODE_TEMPLATES: &str = "query_mode_templates";
/// The statement names a relation that is a honeytoken.
pub const HONEYTOKEN: &str = "honeytoken";
/// A masked column decides which rows are returned, or their order.
pub const MASKED_COLUMN_PREDICATE: &str = "masked_column_predicate";
/// The statement copies a masked value to a place without a mask.
pub const MASKED_COLUMN_COPY: &str = "masked_column_copy";
/// A schema change uses, renames or moves a masked column.
pub const MASKED_COLUMN_DDL: &str = "masked_column_ddl";
