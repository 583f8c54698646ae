//! Wraps the lines of Markdown texts, and reads and writes the documentation comments of Rust items.

use pgbeam_spec::escape::is_unprintable;
use syn::{Attribute, parse_quote};

/// The maximum line length of documentation, in characters.
const WIDTH: usize = 92;

/// Wraps the paragraphs of a Markdown text to lines of at most `WIDTH` characters. Does not break words and code
/// spans, and does not start a line with a word such as `-`, so some lines are longer. Does not wrap lists,
/// tables, headings, quotations, code and indented lines.
///
/// Replaces unprintable characters with U+FFFD, because rustc rejects some of them in documentation.
pub fn wrap(text: &str) -> String {
    let mut out = Vec::new();
    let mut code = false;
    // rustc rejects carriage returns and bidirectional control characters in documentation.
    let text = text.replace("\r\n", "\n");
    let text = text.replace(
        |c: char| c != '\n' && c != '\t' && is_unprintable(c),
        "\u{fffd}",
    );
    for line in join_paragraphs(&text) {
        let line = line.as_str();
        code ^= line.trim_start().starts_with("```");
        if line.chars().count() <= WIDTH || code || !is_prose(line) {
            out.push(line.to_owned());
            continue;
        }
        let mut current = String::new();
        let mut length = 0;
        for word in split_words(line) {
            let count = word.chars().count();
            // Markdown would read these at the start of a line as a list item or a heading.
            let is_marker = matches!(word.as_str(), "-" | "*" | "+" | "#");
            if length > 0 && length + 1 + count > WIDTH && !is_marker {
                out.push(std::mem::take(&mut current));
                length = 0;
            }
            if length > 0 {
                current.push(' ');
                length += 1;
            }
            current.push_str(&word);
            length += count;
        }
        out.push(current);
    }
    out.join("\n")
}

/// Returns the lines of a text, with all lines of a paragraph joined into one.
fn join_paragraphs(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut code = false;
    let mut open = false;
    for line in text.trim().lines().map(str::trim_end) {
        let fence = line.trim_start().starts_with("```");
        let prose = !code && !fence && is_prose(line);
        code ^= fence;
        match out.last_mut() {
            Some(last) if open && prose => {
                last.push(' ');
                last.push_str(line);
            }
            _ => out.push(line.to_owned()),
        }
        open = prose;
    }
    out
}

/// Splits a line into words. A code span is one word.
fn split_words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut span = false;
    for word in line.split(' ') {
        match words.last_mut() {
            Some(last) if span => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        span ^= word.matches('`').count() % 2 == 1;
    }
    words
}

/// Returns `true` if a line looks like part of a paragraph: it is neither empty nor indented, and does not
/// start with the marker of a list, table, heading, quotation or code block.
fn is_prose(line: &str) -> bool {
    let has_prefix = |prefix: &str| line.starts_with(prefix);
    !line.is_empty()
        && !has_prefix(" ")
        && !["- ", "* ", "+ ", "|", "#", ">", "```"]
            .into_iter()
            .any(has_prefix)
        && !line
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .starts_with(". ")
}

/// Wraps a text with [`wrap`] and returns one `#[doc = …]` attribute per line.
pub fn attributes(text: &str) -> Vec<Attribute> {
    wrap(text)
        .lines()
        .map(|line| {
            // The space makes prettyplease print `/// text`.
            let line = if line.is_empty() {
                String::new()
            } else {
                format!(" {line}")
            };
            parse_quote!(#[doc = #line])
        })
        .collect()
}

/// Replaces the documentation in `attributes` with this text.
pub fn set(attributes: &mut Vec<Attribute>, text: &str) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    attributes.splice(0..0, self::attributes(text));
}

/// Returns the documentation in `attributes`, with each paragraph on one line. `None` if `attributes` contains no
/// documentation.
pub fn get(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) = &pair.value
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    (!lines.is_empty()).then(|| join_paragraphs(&lines.join("\n")).join("\n"))
}

/// Wraps the documentation in `attributes`. Progenitor writes the documentation of an item as one line.
pub fn rewrap(attributes: &mut Vec<Attribute>) {
    if let Some(text) = get(attributes) {
        set(attributes, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_prose_only() {
        let long = "word ".repeat(40);
        let wrapped = wrap(&format!("{long}\n\n- {long}\n```\n{long}\n```\nshort"));
        let lines: Vec<_> = wrapped.lines().collect();
        assert!(lines[..3].iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(lines[3], "");
        assert_eq!(lines[4], format!("- {long}").trim_end());
        assert_eq!(lines[6], long.trim_end());
        assert_eq!(
            wrapped
                .split_whitespace()
                .filter(|word| *word == "word")
                .count(),
            120
        );
    }

    #[test]
    fn replaces_characters_that_rustc_rejects() {
        let text = "a\r\nb\rc\u{202e}d\u{200f}\te";
        let attributes = attributes(text);
        let file: syn::File = syn::parse_quote! { #(#attributes)* struct A; };
        let code = prettyplease::unparse(&file);
        assert!(
            code.contains("/// a b\u{fffd}c\u{fffd}d\u{fffd}\te"),
            "{code:?}"
        );
    }

    #[test]
    fn keeps_a_code_span_on_one_line() {
        let code = format!("`GET {}`", "/a b".repeat(12));
        let text = format!("{} {code} end", "word ".repeat(12).trim());
        let wrapped = wrap(&text);
        let lines: Vec<_> = wrapped.lines().collect();
        assert_eq!(lines[1], format!("{code} end"));
    }

    #[test]
    fn returns_a_wrapped_paragraph_as_one_line() {
        let text = format!("{}\n\n- item", "word ".repeat(40).trim());
        let attributes = attributes(&text);
        assert!(attributes.len() > 3);
        assert_eq!(get(&attributes), Some(text));
    }

    #[test]
    fn joins_the_lines_of_a_paragraph() {
        let text = "One two\nthree `four`.\n`five` **six**\n\n**Seven** eight\n- nine\n- ten\neleven\n1. twelve\n| a |\n```\na\nb\n```\nend";
        assert_eq!(
            wrap(text),
            "One two three `four`. `five` **six**\n\n**Seven** eight\n- nine\n- ten\neleven\n1. twelve\n| a |\n```\na\nb\n```\nend"
        );
    }
}
