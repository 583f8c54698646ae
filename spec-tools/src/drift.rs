//! Whether the published contract is still the one that this repository has.
//!
//! Only what both documents must say is compared: Rust names and our own annotations (`x-enum`, `x-method`,
//! `x-secret`, `x-rejects-idempotency-key`, areas) are ours alone.

use crate::{
    changes::Report,
    compare::compare,
    escape::code_span,
    read::Node,
    report::{markdown, words},
};

/// What a check found.
#[derive(Debug, PartialEq)]
pub enum Drift {
    Same,
    /// The published contract means something else.
    Drifted(Report),
    /// Why nothing can be said, in one line.
    CouldNotTell(String),
}

/// Compares our contract with the text of the published document that is called `name`.
pub fn check(ours: &Node, published: Result<&[u8], String>, name: &str) -> Drift {
    let compared = published
        .and_then(|bytes| Node::from_bytes(bytes, name).map_err(|error| error.summary()))
        .and_then(|node| compare(ours, &node).map_err(|error| error.summary()));
    match compared {
        Ok(report) => match report.without_annotations() {
            report if report.changes.is_empty() => Drift::Same,
            report => Drift::Drifted(report),
        },
        Err(why) => Drift::CouldNotTell(why),
    }
}

/// The report of a drift, as an issue has it.
pub fn report(report: &Report, name: &str) -> String {
    format!(
        "# The published contract has changed\n\n\
         `spec/` does not say any more what {} says. The changes are those from `spec/` to the \
         published document: bring them into `spec/`, then run `cargo xtask codegen`.\n{}\n\
         **Summary:** {}.\n",
        code_span(name),
        markdown::changes(report),
        words::summary(report)
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

    fn checked(published: Result<&[u8], String>) -> Drift {
        check(&Node::parse(OURS, "spec").unwrap(), published, "published")
    }

    #[test]
    fn our_annotations_and_names_are_no_drift() {
        assert_eq!(checked(Ok(OURS.as_bytes())), Drift::Same);
        let published = OURS
            .replace("      x-rejects-idempotency-key: true\n", "")
            .replace(", x-secret: true", "")
            .replace("x-enum: Mode, ", "")
            .replace("[Things]", "[Other]")
            .replace("getThing", "readThing")
            .replace("Thing:", "TheThing:")
            .replace("schemas/Thing", "schemas/TheThing");
        assert_eq!(checked(Ok(published.as_bytes())), Drift::Same);
    }

    #[test]
    fn drift_is_reported() {
        let published = OURS.replace("enum: [a]", "enum: [a, b]");
        let Drift::Drifted(found) = checked(Ok(published.as_bytes())) else {
            panic!("no drift")
        };
        let text = report(&found, "https://example.com/`x`");
        let want = "# The published contract has changed\n\n`spec/` does not say any more what `https://example.com/'x'` says.";
        assert!(text.starts_with(want), "{text}");
        assert!(
            text.contains("- **`Mode`, when received: value `b` added**\n"),
            "{text}"
        );
        assert!(
            text.ends_with("**Summary:** 1 change at 1 operation: 1 may break callers.\n"),
            "{text}"
        );
    }

    #[test]
    fn what_cannot_be_told_is_one_line() {
        let large = vec![b' '; crate::read::MAX_BYTES + 1];
        let dangling = OURS.replace("schemas/Thing", "schemas/Gone");
        let newer = OURS.replace("3.0.3", "3.1.0");
        for (published, want) in [
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
            let Drift::CouldNotTell(why) = checked(published) else {
                panic!("{want}")
            };
            assert!(why.starts_with(want) && !why.contains('\n'), "{why}");
        }
    }
}
