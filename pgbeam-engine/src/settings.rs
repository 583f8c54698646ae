//! Blocks changes of settings that affect how later statements are parsed, resolved or filtered.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::evaluation::Block;
use crate::policy::Policy;
use crate::relation::{fold, path};
use crate::rule;

/// Parameters that no statement may set, except to the listed values: with other values, PostgreSQL would parse later
/// statements or resolve their names differently.
const REFUSED: [(&str, &[&str]); 4] = [
    ("backslash_quote", &["safe_encoding", "off"]),
    ("client_encoding", &["utf8", "utf-8", "unicode"]),
    ("search_path", &[]),
    ("standard_conforming_strings", &["on", "true", "yes", "1"]),
];

/// Returns the parameter in [`REFUSED`] that the statement changes, if any. Returns `search_path` for RESET ALL,
/// DISCARD ALL and SET SCHEMA.
pub(crate) fn refused_parameter(statement: &ast::Stmt) -> Option<&'static str> {
    if !changes_settings(statement) {
        return None;
    }
    statement
        .syntax()
        .descendants()
        .find_map(|node| match node.kind() {
            SyntaxKind::CONFIG_PARAMETER_REF => {
                let name = parameter(&node);
                let (refused, harmless) =
                    REFUSED.into_iter().find(|(refused, _)| *refused == name)?;
                let keeps_meaning = value(&node).is_some_and(|value| harmless.contains(&&*value));
                (!keeps_meaning).then_some(refused)
            }
            // RESET ALL, DISCARD ALL and SET SCHEMA.
            SyntaxKind::ALL | SyntaxKind::DISCARD_ALL | SyntaxKind::SET_SCHEMA_VALUE => {
                Some("search_path")
            }
            _ => None,
        })
}

/// Blocks changes of the role or of a parameter that a row filter depends on. Also blocks changes of the role under a
/// policy that names tables: the search path contains the schema with the name of the role, so unqualified names could
/// then mean other tables.
pub(crate) fn session_block(statement: &ast::Stmt, policy: &Policy) -> Option<Block> {
    let parameters = changed_parameters(statement);
    let changes_role = matches!(
        statement,
        ast::Stmt::SetRole(_)
            | ast::Stmt::SetSessionAuth(_)
            | ast::Stmt::ResetRole(_)
            | ast::Stmt::ResetSessionAuth(_)
    ) || parameters
        .iter()
        .any(|name| name == "role" || name == "session_authorization");
    let mut predicates = policy.filters.iter().map(|filter| &filter.predicate);
    let is_read = predicates.any(|predicate| {
        (changes_role && predicate.reads_role())
            || parameters
                .iter()
                .any(|name| predicate.reads_parameter(name))
    });
    if is_read {
        return Some(
            Block::new(
                rule::ROW_FILTER_UNSAFE,
                "the statement changes what a row filter compares rows with",
            )
            .with_hint("Let the proxy set the parameters of row filters")
            .unpublished("whether PgBeam protects the settings of row filters is not published"),
        );
    }
    (changes_role && policy.names_tables()).then(|| {
        Block::new(
            rule::SETTING_REFUSED,
            "another role has another schema in its search path",
        )
        .with_hint("Keep the role of the session")
        .unpublished("whether PgBeam allows a change of the role is not published")
    })
}

/// Returns the names of the parameters that a statement changes.
fn changed_parameters(statement: &ast::Stmt) -> Vec<String> {
    if !changes_settings(statement) {
        return Vec::new();
    }
    let nodes = statement.syntax().descendants();
    nodes
        .filter(|node| node.kind() == SyntaxKind::CONFIG_PARAMETER_REF)
        .map(|node| parameter(&node))
        .collect()
}

fn changes_settings(statement: &ast::Stmt) -> bool {
    matches!(
        statement,
        ast::Stmt::Set(_)
            | ast::Stmt::Reset(_)
            | ast::Stmt::Discard(_)
            | ast::Stmt::AlterRole(_)
            | ast::Stmt::AlterUser(_)
            | ast::Stmt::AlterDatabase(_)
            | ast::Stmt::AlterSystem(_)
    )
}

/// Returns the value that a statement sets a parameter to, in lower case and without quotes. `None` for RESET.
fn value(parameter: &SyntaxNode) -> Option<String> {
    let assignment = parameter
        .parent()?
        .children()
        .find(|child| child.kind() == SyntaxKind::TO_CONFIG_VALUE)?;
    let text = assignment.text().to_string().to_lowercase();
    let value = text.trim_start_matches("to").trim_start_matches('=').trim();
    Some(value.trim_matches('\'').to_owned())
}

/// Returns the name of a parameter in lower case, such as `search_path` or `app.tenant`.
fn parameter(node: &SyntaxNode) -> String {
    let parts: Vec<String> = path(node).map(|part| fold(&part)).collect();
    parts.join(".")
}
