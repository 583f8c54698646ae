//! Documentation comments, a line each.

use syn::{Attribute, parse_quote};

/// Where lines of documentation break.
const WIDTH: usize = 92;

/// Breaks long lines of prose. A line of a list, a table or code stays as it is.
pub fn wrap(text: &str) -> String {
    let mut out = Vec::new();
    let mut code = false;
    for line in text.trim().lines() {
        let line = line.trim_end();
        code ^= line.trim_start().starts_with("```");
        let stays = code || line.starts_with([' ', '|', '#', '-', '*', '>', '`']);
        if line.chars().count() <= WIDTH || (stays && !line.starts_with("**")) {
            out.push(line.to_owned());
            continue;
        }
        let mut current = String::new();
        let mut length = 0;
        for word in line.split(' ') {
            let count = word.chars().count();
            // A line must not begin with what Markdown reads as the start of a list.
            let starts_list = matches!(word, "-" | "*" | "+" | "#");
            if length > 0 && length + 1 + count > WIDTH && !starts_list {
                out.push(std::mem::take(&mut current));
                length = 0;
            }
            if length > 0 {
                current.push(' ');
                length += 1;
            }
            current.push_str(word);
            length += count;
        }
        out.push(current);
    }
    out.join("\n")
}

/// The attributes of a documentation comment.
pub fn attributes(text: &str) -> Vec<Attribute> {
    wrap(text)
        .lines()
        .map(|line| {
            // `/// text`, not `///text`.
            let line = if line.is_empty() { String::new() } else { format!(" {line}") };
            parse_quote!(#[doc = #line])
        })
        .collect()
}

/// Replaces the documentation among `attributes`.
pub fn set(attributes: &mut Vec<Attribute>, text: &str) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    attributes.splice(0..0, self::attributes(text));
}

/// The text of the documentation among `attributes`.
pub fn text(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Brings documentation that the generator wrote in one piece into lines.
pub fn tidy(attributes: &mut Vec<Attribute>) {
    if let Some(text) = text(attributes) {
        set(attributes, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_prose_and_leaves_the_rest() {
        let long = "word ".repeat(40);
        let wrapped = wrap(&format!("{long}\n\n- {long}\n```\n{long}\n```\nshort"));
        let lines: Vec<_> = wrapped.lines().collect();
        assert!(lines[..3].iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(lines[3], "");
        assert_eq!(lines[4], format!("- {long}").trim_end());
        assert_eq!(lines[6], long.trim_end());
        assert_eq!(wrapped.split_whitespace().filter(|word| *word == "word").count(), 120);
    }
}
