//! One report, in its three forms.

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
fn text() {
    let want = "\
Breaks callers of this SDK and all others (4)

  the field `Thing.name`, when sent: removed (perhaps renamed to `title`)
    Callers that send it are refused or ignored, and its setter is gone from the SDK.
    at putThing: body $.name

  the field `Thing.name`, when received: removed (perhaps renamed to `title`)
    Readers miss it, and it is gone from the SDK's type.
    at putThing: answer 200 $.name

  the field `Thing.title`, when sent: added, required (perhaps renamed from `name`)
    Requests without it are refused, and no caller sends it yet.
    at putThing: body $.title

  the query parameter `size`: `maximum` changed from `9` to `8`
    Values that were admitted are refused.
    at putThing: query size

May break callers (2)

  `Code`, when received: value `B` added
    A client with closed enumerations fails at a value that it does not know. This SDK's are open.
    at putThing, deleteThing: problem document $.code

  `Mode`, when received: value `c'd` added
    A client with closed enumerations fails at a value that it does not know. This SDK's are open.
    at putThing: answer 200 $.mode

Breaks nobody, but is to be noticed (1)

  the operation `putThing`: deprecated
    Nothing fails yet, but it is going to end; the SDK's method warns when it is compiled.
    at putThing

Breaks nobody (2)

  the field `Thing.title`, when received: added, required (perhaps renamed from `name`)
    Readers ignore what they do not know.
    at putThing: answer 200 $.title

  `Mode`, when sent: value `c'd` added
    One more value that may be sent.
    at putThing: body $.mode

9 changes at 2 operations: 4 break everybody, 2 may break callers, 1 to be noticed, 2 break nobody
";
    assert_eq!(rendered(&report(), Format::Text), want);
    assert_eq!(
        rendered(&Report::default(), Format::Text),
        "no change of meaning\n"
    );
}

#[test]
fn markdown() {
    let text = rendered(&report(), Format::Markdown);
    let head = "\
# Changes of the contract

From `old.yaml` to `new.yaml`.

## Breaks callers of this SDK and all others (4)

- **the field `Thing.name`, when sent: removed (perhaps renamed to `title`)**
  Callers that send it are refused or ignored, and its setter is gone from the SDK.
  - `putThing: body $.name`
";
    assert!(text.starts_with(head), "{text}");
    let end = "\n**Summary:** 9 changes at 2 operations: 4 break everybody, 2 may break callers, 1 to be noticed, 2 break nobody.\n";
    assert!(text.ends_with(end), "{text}");
    let empty = "# Changes of the contract\n\nFrom `old.yaml` to `new.yaml`.\n\n**Summary:** no change of meaning.\n";
    assert_eq!(rendered(&Report::default(), Format::Markdown), empty);
}

#[test]
fn json() {
    let json: Value = serde_json::from_str(&rendered(&report(), Format::Json)).unwrap();
    let want = r#"{
        "version": 1, "old": "old.yaml", "new": "new.yaml",
        "summary": {
            "changes": 9, "breaking": 4, "breaks_everybody": 4, "breaks_api": 0, "breaks_sdk": 0,
            "may_break": 2, "notice": 1, "breaks_nobody": 2
        }
    }"#;
    let want: Value = serde_json::from_str(want).unwrap();
    for (key, value) in want.as_object().unwrap() {
        assert_eq!(json[key], *value, "{key}");
    }
    assert_eq!(json.as_object().unwrap().len(), 5);
    let want = r#"{
        "subject": "field", "name": "Thing.name", "change": "removed", "direction": "request",
        "from": null, "to": null, "rename_candidates": ["title"], "sdk": "breaks", "api": "breaks",
        "why": "Callers that send it are refused or ignored, and its setter is gone from the SDK.",
        "met": [{
            "operation": "putThing", "method": "PUT", "path": "/v1/things/{thing_id}",
            "direction": "request", "part": "body", "name": null, "status": null,
            "media_type": "application/json", "json_path": "$.name"
        }]
    }"#;
    assert_eq!(
        json["changes"][0],
        serde_json::from_str::<Value>(want).unwrap()
    );
    let bound = &json["changes"][3];
    assert_eq!((&bound["from"], &bound["to"]), (&"9".into(), &"8".into()));
    assert_eq!(bound["met"][0]["name"], "size");
    let code = &json["changes"][4];
    assert_eq!(code["met"].as_array().unwrap().len(), 2);
    assert_eq!(code["met"][1]["status"], "409");
}

#[test]
fn long_lists_are_counted() {
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
    let want = "    at get0, get1, get2, get3, get4, get5 and 3 more: answer 200 $.a\n";
    assert!(text.contains(want), "{text}");
    let json: Value = serde_json::from_str(&rendered(&report, Format::Json)).unwrap();
    let removed = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|of| of["change"] == "removed");
    assert_eq!(removed.unwrap()["met"].as_array().unwrap().len(), 9);
}

#[test]
fn what_fails() {
    let everything = report();
    let only = |keep: fn(&crate::changes::Class) -> bool| Report {
        changes: everything
            .changes
            .iter()
            .filter(|change| keep(&change.verdict.class()))
            .cloned()
            .collect(),
    };
    let harmless = only(|class| !class.is_breaking());
    for (report, breaking, any) in [
        (&everything, true, true),
        (&harmless, false, true),
        (&Report::default(), false, false),
    ] {
        assert_eq!(FailOn::Breaking.fails(report), breaking);
        assert_eq!(FailOn::Any.fails(report), any);
        assert!(!FailOn::Never.fails(report));
    }
}

/// A name that would be a heading, a link, HTML, a mention, and would hide what follows it.
const EVIL: &str = "\n# E `x [a](http://e.example) <b> @e\u{1b}[2J\u{202e}";

/// Two documents that have it wherever a name can be, and differ in all of them.
fn evil_report() -> Report {
    let evil = serde_json::to_string(EVIL).unwrap();
    let evil = &evil[1..evil.len() - 1];
    let document = |n: u32| {
        let name = format!("\"{n}{evil}\"");
        let same = format!("\"{evil}\"");
        let text = format!(
            "{{\"openapi\": \"3.0.3\", \"servers\": [{{\"url\": {name}}}], \"paths\": {{\"/p\": {{\"get\": {{
\"operationId\": {name}, \"tags\": [{name}], \"x-method\": {name}, \"security\": [{{{name}: [{name}]}}],
\"parameters\": [{{\"name\": {name}, \"in\": {same}, \"schema\": {{\"type\": \"string\"}}}},
  {{\"name\": {same}, \"in\": {same}, \"style\": {name}, \"schema\": {{\"type\": \"string\", \"default\": {name}}}}}],
\"requestBody\": {{\"content\": {{{name}: {{}}, {same}: {{\"schema\": {{\"properties\": {{{same}: {{\"maximum\": {n}}}}}}}}}}}}},
\"responses\": {{{name}: {{}}, {same}: {{\"headers\": {{{name}: {{}}}}, \"content\": {{
  {same}: {{\"schema\": {{\"$ref\": \"#/components/schemas/{evil}\"}}}}}}}}}}}}}}}},
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
fn names_cannot_become_markup_or_hide_anything() {
    let report = evil_report();
    assert!(report.changes.len() > 20, "{}", report.changes.len());
    let names = Names {
        old: EVIL,
        new: EVIL,
    };
    let drift = crate::drift::report(&report, EVIL);
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
        let is_ours = ["# ", "## "].map(|mark| line.starts_with(mark));
        let is_ours =
            is_ours[0] && (line.contains("contract")) || is_ours[1] && line.ends_with(')');
        assert_eq!(line.starts_with('#'), is_ours, "{line}");
        // Every second part is a code span.
        let outside: String = line.split('`').step_by(2).collect();
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        assert!(!outside.contains(['[', ']', '<', '@', '!']), "{line}");
        assert!(!outside.contains("//"), "{line}");
    }
}
