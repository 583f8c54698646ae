//! Table names in SQL and in policies.

use std::fmt;

use sqlparser::ast::{Expr, Ident, ObjectName, ObjectNamePart};

/// The schema of unqualified table names.
const DEFAULT_SCHEMA: &str = "public";

/// The schema of the system catalogs, which PostgreSQL searches first.
const CATALOG_SCHEMA: &str = "pg_catalog";
/// The prefix of the names of system catalogs.
const CATALOG_PREFIX: &str = "pg_";
/// The maximum length of a PostgreSQL name in bytes. Longer names are truncated.
const MAX_NAME_LENGTH: usize = 63;

/// The folded name of a table in a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableName {
    pub(crate) schema: String,
    pub(crate) name: String,
}

/// Folds an identifier like PostgreSQL: truncates it and, unless quoted, changes ASCII letters to lower case.
pub(crate) fn fold(ident: &Ident) -> String {
    let name = truncate(&ident.value);
    if ident.quote_style.is_some() {
        name.to_owned()
    } else {
        name.to_ascii_lowercase()
    }
}

fn truncate(name: &str) -> &str {
    // Truncates at a character boundary.
    (0..=MAX_NAME_LENGTH)
        .rev()
        .find_map(|end| name.get(..end))
        .filter(|_| name.len() > MAX_NAME_LENGTH)
        .unwrap_or(name)
}

impl TableName {
    pub(crate) fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }

    /// Returns the table with an unqualified name: a system catalog if the name starts with `pg_`, else a
    /// table in `public`.
    pub(crate) fn unqualified(name: impl Into<String>) -> Self {
        let name = name.into();
        let schema = if name.starts_with(CATALOG_PREFIX) {
            CATALOG_SCHEMA
        } else {
            DEFAULT_SCHEMA
        };
        Self::new(schema, name)
    }

    /// Returns `true` if the table is a system catalog or in `information_schema`.
    pub(crate) fn is_catalog(&self) -> bool {
        [CATALOG_SCHEMA, "information_schema"].contains(&self.schema.as_str())
    }

    /// Returns the table of an object name. Ignores the database of a database-qualified name.
    pub(crate) fn from_object_name(name: &ObjectName) -> Option<Self> {
        let parts: Option<Vec<&Ident>> = name
            .0
            .iter()
            .map(|part| match part {
                ObjectNamePart::Identifier(ident) => Some(ident),
                ObjectNamePart::Function(_) => None,
            })
            .collect();
        Self::from_idents(&parts?)
    }

    /// Returns the table of an expression, as in `SELECT … INTO name`.
    pub(crate) fn from_expr(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Identifier(ident) => Self::from_idents(&[ident]),
            Expr::CompoundIdentifier(idents) => {
                Self::from_idents(&idents.iter().collect::<Vec<_>>())
            }
            _ => None,
        }
    }

    pub(crate) fn from_idents(idents: &[&Ident]) -> Option<Self> {
        match idents {
            [] => None,
            [name] => Some(Self::unqualified(fold(name))),
            [.., schema, name] => Some(Self::new(fold(schema), fold(name))),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote(&self.schema), quote(&self.name))
    }
}

/// Quotes an identifier if necessary.
fn quote(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '$'));
    if is_plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A table entry of a policy: `name` or `schema.name`. Double quotes preserve case and dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TablePattern {
    schema: Option<IdentifierPattern>,
    name: IdentifierPattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct IdentifierPattern {
    value: String,
    is_quoted: bool,
}

impl IdentifierPattern {
    fn equals(&self, name: &str) -> bool {
        let value = truncate(&self.value);
        if self.is_quoted {
            value == name
        } else {
            value.to_ascii_lowercase() == name
        }
    }

    fn equals_ignore_case(&self, name: &str) -> bool {
        self.equals(name)
            || (!self.is_quoted && truncate(&self.value).to_lowercase() == name.to_lowercase())
    }
}

impl TablePattern {
    /// Parses an entry. Ignores the database of a database-qualified name.
    pub(crate) fn parse(entry: &str) -> Self {
        let mut parts = split_identifiers(entry);
        let name = parts.pop().unwrap_or(IdentifierPattern {
            value: String::new(),
            is_quoted: false,
        });
        Self {
            schema: parts.pop(),
            name,
        }
    }

    /// Returns `true` if an allowlist entry matches the table. An entry without a schema matches only
    /// `public`.
    pub(crate) fn grants(&self, table: &TableName) -> bool {
        let schema = match &self.schema {
            Some(schema) => schema.equals(&table.schema),
            None => table.schema == DEFAULT_SCHEMA,
        };
        schema && self.name.equals(&table.name)
    }

    /// Returns `true` if an entry of the denylist, a mask or a row filter matches the table. An entry without
    /// a schema matches every schema. Letter case is ignored unless quoted.
    pub(crate) fn covers(&self, table: &TableName) -> bool {
        self.schema
            .as_ref()
            .is_none_or(|schema| schema.equals_ignore_case(&table.schema))
            && self.name.equals_ignore_case(&table.name)
    }
}

/// Splits at dots outside double quotes. `""` inside them is one quote.
fn split_identifiers(entry: &str) -> Vec<IdentifierPattern> {
    let mut parts = Vec::new();
    let mut part = IdentifierPattern {
        value: String::new(),
        is_quoted: false,
    };
    let mut chars = entry.trim().chars().peekable();
    let mut in_quotes = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                part.value.push('"');
            }
            '"' => {
                in_quotes = !in_quotes;
                part.is_quoted = true;
            }
            '.' if !in_quotes => {
                parts.push(std::mem::replace(
                    &mut part,
                    IdentifierPattern {
                        value: String::new(),
                        is_quoted: false,
                    },
                ));
            }
            c => part.value.push(c),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_grant_and_cover_tables() {
        let public = |name: &str| TableName::unqualified(name);
        let audit = |name: &str| TableName::new("audit", name);
        // (entry, table, granted, covered)
        let cases = [
            ("orders", public("orders"), true, true),
            ("orders", audit("orders"), false, true),
            ("orders", public("order"), false, false),
            ("public.orders", public("orders"), true, true),
            ("public.orders", audit("orders"), false, false),
            ("db.audit.orders", audit("orders"), true, true),
            ("Orders", public("orders"), true, true),
            ("Orders", public("Orders"), false, true),
            ("\"Orders\"", public("Orders"), true, true),
            ("\"Orders\"", public("orders"), false, false),
            ("audit.\"a.b\"", audit("a.b"), true, true),
            ("\"a\"\"b\"", public("a\"b"), true, true),
            ("", public("orders"), false, false),
            // The system catalogs are searched first.
            ("pg_authid", public("pg_authid"), false, true),
            ("pg_catalog.pg_authid", public("pg_authid"), true, true),
            ("public.pg_authid", public("pg_authid"), false, false),
        ];
        for (entry, table, granted, covered) in cases {
            let pattern = TablePattern::parse(entry);
            assert_eq!(pattern.grants(&table), granted, "{entry} grants {table}");
            assert_eq!(pattern.covers(&table), covered, "{entry} covers {table}");
        }
    }

    #[test]
    fn folds_and_truncates_names() {
        let (long, truncated) = ("a".repeat(70), "a".repeat(63));
        let cases = [
            ("Orders", None, "orders"),
            ("Orders", Some('"'), "Orders"),
            // Letters outside ASCII are unchanged, including the Kelvin sign.
            ("\u{c9}t\u{c9}", None, "\u{c9}t\u{c9}"),
            ("tan\u{212a}s", None, "tan\u{212a}s"),
            ("", Some('"'), ""),
            (&long, None, &truncated),
            (&long, Some('"'), &truncated),
        ];
        for (value, quote_style, expected) in cases {
            let ident = Ident {
                quote_style,
                ..Ident::new(value)
            };
            assert_eq!(fold(&ident), expected, "{value}");
        }
        assert!(TablePattern::parse(&long).covers(&TableName::unqualified(truncated)));
    }

    #[test]
    fn displayed_names_round_trip() {
        for table in [
            TableName::unqualified("orders"),
            TableName::new("Audit", "a.b"),
            TableName::unqualified("a\"b"),
            TableName::unqualified("1a"),
        ] {
            assert!(
                TablePattern::parse(&table.to_string()).grants(&table),
                "{table}"
            );
        }
    }
}
