//! Renders a diff as plain text, text with colors, Markdown and JSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Diff, Effect, FieldChange, rules};

impl Diff {
    /// Returns the changes as plain text: one line for each changed field. For a list or an object, the entries follow,
    /// with one line for each removed (`-`) and each added (`+`) entry. The text is empty if nothing changes.
    ///
    /// For colors, use [`to_colored_text`](Self::to_colored_text).
    pub fn to_text(&self) -> String {
        self.text(false)
    }

    /// Returns the same text as [`to_text`](Self::to_text), with ANSI color codes. Use it only if the output is a
    /// terminal ([`IsTerminal`](std::io::IsTerminal)).
    pub fn to_colored_text(&self) -> String {
        self.text(true)
    }

    fn text(&self, is_colored: bool) -> String {
        let mut text = String::new();
        for change in &self.changes {
            let (start, end) = match is_colored {
                true => (color(change.effect), "\u{1b}[0m"),
                false => ("", ""),
            };
            let effect = change.effect;
            let _ = write!(text, "{start}{effect:<10}{end} {}", change.field);
            match change.entries() {
                None => {
                    let [from, to] = change.values();
                    let _ = writeln!(text, ": {from} → {to}");
                }
                Some(entries) => {
                    text.push_str(":\n");
                    for (sign, entry) in entries {
                        let _ = writeln!(text, "  {sign} {entry}");
                    }
                }
            }
        }
        text
    }

    /// Returns the changes as a Markdown table. The text is empty if nothing changes.
    pub fn to_markdown(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut table = String::from("| effect | field | change |\n| --- | --- | --- |\n");
        for change in &self.changes {
            let cell = match change.entries() {
                None => {
                    let [from, to] = change.values().map(|value| code(&value));
                    format!("{from} → {to}")
                }
                Some(entries) => {
                    let entries = entries.iter();
                    let lines = entries.map(|(sign, entry)| format!("{sign} {}", code(entry)));
                    lines.collect::<Vec<_>>().join("<br>")
                }
            };
            let _ = writeln!(
                table,
                "| {} | {} | {cell} |",
                change.effect,
                code(&change.field)
            );
        }
        table
    }

    /// Returns the changes as JSON: a list of objects with `field`, `from`, `to` and `effect`.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(&self.changes).expect("a change is serializable")
    }
}

impl FieldChange {
    /// Returns the values before and after the change as text. If 0 has a special meaning in the field, the text for 0
    /// is that meaning, such as `unlimited`.
    fn values(&self) -> [String; 2] {
        [&self.from, &self.to].map(|value| display(&self.field, value))
    }

    /// Returns the removed (`-`) and added (`+`) entries of a list or an object. The entries of an object are the items
    /// of its lists, and its other values. Returns `None` if the values are not lists or objects, or if no entry is
    /// removed or added.
    fn entries(&self) -> Option<Vec<(char, String)>> {
        let lists = |value: &Value| -> Option<Vec<String>> {
            match value {
                Value::Array(items) => Some(items.iter().map(plain).collect()),
                Value::Object(object) => {
                    let entries = object.iter().flat_map(|(name, value)| match value {
                        Value::Array(items) => {
                            let items = items.iter().map(|item| format!("{name} {}", plain(item)));
                            items.collect()
                        }
                        value => vec![format!("{name}: {}", plain(value))],
                    });
                    Some(entries.map(|entry| escape(&entry)).collect())
                }
                Value::Null => Some(Vec::new()),
                _ => None,
            }
        };
        if !(self.to.is_array() || self.to.is_object()) {
            return None;
        }
        let (from, to) = (lists(&self.from)?, lists(&self.to)?);
        let lacks = |list: &[String], entry: &String| !list.contains(entry);
        let removed = from.iter().filter(|entry| lacks(&to, entry));
        let added = to.iter().filter(|entry| lacks(&from, entry));
        let signed = |sign| move |entry: &String| (sign, entry.clone());
        let entries = removed.map(signed('-')).chain(added.map(signed('+')));
        let entries: Vec<_> = entries.collect();
        (!entries.is_empty()).then_some(entries)
    }
}

/// Formats a value for text and Markdown, without the quotes and braces of JSON. Control characters are escaped.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => {
            let fields = object.iter();
            let fields = fields.map(|(name, value)| format!("{name}: {}", plain(value)));
            fields.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    escape(&text)
}

/// Escapes control characters, because a terminal could interpret them.
pub(crate) fn escape(text: &str) -> String {
    let escaped = text.chars().map(|character| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    });
    escaped.collect()
}

/// Formats the value of a field. If 0 has a special meaning in the field, formats 0 as that meaning.
fn display(field: &str, value: &Value) -> String {
    let is_zero = value.as_i64() == Some(0);
    let rule = rules::RULES.iter().find(|(name, _)| *name == field);
    match rule {
        Some((_, rules::Rule::Limit)) if is_zero => "unlimited".into(),
        Some((_, rules::Rule::TimeLimit)) if is_zero => "default of the project".into(),
        Some((_, rules::Rule::Exemption)) if is_zero => "none".into(),
        Some((_, rules::Rule::ScannedBytes)) if is_zero => "0 (4 MiB)".into(),
        _ if value.is_null() => "not set".into(),
        _ => plain(value),
    }
}

/// Formats text as inline code for a cell of a Markdown table. Escapes `|` and control characters, and delimits the
/// text with more backticks than it contains in a row.
pub(crate) fn code(text: &str) -> String {
    let text = escape(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let padding = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{padding}{text}{padding}{fence}")
}

fn color(effect: Effect) -> &'static str {
    match effect {
        Effect::Neutral => "\u{1b}[2m",
        Effect::Tightening => "\u{1b}[32m",
        Effect::Unknown => "\u{1b}[33m",
        Effect::Loosening => "\u{1b}[31m",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::diff;
    use super::*;
    use crate::policies::{Mask, NormalizedProfile, PolicyProfileInput, RowFilter};

    fn example() -> Diff {
        let current = PolicyProfileInput::new("a")
            .max_rows(100)
            .table_denylist(["secrets"])
            .deny_statements(["ddl"]);
        let desired = PolicyProfileInput::new("a")
            .statement_timeout(Duration::from_secs(5))
            .table_denylist(["public.secrets"])
            .mask(Mask::redact("public.users", "email"))
            .row_filter(RowFilter::new("orders", "a | b = '`x`'\n"));
        diff(&current, &desired)
    }

    #[test]
    fn text() {
        let expected = "\
loosening  statement_rules:
  - deny ddl
loosening  table_denylist:
  - secrets
  + public.secrets
tightening masking_rules:
  + column: email, kind: redact, table: public.users
loosening  max_rows: 100 → unlimited
unknown    statement_timeout_ms: default of the project → 5000
tightening row_filters:
  + predicate: a | b = '`x`'\\n, table: orders
";
        assert_eq!(example().to_text(), expected);
        let colored = example().to_colored_text();
        assert!(colored.starts_with("\u{1b}[31mloosening \u{1b}[0m statement_rules"));
        assert_eq!(Diff::default().to_text(), "");
    }

    #[test]
    fn text_of_other_objects_and_lists() {
        let cases = [
            (
                json!({"level": "high"}),
                json!({"level": "low"}),
                ":\n  - level: high\n  + level: low\n",
            ),
            (
                json!({"a": {"b": 1}, "c": 1}),
                json!({"c": 1}),
                ":\n  - a: b: 1\n",
            ),
            (
                json!({"allow": ["set"]}),
                json!({"allow": ["set"], "max": 5}),
                ":\n  + max: 5\n",
            ),
            (json!({"a\n": 1}), json!({}), ":\n  - a\\n: 1\n"),
            (
                json!({"level": "high"}),
                json!("low"),
                ": level: high → low\n",
            ),
            (json!([1, 2]), json!([2, 1]), ": [1,2] → [2,1]\n"),
            (json!({}), json!([]), ":  → []\n"),
        ];
        for (from, to, expected) in cases {
            let profile = |value: &Value| {
                let json = json!({"name": "a", "new_guard": value});
                NormalizedProfile::from_json(json.as_object().cloned().unwrap())
            };
            let text = diff(profile(&from), profile(&to)).to_text();
            assert_eq!(
                text,
                format!("unknown    new_guard{expected}"),
                "{from} {to}"
            );
        }
    }

    #[test]
    fn markdown() {
        let markdown = example().to_markdown();
        let lines: Vec<_> = markdown.lines().collect();
        assert_eq!(lines[2], "| loosening | `statement_rules` | - `deny ddl` |");
        assert_eq!(lines[5], "| loosening | `max_rows` | `100` → `unlimited` |");
        assert_eq!(
            lines[7],
            "| tightening | `row_filters` | + ``predicate: a \\| b = '`x`'\\n, table: orders`` |"
        );
        assert_eq!(Diff::default().to_markdown(), "");
    }

    #[test]
    fn json() {
        let json = example().to_json();
        let expected = serde_json::json!(
            {"field": "max_rows", "from": 100, "to": 0, "effect": "loosening"}
        );
        assert_eq!(json[3], expected);
    }
}
