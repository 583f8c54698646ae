//! Notes on aspects that a verdict does not cover, such as budgets and approvals.

use crate::facts::Facts;
use crate::kind::StatementKind;
use crate::policy::{ApprovalMode, ContentScanMode, Policy, WriteMode};
use crate::relation::RelationName;

pub(crate) fn notes(facts: &Facts, policy: &Policy) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: &str| notes.push(text.to_owned());
    let has = |kind| facts.kinds().any(|other| other == kind);
    if policy.names_tables() {
        if facts.relations().into_iter().any(RelationName::is_catalog) {
            note(
                "reads system catalogs, which describe every table; pg_stats has values of columns",
            );
        }
        if has(StatementKind::Other) || has(StatementKind::Ddl) {
            note("the statement may use relations that it does not name");
        }
    }
    if !facts.functions.is_empty() {
        let names = facts
            .functions
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>();
        note(&format!("functions are opaque: {}", names.join(", ")));
    }
    if has(StatementKind::Set) {
        note("effects of the setting on later statements are not evaluated");
    }
    let needs_approval = match policy.approval_mode {
        ApprovalMode::Off => false,
        ApprovalMode::Writes => [
            StatementKind::Insert,
            StatementKind::Update,
            StatementKind::Delete,
        ]
        .into_iter()
        .any(has),
        ApprovalMode::Ddl => has(StatementKind::Ddl),
        ApprovalMode::All => facts.writes(),
    };
    if needs_approval {
        note("approval_mode holds the statement until it is approved");
    }
    if facts.writes() {
        match policy.write_mode {
            WriteMode::Normal => {}
            WriteMode::Rollback => note("write_mode rolls the write back"),
            WriteMode::Sandbox => note("write_mode sends the write to a branch"),
        }
        if policy.caps_affected_rows {
            note("max_affected_rows is checked when the statement runs");
        }
    }
    if policy.has_budget {
        note("budgets are not evaluated");
    }
    if policy.has_row_limit {
        note("max_rows truncates the result when the statement runs");
    }
    if policy.content_scan_mode != ContentScanMode::Off {
        note("content_scan_mode is applied to the result when the statement runs");
    }
    notes
}
