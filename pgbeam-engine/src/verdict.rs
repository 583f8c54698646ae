//! Applies the rules of a policy in order. The first rule that applies blocks the statement.

use std::collections::BTreeSet;

use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AstNode};

use crate::evaluation::{Block, MaskedColumn};
use crate::facts::Facts;
use crate::filters::{Filters, filters};
use crate::functions::{UNPUBLISHED_REASON, refusal};
use crate::kind::StatementKind;
use crate::masks::masked_columns;
use crate::migration::findings;
use crate::policy::{AccessMode, MigrationSafety, Policy};
use crate::relation::{RelationName, RelationPattern};
use crate::rule;
use crate::settings::session_block;

/// The effects of a policy on a statement that it does not block.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    pub(crate) masked_columns: BTreeSet<MaskedColumn>,
    pub(crate) filters: Filters,
    pub(crate) notes: Vec<String>,
}

/// Applies the rules to one statement. `may_run_sql` is `false` if the policy allows only query templates and the SQL
/// is not a query template.
pub(crate) fn evaluate(
    statement: &ast::Stmt,
    facts: &Facts,
    policy: &Policy,
    honeytokens: &[RelationPattern],
    may_run_sql: bool,
) -> Result<Allowed, Block> {
    if facts.is_misparsed {
        let reason = "the parser reads the name of a relation as an expression";
        return Err(Block::new(rule::PARSE_ERROR, reason).with_hint("Put the name in quotes"));
    }
    check(floor_block(facts))?;
    check(refused_block(facts))?;
    check(locking_block(facts, policy))?;
    if !may_run_sql {
        let reason = "query_mode is templates and the text is not an enabled query template";
        let block = Block::new(rule::QUERY_MODE_TEMPLATES, reason)
            .with_hint("Use a query template, or add one for this statement");
        return Err(match facts.kind {
            StatementKind::Transaction | StatementKind::Show | StatementKind::Set => block
                .unpublished(
                    "whether PgBeam allows such statements beside templates is not published",
                ),
            _ => block,
        });
    }
    check(kind_block(facts.kind, &facts.inner_kinds, policy))?;
    check(table_block(facts, policy, honeytokens))?;
    check(schema_block(statement, policy))?;
    check(session_block(statement, policy))?;
    let filters = filters(statement, facts, policy)?;
    let masked_columns = masked_columns(statement, facts, policy)?;
    let notes = migration_notes(statement, facts, policy)?;
    check(cap_block(facts, policy))?;
    Ok(Allowed {
        masked_columns,
        filters,
        notes,
    })
}

fn check(block: Option<Block>) -> Result<(), Block> {
    block.map_or(Ok(()), Err)
}

/// Blocks DROP, TRUNCATE, and UPDATE and DELETE without WHERE or with a constant WHERE, under every policy.
fn floor_block(facts: &Facts) -> Option<Block> {
    if facts.is_destructive {
        let reason = "DROP and TRUNCATE are blocked under every policy";
        return Some(
            Block::new(rule::DESTRUCTIVE_DDL, reason)
                .with_hint("Run the change with a role that is not an agent"),
        );
    }
    facts.whereless.map(|kind| {
        let reason = format!(
            "{} without WHERE changes all rows",
            kind.as_str().to_uppercase()
        );
        let block = Block::new(rule::WHERELESS_WRITE, reason).with_hint("Add a WHERE clause");
        match facts.kind {
            _ if facts.has_constant_where => {
                block.unpublished("whether PgBeam treats a constant WHERE as none is not published")
            }
            StatementKind::Explain | StatementKind::Ddl | StatementKind::Other => block
                .unpublished("whether PgBeam blocks writes that are not executed is not published"),
            _ => block,
        }
    })
}

/// Blocks COPY, DO, and the changes of settings and function calls that every policy blocks.
fn refused_block(facts: &Facts) -> Option<Block> {
    if facts.kinds().any(|kind| kind == StatementKind::Copy) {
        return Some(copy_block());
    }
    if facts.is_do {
        let reason = "DO runs code that cannot be checked";
        return Some(
            Block::new(rule::DO_REFUSED, reason).with_hint("Send the statements themselves"),
        );
    }
    if let Some(parameter) = facts.refused_parameter {
        let reason = format!("{parameter} decides what the text of a statement means");
        let block = Block::new(rule::SETTING_REFUSED, reason)
            .with_hint("Name the schema with each table, and keep the settings of the session");
        let is_published = facts.kind == StatementKind::Set && parameter == "search_path";
        return Some(if is_published {
            block
        } else {
            block.unpublished("only SET search_path is published as a setting that PgBeam blocks")
        });
    }
    facts.functions.iter().find_map(|function| {
        let reason = refusal(function)?;
        let block = Block::new(rule::FUNCTION_REFUSED, format!("{function} {reason}"))
            .with_hint("Remove the call");
        Some(if reason == UNPUBLISHED_REASON {
            block.unpublished("whether PgBeam blocks this function is not published")
        } else {
            block
        })
    })
}

fn copy_block() -> Block {
    Block::new(rule::COPY_REFUSED, "every policy blocks COPY")
        .with_hint("Use SELECT to read and INSERT to write")
}

fn locking_block(facts: &Facts, policy: &Policy) -> Option<Block> {
    let applies = facts.locks_rows && policy.access_mode == AccessMode::ReadOnly;
    applies.then(|| {
        let block = Block::new(
            rule::LOCKING_SELECT,
            "access_mode is read_only and the statement locks rows",
        )
        .with_hint("Remove the locking clause, such as FOR UPDATE");
        if facts.has_weaker_lock {
            block.unpublished("only FOR UPDATE is published as a locking clause that PgBeam blocks")
        } else {
            block
        }
    })
}

/// Applies the rules about statement kinds. `statement_rules.deny` overrides `statement_rules.allow`. Under
/// `read_only`, `allow` can allow `set` and `other`, but no writes.
pub(crate) fn kind_block(
    kind: StatementKind,
    inner_kinds: &BTreeSet<StatementKind>,
    policy: &Policy,
) -> Option<Block> {
    let block = kind_rules(kind, inner_kinds, policy)?;
    let uncertain = kind == StatementKind::Other || !inner_kinds.is_empty();
    Some(if uncertain && block.rule != rule::COPY_REFUSED {
        block.unpublished(
            "the kinds of rare statements, and of statements inside others, are not published; here a policy must \
             allow every candidate",
        )
    } else {
        block
    })
}

fn kind_rules(
    kind: StatementKind,
    inner_kinds: &BTreeSet<StatementKind>,
    policy: &Policy,
) -> Option<Block> {
    let kinds = || std::iter::once(kind).chain(inner_kinds.iter().copied());
    let is_in =
        |list: &[String], kind: StatementKind| list.iter().any(|entry| entry == kind.as_str());
    if let Some(denied) = kinds().find(|kind| is_in(&policy.deny_kinds, *kind)) {
        let reason = format!("statement_rules.deny has {}", denied.as_str());
        return Some(
            Block::new(rule::STATEMENT_DENIED, reason)
                .with_hint("Use a statement of a kind that the policy allows"),
        );
    }
    if kind == StatementKind::Copy {
        return Some(copy_block());
    }
    let allow = &policy.allow_kinds;
    if !allow.is_empty()
        && let Some(missing) = kinds().find(|kind| !is_in(allow, *kind))
    {
        let reason = format!("statement_rules.allow does not have {}", missing.as_str());
        return Some(
            Block::new(rule::STATEMENT_NOT_ALLOWED, reason)
                .with_hint("Use a statement of a kind that the policy allows"),
        );
    }
    let is_listed = |kind| is_in(allow, kind);
    if policy.access_mode == AccessMode::ReadOnly {
        let blocked = kinds().find(|kind| {
            let needs_listing = matches!(kind, StatementKind::Set | StatementKind::Other);
            kind.is_write() || (needs_listing && !is_listed(*kind))
        });
        return blocked.map(|kind| {
            let reason = match kind {
                StatementKind::Set | StatementKind::Other => format!(
                    "access_mode is read_only and statement_rules.allow does not have {}",
                    kind.as_str()
                ),
                _ => format!(
                    "access_mode is read_only and the statement is {}",
                    with_article(kind)
                ),
            };
            Block::new(rule::READ_ONLY, reason).with_hint("Read without changing anything")
        });
    }
    let is_unlisted_other = kinds().any(|kind| kind == StatementKind::Other && !is_listed(kind));
    is_unlisted_other.then(|| {
        let reason = "the statement has the kind other, which statement_rules.allow must have";
        Block::new(rule::STATEMENT_NOT_ALLOWED, reason)
            .with_hint("Use a statement of a kind that the policy allows")
    })
}

fn with_article(kind: StatementKind) -> String {
    let article = if matches!(kind, StatementKind::Insert | StatementKind::Update) {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", kind.as_str())
}

/// Applies the rules about relations. Honeytokens and the denylist override the allowlist.
fn table_block(facts: &Facts, policy: &Policy, honeytokens: &[RelationPattern]) -> Option<Block> {
    let relations = facts.relations();
    let first_in = |patterns: &[RelationPattern]| {
        relations
            .iter()
            .find(|relation| patterns.iter().any(|pattern| pattern.restricts(relation)))
    };
    if let Some(relation) = first_in(honeytokens) {
        let reason = format!("{relation} is a honeytoken, which no agent may use");
        return Some(Block::new(rule::HONEYTOKEN, reason).with_hint("Use another table"));
    }
    if let Some(relation) = first_in(&policy.deny_tables) {
        let reason = format!("table_denylist has {relation}");
        return Some(Block::new(rule::TABLE_DENIED, reason).with_hint("Use another table"));
    }
    if policy.allow_tables.is_empty() {
        return None;
    }
    let is_granted = |relation: &RelationName| {
        policy
            .allow_tables
            .iter()
            .any(|entry| entry.grants(relation))
    };
    let is_read = |relation: &RelationName| {
        !facts
            .references
            .values()
            .any(|reference| reference.is_write && reference.relation == *relation)
    };
    let is_allowed = |relation: &RelationName| {
        is_granted(relation) || (relation.is_catalog() && is_read(relation))
    };
    let missing = relations.iter().find(|relation| !is_allowed(relation))?;
    let reason = format!("table_allowlist does not have {missing}");
    let block = Block::new(rule::TABLE_NOT_ALLOWED, reason);
    let is_other_schema = missing.schema.is_some()
        && policy.allow_tables.iter().any(|entry| {
            entry.grants(&RelationName {
                schema: None,
                name: missing.name.clone(),
            })
        });
    Some(if is_other_schema {
        block.with_hint("An entry without a schema means only the schema public")
    } else if missing.schema.is_none() && missing.name.starts_with("pg_") {
        block
            .with_hint("Name the schema pg_catalog")
            .unpublished("whether PgBeam allows catalogs without their schema is not published")
    } else {
        block.with_hint("Use only tables of the allowlist")
    })
}

/// Blocks every ALTER SCHEMA … RENAME if the policy has masks, row filters or a denylist, because their entries would
/// no longer match the relations of the schema.
fn schema_block(statement: &ast::Stmt, policy: &Policy) -> Option<Block> {
    let is_renamed = matches!(statement, ast::Stmt::AlterSchema(_))
        && statement
            .syntax()
            .children()
            .any(|child| child.kind() == SyntaxKind::SCHEMA_RENAME_TO);
    let rule = if !policy.masks.is_empty() {
        rule::MASKED_COLUMN_DDL
    } else if !policy.filters.is_empty() {
        rule::ROW_FILTER_UNSAFE
    } else if !policy.deny_tables.is_empty() {
        rule::TABLE_DENIED
    } else {
        return None;
    };
    is_renamed.then(|| {
        Block::new(
            rule,
            "a renamed schema would separate its relations from the policy",
        )
        .with_hint("Keep the name of the schema")
        .unpublished(
            "whether PgBeam allows to rename a schema with such relations is not published",
        )
    })
}

/// Returns a note for each finding about a schema change if `migration_safety` is `warn`. Returns a block for the first
/// finding if `migration_safety` is `block`.
fn migration_notes(
    statement: &ast::Stmt,
    facts: &Facts,
    policy: &Policy,
) -> Result<Vec<String>, Block> {
    let is_ddl = facts.kinds().any(|kind| kind == StatementKind::Ddl)
        || matches!(statement, ast::Stmt::Reindex(_));
    if policy.migration_safety == MigrationSafety::Off || !is_ddl {
        return Ok(Vec::new());
    }
    let findings = findings(statement);
    match findings.first() {
        Some(finding) if policy.migration_safety == MigrationSafety::Block => {
            let reason = format!("migration blocked: {}: {}", finding.rule, finding.message);
            Err(Block::new(rule::MIGRATION_BLOCK, reason)
                .with_hint(finding.hint)
                .unpublished(
                    "which severity PgBeam blocks is not published; here every finding is blocked",
                ))
        }
        _ => Ok(findings
            .iter()
            .map(|finding| {
                format!(
                    "migration_safety records {}: {}",
                    finding.rule, finding.message
                )
            })
            .collect()),
    }
}

fn cap_block(facts: &Facts, policy: &Policy) -> Option<Block> {
    (policy.caps_affected_rows && facts.has_writable_cte).then(|| {
        let reason = "max_affected_rows is set and the rows that a CTE changes cannot be counted";
        Block::new(rule::MAX_AFFECTED_ROWS_WRITABLE_CTE, reason)
            .with_hint("Change the rows in a separate statement")
    })
}
