//! Tests that codegen reports each error of an invalid contract on one line with its location, and writes no
//! file.

use std::fs;

use pgbeam_tests::checkout::Checkout;

const ROOT: &str = "\
openapi: 3.0.3
info: {title: Test, version: '1'}
paths: {}
components:
  schemas:
    Thing:
      type: object
      description: A thing.
      required: [name]
      properties:
        name: {type: string, description: Its name.}
";

const AREA: &str = "\
paths:
  /things/{thing_id}:
    parameters:
      - {name: thing_id, in: path, required: true, x-identifier: true, description: The thing., schema: {type: string}}
    get:
      operationId: getThing
      tags: [Things]
      summary: Get a thing
      description: Gets a thing.
      responses:
        '200':
          description: The thing.
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        '404': {description: There is none.}
";

const FILES: [&str; 2] = ["spec/openapi.yaml", "spec/areas/things.yaml"];

fn checkout() -> Checkout {
    let checkout = Checkout::from_files(&[(FILES[0], ROOT), (FILES[1], AREA)]);
    checkout.output().unwrap().write().unwrap();
    checkout
}

/// Applies `change` to a valid contract, runs codegen and returns its error. Asserts that the error is one
/// line and that codegen writes no file.
fn error_line(change: impl FnOnce(&Checkout)) -> String {
    let checkout = checkout();
    change(&checkout);
    let before = checkout.files();
    let outcome = checkout.output().and_then(|output| output.write());
    assert_eq!(before, checkout.files(), "no file is written");
    let line = outcome.expect_err("the contract is invalid").to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    line
}

/// Replaces `from` in `FILES[file]` with `to`, runs codegen and returns its error.
fn error_after_replacing(file: usize, from: &str, to: &str) -> String {
    error_line(|checkout| checkout.replace(FILES[file], from, to))
}

#[test]
fn unchanged_contract_is_valid() {
    assert!(checkout().stale_files().is_empty());
}

#[test]
fn reports_unreadable_files() {
    let error_without =
        |name: &str| error_line(|checkout| fs::remove_file(checkout.path(name)).unwrap());
    let no_root = error_without(FILES[0]);
    assert!(
        no_root.starts_with("spec/openapi.yaml: cannot be read: "),
        "{no_root}"
    );
    let no_folder = error_line(|checkout| fs::remove_dir_all(checkout.path("spec/areas")).unwrap());
    assert!(
        no_folder.starts_with("spec/areas: cannot be read: "),
        "{no_folder}"
    );
    let binary =
        error_line(|checkout| fs::write(checkout.path(FILES[1]), [0xff, 0xfe, 0]).unwrap());
    assert!(
        binary.starts_with("spec/areas/things.yaml: neither JSON nor YAML: "),
        "{binary}"
    );
    let folder = error_line(|checkout| fs::create_dir(checkout.path("spec/areas/x.yaml")).unwrap());
    assert!(
        folder.starts_with("spec/areas/x.yaml: cannot be read: "),
        "{folder}"
    );
}

#[test]
fn reports_yaml_errors() {
    for (from, to, expected) in [
        ("[Things]", "[Things", "spec/areas/things.yaml:8:"),
        ("'200':", "'200':'", "spec/areas/things.yaml:"),
        ("    get:", "\tget:", "spec/areas/things.yaml:"),
        (
            "summary: Get a thing",
            "operationId: again",
            "spec/areas/things.yaml:8:7: the key `operationId` is defined twice: first at spec/areas/things.yaml:6:7",
        ),
        (
            "summary: Get a thing",
            "summary: *name",
            "spec/areas/things.yaml:8:",
        ),
    ] {
        let line = error_after_replacing(1, from, to);
        assert!(line.starts_with(expected), "{line}");
    }
    let empty = error_line(|checkout| checkout.write(FILES[1], ""));
    assert_eq!(empty, "spec/areas/things.yaml:1:1: the document is empty");
    let list = error_line(|checkout| checkout.write(FILES[1], "- a\n"));
    assert_eq!(
        list,
        "spec/areas/things.yaml:1:1: a contract file must be a map"
    );
    let in_list = error_after_replacing(0, "paths: {}", "paths: []");
    assert!(in_list.starts_with("spec/"), "{in_list}");
}

#[test]
fn rejects_other_openapi_versions() {
    for (to, expected) in [
        (
            "openapi: 3.1.0",
            "spec/openapi.yaml:1:10: OpenAPI 3.1.0 is not supported: it must be OpenAPI 3.0.x",
        ),
        (
            "swagger: '2.0'",
            "spec/openapi.yaml:1:10: Swagger 2.0 is not supported: it must be OpenAPI 3.0.x",
        ),
        (
            "title: none",
            "spec/openapi.yaml:1:1: not an OpenAPI document: `openapi` is missing",
        ),
    ] {
        assert_eq!(error_after_replacing(0, "openapi: 3.0.3", to), expected);
    }
}

#[test]
fn rejects_duplicate_definitions() {
    let twice = error_line(|checkout| {
        checkout.write(
            "spec/areas/more.yaml",
            "components:\n  schemas:\n    Thing: {type: object, description: Another.}\n",
        );
    });
    assert_eq!(
        twice,
        "spec/areas/more.yaml:3:5: `components schemas Thing` is defined twice: first at spec/openapi.yaml:6:5"
    );
    let again = error_line(|checkout| {
        checkout.write("spec/areas/zoo.yaml", &AREA.replace("    parameters:\n      - {name: thing_id, in: path, required: true, x-identifier: true, description: The thing., schema: {type: string}}\n", ""))
    });
    assert_eq!(
        again,
        "spec/areas/zoo.yaml:3:5: `paths /things/{thing_id} get` is defined twice: first at spec/areas/things.yaml:5:5"
    );
}

#[test]
fn rejects_unresolved_references() {
    assert_eq!(
        error_after_replacing(1, "schemas/Thing'", "schemas/Thong'"),
        "spec/areas/things.yaml:13:55: `#/components/schemas/Thong` does not exist"
    );
    assert_eq!(
        error_after_replacing(
            1,
            "{description: There is none.}",
            "{$ref: '#/components/schemas/Thing'}"
        ),
        "spec/areas/things.yaml:14:23: `#/components/schemas/Thing` is not in `#/components/responses`"
    );
}

#[test]
fn reports_invalid_operations() {
    let second = |rest: &str| {
        error_line(|checkout| {
            let text = format!(
                "{AREA}  /other:\n    delete:\n      operationId: deleteOther\n      tags: [Things]\n      summary: Delete\n      description: Deletes.\n      responses:\n        '204': {{description: Done.}}\n        '404': {{description: None.}}\n{rest}"
            );
            checkout.write(FILES[1], &text);
        })
    };
    assert_eq!(
        error_after_replacing(1, "      operationId: getThing\n", ""),
        "spec/areas/things.yaml:5:5: GET /things/{thing_id} has no operationId"
    );
    assert_eq!(
        second(
            "  /third:\n    delete:\n      operationId: getThing\n      tags: [Things]\n      summary: Delete\n      description: Deletes.\n      responses:\n        '204': {description: Done.}\n        '404': {description: None.}\n"
        ),
        "spec/areas/things.yaml:26:20: `getThing` is defined twice: first at spec/areas/things.yaml:6:20"
    );
    assert_eq!(
        second("  /third:\n    $ref: '#/paths/other'\n"),
        "spec/areas/things.yaml:25:11: `$ref` is not supported in a path"
    );
    assert_eq!(
        error_after_replacing(1, "/things/{thing_id}:", "/things/{thing_id}/{part}:"),
        "spec/areas/things.yaml:5:5: `getThing` does not declare its path parameter `part`"
    );
    assert_eq!(
        error_after_replacing(
            1,
            "      summary:",
            "      parameters: [{name: c, in: cookie, schema: {type: string}, description: C.}]\n      summary:"
        ),
        "spec/areas/things.yaml:8:20: the parameter `c` is in `cookie`, which is not supported"
    );
    assert_eq!(
        error_after_replacing(1, "[Things]", "[Types]"),
        "spec/areas/things.yaml:5:5: `getThing`: the tag `Types` cannot name an area: another generated module has that name"
    );
    assert_eq!(
        error_after_replacing(
            1,
            "        '404'",
            "        '201':\n          description: Another.\n          content: {application/json: {schema: {type: array, items: {type: string}}}}\n        '404'"
        ),
        "spec/areas/things.yaml:5:5: `getThing` has success responses of two different types: use one type"
    );
}

#[test]
fn reports_invalid_enumerations() {
    let two = error_after_replacing(
        0,
        "        name: {",
        "        a: {type: string, x-enum: Mode, enum: [x], description: A., x-enum-descriptions: {x: X., y: Y.}}\n        b: {type: string, x-enum: Mode, enum: [x, y], description: B.}\n        name: {",
    );
    assert_eq!(
        two,
        "spec/openapi.yaml:12:47: `Mode` has different values than at spec/openapi.yaml:11:47: x, y instead of x"
    );
    let same = error_after_replacing(
        0,
        "        name: {",
        "        a: {type: string, x-enum: Mode, enum: [a_b, a.b], description: A., x-enum-descriptions: {a_b: X., a.b: Y.}}\n        name: {",
    );
    assert_eq!(
        same,
        "spec/openapi.yaml:11:47: the enum `Mode`: two values have the Rust name `AB`"
    );
}

#[test]
fn reports_invalid_schemas() {
    for (to, expected) in [
        (
            "{type: string, maxLength: -1,",
            "30: `maxLength` of a schema must be a non-negative integer",
        ),
        (
            "{type: [string, 'null'],",
            "22: `type` must be a string: OpenAPI 3.0 has no lists of types; use `nullable` for null",
        ),
        (
            "{type: string, minLenght: 1,",
            "30: a schema has no key `minLenght`: did you mean `minLength`?",
        ),
        (
            "{type: string, default: 7,",
            "39: the default does not match its schema: it must be of type `string`",
        ),
        (
            "{type: string, example: [a],",
            "39: the example does not match its schema: it must be of type `string`",
        ),
    ] {
        let expected = format!("spec/openapi.yaml:11:{expected}");
        assert_eq!(
            error_after_replacing(0, "name: {type: string,", &format!("name: {to}")),
            expected
        );
    }
    let data = checkout();
    data.replace(
        FILES[0],
        "name: {type: string,",
        "extra: {type: object, additionalProperties: true, description: E., example: {$ref: x}}\n        name: {type: string,",
    );
    assert!(data.output().is_ok(), "a reference in an example is data");
}

#[test]
fn rejects_a_path_without_a_leading_slash() {
    assert_eq!(
        error_after_replacing(1, "  /things/", "  things/"),
        "spec/areas/things.yaml:2:3: the path `things/{thing_id}` must start with `/`"
    );
}

#[test]
fn rejects_control_characters() {
    for (escape, code) in [("\\r", "000D"), ("\\u202E", "202E"), ("\\u2066", "2066")] {
        let description = format!("description: \"Its{escape}name.\"");
        assert_eq!(
            error_after_replacing(0, "description: Its name.", &description),
            format!(
                "spec/openapi.yaml:11:43: the string has the control character U+{code}: remove it"
            )
        );
    }
}

#[test]
fn reports_a_panic_of_progenitor() {
    // Progenitor has a `todo!` for a `not` with an object.
    let line = error_after_replacing(
        0,
        "name: {type: string,",
        "name: {not: {type: object, properties: {a: {type: string, description: A.}}},",
    );
    assert!(
        line.starts_with("spec/openapi.yaml:6:5: progenitor rejects the schema `Thing`: "),
        "{line}"
    );
    assert!(
        !line.contains("/home/") && !line.contains("registry"),
        "{line}"
    );
}

#[test]
fn reports_every_error() {
    let checkout = checkout();
    checkout.replace(FILES[1], "      operationId: getThing\n", "");
    checkout.replace(FILES[1], "/things/{thing_id}:", "/things/{thing}:");
    let error = checkout.output().unwrap_err();
    assert_eq!(error.errors().len(), 3);
    assert!(error.errors().iter().all(|error| error.location.is_some()));
}
