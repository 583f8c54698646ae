//! The identifiers of the rules that block statements: the values of [`Evaluation::rule`](crate::Evaluation::rule).
//!
//! Compare verdicts rather than rules: later versions of PgBeam and of this crate can add rules.
//!
//! These identifiers are this crate's own, because PgBeam publishes none for their cases: `copy_refused`, `do_refused`,
//! `function_refused`, `setting_refused`, `query_mode_templates`, `honeytoken`, `masked_column_predicate`,
//! `masked_column_copy` and `masked_column_ddl`.

/// No rule blocks the statement. Masks and row filters can still apply to it.
pub const OK: &str = "ok";
/// The SQL has no statement.
pub const EMPTY: &str = "empty";
/// The parser rejects the SQL or misreads the name of a relation in it, the SQL exceeds the nesting limit of
/// [`Engine::evaluate`](crate::Engine::evaluate), or the continuation of an `E'…'` string on another line contains a
/// backslash.
pub const PARSE_ERROR: &str = "parse_error";
/// The statement is a DROP or TRUNCATE.
pub const DESTRUCTIVE_DDL: &str = "destructive_ddl";
/// The statement has an UPDATE or DELETE without WHERE or with a constant WHERE, such as `WHERE true`.
pub const WHERELESS_WRITE: &str = "whereless_write";
/// `access_mode` is `read_only` and the statement locks rows, for example with FOR UPDATE.
pub const LOCKING_SELECT: &str = "locking_select";
/// `statement_rules.deny` contains a kind of the statement: its [`kind`](crate::Statement::kind) or one of its
/// [`inner_kinds`](crate::Statement::inner_kinds).
pub const STATEMENT_DENIED: &str = "statement_denied";
/// `statement_rules.allow` is not empty and lacks a kind of the statement, or `allow` is empty while `access_mode` is
/// `read_write` and a kind of the statement is `other`.
pub const STATEMENT_NOT_ALLOWED: &str = "statement_not_allowed";
/// `access_mode` is `read_only` and the statement writes, or has the kind `set` or `other` while
/// `statement_rules.allow` is empty.
pub const READ_ONLY: &str = "read_only";
/// `table_denylist` contains a relation of the statement, or the statement renames a schema while `table_denylist` is
/// not empty and the policy has neither masks nor row filters.
pub const TABLE_DENIED: &str = "table_denied";
/// `table_allowlist` is not empty and lacks a relation of the statement. Reads of relations qualified with `pg_catalog`
/// or `information_schema` are exempt.
pub const TABLE_NOT_ALLOWED: &str = "table_not_allowed";
/// A row filter cannot be added safely, or the statement could change the effect of row filters: it changes the role
/// or a parameter that they read, it renames a schema while the policy has no masks, or a predicate has a subquery and
/// the statement creates a temporary relation or writes to one in a `pg_temp` schema.
pub const ROW_FILTER_UNSAFE: &str = "row_filter_unsafe";
/// An expression or a VALUES list contains a masked value. The rule also applies if the engine cannot determine which
/// columns are masked, for example because of a star in a UNION, or if a query has more than 1,664 columns while the
/// statement uses a relation with masks.
pub const MASKED_COLUMN_EXPRESSION: &str = "masked_column_expression";
/// A relation or join with masks has a column alias list, as in `users AS u (a, b)`. The rule also applies if a
/// subquery or CTE has a column alias list and masked columns at unknown positions.
pub const MASKED_COLUMN_RENAME: &str = "masked_column_rename";
/// `migration_safety` is `block` and [`lint_migration`](crate::lint_migration) has a finding about the statement.
pub const MIGRATION_BLOCK: &str = "migration_block";
/// `max_affected_rows` is set and a CTE changes data.
pub const MAX_AFFECTED_ROWS_WRITABLE_CTE: &str = "max_affected_rows_writable_cte";

/// The statement is a COPY.
pub const COPY_REFUSED: &str = "copy_refused";
/// The statement is a DO block.
pub const DO_REFUSED: &str = "do_refused";
/// The statement calls a function that no policy allows, such as `pg_sleep`.
pub const FUNCTION_REFUSED: &str = "function_refused";
/// The statement changes `search_path`, `standard_conforming_strings`, `backslash_quote` or `client_encoding`. Changes
/// of the last three to safe values are allowed. SET SCHEMA, RESET ALL, DISCARD ALL and writes to `pg_settings` are
/// treated as changes of `search_path`. The rule also applies if the statement changes the role while a list, mask or
/// row filter of the policy names a table.
pub const SETTING_REFUSED: &str = "setting_refused";
/// `query_mode` is `templates` and the SQL is not an enabled query template.
pub const QUERY_MODE_TEMPLATES: &str = "query_mode_templates";
/// The statement names a honeytoken (see [`Engine::honeytoken`](crate::Engine::honeytoken)).
pub const HONEYTOKEN: &str = "honeytoken";
/// A masked column is used in a condition, ORDER BY, DISTINCT ON, a WINDOW clause, LIMIT, OFFSET, INTERSECT or EXCEPT,
/// or in an expression in GROUP BY. DISTINCT, UNION and a masked column by itself in GROUP BY are allowed. A join
/// condition may compare a masked column with `=` to a column of another FROM item that cannot be a constant. The
/// comparison must be the whole condition, or one of several conditions combined with AND.
pub const MASKED_COLUMN_PREDICATE: &str = "masked_column_predicate";
/// The statement writes a masked value, even to a masked column, or creates a table or view from one.
pub const MASKED_COLUMN_COPY: &str = "masked_column_copy";
/// A schema change uses a masked column (for example in an index or constraint) or renames it. The rule also applies if
/// the statement renames the relation of a masked column, moves that relation to another schema or makes it inherit
/// from another, or if the statement renames a schema while the policy has masks. A masked column may be dropped.
pub const MASKED_COLUMN_DDL: &str = "masked_column_ddl";
