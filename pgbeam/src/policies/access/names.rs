//! Collects the names that the probe statements use: tables, columns, schemas and session parameters.

use std::collections::{BTreeMap, BTreeSet};

use pgbeam_engine::{Engine, Policy};
use serde_json::Value;

use crate::policies::{
    normalized::NormalizedProfile,
    tables::{TableEntry, fold},
};

/// The names that the probe statements for one or more profiles use.
pub(super) struct Names {
    /// The tables, each with the columns to probe.
    pub(super) tables: Vec<(TableEntry, BTreeSet<String>)>,
    /// The session parameters that row filters can read.
    pub(super) parameters: BTreeSet<String>,
    /// A column that no profile masks.
    pub(super) column: String,
    /// A table that no profile names.
    pub(super) table: String,
    /// A schema that no profile names.
    pub(super) schema: String,
}

impl Names {
    /// Collects the tables and columns that profiles name, and adds a table that no profile names.
    ///
    /// Each table occurs several times: without a schema, in `public`, in `pg_catalog`, in each schema with which a
    /// profile names the table, and in a schema that no profile names. If several tables have the same entries in the
    /// profiles, only one of these tables is used.
    pub(super) fn new(profiles: &[&NormalizedProfile]) -> Self {
        let entries = Entries::read(profiles);
        let mut names = entries.unlisted(profiles, &BTreeSet::new());
        let mut kept: BTreeMap<&BTreeSet<Entry>, &str> = BTreeMap::new();
        for (name, entries) in &entries.0 {
            let kept = kept.entry(entries).or_insert(name);
            // Replaces a table whose name starts with `pg_` by a later one, because the engine has special rules for
            // some system tables.
            if kept.starts_with("pg_") {
                *kept = name;
            }
        }
        let unlisted = BTreeSet::new();
        let kept = kept.into_iter().chain([(&unlisted, names.table.as_str())]);
        let mut tables = Vec::new();
        for (entries, name) in kept {
            let schemas = ["public", "pg_catalog", &names.schema].map(Some);
            let listed = entries.iter().filter_map(|entry| entry.schema.as_deref());
            let schemas: BTreeSet<Option<&str>> = schemas
                .into_iter()
                .chain([None])
                .chain(listed.map(Some))
                .collect();
            let columns = columns(entries);
            tables.extend(schemas.into_iter().map(|schema| {
                let table = TableEntry {
                    schema: schema.map(str::to_owned),
                    name: name.to_owned(),
                };
                (table, columns.clone())
            }));
        }
        names.tables = tables;
        names
    }

    /// Returns names with the given tables and, for each table, the given columns. If `tables` is empty, uses the
    /// tables of [`new`](Self::new).
    ///
    /// A table without a schema occurs several times: without a schema, in `public`, in each schema with which the
    /// profile names the table, and in a schema that the profile does not name. A table in `public` or `pg_catalog`
    /// also occurs without a schema.
    pub(super) fn with_tables(
        profile: &NormalizedProfile,
        tables: &[TableEntry],
        columns: &BTreeSet<String>,
    ) -> Self {
        let entries = Entries::read(&[profile]);
        let mut names = entries.unlisted(&[profile], columns);
        let mut spellings = BTreeSet::new();
        if tables.is_empty() {
            let all = Self::new(&[profile]).tables.into_iter();
            spellings.extend(all.map(|(table, _)| table));
        }
        for table in tables {
            let listed = entries.0.get(&table.name).into_iter().flatten();
            let schemas: Vec<Option<&str>> = match table.schema.as_deref() {
                Some(schema @ ("public" | "pg_catalog")) => vec![None, Some(schema)],
                Some(schema) => vec![Some(schema)],
                None => listed
                    .map(|entry| entry.schema.as_deref())
                    .chain([None, Some("public"), Some(&names.schema)])
                    .collect(),
            };
            spellings.extend(schemas.into_iter().map(|schema| TableEntry {
                schema: schema.map(str::to_owned),
                name: table.name.clone(),
            }));
        }
        let tables = spellings.into_iter();
        names.tables = tables.map(|table| (table, columns.clone())).collect();
        names
    }
}

/// One entry of a profile about a table: of a list of tables, of the masks or of the row filters. The name of the
/// table is the key in [`Entries`].
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// The index of the profile.
    profile: usize,
    /// The field that has the entry, such as `table_denylist`.
    field: &'static str,
    /// The schema of the table.
    schema: Option<String>,
    /// The masked column; `None` if the entry is not a mask.
    column: Option<String>,
    /// The kind of a mask, or the predicate of a row filter; empty for an entry of a list of tables.
    value: String,
}

/// The entries of profiles, by the name of the table without its schema.
struct Entries(BTreeMap<String, BTreeSet<Entry>>);

impl Entries {
    fn read(profiles: &[&NormalizedProfile]) -> Self {
        let mut entries: BTreeMap<String, BTreeSet<Entry>> = BTreeMap::new();
        let fields = [
            "table_allowlist",
            "table_denylist",
            "masking_rules",
            "row_filters",
        ];
        for (index, profile) in profiles.iter().enumerate() {
            for field in fields {
                for item in profile.list(field) {
                    let str = |name| item.get(name).and_then(Value::as_str);
                    let table = item.as_str().or(str("table")).unwrap_or_default();
                    let TableEntry { schema, name } = TableEntry::parse(table);
                    let value = str("kind").or(str("predicate")).unwrap_or_default();
                    let entry = Entry {
                        profile: index,
                        field,
                        // An empty schema, as in `.users`, counts as no schema.
                        schema: schema.filter(|schema| !schema.is_empty()),
                        column: str("column").map(fold),
                        value: value.to_owned(),
                    };
                    if !name.is_empty() {
                        entries.entry(name).or_default().insert(entry);
                    }
                }
            }
        }
        Self(entries)
    }

    /// Returns [`Names`] with an empty list of tables, and with a column, a table and a schema that no profile names.
    /// The column is not in `other_columns` either.
    fn unlisted(&self, profiles: &[&NormalizedProfile], other_columns: &BTreeSet<String>) -> Names {
        let entries = || self.0.values().flatten();
        let schemas: BTreeSet<&str> = entries()
            .filter_map(|entry| entry.schema.as_deref())
            .collect();
        let columns: BTreeSet<&str> = entries()
            .filter_map(|entry| entry.column.as_deref())
            .chain(other_columns.iter().map(String::as_str))
            .collect();
        Names {
            tables: Vec::new(),
            parameters: parameters(profiles),
            column: unused("id", |name| columns.contains(name)),
            table: unused("other_table", |name| self.0.contains_key(name)),
            schema: unused("other_schema", |name| schemas.contains(name)),
        }
    }
}

/// Returns the masked columns of entries.
fn columns(entries: &BTreeSet<Entry>) -> BTreeSet<String> {
    let columns = entries.iter().filter_map(|entry| entry.column.clone());
    columns.filter(|column| !column.is_empty()).collect()
}

/// Returns the session parameters that the probes change: `app.tenant`, and the words of each predicate that contains
/// `current_setting`, because each word could be the name of a parameter.
fn parameters(profiles: &[&NormalizedProfile]) -> BTreeSet<String> {
    let mut parameters = BTreeSet::from(["app.tenant".to_owned()]);
    let filters = profiles
        .iter()
        .flat_map(|profile| profile.list("row_filters"));
    for filter in filters {
        let predicate = filter.get("predicate").and_then(Value::as_str);
        let predicate = predicate.unwrap_or_default().to_lowercase();
        if predicate.contains("current_setting") {
            let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            let words = predicate.split(is_end).filter(|word| is_simple(word));
            parameters.extend(words.map(quote));
        }
    }
    parameters
}

/// Returns `name`. If `name` is used, appends underscores until the name is unused.
fn unused(name: &str, is_used: impl Fn(&str) -> bool) -> String {
    let mut name = name.to_owned();
    while is_used(&name) {
        name.push('_');
    }
    name
}

/// Formats a table for SQL.
pub(super) fn table_sql(table: &TableEntry) -> String {
    let name = quote(&table.name);
    match &table.schema {
        Some(schema) => format!("{}.{name}", quote(schema)),
        None => name,
    }
}

/// Formats a table for messages, without quotes.
pub(super) fn display(table: &TableEntry) -> String {
    match &table.schema {
        Some(schema) => format!("{schema}.{}", table.name),
        None => table.name.clone(),
    }
}

/// Formats a name for SQL, in quotes if it needs them.
pub(super) fn quote(name: &str) -> String {
    if is_simple(name) && is_read_as_name(name) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns `true` if a name has only lower-case ASCII letters, digits and `_`, and does not start with a digit.
fn is_simple(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_lowercase() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

/// Returns `true` if a name can be written without quotes: it is not a reserved keyword of PostgreSQL, and the engine
/// reads it as the name of a table.
fn is_read_as_name(name: &str) -> bool {
    if RESERVED.split_whitespace().any(|word| word == name) {
        return false;
    }
    let evaluation = Engine::default().evaluate(&Policy::default(), &format!("TABLE {name}"));
    let statements = evaluation.statements.iter();
    let mut reads = statements.flat_map(|statement| &statement.reads);
    !evaluation.is_block() && reads.any(|read| read.schema.is_none() && read.name == name)
}

/// The reserved keywords of PostgreSQL, including those that can be names of functions or types.
const RESERVED: &str = "all analyse analyze and any array as asc asymmetric authorization binary both case cast \
    check collate collation column concurrently constraint create cross current_catalog current_date \
    current_role current_schema current_time current_timestamp current_user default deferrable desc distinct \
    do else end except false fetch for foreign freeze from full grant group having ilike in initially inner \
    intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull \
    null offset on only or order outer overlaps placing primary references returning right select session_user \
    similar some symmetric system_user table tablesample then to trailing true union unique user using variadic \
    verbose when where window with";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile(json: Value) -> NormalizedProfile {
        NormalizedProfile::from_json(json.as_object().cloned().expect("an object"))
    }

    #[test]
    fn names_are_quoted_where_sql_needs_it() {
        for (name, sql) in [
            ("users", "users"),
            ("user", "\"user\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("1a", "\"1a\""),
            ("größe", "\"größe\""),
        ] {
            assert_eq!(quote(name), sql);
        }
    }

    #[test]
    fn tables_with_the_same_entries_are_probed_once() {
        let tables: Vec<String> = (0..1000).map(|index| format!("t{index}")).collect();
        let profile =
            profile(json!({"table_allowlist": tables, "table_denylist": ["app.secrets"]}));
        let names = Names::new(&[&profile]);
        let tables: Vec<String> = names
            .tables
            .iter()
            .map(|(table, _)| display(table))
            .collect();
        assert_eq!(
            tables.join(" "),
            "t0 other_schema.t0 pg_catalog.t0 public.t0 secrets app.secrets other_schema.secrets \
             pg_catalog.secrets public.secrets other_table other_schema.other_table \
             pg_catalog.other_table public.other_table"
        );
    }

    #[test]
    fn unlisted_names_differ_from_those_of_the_profiles() {
        let profile = profile(json!({
            "table_denylist": ["other_schema.other_table"],
            "masking_rules": [{"table": "users", "column": "ID", "kind": "hash"}],
            "row_filters": [{"table": "a", "predicate": "b = current_setting('timezone')"}],
        }));
        let names = Names::new(&[&profile]);
        assert_eq!(
            (&*names.column, &*names.table, &*names.schema),
            ("id_", "other_table_", "other_schema_")
        );
        let parameters: Vec<_> = names.parameters.iter().map(String::as_str).collect();
        assert_eq!(
            parameters,
            ["app.tenant", "b", "current_setting", "timezone"]
        );
    }
}
