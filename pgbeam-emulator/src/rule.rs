//! The values of the field `rule` of an evaluation.
//!
//! `rule` is [`OK`], or the first of these rules that blocks the statement:
//!
//! 1. [`QUERY_MODE_TEMPLATES`]
//! 2. [`COPY_REFUSED`]
//! 3. [`UNPARSEABLE`]
//! 4. [`MULTIPLE_STATEMENTS`]
//! 5. [`STATEMENT_DENY`]
//! 6. [`READ_ONLY`]
//! 7. [`STATEMENT_ALLOW`]
//! 8. [`TABLE_DENYLIST`]
//! 9. [`TABLE_ALLOWLIST`]
//! 10. [`UNDECIDABLE`]
//! 11. [`ROW_FILTER`]
//!
//! Replays return the same values. `getPolicyStatementKinds` checks only the rules about kinds, and
//! [`QUERY_MODE_TEMPLATES`] after them.
//!
//! The API contract does not define these values, and most are specific to the emulator: clients of the API must
//! not depend on them.

/// No rule blocks the statement.
pub const OK: &str = "ok";

/// `query_mode` is `templates` and no enabled query template has this SQL.
///
/// The comparison ignores whitespace, comments and the case of unquoted words.
pub const QUERY_MODE_TEMPLATES: &str = "query_mode_templates";

/// The statement is COPY, which every policy blocks.
///
/// This includes SQL that cannot be parsed and may be a COPY.
pub const COPY_REFUSED: &str = "copy_refused";

/// The SQL cannot be parsed as PostgreSQL or has no statement, and the policy has a restriction.
///
/// Only a policy with `access_mode` `read_write` and without statement rules, table lists, masks and row
/// filters allows such SQL. The verdict then has a note.
pub const UNPARSEABLE: &str = "unparseable";

/// The SQL has more than one statement. The emulator evaluates only single statements.
pub const MULTIPLE_STATEMENTS: &str = "multiple_statements";

/// `statement_rules.deny` contains a kind of the statement.
///
/// A statement can have several kinds: a SELECT with a CTE that deletes is also a delete, EXPLAIN ANALYZE
/// also has the kind of the statement that it runs, SELECT INTO and TRUNCATE are also ddl.
pub const STATEMENT_DENY: &str = "statement_deny";

/// `access_mode` is `read_only`, and the statement writes or has the kind `other`. The emulator does not know whether
/// such a statement writes.
///
/// A statement also has the kind `other` if it calls a function with side effects, or with access to data
/// that the statement does not name: `nextval`, `pg_terminate_backend`, `pg_read_file`, `dblink`, …
pub const READ_ONLY: &str = "read_only";

/// `statement_rules.allow` is not empty and does not contain every kind of the statement.
pub const STATEMENT_ALLOW: &str = "statement_allow";

/// `table_denylist` contains a table of the statement. An entry without a schema matches every schema.
///
/// The examples in the API contract use this value.
pub const TABLE_DENYLIST: &str = "table_denied";

/// `table_allowlist` is not empty and does not contain every table of the statement. An entry without a schema
/// matches only the schema `public`.
pub const TABLE_ALLOWLIST: &str = "table_allowlist";

/// The policy restricts, masks or filters tables, and the statement does not name all tables that it uses:
/// CALL, EXECUTE, FETCH, DROP SCHEMA, a function that runs SQL such as `query_to_xml`, …
pub const UNDECIDABLE: &str = "undecidable";

/// The statement is a TRUNCATE or DROP TABLE of a table with a row filter. It would also remove rows outside the
/// filter.
pub const ROW_FILTER: &str = "row_filter";
