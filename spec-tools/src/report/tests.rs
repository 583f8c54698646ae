//! Tests of the three report formats.

use serde_json::Value;

use super::{Format, Names, render};
use crate::{
    changes::{FailOn, Report},
    compare::compare,
    read::Node,
};

const OLD: &str = "\
openapi: 3.0.3
paths:
  /v1/things/{thing_id}:
    put:
      operationId: putThing
      parameters:
        - {name: thing_id, in: path, required: true, x-identifier: true, schema: {type: string}}
        - {name: size, in: query, schema: {type: integer, maximum: 9}}
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        '400': {content: {application/problem+json: {schema: {$ref: '#/components/schemas/Error'}}}}
    delete:
      operationId: deleteThing
      responses:
        '204': {headers: {ETag: {schema: {type: string}}}}
        '409': {content: {application/problem+json: {schema: {$ref: '#/components/schemas/Error'}}}}
components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string}
        mode: {type: string, x-enum: Mode, enum: [a, b]}
    Error: {type: object, properties: {code: {type: string, x-enum: Code, enum: [A]}}}
";

fn report() -> Report {
    let new = OLD
        .replace("name: {type: string}", "title: {type: string}")
        .replace("required: [name]", "required: [title]")
        .replace("enum: [a, b]", "enum: [a, b, 'c`d']")
        .replace("enum: [A]", "enum: [A, B]")
        .replace("maximum: 9", "maximum: 8")
        .replace(
            "operationId: putThing",
            "operationId: putThing\n      deprecated: true",
        );
    let read = |text: &str| Node::parse(text, "a.yaml").unwrap();
    compare(&read(OLD), &read(&new)).unwrap()
}

const NAMES: Names<'_> = Names {
    old: "old.yaml",
    new: "new.yaml",
};

fn rendered(report: &Report, format: Format) -> String {
    render(report, NAMES, format)
}

#[test]
fn renders_text() {
    let expected = "\
Breaks users of this SDK and other API clients (4)

  the field `Thing.name` in requests: removed (possibly renamed to `title`)
    The server rejects or ignores it, and the SDK loses its setter.
    at putThing: body $.name

  the field `Thing.name` in responses: removed (possibly renamed to `title`)
    Clients no longer get it, and the SDK's type loses it.
    at putThing: response 200 $.name

  the field `Thing.title` in requests: added, required (possibly renamed from `name`)
    Requests without it are rejected, and existing clients do not send it.
    at putThing: body $.title

  the query parameter `size`: `maximum` changed from `9` to `8`
    Some previously valid values are rejected.
    at putThing: query size

May break clients (2)

  `Code` in responses: value `B` added
    A client with closed enumerations fails on the unknown value. This SDK's enumerations are open.
    at putThing, deleteThing: problem document $.code

  `Mode` in responses: value `c'd` added
    A client with closed enumerations fails on the unknown value. This SDK's enumerations are open.
    at putThing: response 200 $.mode

Changes behavior, or deprecates something (1)

  the operation `putThing`: deprecated
    The operation still works but will be removed. The compiler warns about uses of the SDK's method.
    at putThing

Compatible (2)

  the field `Thing.title` in responses: added, required (possibly renamed from `name`)
    Clients ignore unknown fields.
    at putThing: response 200 $.title

  `Mode` in requests: value `c'd` added
    Clients can send the new value, but do not have to.
    at putThing: body $.mode

9 changes in 2 operations: 4 breaking for all clients, 2 possibly breaking, 1 changing behavior or deprecating, 2 compatible
";
    assert_eq!(rendered(&report(), Format::Text), expected);
    assert_eq!(rendered(&Report::default(), Format::Text), "no changes\n");
}

#[test]
fn renders_markdown() {
    let text = rendered(&report(), Format::Markdown);
    let head = "\
# Changes of the contract

From `old.yaml` to `new.yaml`.

## Breaks users of this SDK and other API clients (4)

- **the field `Thing.name` in requests: removed (possibly renamed to `title`)**
  The server rejects or ignores it, and the SDK loses its setter.
  - `putThing: body $.name`
";
    assert!(text.starts_with(head), "{text}");
    let end = "\n**Summary:** 9 changes in 2 operations: 4 breaking for all clients, 2 possibly breaking, 1 changing behavior or deprecating, 2 compatible.\n";
    assert!(text.ends_with(end), "{text}");
    let empty =
        "# Changes of the contract\n\nFrom `old.yaml` to `new.yaml`.\n\n**Summary:** no changes.\n";
    assert_eq!(rendered(&Report::default(), Format::Markdown), empty);
}

#[test]
fn renders_json() {
    let json: Value = serde_json::from_str(&rendered(&report(), Format::Json)).unwrap();
    let expected = r#"{
        "version": 1, "old": "old.yaml", "new": "new.yaml",
        "summary": {
            "changes": 9, "breaking": 4, "breaks_all": 4, "breaks_api": 0, "breaks_sdk": 0,
            "may_break": 2, "notice": 1, "compatible": 2
        }
    }"#;
    let expected: Value = serde_json::from_str(expected).unwrap();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(json[key], *value, "{key}");
    }
    assert_eq!(json.as_object().unwrap().len(), 5);
    let expected = r#"{
        "subject": "field", "name": "Thing.name", "change": "removed", "direction": "request",
        "from": null, "to": null, "rename_candidates": ["title"], "sdk": "breaks", "api": "breaks",
        "reason": "The server rejects or ignores it, and the SDK loses its setter.",
        "usages": [{
            "operation": "putThing", "method": "PUT", "path": "/v1/things/{thing_id}",
            "direction": "request", "part": "body", "name": null, "status": null,
            "media_type": "application/json", "json_path": "$.name"
        }]
    }"#;
    assert_eq!(
        json["changes"][0],
        serde_json::from_str::<Value>(expected).unwrap()
    );
    let constraint = &json["changes"][3];
    assert_eq!(
        (&constraint["from"], &constraint["to"]),
        (&"9".into(), &"8".into())
    );
    assert_eq!(constraint["usages"][0]["name"], "size");
    let code = &json["changes"][4];
    assert_eq!(code["usages"].as_array().unwrap().len(), 2);
    assert_eq!(code["usages"][1]["status"], "409");
}

#[test]
fn counts_the_rest_of_long_lists() {
    let operation = |n: usize| {
        format!(
            "  /p{n}:\n    get:\n      operationId: get{n}\n      responses: {{'200': {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}\n"
        )
    };
    let paths: String = (0..9).map(operation).collect();
    let old = format!(
        "openapi: 3.0.3\npaths:\n{paths}components:\n  schemas:\n    A: {{type: object, properties: {{a: {{type: string}}}}}}\n"
    );
    let read = |text: &str| Node::parse(text, "a.yaml").unwrap();
    let report = compare(
        &read(&old),
        &read(&old.replace("{a: {type: string}}", "{}")),
    )
    .unwrap();
    let text = rendered(&report, Format::Text);
    let expected = "    at get0, get1, get2, get3, get4, get5 and 3 more: response 200 $.a\n";
    assert!(text.contains(expected), "{text}");
    let json: Value = serde_json::from_str(&rendered(&report, Format::Json)).unwrap();
    let removed = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["change"] == "removed");
    assert_eq!(removed.unwrap()["usages"].as_array().unwrap().len(), 9);
}

#[test]
fn fail_on_selects_the_failing_changes() {
    let all_changes = report();
    let only = |keep: fn(&crate::changes::Severity) -> bool| Report {
        changes: all_changes
            .changes
            .iter()
            .filter(|change| keep(&change.verdict.severity()))
            .cloned()
            .collect(),
    };
    let non_breaking = only(|severity| !severity.is_breaking());
    for (report, breaking, any) in [
        (&all_changes, true, true),
        (&non_breaking, false, true),
        (&Report::default(), false, false),
    ] {
        assert_eq!(FailOn::Breaking.should_fail(report), breaking);
        assert_eq!(FailOn::Any.should_fail(report), any);
        assert!(!FailOn::Never.should_fail(report));
    }
}

/// A name with a heading, a link, HTML, a mention, and characters that hide the following text.
const HOSTILE_NAME: &str = "\n# E `x [a](http://e.example) <b> @e\u{1b}[2J\u{202e}";

/// Compares two documents that contain the hostile name in every place that can have a name. The
/// name differs between the documents in almost every place.
fn hostile_report() -> Report {
    let hostile = serde_json::to_string(HOSTILE_NAME).unwrap();
    let hostile = &hostile[1..hostile.len() - 1];
    let document = |n: u32| {
        let name = format!("\"{n}{hostile}\"");
        let same = format!("\"{hostile}\"");
        let text = format!(
            "{{\"openapi\": \"3.0.3\", \"servers\": [{{\"url\": {name}}}], \"paths\": {{\"/p\": {{\"get\": {{
\"operationId\": {name}, \"tags\": [{name}], \"x-method\": {name}, \"security\": [{{{name}: [{name}]}}],
\"parameters\": [{{\"name\": {name}, \"in\": {same}, \"schema\": {{\"type\": \"string\"}}}},
  {{\"name\": {same}, \"in\": {same}, \"style\": {name}, \"schema\": {{\"type\": \"string\", \"default\": {name}}}}}],
\"requestBody\": {{\"content\": {{{name}: {{}}, {same}: {{\"schema\": {{\"properties\": {{{same}: {{\"maximum\": {n}}}}}}}}}}}}},
\"responses\": {{{name}: {{}}, {same}: {{\"headers\": {{{name}: {{}}}}, \"content\": {{
  {same}: {{\"schema\": {{\"$ref\": \"#/components/schemas/{hostile}\"}}}}}}}}}}}}}}}},
\"components\": {{\"schemas\": {{{same}: {{\"type\": \"object\", \"additionalProperties\": {{\"type\": {name}}}, \"properties\": {{{name}: {{\"type\": \"integer\"}}, {same}: {{
  \"type\": \"string\", \"pattern\": {name}, \"format\": {name}, \"enum\": [{name}], \"x-enum\": {same}}},
  \"b\": {{\"type\": \"string\", \"enum\": [{name}], \"x-enum\": {name}}},
  \"c\": {{\"type\": {name}}}, \"d\": {{\"oneOf\": [{{\"type\": {name}}}, {{\"type\": \"array\"}}]}}}}}}}}}}}}"
        );
        Node::parse(&text, "a.json").unwrap()
    };
    compare(&document(1), &document(2)).unwrap()
}

#[test]
fn escapes_markup_and_unprintable_characters_in_names() {
    let report = hostile_report();
    assert!(report.changes.len() > 20, "{}", report.changes.len());
    let names = Names {
        old: HOSTILE_NAME,
        new: HOSTILE_NAME,
    };
    let drift = crate::drift::render(&report, HOSTILE_NAME);
    for text in [
        drift.clone(),
        render(&report, names, Format::Text),
        render(&report, names, Format::Markdown),
        render(&report, names, Format::Json),
    ] {
        let hidden = |c: char| c != '\n' && crate::escape::is_unprintable(c);
        assert!(!text.contains(hidden), "{text:?}");
        assert!(text.contains("# E"), "{text}");
    }
    let markdown = render(&report, names, Format::Markdown);
    for line in markdown.lines().chain(drift.lines()) {
        let is_heading = ["# ", "## "].map(|mark| line.starts_with(mark));
        let is_known_heading =
            is_heading[0] && line.contains("contract") || is_heading[1] && line.ends_with(')');
        assert_eq!(line.starts_with('#'), is_known_heading, "{line}");
        // Every second part is a code span, where markup has no effect.
        let outside: String = line.split('`').step_by(2).collect();
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        assert!(!outside.contains(['[', ']', '<', '@', '!']), "{line}");
        assert!(!outside.contains("//"), "{line}");
    }
}
