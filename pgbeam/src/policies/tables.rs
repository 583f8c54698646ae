//! Parses and compares the names of tables and columns in a policy, such as the entries of `table_denylist`.

/// The table of a policy entry: `table` or `schema.table`.
///
/// The name and the schema are folded for comparison: in lower case, without quotes, and cut to 63 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableEntry {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

/// The maximum length of an identifier in PostgreSQL. Longer identifiers are cut.
const MAX_IDENTIFIER_BYTES: usize = 63;

impl TableEntry {
    /// Parses `table` or `schema.table`. If the entry has more than two parts, only the last two are used.
    pub(crate) fn parse(entry: &str) -> Self {
        let mut parts = split(entry);
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        Self { schema, name }
    }

    /// Sets the schema to `public` if the entry has none. In an allowlist, an entry without a schema means the table in
    /// the schema `public`.
    pub(crate) fn in_public(mut self) -> Self {
        self.schema.get_or_insert_with(|| "public".to_owned());
        self
    }

    /// Returns `true` if this entry applies to every table to which `other` applies. An entry without a schema applies
    /// to the tables with its name in every schema.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.name == other.name && (self.schema.is_none() || self.schema == other.schema)
    }
}

/// Folds the name of a column for comparison: in lower case, without surrounding spaces and quotes, and cut to 63
/// bytes.
pub(crate) fn fold(name: &str) -> String {
    fold_identifier(name.trim().trim_matches('"'))
}

/// Cuts a name without quotes to 63 bytes, at the boundary of a character, and converts it to lower case.
fn fold_identifier(name: &str) -> String {
    let mut end = name.len().min(MAX_IDENTIFIER_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_lowercase()
}

/// Splits `a.b` or `"a"."b"` at the dots outside quotes, and folds the parts.
fn split(entry: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = entry.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // A doubled quote is a quote in the name.
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => {
                parts.last_mut().expect("one part").push('"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(String::new()),
            _ => parts.last_mut().expect("one part").push(character),
        }
    }
    let parts = parts.iter().map(|part| fold_identifier(part.trim()));
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_compared_like_postgres_names() {
        // (entry, other, covers, same table of an allowlist)
        let cases = [
            ("users", "users", true, true),
            ("users", "public.users", true, true),
            ("public.users", "users", false, true),
            ("Public.USERS", "\"public\".\"users\"", true, true),
            ("users", "app.users", true, false),
            ("app.users", "users", false, false),
            ("db.app.users", "app.users", true, true),
            (" users ", "users", true, true),
            ("users", "user", false, false),
            ("\"a.b\"", "a.b", false, false),
            ("\"we\"\"ird\"", "weird", false, false),
            (" app . users ", "app.users", true, true),
            (".users", "users", false, false),
        ];
        for (entry, other, covers, same) in cases {
            let (entry, other) = (TableEntry::parse(entry), TableEntry::parse(other));
            assert_eq!(entry.covers(&other), covers, "{entry:?} {other:?}");
            assert_eq!(
                entry.clone().in_public() == other.clone().in_public(),
                same,
                "{entry:?} {other:?}"
            );
        }
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert_eq!(fold(&"ä".repeat(40)), "ä".repeat(31));
    }
}
