//! The predicate of a row filter, written for one use of its relation.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::{Edit, Source, rewrite};
use crate::parse::with_predicate;
use crate::policy::RowFilter;
use crate::relation::{fold, identifier};

/// Returns the predicate of a filter for one use of the relation.
pub(super) fn condition(
    filter: &RowFilter,
    source: &Source,
    must_qualify: bool,
) -> Result<String, &'static str> {
    let alias = source.alias.as_ref().map(|alias| alias.text().to_string());
    with_predicate(&filter.predicate, |predicate| {
        let Some(predicate) = predicate else {
            return Err("its predicate is not an expression");
        };
        let has_subquery = predicate
            .syntax()
            .descendants()
            .any(|node| ast::SelectVariant::can_cast(node.kind()));
        let qualifier = match &alias {
            Some(alias) => alias.clone(),
            None => source.qualifier.clone(),
        };
        if !must_qualify && alias.is_none() {
            return Ok(filter.predicate.clone());
        }
        if has_subquery {
            return Err(
                "its predicate has a subquery, and the statement has several relations or an alias",
            );
        }
        qualified(
            &filter.predicate,
            predicate.syntax(),
            source,
            &qualifier,
            must_qualify,
        )
    })
}

/// Returns the predicate with the columns qualified by the relation's name or alias in the statement.
fn qualified(
    text: &str,
    predicate: &SyntaxNode,
    source: &Source,
    qualifier: &str,
    must_qualify: bool,
) -> Result<String, &'static str> {
    // The predicate was parsed inside `SELECT 1 WHERE (`.
    let offset = "SELECT 1 WHERE (".len();
    let at = |position: u32| {
        usize::try_from(position)
            .unwrap_or_default()
            .saturating_sub(offset)
    };
    let mut edits = Vec::new();
    for name in predicate.descendants().filter_map(ast::NameRef::cast) {
        let node = name.syntax();
        let Some(parent) = node.parent() else {
            continue;
        };
        let is_function = parent.kind() == SyntaxKind::CALL_EXPR;
        let is_field = parent.kind() == SyntaxKind::FIELD_EXPR;
        if is_function || is_special_value(&name) {
            continue;
        }
        let range = node.text_range();
        if !is_field {
            if must_qualify {
                let start = at(range.start().into());
                edits.push(Edit {
                    start,
                    end: start,
                    text: format!("{qualifier}."),
                });
            }
            continue;
        }
        let is_base = parent.children().next().as_ref() == Some(node);
        if !is_base
            || parent
                .parent()
                .is_some_and(|outer| outer.kind() == SyntaxKind::CALL_EXPR)
        {
            continue;
        }
        if fold(&identifier(node)) != source.relation.name {
            return Err("its predicate names another relation");
        }
        edits.push(Edit {
            start: at(range.start().into()),
            end: at(range.end().into()),
            text: qualifier.to_owned(),
        });
    }
    Ok(rewrite(text, edits))
}

/// `current_user` and similar values look like columns.
fn is_special_value(name: &ast::NameRef) -> bool {
    const SPECIAL: [&str; 12] = [
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "system_user",
        "user",
    ];
    !name.is_quoted() && SPECIAL.contains(&name.text().as_str())
}
