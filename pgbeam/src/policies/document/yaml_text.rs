//! Renders JSON values as YAML that reads back as the same values.

use std::fmt::Write as _;

use serde_json::Value;

use crate::policies::schema::Schema;

/// The maximum length of a key that is written as `key:`. A longer key is written as `? key`, because YAML limits the
/// length of a key before `:` to 1024 characters.
const MAX_KEY_BYTES: usize = 1_000;

/// A JSON value in which the fields of each object have an order.
pub(super) enum Tree {
    Scalar(Value),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// Converts a value and orders the fields of each object: first the fields that the schema has, in the order of the
    /// contract, then all other fields, by name.
    pub(super) fn new(value: &Value, schema: Option<&Schema>) -> Self {
        match value {
            Value::Array(items) => {
                let schema = schema.and_then(|schema| schema.items.as_deref());
                Self::List(items.iter().map(|item| Self::new(item, schema)).collect())
            }
            Value::Object(fields) => {
                let mut names: Vec<&String> = fields.keys().collect();
                let position = |name: &str| schema?.field_names().position(|field| field == name);
                names.sort_by_key(|name| (position(name).unwrap_or(usize::MAX), *name));
                let field = |name: &String| {
                    let schema = schema.and_then(|schema| schema.field(name));
                    (name.clone(), Self::new(&fields[name], schema))
                };
                Self::Map(names.into_iter().map(field).collect())
            }
            scalar => Self::Scalar(scalar.clone()),
        }
    }
}

/// Renders the fields of a mapping, each on its own lines, indented by `indent` spaces.
pub(super) fn render_fields(fields: &[(String, Tree)], indent: usize, out: &mut String) {
    for (name, value) in fields {
        let key = string(name);
        let _ = match key.len() > MAX_KEY_BYTES {
            true => write!(out, "{:indent$}? {key}\n{:indent$}:", "", ""),
            false => write!(out, "{:indent$}{key}:", ""),
        };
        match value {
            Tree::List(items) if items.iter().any(|item| matches!(item, Tree::Map(_))) => {
                out.push('\n');
                render_items(items, indent + 2, out);
            }
            Tree::Map(fields) if !fields.is_empty() => {
                out.push('\n');
                render_fields(fields, indent + 2, out);
            }
            Tree::Scalar(Value::String(text)) if is_block(text) => {
                render_block(text, indent + 2, out);
            }
            _ => {
                out.push(' ');
                flow(value, out);
                out.push('\n');
            }
        }
    }
}

/// Renders the items of a list, indented by `indent` spaces. Each item starts on a new line with `- `.
pub(super) fn render_items(items: &[Tree], indent: usize, out: &mut String) {
    for item in items {
        let _ = write!(out, "{:indent$}- ", "");
        match item {
            Tree::Map(fields) if !fields.is_empty() => {
                let mut lines = String::new();
                render_fields(fields, indent + 2, &mut lines);
                out.push_str(lines.trim_start_matches(' '));
            }
            _ => {
                flow(item, out);
                out.push('\n');
            }
        }
    }
}

/// Renders a value on one line.
fn flow(value: &Tree, out: &mut String) {
    let separator = |index: usize| if index > 0 { ", " } else { "" };
    match value {
        Tree::Scalar(Value::String(text)) => out.push_str(&string(text)),
        Tree::Scalar(value) => {
            let _ = write!(out, "{value}");
        }
        Tree::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(separator(index));
                flow(item, out);
            }
            out.push(']');
        }
        Tree::Map(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                let key = string(name);
                let _ = match key.len() > MAX_KEY_BYTES {
                    true => write!(out, "{}? {key} : ", separator(index)),
                    false => write!(out, "{}{key}: ", separator(index)),
                };
                flow(value, out);
            }
            out.push('}');
        }
    }
}

/// Renders a string: without quotes if it certainly needs none, and in double quotes in all other cases.
pub(super) fn string(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_printable(character) => quoted.push(character),
            _ => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(character));
            }
        }
    }
    quoted + "\""
}

/// Returns `true` if a string certainly needs no quotes in YAML. Also returns `false` for some strings that need no
/// quotes.
fn is_plain(text: &str) -> bool {
    // Words that some version of YAML does not read as a string.
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_safe = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | ' ')
    };
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !text.ends_with(' ')
        // saphyr-parser rejects `[a -]`.
        && !text.contains(" -")
        && text.chars().all(is_safe)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Returns `false` for characters that a line of the rendered text must not contain without an escape: control
/// characters and some special characters, such as zero-width characters and the no-break space.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            // No-break spaces, zero-width characters, line separators, direction marks and special code points.
            '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
        )
}

/// Returns `true` if a string is written as a block (`|`). The string must have several lines, no characters that need
/// an escape, and no spaces or empty lines that a block would not preserve.
fn is_block(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    let is_readable = |line: &str| !line.ends_with(' ') && line.chars().all(is_printable);
    lines.contains('\n')
        && !lines.starts_with([' ', '\n'])
        && !lines.ends_with('\n')
        && lines.split('\n').all(is_readable)
}

/// Renders a string as a block: `|` or `|-` after the key, then the indented lines of the string.
fn render_block(text: &str, indent: usize, out: &mut String) {
    let lines = text.strip_suffix('\n');
    out.push_str(if lines.is_some() { " |\n" } else { " |-\n" });
    for line in lines.unwrap_or(text).split('\n') {
        if !line.is_empty() {
            let _ = write!(out, "{:indent$}{line}", "");
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::document::{Format, Report, node};
    use serde_json::json;

    #[test]
    fn strings_are_quoted_if_they_need_it() {
        for (text, expected) in [
            ("Support Desk", "Support Desk"),
            ("app.orders", "app.orders"),
            ("null", "\"null\""),
            ("Yes", "\"Yes\""),
            ("1e3", "\"1e3\""),
            ("_1", "_1"),
            ("-a", "\"-a\""),
            ("", "\"\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            ("a -", "\"a -\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            ("a\nb\t\"\\", "\"a\\nb\\t\\\"\\\\\""),
            ("\u{7f}\u{2028}ä", "\"\\U0000007F\\U00002028ä\""),
        ] {
            assert_eq!(string(text), expected);
        }
    }

    #[test]
    fn values_read_back_as_they_were() {
        let mut value = json!({
            "a": {"b": {"c": [1, -2.5, null, true, "x", [], {}]}, "d": {}},
            "list": [{"x": "1\n2", "y": [{"z": "- a"}]}, {}, 5, [{"k": "v"}]],
            "sql": "select 1\n\n  from t\n",
            "sql2": "select 1\nfrom t",
            "- odd\n\"key\"": "\u{0}\u{85}\u{a0}\u{feff}😀",
            "": "", "<<": "<<", "null": "~", "e": 1e300,
            "blank": "\n\n", "space": "a\n b \nc", "tab": "a\n\tb", "cr": "a\r\nb", "hash": "# x\ny",
        });
        let mut text = String::new();
        let long = "k".repeat(2_000);
        value["a"][&long] = json!([{&long: 1, "b": 2}]);
        value["flow"] = json!([1, [{&long: {&long: 2}}]]);
        value[&long] = json!({&long: "x"});
        let Tree::Map(fields) = Tree::new(&value, None) else {
            panic!("a mapping");
        };
        render_fields(&fields, 0, &mut text);
        let mut report = Report::new("a.yaml");
        let documents = node::parse(&text, Format::Yaml, &mut report);
        assert_eq!(report.into_findings(), [], "{text}");
        assert_eq!(documents[0].to_json(), value, "{text}");
    }
}
