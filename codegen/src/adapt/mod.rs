//! The passes that let in contracts of other hands.
//!
//! [`lint::structure`](crate::lint::structure) asks that a thing be said in one way, and our own
//! contract is held to that. Any other may say it in another way that OpenAPI admits. It is
//! rewritten here, before lint reads it; each pass is one file that names the fault it removes. What
//! the generator makes of a thing is the matter of [`normalise`](crate::normalise), for all
//! contracts.

mod components;
mod compositions;
mod default_answers;
mod descriptions;
mod extensions;
mod media;
mod numbers;
mod operation_ids;
mod parameters;
mod tags;
mod types;

use crate::source::Node;

pub use parameters::WIRE_NAME;

/// Runs every pass, in the order that they need.
pub fn adapt(document: &mut Node) {
    extensions::run(document);
    components::run(document);
    descriptions::run(document);
    default_answers::run(document);
    media::run(document);
    parameters::run(document);
    operation_ids::run(document);
    tags::run(document);
    // What is put together of parts has one type …
    compositions::run(document);
    // … and every schema says which.
    types::run(document);
    numbers::run(document);
}

/// A name that Rust admits, made of whatever words a text has; empty where it has none.
fn words(text: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c } else { ' ' };
    text.chars()
        .map(part)
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("_")
}

#[cfg(test)]
mod tests {
    use crate::source::Node;

    /// What a pass makes of a document, as JSON with single quotes.
    pub fn after(run: fn(&mut Node), text: &str) -> String {
        let mut document = Node::parse(text, "a.yaml").unwrap();
        run(&mut document);
        serde_json::to_string(&document).unwrap().replace('"', "'")
    }

    /// What a pass makes of one schema.
    pub fn schema(run: fn(&mut Node), schema: &str) -> String {
        let text = format!("components: {{schemas: {{Thing: {schema}}}}}");
        let after = after(run, &text);
        let (_, rest) = after.split_once("'Thing':").unwrap();
        rest.strip_suffix("}}}").unwrap().to_owned()
    }

    #[test]
    fn words_make_a_name() {
        for (text, want) in [
            ("Policy rules", "Policy_rules"),
            ("$filter[name]", "filter_name"),
            ("日本", ""),
            ("a--b", "a_b"),
        ] {
            assert_eq!(super::words(text), want);
        }
    }
}
