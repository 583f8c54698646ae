//! Names of tables: in SQL, where case folding and quotes matter, and in policies.

use std::fmt;

use sqlparser::ast::{Expr, Ident, ObjectName, ObjectNamePart};

/// The schema of a table that is named without one.
const DEFAULT_SCHEMA: &str = "public";

/// The schema of the system catalogues, in which PostgreSQL looks before any other.
const CATALOGUE_SCHEMA: &str = "pg_catalog";
/// How the names of the system catalogues begin.
const CATALOGUE_PREFIX: &str = "pg_";
/// The length to which PostgreSQL cuts names, in bytes.
const MAX_NAME: usize = 63;

/// A table as a statement names it, folded as PostgreSQL folds names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableName {
    pub(crate) schema: String,
    pub(crate) name: String,
}

/// An identifier as PostgreSQL reads it: cut to its length, and in lower case unless
/// quoted, by which only ASCII letters are meant.
pub(crate) fn fold(ident: &Ident) -> String {
    let name = cut(&ident.value);
    if ident.quote_style.is_some() {
        name.to_owned()
    } else {
        name.to_ascii_lowercase()
    }
}

fn cut(name: &str) -> &str {
    // A letter that would be cut in two goes whole.
    (0..=MAX_NAME)
        .rev()
        .find_map(|end| name.get(..end))
        .filter(|_| name.len() > MAX_NAME)
        .unwrap_or(name)
}

impl TableName {
    pub(crate) fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }

    /// The table that is meant when no schema is named: a system catalogue, by the look of
    /// its name, or one in `public`.
    pub(crate) fn bare(name: impl Into<String>) -> Self {
        let name = name.into();
        let schema = if name.starts_with(CATALOGUE_PREFIX) {
            CATALOGUE_SCHEMA
        } else {
            DEFAULT_SCHEMA
        };
        Self::new(schema, name)
    }

    /// Whether the table is one of the system's own, which describe the others.
    pub(crate) fn is_catalogue(&self) -> bool {
        [CATALOGUE_SCHEMA, "information_schema"].contains(&self.schema.as_str())
    }

    /// The table that an object name is; of a database-qualified name the last two
    /// parts.
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

    /// The table that an expression names, as in `SELECT … INTO name`.
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
            [name] => Some(Self::bare(fold(name))),
            [.., schema, name] => Some(Self::new(fold(schema), fold(name))),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quoted(&self.schema), quoted(&self.name))
    }
}

/// An identifier as SQL has to write it to mean exactly this.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '$'));
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A table as a policy names it: `name` or `schema.name`, either part in double
/// quotes when case or dots matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TablePattern {
    schema: Option<Part>,
    name: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    text: String,
    quoted: bool,
}

impl Part {
    fn equals(&self, name: &str) -> bool {
        let text = cut(&self.text);
        if self.quoted {
            text == name
        } else {
            text.to_ascii_lowercase() == name
        }
    }

    fn resembles(&self, name: &str) -> bool {
        self.equals(name) || (!self.quoted && cut(&self.text).to_lowercase() == name.to_lowercase())
    }
}

impl TablePattern {
    /// Reads an entry; of one with a database in front, the last two parts.
    pub(crate) fn parse(entry: &str) -> Self {
        let mut parts = split(entry);
        let name = parts.pop().unwrap_or(Part {
            text: String::new(),
            quoted: false,
        });
        Self {
            schema: parts.pop(),
            name,
        }
    }

    /// Whether an allowlist entry grants the table: the very name, and the schema
    /// `public` when the entry has none.
    pub(crate) fn grants(&self, table: &TableName) -> bool {
        let schema = match &self.schema {
            Some(schema) => schema.equals(&table.schema),
            None => table.schema == DEFAULT_SCHEMA,
        };
        schema && self.name.equals(&table.name)
    }

    /// Whether an entry that protects (of the denylist, a mask or a row filter) is
    /// about the table: in every schema when it has none, and in any letter case
    /// unless it is quoted. What protects errs on the side of protecting.
    pub(crate) fn covers(&self, table: &TableName) -> bool {
        self.schema
            .as_ref()
            .is_none_or(|schema| schema.resembles(&table.schema))
            && self.name.resembles(&table.name)
    }
}

/// Splits at the dots that are outside double quotes; `""` inside them is one quote.
fn split(entry: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Part {
        text: String::new(),
        quoted: false,
    };
    let mut chars = entry.trim().chars().peekable();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                part.text.push('"');
            }
            '"' => {
                inside = !inside;
                part.quoted = true;
            }
            '.' if !inside => {
                parts.push(std::mem::replace(
                    &mut part,
                    Part {
                        text: String::new(),
                        quoted: false,
                    },
                ));
            }
            c => part.text.push(c),
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entries_grant_and_cover() {
        let public = |name: &str| TableName::bare(name);
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
            // The system catalogues are found first.
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
    fn names_are_folded_and_cut_as_postgresql_does() {
        let (long, cut) = ("a".repeat(70), "a".repeat(63));
        let cases = [
            ("Orders", None, "orders"),
            ("Orders", Some('"'), "Orders"),
            // Letters outside ASCII are left as they are, the Kelvin sign too.
            ("\u{c9}t\u{c9}", None, "\u{c9}t\u{c9}"),
            ("tan\u{212a}s", None, "tan\u{212a}s"),
            ("", Some('"'), ""),
            (&long, None, &cut),
            (&long, Some('"'), &cut),
        ];
        for (value, quote_style, expected) in cases {
            let ident = Ident {
                quote_style,
                ..Ident::new(value)
            };
            assert_eq!(fold(&ident), expected, "{value}");
        }
        assert!(TablePattern::parse(&long).covers(&TableName::bare(cut)));
    }

    #[test]
    fn what_a_name_displays_as_reads_back_as_the_same_name() {
        for table in [
            TableName::bare("orders"),
            TableName::new("Audit", "a.b"),
            TableName::bare("a\"b"),
            TableName::bare("1a"),
        ] {
            assert!(
                TablePattern::parse(&table.to_string()).grants(&table),
                "{table}"
            );
        }
    }
}
