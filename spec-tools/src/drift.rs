//! Checks whether the contract that the API publishes still matches `spec/`.
//!
//! The check compares the API models of both documents. It ignores:
//!
//! - changes that affect only Rust names;
//! - changes of the area of an operation, which is its first tag;
//! - changes of the annotations that only this project adds: `x-enum`, `x-method`, `x-secret` (and
//!   the format `password`, which has the same effect) and `x-rejects-idempotency-key`.

use crate::{
    changes::Report,
    compare::compare,
    escape::code_span,
    read::Node,
    report::{descriptions, markdown},
};

/// The result of [`check`].
#[derive(Debug, PartialEq)]
pub enum Drift {
    Unchanged,
    /// The published contract differs. The report lists the changes from `spec/` to the published
    /// document, without the ignored changes.
    Changed(Report),
    /// The published document could not be fetched, parsed or compared. The string is the reason,
    /// in one line.
    Failed(String),
}

/// Compares `ours`, the contract of this project, with the published document.
///
/// `published` is the content of the published document, or the reason why it could not be fetched.
/// `name` is the name of the published document in error messages.
pub fn check(ours: &Node, published: Result<&[u8], String>, name: &str) -> Drift {
    let compared = published
        .and_then(|bytes| Node::from_bytes(bytes, name).map_err(|error| error.summary()))
        .and_then(|node| compare(ours, &node).map_err(|error| error.summary()));
    match compared {
        Ok(report) => match report.without_annotations() {
            report if report.changes.is_empty() => Drift::Unchanged,
            report => Drift::Changed(report),
        },
        Err(reason) => Drift::Failed(reason),
    }
}

/// Renders the changes as the Markdown text of a GitHub issue. `name` is the URL or path of the
/// published document.
pub fn render(report: &Report, name: &str) -> String {
    format!(
        "# The published contract has changed\n\n\
         `spec/` no longer matches {}. These are the changes from `spec/` to the published document. \
         Apply them to `spec/`, then run `cargo xtask codegen`.\n{}\n\
         **Summary:** {}.\n",
        code_span(name),
        markdown::render_changes(report),
        descriptions::summarize(report)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "\
openapi: 3.0.3
paths:
  /p:
    get:
      operationId: getThing
      tags: [Things]
      x-rejects-idempotency-key: true
      responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}
components:
  schemas:
    Thing:
      type: object
      properties:
        key: {type: string, x-secret: true}
        mode: {type: string, x-enum: Mode, enum: [a]}
";

    fn check_published(published: Result<&[u8], String>) -> Drift {
        check(&Node::parse(OURS, "spec").unwrap(), published, "published")
    }

    #[test]
    fn ignores_annotations_and_rust_names() {
        assert_eq!(check_published(Ok(OURS.as_bytes())), Drift::Unchanged);
        let published = OURS
            .replace("      x-rejects-idempotency-key: true\n", "")
            .replace(", x-secret: true", "")
            .replace("x-enum: Mode, ", "")
            .replace("[Things]", "[Other]")
            .replace("getThing", "readThing")
            .replace("Thing:", "TheThing:")
            .replace("schemas/Thing", "schemas/TheThing");
        assert_eq!(check_published(Ok(published.as_bytes())), Drift::Unchanged);
    }

    #[test]
    fn reports_a_changed_contract() {
        let published = OURS.replace("enum: [a]", "enum: [a, b]");
        let Drift::Changed(changes) = check_published(Ok(published.as_bytes())) else {
            panic!("no drift")
        };
        let text = render(&changes, "https://example.com/`x`");
        let expected = "# The published contract has changed\n\n`spec/` no longer matches `https://example.com/'x'`.";
        assert!(text.starts_with(expected), "{text}");
        assert!(
            text.contains("- **`Mode` in responses: value `b` added**\n"),
            "{text}"
        );
        assert!(
            text.ends_with("**Summary:** 1 change in 1 operation: 1 possibly breaking.\n"),
            "{text}"
        );
    }

    #[test]
    fn reports_a_failure_in_one_line() {
        let large = vec![b' '; crate::read::MAX_BYTES + 1];
        let dangling = OURS.replace("schemas/Thing", "schemas/Gone");
        let newer = OURS.replace("3.0.3", "3.1.0");
        for (published, expected) in [
            (
                Err("published: cannot be reached: refused".to_owned()),
                "published: cannot be reached: refused",
            ),
            (
                Ok(&large[..]),
                "published: larger than 16 MiB, the limit for a contract",
            ),
            (
                Ok(b"\xff\xfe"),
                "published: neither JSON nor YAML: it is not valid UTF-8",
            ),
            (
                Ok(b" <!doctype html>"),
                "published:1:1: neither JSON nor YAML: it starts with `<`, like HTML",
            ),
            (Ok(b""), "published:1:1: the document is empty"),
            (Ok(b"{\"a\": "), "published:2:1: invalid JSON: "),
            (
                Ok(b"hello"),
                "published:1:1: not an OpenAPI document: `openapi` is missing",
            ),
            (
                Ok(b"{\"openapi\": \"3.0.3\"}"),
                "published:1:1: not an OpenAPI document: `paths` must be a map",
            ),
            (
                Ok(newer.as_bytes()),
                "published:1:10: OpenAPI 3.1.0 is not supported: it must be OpenAPI 3.0.x",
            ),
            (
                Ok(dangling.as_bytes()),
                "published:8:71: `#/components/schemas/Gone` does not exist",
            ),
        ] {
            let Drift::Failed(reason) = check_published(published) else {
                panic!("{expected}")
            };
            assert!(
                reason.starts_with(expected) && !reason.contains('\n'),
                "{reason}"
            );
        }
    }
}
