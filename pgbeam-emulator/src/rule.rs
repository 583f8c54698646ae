//! The rules that a verdict names, in the order in which they are tried: the first
//! that refuses a statement is the `rule` of the verdict.
//!
//! The contract leaves these names open. Most are the emulator's own; code that talks
//! to the API must not depend on them, tests of that code may.

/// Nothing refuses the statement.
pub const OK: &str = "ok";

/// `query_mode` is `templates` and the statement is the SQL of no enabled template.
/// Texts are compared token by token: layout, comments and the case of unquoted words
/// do not count.
pub const QUERY_MODE_TEMPLATES: &str = "query_mode_templates";

/// COPY, which no policy admits.
pub const COPY_REFUSED: &str = "copy_refused";

/// The text cannot be read as PostgreSQL, or holds no statement, and the policy
/// restricts something. What cannot be read cannot be shown to keep to a restriction:
/// only a policy with `access_mode` `read_write` and no rules, lists, masks and
/// filters at all lets it through, with a note.
pub const UNPARSEABLE: &str = "unparseable";

/// More than one statement in one text. A verdict is on one statement.
pub const MULTIPLE_STATEMENTS: &str = "multiple_statements";

/// `statement_rules.deny` names a kind that the statement is. A statement can be of
/// several kinds: a SELECT with a CTE that deletes is a delete as well, EXPLAIN
/// ANALYZE is what it runs, SELECT INTO and TRUNCATE are ddl too.
pub const STATEMENT_DENY: &str = "statement_deny";

/// `access_mode` is `read_only` and the statement writes, or is of the kind `other`
/// and so not known to be a read. A statement that calls a function which acts or reads
/// beyond the tables (`nextval`, `pg_terminate_backend`, `pg_read_file`, `dblink`, …) is
/// of that kind as well as its own.
pub const READ_ONLY: &str = "read_only";

/// `statement_rules.allow` is not empty and does not name every kind that the
/// statement is.
pub const STATEMENT_ALLOW: &str = "statement_allow";

/// `table_denylist` names a table of the statement; an entry without a schema names
/// it in every schema. The contract's own examples call this rule so.
pub const TABLE_DENYLIST: &str = "table_denied";

/// `table_allowlist` is not empty and does not name every table of the statement; an
/// entry without a schema grants the schema `public`.
pub const TABLE_ALLOWLIST: &str = "table_allowlist";

/// The policy restricts, masks or filters tables, and the statement does not name all
/// the tables that it touches (CALL, EXECUTE, FETCH, DROP SCHEMA, a function such as
/// `query_to_xml` that runs SQL, …).
pub const UNDECIDABLE: &str = "undecidable";

/// The statement empties a filtered table in a way that no filter can be ANDed into
/// (TRUNCATE, DROP TABLE).
pub const ROW_FILTER: &str = "row_filter";
