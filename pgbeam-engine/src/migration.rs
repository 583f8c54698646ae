//! Finds schema changes that are dangerous while a database is in use.

use serde::Serialize;
use squawk_linter::{Linter, Rule};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxKind};

use crate::normalize::without_comments;
use crate::parse::{Parsed, text_before_nul, with_parsed};
use crate::relation::RelationName;

/// The severity of a [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Informational. No check of this version reports it.
    Info,
    /// Potentially dangerous.
    Warning,
    /// Dangerous.
    Error,
}

/// A dangerous schema change. Serializes as `MigrationFinding` of the API contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How dangerous the change is.
    pub severity: Severity,
    /// The identifier of the finding, such as `missing_concurrently`. Later versions can add identifiers. They are not
    /// constants of the module [`rule`](crate::rule).
    pub rule: &'static str,
    /// Human-readable description of the problem.
    pub message: &'static str,
    /// The statement as written, without the semicolon.
    pub statement: String,
    /// Human-readable description of a safer change.
    pub hint: &'static str,
}

/// Maps a rule of the squawk linter to the finding that is reported for it.
struct Check {
    linter: Rule,
    severity: Severity,
    rule: &'static str,
    message: &'static str,
    hint: &'static str,
}

const CHECKS: &[Check] = &[
    Check {
        linter: Rule::RequireConcurrentIndexCreation,
        severity: Severity::Error,
        rule: "missing_concurrently",
        message: "CREATE INDEX without CONCURRENTLY blocks writes to the table until the index is built",
        hint: "Use CREATE INDEX CONCURRENTLY, outside a transaction",
    },
    Check {
        linter: Rule::RequireConcurrentReindex,
        severity: Severity::Error,
        rule: "missing_concurrently",
        message: "REINDEX without CONCURRENTLY blocks writes to the table until the index is built",
        hint: "Use REINDEX CONCURRENTLY, outside a transaction",
    },
    Check {
        linter: Rule::RequireConcurrentPartitionDetach,
        severity: Severity::Warning,
        rule: "missing_concurrently",
        message: "DETACH PARTITION without CONCURRENTLY blocks all access to the table",
        hint: "Use DETACH PARTITION CONCURRENTLY, outside a transaction",
    },
    Check {
        linter: Rule::AddingRequiredField,
        severity: Severity::Error,
        rule: "add_not_null_no_default",
        message: "a column that is NOT NULL without a default cannot be added to a table with rows",
        hint: "Add the column with a constant default, or without NOT NULL",
    },
    Check {
        linter: Rule::AddingNotNullableField,
        severity: Severity::Error,
        rule: "set_not_null",
        message: "SET NOT NULL blocks all access while it scans the table, and fails if a row has NULL",
        hint: "Add a CHECK (column IS NOT NULL) NOT VALID, validate it, then set NOT NULL",
    },
    Check {
        linter: Rule::AddingFieldWithDefault,
        severity: Severity::Error,
        rule: "table_rewrite",
        message: "a column with a volatile default or a generated value rewrites the table and blocks all access",
        hint: "Add the column without a default, fill it in batches, then set the default",
    },
    Check {
        linter: Rule::ChangingColumnType,
        severity: Severity::Error,
        rule: "change_column_type",
        message: "a change of a column's type can rewrite the table, block all access and lose data",
        hint: "Add a column of the new type, fill it in batches, then use it instead",
    },
    Check {
        linter: Rule::BanDropColumn,
        severity: Severity::Error,
        rule: "unsafe_drop",
        message: "DROP COLUMN deletes its values, and breaks programs that still use it",
        hint: "Stop all use of the column first, and drop it in a later migration",
    },
    Check {
        linter: Rule::BanDropTable,
        severity: Severity::Error,
        rule: "drop_table",
        message: "DROP TABLE deletes all rows of the table",
        hint: "Stop all use of the table first, and keep a copy",
    },
    Check {
        linter: Rule::BanDropDatabase,
        severity: Severity::Error,
        rule: "unsafe_drop",
        message: "DROP DATABASE deletes everything in the database",
        hint: "Keep a copy",
    },
    Check {
        linter: Rule::BanTruncateCascade,
        severity: Severity::Error,
        rule: "unsafe_truncate",
        message: "TRUNCATE … CASCADE deletes all rows of every table that refers to this one",
        hint: "Truncate the tables by name",
    },
    Check {
        linter: Rule::ConstraintMissingNotValid,
        severity: Severity::Error,
        rule: "missing_not_valid",
        message: "a new constraint blocks writes while it checks all rows",
        hint: "Add the constraint with NOT VALID, then use VALIDATE CONSTRAINT",
    },
    Check {
        linter: Rule::AddingForeignKeyConstraint,
        severity: Severity::Error,
        rule: "missing_not_valid",
        message: "a new foreign key blocks writes to both tables while it checks all rows",
        hint: "Add the foreign key with NOT VALID, then use VALIDATE CONSTRAINT",
    },
    Check {
        linter: Rule::DisallowedUniqueConstraint,
        severity: Severity::Error,
        rule: "missing_using_index",
        message: "a new UNIQUE constraint blocks all access while its index is built",
        hint: "Create a unique index CONCURRENTLY, then add the constraint USING INDEX",
    },
    Check {
        linter: Rule::AddingSerialPrimaryKeyField,
        severity: Severity::Error,
        rule: "missing_using_index",
        message: "a new PRIMARY KEY blocks all access while its index is built",
        hint: "Create a unique index CONCURRENTLY, then add the primary key USING INDEX",
    },
    Check {
        linter: Rule::RenamingColumn,
        severity: Severity::Warning,
        rule: "rename_column",
        message: "a renamed column breaks programs that use the old name",
        hint: "Add a column with the new name and keep both for a while",
    },
    Check {
        linter: Rule::RenamingTable,
        severity: Severity::Warning,
        rule: "rename_table",
        message: "a renamed table breaks programs that use the old name",
        hint: "Keep a view with the old name",
    },
];

/// Returns the dangerous schema changes in a migration, in the order of its statements. Returns no findings if `sql`
/// has no statement. The part of `sql` after the first NUL character is ignored.
///
/// Each statement is checked by itself: CREATE INDEX is reported even if the same migration creates the table.
///
/// ```
/// let findings = pgbeam_engine::lint_migration("CREATE INDEX ON orders (note)").unwrap();
/// assert_eq!(findings[0].rule, "missing_concurrently");
/// ```
///
/// # Errors
///
/// Returns a human-readable reason if `sql` cannot be parsed: the parser rejects it, it exceeds the nesting limit of
/// [`Engine::evaluate`](crate::Engine::evaluate), or the continuation of an `E'…'` string on another line contains a
/// backslash.
pub fn lint_migration(sql: &str) -> Result<Vec<Finding>, String> {
    with_parsed(text_before_nul(sql), |parsed| match parsed {
        Parsed::Statements(statements) => Ok(statements.iter().flat_map(findings).collect()),
        Parsed::Empty => Ok(Vec::new()),
        Parsed::Invalid(reason) => Err(reason),
    })
}

/// Returns the findings about one statement, independently of the other statements of the migration.
pub(crate) fn findings(statement: &ast::Stmt) -> Vec<Finding> {
    let text = statement.syntax().text().to_string();
    // Without comments, because the linter obeys comments that disable it.
    let linted = without_comments(&text);
    let mut linter = Linter::from(CHECKS.iter().map(|check| check.linter));
    let violations = linter.lint(&SourceFile::parse(&linted), &linted);
    let mut findings: Vec<Finding> = Vec::new();
    for violation in violations {
        let Some(check) = CHECKS.iter().find(|check| check.linter == violation.code) else {
            continue;
        };
        let finding = Finding {
            severity: check.severity,
            rule: check.rule,
            message: check.message,
            statement: text.trim_end_matches(';').trim().to_owned(),
            hint: check.hint,
        };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    for check in own_checks(statement) {
        let finding = Finding {
            severity: Severity::Error,
            rule: check.0,
            message: check.1,
            statement: text.trim_end_matches(';').trim().to_owned(),
            hint: check.2,
        };
        if !findings.iter().any(|other| other.rule == finding.rule) {
            findings.push(finding);
        }
    }
    // The linter reports both for UNIQUE and PRIMARY KEY, which cannot be NOT VALID.
    if findings
        .iter()
        .any(|finding| finding.rule == "missing_using_index")
    {
        findings.retain(|finding| finding.rule != "missing_not_valid");
    }
    findings
}

/// Returns the rule, message and hint of each finding that the linter does not report.
fn own_checks(statement: &ast::Stmt) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut found = Vec::new();
    for node in statement.syntax().descendants() {
        match node.kind() {
            SyntaxKind::SET_LOGGED
            | SyntaxKind::SET_UNLOGGED
            | SyntaxKind::SET_TABLESPACE
            | SyntaxKind::SET_ACCESS_METHOD => found.push((
                "table_rewrite",
                "the change rewrites the table and blocks all access",
                "Copy the rows into a new table in batches",
            )),
            SyntaxKind::ADD_COLUMN => {
                let serial = node
                    .children()
                    .find(|child| child.kind() == SyntaxKind::PATH_TYPE)
                    .and_then(|name| RelationName::from_node(&name))
                    .is_some_and(|name| SERIAL_TYPES.contains(&name.name.as_str()));
                if serial {
                    found.push((
                        "table_rewrite",
                        "a serial column rewrites the table and blocks all access",
                        "Add the column without a default, fill it in batches, then set the default",
                    ));
                }
                let constraints: Vec<_> = node.children().map(|child| child.kind()).collect();
                let is_not_null = constraints.contains(&SyntaxKind::NOT_NULL_CONSTRAINT);
                let has_null_default = node
                    .descendants()
                    .filter_map(ast::DefaultConstraint::cast)
                    .filter_map(|default| default.expr())
                    .any(|expr| {
                        expr.syntax()
                            .text()
                            .to_string()
                            .eq_ignore_ascii_case("null")
                    });
                if is_not_null && has_null_default {
                    found.push((
                        "add_not_null_no_default",
                        "a column that is NOT NULL with the default NULL cannot be added to a table with rows",
                        "Add the column with a constant default, or without NOT NULL",
                    ));
                }
            }
            _ => {}
        }
    }
    found
}

const SERIAL_TYPES: [&str; 6] = [
    "serial",
    "bigserial",
    "smallserial",
    "serial2",
    "serial4",
    "serial8",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_dangerous_changes() {
        for (sql, rules) in [
            ("CREATE INDEX ON t (a)", vec!["missing_concurrently"]),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", vec![]),
            ("REINDEX TABLE t", vec!["missing_concurrently"]),
            ("REINDEX TABLE CONCURRENTLY t", vec![]),
            ("ALTER TABLE t ADD COLUMN a text", vec![]),
            (
                "ALTER TABLE t ADD COLUMN a text NOT NULL",
                vec!["add_not_null_no_default"],
            ),
            (
                "ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT 'x'",
                vec![],
            ),
            (
                "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
                vec!["table_rewrite"],
            ),
            (
                "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
                vec!["set_not_null"],
            ),
            ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL", vec![]),
            (
                "ALTER TABLE t ALTER COLUMN a TYPE bigint",
                vec!["change_column_type"],
            ),
            ("ALTER TABLE t DROP COLUMN a", vec!["unsafe_drop"]),
            ("DROP TABLE t", vec!["drop_table"]),
            ("TRUNCATE t CASCADE", vec!["unsafe_truncate"]),
            (
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
                vec!["missing_not_valid"],
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
                vec![],
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)",
                vec!["missing_using_index"],
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
                vec![],
            ),
            ("ALTER TABLE t RENAME COLUMN a TO b", vec!["rename_column"]),
            ("ALTER TABLE t RENAME TO u", vec!["rename_table"]),
            (
                "CREATE TABLE t (a int NOT NULL); CREATE INDEX ON t (a)",
                vec!["missing_concurrently"],
            ),
            (
                "ALTER TABLE t ADD COLUMN a bigserial",
                vec!["table_rewrite"],
            ),
            (
                "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT NULL",
                vec!["add_not_null_no_default"],
            ),
            ("ALTER TABLE t SET UNLOGGED", vec!["table_rewrite"]),
            ("ALTER TABLE t SET TABLESPACE fast", vec!["table_rewrite"]),
            ("ALTER TABLE t SET (fillfactor = 70)", vec![]),
            ("SELECT 1; -- nothing", vec![]),
            ("", vec![]),
        ] {
            let findings = lint_migration(sql).expect(sql);
            let found: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
            assert_eq!(found, rules, "{sql}");
        }
        assert!(lint_migration("ALTER TABEL t").is_err());
    }
}
