//! Names of relations in statements, and how the entries of a policy match them.

use std::fmt;

use serde::{Serialize, Serializer};
use squawk_syntax::ast::normalize_name_node;
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// PostgreSQL truncates longer identifiers to this number of bytes.
const MAX_IDENTIFIER_BYTES: usize = 63;

/// Folds a name for comparison with policy entries: truncates it to 63 bytes, like PostgreSQL, and converts it to lower
/// case.
pub(crate) fn fold(name: &str) -> String {
    truncate(name).to_lowercase()
}

/// Returns the name in a node as PostgreSQL reads it: without quotes, in lower case unless it was quoted, and truncated
/// to 63 bytes. Aliases and CTEs are compared in this form.
pub(crate) fn identifier(node: &SyntaxNode) -> String {
    truncate(&normalize_name_node(node)).to_owned()
}

/// Returns the part of an identifier that PostgreSQL keeps: at most its first 63 bytes.
pub(crate) fn truncate(name: &str) -> &str {
    let mut end = name.len().min(MAX_IDENTIFIER_BYTES);
    while !name.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    name.get(..end).unwrap_or_default()
}

/// The name of a table, view or other relation in a statement, in lower case even if quoted, without the database.
///
/// Displayed as `schema.name`, or as `name` if the statement does not name a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct RelationName {
    /// The schema, or `None` if the statement does not name it.
    pub schema: Option<String>,
    /// The name without the schema.
    pub name: String,
}

impl RelationName {
    /// Returns the name in a node that contains a path, such as a table name. `None` if the path is empty.
    pub(crate) fn from_node(node: &SyntaxNode) -> Option<Self> {
        let mut parts: Vec<String> = path(node).map(|part| part.to_lowercase()).collect();
        let name = parts.pop().filter(|name| !name.is_empty())?;
        Some(Self {
            schema: parts.pop(),
            name,
        })
    }

    /// Returns `true` if the name has a system schema: `pg_catalog` or `information_schema`.
    pub(crate) fn is_catalog(&self) -> bool {
        matches!(
            self.schema.as_deref(),
            Some("pg_catalog" | "information_schema")
        )
    }

    /// Returns the name as an entry for `table_allowlist` or `table_denylist`: `schema.name`, with `public` if the
    /// statement names no schema. Parts that contain a dot are quoted.
    #[must_use]
    pub fn qualified(&self) -> String {
        let quoted = |part: &str| match part.contains('.') {
            true => format!("\"{part}\""),
            false => part.to_owned(),
        };
        format!("{}.{}", quoted(self.schema_or_public()), quoted(&self.name))
    }

    /// Returns the schema, or `public` if the statement names none.
    pub(crate) fn schema_or_public(&self) -> &str {
        self.schema.as_deref().unwrap_or("public")
    }
}

/// Returns the parts of a name such as `schema.table`, as PostgreSQL reads them.
pub(crate) fn path(node: &SyntaxNode) -> impl Iterator<Item = String> {
    node.descendants()
        .filter(|node| {
            matches!(
                node.kind(),
                SyntaxKind::PATH_SEGMENT | SyntaxKind::PATH_SEGMENT_REF
            )
        })
        .map(|segment| identifier(&segment))
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

impl Serialize for RelationName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An entry of a policy that names a relation: `table` or `schema.table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelationPattern {
    schema: Option<String>,
    name: String,
}

impl RelationPattern {
    pub(crate) fn parse(entry: &str) -> Self {
        let mut parts = split_identifiers(entry);
        let name = parts.pop().unwrap_or_default();
        Self {
            schema: parts.pop(),
            name,
        }
    }

    /// Returns `true` if this entry of an allowlist matches the relation. An entry without a schema means `public`.
    pub(crate) fn grants(&self, relation: &RelationName) -> bool {
        self.name == relation.name
            && self.schema.as_deref().unwrap_or("public") == relation.schema_or_public()
    }

    /// Returns `true` if this entry of a restriction (denylist, mask, row filter, honeytoken) matches the relation. An
    /// entry without a schema matches every schema. A relation without a schema matches entries for `public` and
    /// `pg_catalog`.
    pub(crate) fn restricts(&self, relation: &RelationName) -> bool {
        if self.name != relation.name {
            return false;
        }
        match (&self.schema, &relation.schema) {
            (None, _) => true,
            // PostgreSQL looks into pg_catalog first.
            (Some(entry), None) => matches!(entry.as_str(), "public" | "pg_catalog"),
            (Some(entry), Some(schema)) => entry == schema,
        }
    }
}

/// Splits `a.b` or `"a"."b"` at the dots outside quotes, and folds the parts.
fn split_identifiers(entry: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = entry.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let part = match character {
            // A doubled quote is a quote in the name.
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => parts.last_mut(),
            '"' => {
                is_quoted = !is_quoted;
                None
            }
            '.' if !is_quoted => {
                parts.push(String::new());
                None
            }
            _ => parts.last_mut(),
        };
        if let Some(part) = part {
            part.push(character);
        }
    }
    parts.iter().map(|part| fold(part.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(name: &str) -> RelationName {
        let mut parts = split_identifiers(name);
        let name = parts.pop().expect("a name");
        RelationName {
            schema: parts.pop(),
            name,
        }
    }

    #[test]
    fn entries_match_relations() {
        // (entry, relation, grants, restricts)
        let cases = [
            ("users", "users", true, true),
            ("users", "public.users", true, true),
            ("public.users", "users", true, true),
            ("Public.USERS", "users", true, true),
            ("\"Users\"", "users", true, true),
            ("users", "app.users", false, true),
            ("app.users", "app.users", true, true),
            ("app.users", "users", false, false),
            ("db.app.users", "app.users", true, true),
            ("users", "user", false, false),
            ("pg_catalog.pg_authid", "pg_authid", false, true),
            ("pg_authid", "pg_catalog.pg_authid", false, true),
            (" app . users ", "app.users", true, true),
            ("\"a.b\"", "b", false, false),
            ("\"we\"\"ird\"", "\"we\"\"ird\"", true, true),
        ];
        for (entry, name, grants, restricts) in cases {
            let pattern = RelationPattern::parse(entry);
            assert_eq!(pattern.grants(&relation(name)), grants, "{entry} {name}");
            assert_eq!(
                pattern.restricts(&relation(name)),
                restricts,
                "{entry} {name}"
            );
        }
    }

    #[test]
    fn qualified_names_are_entries() {
        for (name, entry) in [
            ("users", "public.users"),
            ("app.users", "app.users"),
            ("\"a.b\"", "public.\"a.b\""),
        ] {
            let relation = relation(name);
            assert_eq!(relation.qualified(), entry);
            assert!(RelationPattern::parse(entry).grants(&relation), "{name}");
        }
    }

    #[test]
    fn long_names_are_truncated_like_in_postgresql() {
        let long = "a".repeat(70);
        assert_eq!(fold(&long).len(), MAX_IDENTIFIER_BYTES);
        // Not in the middle of a character.
        assert_eq!(fold(&format!("{}é", "a".repeat(62))), "a".repeat(62));
    }
}
